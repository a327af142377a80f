"""`labcoat lock`: compile requirements*.in to locks with hashes."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

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
        return project_locks.check_locks(project)
    if args.format == "pylock":
        from labcoat.locking import pylock_export

        project_locks.make_locks(project)
        for path in pylock_export.export_locks(project):
            print(path.name)
        return 0
    packages = [name for given in args.package for name in given.split() or [given]]
    return project_locks.make_locks(
        project, upgrade=args.upgrade, packages=packages, again=args.again, stamp=args.stamp
    )
