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
    """Fix the repositories and print each fix; return 1 if one could not be made."""
    return 0 if fix_repositories(args, sys.stdout) else 1


def fix_repositories(args: Namespace, stream: TextIO) -> bool:
    """Fix the repositories in `args` and write a line for each fix to `stream`.

    Print an error for each that could not be made; return whether all were.
    """
    from labcoat.core.terminal import escape_control, print_error
    from labcoat.lint.fixes import apply_fixes

    selection = read_selection(args)
    results = [apply_fixes(root, selection, unsafe=args.unsafe) for root in args.repositories]
    done = [escape_control(line) for each in results for line in each.done]
    failed = [error for each in results for error in each.failed]
    if done or not failed:
        print("\n".join(done) or "Nothing to fix.", file=stream)
    for error in failed:
        print_error(error.message, error.hint)
    return not failed
