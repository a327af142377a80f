"""`labcoat run`: run a command on a level of isolation."""

from argparse import REMAINDER, SUPPRESS, ArgumentParser, Namespace
from urllib.parse import unquote

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Add the level and the command."""
    parser.add_argument(
        "--in", dest="level", default="venv", metavar="LEVEL", help="none, venv, conda or docker"
    )
    parser.add_argument(
        "--shell", metavar="LINE", help="a line for sh, instead of a program and its arguments"
    )
    # The include's: a line feed would end the line of its recipe.
    parser.add_argument("--encoded-shell", dest="shell", type=unquote, help=SUPPRESS)
    # All after the program is its own, options too.
    parser.add_argument(
        "argv", nargs=REMAINDER, metavar="ARG", help="the program and its arguments"
    )


def run(args: Namespace) -> int:
    """Become the command where the level allows it; else return its exit status."""
    from labcoat.core.declared_variables import apply_declared
    from labcoat.levels.registry import get_level

    chosen, project = get_level(args.level), Project.here()
    words = args.argv[1:] if args.argv[:1] == ["--"] else args.argv
    if not (any(words[:1]) if args.shell is None else args.shell.strip()):
        raise LabcoatError("no command to run", 'Name one: `make run CMD="python train.py"`')
    argv = ["sh", "-c", args.shell] if args.shell is not None else words
    apply_declared(project)
    return chosen.run_command(project, argv)
