"""Other programs, run with their words passed on and kept."""

import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# user:password@ in an address; it may stand in an index URL, and must not reach a log.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


@dataclass(frozen=True)
class Outcome:
    """How a program ended, and all that it said on both streams."""

    status: int
    said: str


def everything(line: str) -> bool:  # noqa: ARG001
    """Show each line."""
    return True


def nothing(line: str) -> bool:  # noqa: ARG001
    """Show no line."""
    return False


def run(argv: Sequence[str | Path], env: Mapping[str, str], cwd: Path, *, show: Callable[[str], bool] = everything) -> Outcome:
    """Run `argv` to its end. The lines for which `show` holds go to standard error as they come; all are kept."""
    said: list[str] = []
    with subprocess.Popen(
        [str(word) for word in argv],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as child:
        assert child.stdout is not None  # noqa: S101  # PIPE was asked for
        try:
            for line in child.stdout:
                said.append(_CREDENTIALS.sub("***@", line))
                if show(line):
                    sys.stderr.write(f"  {said[-1]}")
                    sys.stderr.flush()
        except KeyboardInterrupt:
            child.terminate()
            raise
    return Outcome(child.wait(), "".join(said))
