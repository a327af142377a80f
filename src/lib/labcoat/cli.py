"""The command line: parse, call, and turn a Failure into two lines and an exit status.

Each command is a function that adds its arguments and one that runs; the latter imports what it needs, so that
starting labcoat costs no more than the command that was asked for.
"""

import argparse
import errno
from collections.abc import Callable, Sequence
from pathlib import Path

from labcoat import __version__
from labcoat.core import signals, stdio, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

Run = Callable[[argparse.Namespace], int]
_SPACE = "Check the free space and the permissions of the project and the cache directory"
_WRONG_KIND = "Rename what is there: a file is where a directory belongs, or the reverse"
_WRITE_HINTS = {
    **dict.fromkeys((errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM), _SPACE),
    **dict.fromkeys((errno.EEXIST, errno.EISDIR, errno.ENOTDIR), _WRONG_KIND),
}
INTERRUPTED = 130  # 128 + SIGINT, what shells report


def _init(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.scaffold import init

    return init.init_project(Project.here())


def _lock(args: argparse.Namespace) -> int:
    from labcoat.locking import compiler

    project = Project.here()
    if args.check:
        return compiler.check_locks(project)
    packages = [name for given in args.package for name in given.split() or [given]]
    return compiler.make_locks(project, upgrade=args.upgrade, packages=packages, stamp=args.stamp)


def _venv(args: argparse.Namespace) -> int:
    from labcoat.levels import venv

    venv.make(Project.here(), args.stamp, again=args.again, exact=not args.keep)
    return 0


def _conda(args: argparse.Namespace) -> int:
    from labcoat.levels import conda

    conda.make(Project.here(), again=args.again)
    return 0


def _user_install(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.levels import none

    return none.install(Project.here())


def _status(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.commands import status

    return status.make(Project.here())


def _doctor(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.commands import doctor

    return doctor.make(Project.here())


def _freeze(args: argparse.Namespace) -> int:
    from labcoat.commands import freeze

    return freeze.make(Project.here(), args.level, dry_run=args.dry_run)


def _run(args: argparse.Namespace) -> int:
    from labcoat.levels import level

    chosen, project = level.get_level(args.level), Project.here()
    if not (any(args.argv[:1]) if args.shell is None else args.shell.strip()):
        raise LabcoatError(
            "There is no command to run.", 'Say which: make run CMD="python train.py".'
        )
    argv = ["sh", "-c", args.shell] if args.shell is not None else args.argv
    return chosen.run(project, argv)


def _prove(args: argparse.Namespace) -> int:
    from labcoat.proof import prove

    only = [name.strip() for given in args.only for name in given.split(",") if name.strip()]
    return prove.make_proof(Project.here(), only=only, as_json=args.json, against=args.against)


def _shell(args: argparse.Namespace) -> int:
    from labcoat.levels import level

    return level.get_level(args.level).shell(Project.here())


def _notebook(args: argparse.Namespace) -> int:
    from labcoat.commands import notebook

    return notebook.make(Project.here(), args.level)


def _binder(args: argparse.Namespace) -> int:  # noqa: ARG001
    from labcoat.commands import binder

    return binder.make(Project.here())


def _clean(args: argparse.Namespace) -> int:
    from labcoat.commands import clean

    return clean.make(Project.here(), everything=args.all)


def _settings(args: argparse.Namespace) -> int:  # noqa: ARG001
    Project.here()
    return 0


def _help(args: argparse.Namespace) -> int:
    from labcoat.commands import overview

    print(overview.text(args.makefiles, Project.here()), end="")
    return 0


def _mk(args: argparse.Namespace) -> int:  # noqa: ARG001
    # Make parts an include's files at spaces, unless a backslash stands before them.
    print(str(Path(__file__).with_name("include.python.mk")).replace(" ", "\\ "))
    return 0


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="labcoat", description="One lock, every level of isolation, proved equal."
    )
    top.add_argument("--version", action="version", version=f"labcoat {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Run | None, about: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        return added

    command(
        "init",
        _init,
        "give this repository a Makefile with labcoat in it, and what else is missing",
    )
    lock = command("lock", _lock, "compile *.in to hash-locked *.txt")
    lock.add_argument(
        "--check", action="store_true", help="say whether the locks are fresh; change nothing"
    )
    lock.add_argument("--upgrade", action="store_true", help="move every version")
    lock.add_argument(
        "--package", action="append", default=[], metavar="NAME", help="move this one's version"
    )
    lock.add_argument("--stamp", type=Path, metavar="FILE", help="touch FILE at the end, for make")
    venv = command("venv", _venv, "make the virtual environment hold exactly the lock")
    venv.add_argument(
        "--again",
        action="store_true",
        help="make it anew, past the cache for what the last proof found edited",
    )
    venv.add_argument(
        "--keep",
        action="store_true",
        help="leave and name what was changed by hand, instead of taking it back",
    )
    venv.add_argument("--stamp", type=Path, metavar="FILE", help="touch FILE at the end, for make")
    conda = command(
        "conda", _conda, "write environment.yml from the lock and make the conda environment"
    )
    conda.add_argument("--again", action="store_true", help="make it anew")
    command(
        "user-install",
        _user_install,
        "install the lock for yourself alone, into your own Python (pip's --user)",
    )
    command(
        "status", _status, "lock and levels of isolation: fresh, stale, missing or changed by hand"
    )
    command(
        "doctor",
        _doctor,
        "what labcoat works with, as this machine has it, and what to do about the rest",
    )
    freeze = command(
        "freeze", _freeze, "add what was installed by hand to requirements.in and the lock"
    )
    freeze.add_argument("--in", dest="level", default="venv", metavar="LEVEL", help="venv or conda")
    freeze.add_argument(
        "--dry-run", action="store_true", help="say what would be done; change nothing"
    )
    run = command("run", _run, "run a command on a level of isolation")
    run.add_argument(
        "--in", dest="level", default="venv", metavar="LEVEL", help="none, venv, conda or docker"
    )
    run.add_argument(
        "--shell", metavar="LINE", help="a line for sh, instead of a program and its arguments"
    )
    run.add_argument("argv", nargs="*", metavar="ARG")
    for name, call, about in (
        ("shell", _shell, "open a shell on a level of isolation"),
        ("notebook", _notebook, "JupyterLab on a level of isolation"),
    ):
        added = command(name, call, about)
        added.add_argument(
            "--in",
            dest="level",
            default="venv",
            metavar="LEVEL",
            help="none, venv, conda or docker",
        )
    command(
        "binder",
        _binder,
        "what Binder and dev containers build, checked, and the link that starts Binder",
    )
    prove = command(
        "prove", _prove, "hold lock, environments and image against each other, file by file"
    )
    prove.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="LEVEL,…",
        help="these alone: lock, venv, docker …",
    )
    prove.add_argument("--json", action="store_true", help="print the proof instead of a table")
    prove.add_argument(
        "--against", type=Path, metavar="FILE", help="name what changed since this proof.json"
    )
    clean = command("clean", _clean, "remove what labcoat made, and nothing else")
    clean.add_argument("--all", action="store_true", help="the environments and the image too")
    command("settings", _settings, "say whether the settings are right")
    command("mk", _mk, "print the path of include.python.mk, for a Makefile's include line")
    overview = command("help", _help, "every make target and variable of this project")
    overview.add_argument("makefiles", metavar="MAKEFILE_LIST", help="make's variable of that name")
    from labcoat.commands import check as hygiene
    from labcoat.commands import image

    image.add(command("image", None, "the image: build it, look into it, hold it against others"))
    image.add_extern(
        command("extern", None, "base images of one's own, from Dockerfiles in git submodules")
    )

    hygiene.add_check(
        command("check", hygiene.check, "say what in a repository leaks, breaks or bloats")
    )
    hygiene.add_fix(command("fix", hygiene.fix, "mend what check finds, where that is safe"))
    hygiene.add_context(
        command(
            "context",
            hygiene.context,
            "what a Docker build would send, and what of it reaches the image",
        )
    )
    hygiene.add_explain(command("explain", hygiene.explain, "what a rule of check is about"))
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run labcoat with `argv`, or the process's own arguments; the exit status."""
    with signals.graceful_shutdown():
        try:
            try:
                return _answer(argv)
            finally:
                stdio.flush_output()
        except BrokenPipeError:
            stdio.discard_output()
            return stdio.HUNG_UP


def _answer(argv: Sequence[str] | None) -> int:
    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except LabcoatError as failure:
        terminal.print_error(failure.message, failure.hint)
        return failure.status
    except OSError as error:
        if error.errno not in _WRITE_HINTS:
            raise
        # Of two names, the second is the one that was to be replaced.
        name = error.filename2 or error.filename or "a file"
        terminal.print_error(f"cannot write {name}: {error.strerror}", _WRITE_HINTS[error.errno])
        return 1
    except KeyboardInterrupt:
        terminal.print_error("interrupted")
        return INTERRUPTED
