"""`labcoat venv`: make the virtual environment hold exactly the locks."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Add how to treat an environment that exists."""
    parser.add_argument(
        "--again",
        action="store_true",
        help="recreate it, and download again what the last proof found edited",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep and name unlocked packages instead of removing them",
    )
    parser.add_argument(
        "--stamp",
        type=Path,
        metavar="FILE",
        help="touch FILE when the environment is ready, for make",
    )


def run(args: Namespace) -> int:
    """Create or update the environment."""
    from labcoat.levels.venv import VenvLevel

    VenvLevel().prepare(
        Project.here(), stamp=args.stamp, recreate=args.again, discard_drift=not args.keep
    )
    return 0
