"""Other programs, run with their words passed on and kept."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO, cast

from labcoat.core import signals
from labcoat.core.errors import LabcoatError

# user:password@ in an address; it may stand in an index URL, and must not reach a log.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


# What the system ends a program with for a fault of its own (signal(7)).
_FAULTS = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)
# What Python ignores, and so would what it becomes; signals with a handler have none there by themselves (execve(2)).
_PYTHONS = (signal.SIGPIPE, signal.SIGXFSZ)


@dataclass(frozen=True)
class ProcessResult:
    """How a program ended, and all that it said on both streams."""

    status: int
    output: str


def redact(text: str) -> str:
    """`text` without the passwords in its addresses."""
    return _CREDENTIALS.sub("***@", text)


def show_all(line: str) -> bool:  # noqa: ARG001
    """Show each line."""
    return True


def show_none(line: str) -> bool:  # noqa: ARG001
    """Show no line."""
    return False


def run_process(
    argv: Sequence[str | Path],
    env: Mapping[str, str],
    cwd: Path,
    *,
    show: Callable[[str], bool] = show_all,
    given: Callable[[], bytes] | None = None,
) -> ProcessResult:
    """Run `argv` to its end. The lines for which `show` holds go to standard error as they come; all are kept.

    `given` makes what its standard input is given, while it starts; without, there is none.
    Raises Failure where it cannot be run.
    """
    said: list[str] = []
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
            ):  # else it has ended, and says why
                cast("TextIO", child.stdin).buffer.write(made)
        for line in child.stdout:
            said.append(redact(line))
            if show(line):
                sys.stderr.write(f"  {said[-1]}")
                sys.stderr.flush()
    return ProcessResult(child.wait(), "".join(said))


@contextlib.contextmanager
def popen(argv: Sequence[str | Path], **settings: Any) -> "Iterator[subprocess.Popen[str]]":
    """A program, begun with the `settings` of Popen, that ends where labcoat is interrupted or told to.

    Raises Failure where it cannot be run.
    """
    with contextlib.ExitStack() as stack:
        try:
            with signals.defer_signals():
                child = subprocess.Popen([str(word) for word in argv], encoding="utf-8", **settings)
                stack.enter_context(child)
                stack.enter_context(terminate_on_exit(child))
        except OSError as error:
            raise LabcoatError(
                f"{argv[0]} cannot be run: {error.strerror}.",
                "See to the file and its permissions.",
            ) from None
        yield child


@contextlib.contextmanager
def terminate_on_exit(child: "subprocess.Popen[str]") -> Iterator[None]:
    """Ask `child` to end where labcoat is interrupted or told to; `subprocess.run` would kill it, and it could not clean up."""
    try:
        yield
    except BaseException:
        child.terminate()
        raise


def crash_signal(status: int) -> str:
    """The name of the signal, as SIGSEGV, if a program that ended with `status` crashed; else nothing.

    A shell in between gives 128 and the signal's number (bash(1), EXIT STATUS), `subprocess` the number below 0.
    """
    return next((fault.name for fault in _FAULTS if status in (-fault, 128 + fault)), "")


def exec_program(argv: Sequence[str], env: Mapping[str, str], where: str) -> NoReturn:
    """Become `argv`, so that status, signals and terminal pass by themselves. Raises Failure where it cannot be run."""
    for number in _PYTHONS:
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(argv[0], list(argv), env)  # noqa: S606
    except FileNotFoundError:
        raise program_not_found(argv[0], where) from None
    except OSError as error:
        raise LabcoatError(
            f"{argv[0]!r} cannot be run: {error.strerror}.", "See to the file's permissions."
        ) from None


def program_not_found(name: str, where: str) -> LabcoatError:
    """The failure of a program that is not there."""
    return LabcoatError(
        f"There is no program {name!r} {where}.",
        "Correct its name, or add its package to requirements.in.",
    )
