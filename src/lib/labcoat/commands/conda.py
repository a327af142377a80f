"""`labcoat conda`: write environment.yml from the lock and make the conda environment."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Add whether to recreate the environment."""
    parser.add_argument("--again", action="store_true", help="recreate it")


def run(args: Namespace) -> int:
    """Create or update the environment."""
    from labcoat.levels.conda import CondaLevel

    CondaLevel().prepare(Project.here(), recreate=args.again)
    return 0
