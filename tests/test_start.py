"""How make starts labcoat, up to its first command."""

import os
import py_compile
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support import BASE_PYTHON, INCLUDE

START = INCLUDE.parent / "labcoat/start.sh"


def start(*words: str, **environ: str) -> "subprocess.Popen[str]":
    """Start labcoat as make does, without a home directory unless `environ` has one."""
    env = {"PATH": os.environ["PATH"], "LABCOAT_PYTHON": str(BASE_PYTHON), **environ}
    pipe = subprocess.PIPE
    return subprocess.Popen(["sh", START, *words], env=env, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_early_signal_ends_it_without_a_traceback(
    tmp_path: Path, number: signal.Signals
) -> None:
    """At any instant: the shell, Python, the imports and the command each end with one line."""
    ended = set()
    for delay in range(0, 120, 5):
        started = start("status", HOME=str(tmp_path))
        time.sleep(delay / 1000)
        started.send_signal(number)
        output = started.communicate(timeout=60)[1]
        ended.add(started.returncode)
        assert "Traceback" not in output
        assert len([line for line in output.splitlines() if not line.startswith("hint:")]) <= 1
    assert ended <= {0, -number, 128 + number}
    assert ended & {-number, 128 + number}


def plant(cache: Path) -> None:
    """Put byte code of a module of labcoat into a cache, which Python would run unchecked."""
    module = INCLUDE.parent.resolve() / "labcoat/core/terminal.py"
    source = cache / "planted.py"
    source.write_text("import sys\nsys.exit('planted')\n")
    tag = f"cpython-{BASE_PYTHON.name.removeprefix('python').replace('.', '')}"
    target = cache / "bytecode" / module.parent.relative_to("/") / f"terminal.{tag}.pyc"
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), cfile=str(target), invalidation_mode=mode)


@pytest.mark.parametrize("mode", [0o700, 0o777])
def test_byte_code_that_others_can_write_is_not_run(tmp_path: Path, mode: int) -> None:
    """In a directory of this user's own it is run, which shows that the test plants it rightly."""
    cache = tmp_path / "cache"
    cache.mkdir()
    plant(cache)
    cache.chmod(mode)
    output = start("--version", LABCOAT_CACHE=str(cache)).communicate(timeout=60)
    assert ("planted" in output[1]) == (mode == 0o700)
    assert ("labcoat " in output[0]) == (mode == 0o777)


@pytest.mark.parametrize("home", [None, "", "/proc/none"], ids=["unset", "empty", "not writable"])
def test_it_starts_without_a_home_directory(home: str | None) -> None:
    """And writes nothing to /tmp."""
    environ = {} if home is None else {"HOME": home}
    started = start("--version", **environ)
    output = started.communicate(timeout=60)
    assert started.returncode == 0, output
    assert not Path("/tmp/.cache/labcoat").exists()  # noqa: S108


@pytest.mark.parametrize("program", ["/bin/true", "cat"])
def test_a_program_that_is_no_python_is_named(program: str) -> None:
    """`true` accepts Python's options, does nothing and succeeds."""
    started = start("status", LABCOAT_PYTHON=program)
    errors = started.communicate(timeout=60)[1]
    assert started.returncode == 2
    assert errors.splitlines()[0] == f"error: `{program}` is not a Python"
