"""`labcoat shell`: open a shell on a level of isolation."""

from argparse import ArgumentParser, Namespace

from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Add the level."""
    parser.add_argument(
        "--in", dest="level", default="venv", metavar="LEVEL", help="none, venv, conda or docker"
    )


def run(args: Namespace) -> int:
    """Become the shell."""
    from labcoat.core.declared_variables import apply_declared
    from labcoat.levels.registry import get_level

    project = Project.here()
    apply_declared(project)
    return get_level(args.level).open_shell(project)
