"""Check an image's byte code: the base image's own Python compiles each source once.

What was found equal is remembered in the cache by the digests of source and byte code and by the
Python that compiled. The check runs in a container of the base image, without a network.
"""

import contextlib
import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labcoat.container.engine import client
from labcoat.container.inspect.export import stream_archive
from labcoat.container.inspect.export_reader import ForwardStream, list_members
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.core import terminal
from labcoat.core.project import Project
from labcoat.inventory.code_paths import byte_code_check
from labcoat.inventory.code_paths.byte_code import CompiledFile
from labcoat.inventory.code_paths.known_byte_code import KnownByteCode

_CHECK = Path(__file__).with_name("compile_check.py")
_MOST = byte_code_check.MOST
_TIMEOUT = 900.0


class CompilerError(Exception):
    """A Python that cannot compile: why."""


@dataclass(frozen=True)
class Compiler:
    """A Python to compile with: the words that start it, and the digest of what it is."""

    words: tuple[str, ...]
    identity: str


def base_compiler(project: Project, image: str, program: str) -> Compiler:
    """Return the Python at `program` in a container of `image`, an id."""
    options = ("--rm", "--interactive", "--pull=never", "--network=none", "--user=65534")
    words = ("run", *options, "--cap-drop=ALL", f"--entrypoint=/{program}", image)
    return Compiler((*client.docker_command(project), *words), image.rpartition(":")[2])


def find_forged(
    project: Project,
    container: str,
    files: ExportedFiles,
    compiled: Sequence[CompiledFile],
    compiler: Compiler,
) -> list[str]:
    """Return the paths in `compiled` that are not what their sources compile to.

    `container` is one of the image whose files are `files`. Raise CompilerError if the `compiler`
    does not start, and LabcoatError, status 2, if the engine copies nothing out.
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
    verdicts = _compile(project, container, unknown, compiler)
    known.remember(keys[path] for path, verdict in verdicts.items() if verdict == "ok")
    return sorted(one.path for one in unknown if verdicts.get(one.path) not in {"ok", "stale"})


def _compile(
    project: Project, container: str, wanted: Sequence[CompiledFile], compiler: Compiler
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
                _send(project, container, wanted, child)
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
    project: Project,
    container: str,
    wanted: Sequence[CompiledFile],
    child: "subprocess.Popen[bytes]",
) -> None:
    """Send the sources and the byte code of `wanted`, as the engine copies them out."""
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
    for top in _tops(places):
        with stream_archive(project, project.image, "cp", f"{container}:/{top}", "-") as stream:
            _send_members(ForwardStream(stream), top, numbers, send)


def _send_members(
    forward: ForwardStream, top: str, numbers: dict[str, int], send: Callable[[bytes], object]
) -> None:
    above = top.rpartition("/")[0]
    for member in list_members(forward):
        number = numbers.get(f"{above}/{member.name.strip('/')}".lstrip("/"))
        if number is None or not member.isreg() or member.size > _MOST:
            continue
        send(json.dumps([number, member.size, int(member.mtime)]).encode() + b"\n")
        rest = member.size
        while rest:
            data = forward.read(min(rest, 1 << 20))
            if not data:
                raise EOFError("it ends within a file")
            send(data)
            rest -= len(data)


def _tops(paths: Sequence[str]) -> Iterator[str]:
    """Yield directories that hold all of the sorted `paths`: each up to its Python's packages."""
    done = ""
    for path in paths:
        if done and path.startswith(f"{done}/"):
            continue
        head, found, _ = path.partition("-packages/")
        done = f"{head}-packages" if found else path.rpartition("/")[0]
        yield done
