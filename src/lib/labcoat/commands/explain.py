"""`labcoat explain`: print the page about a rule of `labcoat check`, or list all rules."""

import sys
from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Add the rule."""
    parser.add_argument(
        "rule", nargs="?", metavar="RULE", help="such as ENV002; by default all rules are listed"
    )


def run(args: Namespace) -> int:
    """Print the page or the list."""
    from labcoat.lint import explain

    sys.stdout.write(explain.rule_page(args.rule) if args.rule else explain.rule_listing())
    return 0
