"""`labcoat lock`: compile requirements*.in to locks with hashes."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from labcoat.apt import apt_lock
from labcoat.apt.request import find_request
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Add what to check, upgrade and touch."""
    parser.add_argument(
        "--check", action="store_true", help="check that the locks are up to date; change nothing"
    )
    parser.add_argument("--upgrade", action="store_true", help="upgrade every package")
    parser.add_argument(
        "--again", action="store_true", help="compile every lock again, with the same versions"
    )
    parser.add_argument(
        "--only",
        choices=["python", "system"],
        help="lock Python packages (requirements*.in) or system packages (apt.txt) only",
    )
    parser.add_argument(
        "--package", action="append", default=[], metavar="NAME", help="upgrade this package only"
    )
    parser.add_argument(
        "--format",
        choices=["requirements", "pylock"],
        default="requirements",
        help="pylock: write pylock.toml (PEP 751) from the locks, for other installers",
    )
    parser.add_argument(
        "--stamp",
        type=Path,
        metavar="FILE",
        help="touch FILE when the locks are up to date, for make",
    )


def run(args: Namespace) -> int:
    """Compile the locks, or with --check fail where one is out of date."""
    from labcoat.locking import project_locks

    project = Project.here()
    if args.check:
        return _check(project, args.only)
    if args.format == "pylock":
        from labcoat.locking import pylock_export

        project_locks.make_locks(project)
        for path in pylock_export.export_locks(project):
            print(path.name)
        return 0
    if args.only == "system":
        return _lock_system(project, again=args.again)
    packages = [name for given in args.package for name in given.split() or [given]]
    status = project_locks.make_locks(
        project, upgrade=args.upgrade, packages=packages, again=args.again, stamp=args.stamp
    )
    if args.only or packages:
        return status
    return _lock_system(project, again=args.upgrade or args.again) or status


def _check(project: Project, only: str | None) -> int:
    from labcoat.locking import project_locks

    status = 0 if only == "system" else project_locks.check_locks(project)
    if only != "python" and find_request(project.root):
        from labcoat.container.base_images import system_packages

        system_packages.check_lock(project)
    return status


def _lock_system(project: Project, *, again: bool) -> int:
    """Lock apt.txt. Without an engine, say that it is not locked: only the image needs it."""
    if not (find_request(project.root) or (project.root / apt_lock.NAME).exists()):
        return 0
    from labcoat.container.base_images import system_packages
    from labcoat.container.engine import versions

    try:
        versions.engine_version(project)
    except LabcoatError as failure:
        terminal.print_warning(
            f"the system packages of the image are not locked: {failure.message}", failure.hint
        )
        return 0
    system_packages.refresh_lock(project, again=again)
    return 0
