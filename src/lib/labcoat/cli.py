"""The command line: parse, call, and turn a Failure into two lines and an exit status.

Each command is a function that adds its arguments and one that runs; the latter imports what it needs, so that
starting labcoat costs no more than the command that was asked for.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from labcoat.core.errors import Failure
from labcoat.core.project import Project

Run = Callable[[argparse.Namespace], int]
INTERRUPTED = 130  # 128 + SIGINT, what shells report


def _lock(args: argparse.Namespace) -> int:
    from labcoat import lock

    project = Project.here()
    if args.check:
        return lock.check(project)
    return lock.make(project, upgrade=args.upgrade, packages=args.package)


def _venv(args: argparse.Namespace) -> int:
    from labcoat.rungs import venv

    venv.make(Project.here())
    return 0


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="labcoat", description="One lock, every level of isolation, proved equal.")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Run, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        return added

    lock = command("lock", _lock, "compile *.in to hash-locked *.txt")
    lock.add_argument("--check", action="store_true", help="say whether the locks are fresh; change nothing")
    lock.add_argument("--upgrade", action="store_true", help="move every version")
    lock.add_argument("--package", action="append", default=[], metavar="NAME", help="move this one's version")
    command("venv", _venv, "make the virtual environment hold exactly the lock")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run labcoat with `argv`, or the process's own arguments; the exit status."""
    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except Failure as failure:
        print(f"labcoat: {failure.what}\n  {failure.todo}", file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        print("labcoat: interrupted", file=sys.stderr)
        return INTERRUPTED
