"""`labcoat fix`: fix what `labcoat check` finds, where that is safe."""

import sys
from argparse import ArgumentParser, Namespace
from typing import TextIO

from labcoat.commands.rule_selection import add_repositories, add_selection, read_selection


def add_arguments(parser: ArgumentParser) -> None:
    """Add the repositories and the rules."""
    add_repositories(parser)
    parser.add_argument(
        "--unsafe", action="store_true", help="also make fixes that can change behaviour"
    )
    add_selection(parser)


def run(args: Namespace) -> int:
    """Fix the repositories and print each fix; return 0, even if there was nothing to fix."""
    fix_repositories(args, sys.stdout)
    return 0


def fix_repositories(args: Namespace, stream: TextIO) -> None:
    """Fix the repositories in `args` and write a line for each fix to `stream`."""
    from labcoat.core.terminal import escape_control
    from labcoat.lint.fixes import apply_fixes

    selection = read_selection(args)
    fixed = [
        line
        for root in args.repositories
        for line in apply_fixes(root, selection, unsafe=args.unsafe)
    ]
    print("\n".join(map(escape_control, fixed)) or "Nothing to fix.", file=stream)
