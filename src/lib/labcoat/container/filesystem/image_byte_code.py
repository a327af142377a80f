"""Check an image's byte code: the base image's own Python compiles each source once.

What was found equal is remembered in the cache by the digests of source and byte code and by the
Python that compiled. The check runs in a container of the base image, without a network.
"""

import contextlib
import json
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from labcoat.container.engine import client
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.core import terminal
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.inventory.code_paths import byte_code_check
from labcoat.inventory.code_paths.byte_code import CompiledFile
from labcoat.inventory.code_paths.known_byte_code import KnownByteCode

_CHECK = Path(__file__).with_name("compile_check.py")
_TIMEOUT = 900.0


class CompilerError(Exception):
    """A Python that cannot compile: why."""


class Compiler(Record):
    """A Python to compile with: the words that start it, and the digest of what it is.

    `release` is its version if that may be another than the image's.
    """

    words: tuple[str, ...]
    identity: str
    release: str = ""


def base_compiler(project: Project, image: str, program: str) -> Compiler:
    """Return the Python at `program` in a container of `image`, an id."""
    options = ("--rm", "--interactive", "--pull=never", "--network=none", "--user=65534")
    words = ("run", *options, "--cap-drop=ALL", f"--entrypoint=/{program}", image)
    return Compiler((*client.docker_command(project), *words), image.rpartition(":")[2])


def find_forged(
    files: ExportedFiles, compiled: Sequence[CompiledFile], compiler: Compiler
) -> list[str]:
    """Return the paths in `compiled` that are not what their sources compile to.

    Raise CompilerError if the `compiler` does not start.
    """
    known = KnownByteCode(compiler.identity)
    keys = {
        one.path: known.key(
            one.level, files.entries[one.source].digest, files.entries[one.path].digest
        )
        for one in compiled
    }
    unknown = [one for one in compiled if keys[one.path] not in known.keys]
    if not unknown:
        return []
    terminal.print_progress(f"compiling {len(unknown)} modules to compare the image's byte code")
    verdicts = _compile(files, unknown, compiler)
    known.remember(keys[path] for path, verdict in verdicts.items() if verdict == "ok")
    return sorted(one.path for one in unknown if verdicts.get(one.path) not in {"ok", "stale"})


def _compile(
    files: ExportedFiles, wanted: Sequence[CompiledFile], compiler: Compiler
) -> dict[str, str]:
    """Return the verdict on each file; one that ends the compiler has none."""
    pipe = subprocess.PIPE
    program = "\n".join((
        "import sys, types",
        "checks = types.ModuleType('labcoat.inventory.code_paths.byte_code_check')",
        "sys.modules[checks.__name__] = checks",
        f"exec({Path(byte_code_check.__file__).read_text(encoding='utf-8')!r}, checks.__dict__)",
        f"exec({_CHECK.read_text(encoding='utf-8')!r}, {{'__name__': '__main__'}})",
    ))  # fmt: skip
    words = [*compiler.words, "-ISB", "-X", "utf8", "-c", program]
    # The buffer of its input must not be flushed again after a broken pipe.
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0) as child:
        try:
            # It writes nothing before its input ends.
            with contextlib.suppress(BrokenPipeError):
                _send(files, wanted, child)
            timer = threading.Timer(_TIMEOUT, child.kill)
            timer.start()
            out, said = child.communicate()
            timer.cancel()
        except BaseException:
            child.terminate()
            raise
    lines = [line.partition(" ") for line in out.decode("ascii", "replace").splitlines()]
    if "end" not in {line[0] for line in lines}:
        reason = (said.decode(errors="replace").strip().splitlines() or ["it ended early"])[-1]
        raise CompilerError(reason)
    return {
        wanted[int(number)].path: verdict
        for number, _, verdict in lines
        if number.isdecimal() and int(number) < len(wanted)
    }


def _send(
    files: ExportedFiles, wanted: Sequence[CompiledFile], child: "subprocess.Popen[bytes]"
) -> None:
    """Send the sources and the byte code of `wanted`."""
    assert child.stdin is not None  # noqa: S101  # PIPE was asked for
    stdin = child.stdin

    def send(data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[stdin.write(rest) :]

    places = sorted({path for one in wanted for path in (one.path, one.source)})
    numbers = {path: number for number, path in enumerate(places)}
    pairs = [[numbers[one.source], numbers[one.path], one.level] for one in wanted]
    send(json.dumps(pairs).encode() + b"\n")
    for path, number in numbers.items():
        try:
            data = files.read(f"/{path}", byte_code_check.MOST)
        except OSError:
            continue  # too large to be byte code
        send(json.dumps([number, len(data), files.entries[path].time]).encode() + b"\n")
        send(data)
