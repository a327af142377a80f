"""The command line: it starts on the standard library alone, and prints errors in two lines."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support import BASE_PYTHON, REPOSITORY
from support.messages import locking

PACKAGE = REPOSITORY / "src/lib/labcoat"
MODULES = sorted(
    str(path.relative_to(PACKAGE.parent).with_suffix("")).replace("/", ".")
    for path in PACKAGE.rglob("*.py")
    if path.stem not in {"__init__", "__main__"}
)

NEWER = ("/usr/local/bin", "/opt/homebrew/bin")  # where find-python.sh always looks


# Imports each module named on standard input, and prints those that cannot be. Their order does not
# matter, since no module imports itself in a circle: import-linter checks that.
IMPORT_EACH = f"""
import json, sys, traceback
sys.path.insert(0, {str(PACKAGE.parent)!r})
failed = {{}}
for module in json.load(sys.stdin):
    try:
        __import__(module)
    except BaseException:
        failed[module] = traceback.format_exc()
json.dump(failed, sys.stdout)
"""


@pytest.fixture(scope="module")
def failed_imports() -> dict[str, str]:
    """Return the traceback of each module that needs more than the standard library.

    -S leaves out installed packages.
    """
    ended = subprocess.run(
        [BASE_PYTHON, "-I", "-S", "-c", IMPORT_EACH],
        input=json.dumps([*MODULES, "labcoat.no_such_module"]),
        capture_output=True,
        text=True,
        check=True,
    )
    failed: dict[str, str] = json.loads(ended.stdout)
    assert failed.pop("labcoat.no_such_module")
    return failed


@pytest.mark.parametrize("module", MODULES)
def test_every_module_imports_on_the_standard_library_alone(
    module: str, failed_imports: dict[str, str]
) -> None:
    """labcoat starts before any environment exists."""
    assert failed_imports.get(module) is None


@pytest.mark.parametrize(
    "way", [["-I", str(PACKAGE)], ["-m", "labcoat"]], ids=["as a folder", "as a module"]
)
def test_it_starts_as_directory_and_as_module(tmp_path: Path, way: list[str]) -> None:
    """A module of the project called `lock` is not imported instead."""
    (tmp_path / "lock.py").write_text("raise SystemExit('the wrong one')\n")
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent), "HOME": str(tmp_path)}
    ended = subprocess.run(
        [BASE_PYTHON, *way, "lock", "--check"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[0] == f"error: {locking.NO_INPUT}"
    assert len(ended.stderr.splitlines()) == 2


def test_a_check_without_an_environment_imports_nothing_that_looks_into_one(
    tmp_path: Path,
) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "requirements.in").write_text("numpy\n")
    (tmp_path / "a.py").write_text("import numpy.linalg\n")
    ended = subprocess.run(
        [BASE_PYTHON, "-X", "importtime", "-m", "labcoat", "check"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "labcoat.lint.rules.req_imports" in ended.stderr
    assert "labcoat.imports.module_files" not in ended.stderr
    assert "labcoat.imports.lacking" not in ended.stderr


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="git's output needs a file on disk")
def test_a_check_starts_without_modules_that_take_long(tmp_path: Path) -> None:
    """`shutil` imports four compressors; argparse and `tempfile` would ask for it."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    ended = subprocess.run(
        [BASE_PYTHON, "-S", "-X", "importtime", "-m", "labcoat", "check", "--verbose"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "labcoat.lint.runner" in imported
    assert not imported & {"shutil", "tempfile", "difflib"}


@pytest.mark.parametrize("newer", [False, True], ids=["alone", "beside a newer one"])
def test_an_old_python_looks_for_a_newer_one(tmp_path: Path, newer: bool) -> None:
    """A Python before 3.11 starts labcoat on a newer one, or ends in two lines."""
    main = str(PACKAGE / "__main__.py")
    code = f"import sys; sys.version_info = (3, 9, 18); sys.argv = [{main!r}, '--version'];"
    code += f" __file__ = {main!r}; exec(open({main!r}).read())"
    if newer:
        (tmp_path / "python3").write_text(f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
        (tmp_path / "python3").chmod(0o755)
    ended = subprocess.run(
        [sys.executable, "-I", "-c", code],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if newer:
        assert (ended.returncode, ended.stdout.split()[0]) == (0, "labcoat")
        return
    here = [Path(folder) / f"python3.{minor}" for folder in NEWER for minor in range(11, 16)]
    if not any(path.exists() for path in here):
        assert ended.returncode == 2
        assert ended.stderr.startswith(
            "error: labcoat needs Python 3.11 or newer, and this is 3.9\nhint: Install"
        )


@pytest.mark.parametrize(
    "words", [["--help"], ["mk"], ["explain"], ["status"], ["help", ""]], ids=" ".join
)
@pytest.mark.parametrize("stream", [1, 2], ids=["output", "errors too"])
def test_a_closed_pipe_is_silent(tmp_path: Path, words: list[str], stream: int) -> None:
    """The status is that of a program that wrote to a closed pipe; nothing is printed."""
    reader, writer = os.pipe()
    os.close(reader)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LABCOAT_DOCKER": "no-such-docker",
    }
    errors = writer if stream == 2 else subprocess.PIPE
    ended = subprocess.run(
        [BASE_PYTHON, "-I", PACKAGE, *words],
        cwd=tmp_path,
        env=environ,
        stdout=writer,
        stderr=errors,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr or "") == (128 + signal.SIGPIPE, "")


def test_a_closed_standard_output_is_accepted(tmp_path: Path) -> None:
    """A program started with `>&-` has none."""
    command = f"'{BASE_PYTHON}' -I '{PACKAGE}' mk >&-"
    ended = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_help_of_a_command_names_its_settings(tmp_path: Path) -> None:
    """With what each one does; commands stand in groups in the help of labcoat itself."""
    words = [BASE_PYTHON, "-I", str(PACKAGE)]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = subprocess.run(
        [*words, "lock", "--help"], env=env, capture_output=True, text=True, check=True
    )
    assert "LABCOAT_LOCKER" in command.stdout
    assert "--upgrade" in command.stdout
    top = subprocess.run([*words, "--help"], env=env, capture_output=True, text=True, check=True)
    assert "Environments:" in top.stdout
    assert "image build" in top.stdout


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["lok"], "error: no command `lok`\nhint: Did you mean `lock`?"),
        (["lock", "--foo"], "error: unrecognized arguments: --foo\nhint: `labcoat lock --help`"),
        (["--foo"], "error: no command `--foo`\nhint: `labcoat --help`"),
        (["status", "absent"], "error: `absent` is not a directory\nhint: Name the directories"),
        (["image"], "error: the following arguments are required: COMMAND\nhint: `labcoat image"),
    ],
)
def test_a_typo_is_answered_in_two_lines(tmp_path: Path, words: list[str], error: str) -> None:
    """With exit status 2 and what was probably meant, not with a page of usage."""
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    ended = subprocess.run(
        [BASE_PYTHON, "-I", str(PACKAGE), *words],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith(error)
    assert len(ended.stderr.splitlines()) == 2
