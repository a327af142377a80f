"""Run other programs: show and keep their output, pass signals on, or become them."""

import codecs
import contextlib
import io
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn, TextIO, cast

from labcoat.core import signals
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.core.terminal import print_progress

# user:password@ in an address, such as an index URL; it must not reach a log. A password may have
# a `/` that should be escaped, and an address lack its colon.
_CREDENTIALS = lazy_pattern(r"(?<=//)(?:[^/\s@]+@|[^/\s@:]*:(?!\d+[/\s])[^\s@'\"]+@)")


# Signals that end a program because of its own fault (signal(7)).
_FAULTS = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)
# Python ignores these, and a program that it becomes would too; handlers are reset by execve(2).
_PYTHONS = (signal.SIGPIPE, signal.SIGXFSZ)


_MINUTE = 60


class ProcessResult(Record):
    """How a program ended: its exit status and its output on both streams."""

    status: int
    output: str


def redact(text: str) -> str:
    """Return `text` without the passwords in its addresses."""
    return _CREDENTIALS.sub("***@", text)


def show_all(line: str) -> bool:  # noqa: ARG001
    """Show each line."""
    return True


def show_none(line: str) -> bool:  # noqa: ARG001
    """Show no line."""
    return False


class TimeoutReachedError(LabcoatError):
    """A program is not done within its time."""


def run_process(  # noqa: PLR0913
    argv: Sequence[str | Path],
    env: Mapping[str, str],
    cwd: Path,
    *,
    show: Callable[[str], bool] = show_all,
    given: Callable[[], bytes] | None = None,
    limit: float = 0,
) -> ProcessResult:
    """Run `argv` to its end. Write the lines for which `show` holds to standard error; keep all.

    `given` is called for its standard input while it starts; without it there is none. With a
    `limit` in seconds, progress is shown each minute. Raise LabcoatError if the program cannot be
    started, TimeoutReachedError if it is not done within the limit.
    """
    lines: list[str] = []
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    stdin = pipe if given else null
    with popen(
        argv,
        env=dict(env),
        cwd=cwd,
        stdin=stdin,
        stdout=pipe,
        stderr=subprocess.STDOUT,
        errors="replace",
    ) as child:
        assert child.stdout is not None  # noqa: S101  # PIPE was asked for
        if given and child.stdin:
            made = given()
            with (
                contextlib.suppress(BrokenPipeError),
                child.stdin,
            ):  # otherwise it has ended, and its output says why
                cast("TextIO", child.stdin).buffer.write(made)
        for line in _read_in_time(child.stdout, limit, argv) if limit else child.stdout:
            lines.append(redact(line))
            if show(line):
                sys.stderr.write(f"  {lines[-1]}")
                sys.stderr.flush()
    return ProcessResult(child.wait(), "".join(lines))


def _read_in_time(stream: IO[str], limit: float, argv: Sequence[str | Path]) -> Iterator[str]:
    """Yield the lines of a program. Raise TimeoutReachedError if they take over `limit` seconds.

    A program that waits for a slow index writes nothing, so that its lines cannot tell whether it
    is stuck.
    """
    start = time.monotonic()
    name, next_note = _program_name(argv), _MINUTE
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder("utf-8")("replace"), translate=True
    )
    rest = ""
    while True:
        waited = time.monotonic() - start
        if waited >= limit:
            raise TimeoutReachedError(
                f"`{name}` is not done after {limit:g} seconds",
                "Check whether the package index answers, or set LABCOAT_TIMEOUT to more seconds",
            )
        if waited >= next_note:
            print_progress(
                f"still waiting for {name} after {waited / _MINUTE:.0f} min"
                f" (LABCOAT_TIMEOUT: {limit / _MINUTE:g} min)"
            )
            next_note += _MINUTE
        ready, _, _ = select.select([stream], [], [], min(limit, next_note) - waited)
        if not ready:
            continue
        data = os.read(stream.fileno(), 1 << 16)
        *complete, rest = (rest + decoder.decode(data, final=not data)).split("\n")
        yield from (f"{line}\n" for line in complete)
        if not data:
            yield from filter(None, [rest])
            return


def _program_name(argv: Sequence[str | Path]) -> str:
    """Return what to call a program: `pip` where Python runs the module of that name."""
    words = [str(word) for word in argv]
    return words[2] if words[1:2] == ["-Im"] else Path(words[0]).name


@contextlib.contextmanager
def popen(argv: Sequence[str | Path], **settings: Any) -> "Iterator[subprocess.Popen[str]]":
    """Start a program with the `settings` of Popen, and end it when labcoat is interrupted.

    Raise LabcoatError if it cannot be started.
    """
    with contextlib.ExitStack() as stack:
        try:
            with signals.defer_signals():
                child = subprocess.Popen([str(word) for word in argv], encoding="utf-8", **settings)
                stack.enter_context(child)
                stack.enter_context(terminate_on_exit(child))
        except OSError as error:
            raise LabcoatError(
                f"cannot run {argv[0]}: {error.strerror}",
                "Check the file and its permissions",
            ) from None
        yield child


@contextlib.contextmanager
def terminate_on_exit(child: "subprocess.Popen[str]") -> Iterator[None]:
    """Terminate `child` when labcoat is interrupted; subprocess.run would kill it uncleanly."""
    try:
        yield
    except BaseException:
        child.terminate()
        raise


def crash_signal(status: int) -> str:
    """Return the name of the signal, such as SIGSEGV, if `status` means a crash; else nothing.

    A shell in between returns 128 plus the number (bash(1), EXIT STATUS), subprocess the negative
    number.
    """
    return next((fault.name for fault in _FAULTS if status in (-fault, 128 + fault)), "")


def exec_program(argv: Sequence[str], env: Mapping[str, str], where: str) -> NoReturn:
    """Become `argv`, so that its status, signals and terminal pass through.

    Raise LabcoatError if it cannot be started.
    """
    for number in _PYTHONS:
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(argv[0], list(argv), env)  # noqa: S606
    except FileNotFoundError:
        raise program_not_found(argv[0], where) from None
    except OSError as error:
        raise LabcoatError(
            f"cannot run `{argv[0]}`: {error.strerror}", "Check the file's permissions"
        ) from None


def program_not_found(name: str, where: str) -> LabcoatError:
    """Return the error for a program that does not exist."""
    return LabcoatError(
        f"no program `{name}` {where}",
        "Check its name. If a Python package provides it, add that to requirements.in;"
        " otherwise install it on this level",
    )
