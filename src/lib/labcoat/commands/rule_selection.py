"""The arguments that `labcoat check` and `labcoat fix` share: repositories and rules."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labcoat.lint.runner import Selection

_SEVERITIES = ("note", "warning", "error")


def add_repositories(parser: ArgumentParser) -> None:
    """Add the repositories to check."""
    parser.add_argument(
        "repositories",
        nargs="*",
        type=Path,
        default=[Path()],
        metavar="REPO",
        help="repositories; by default the current directory",
    )


def add_selection(parser: ArgumentParser) -> None:
    """Add which rules and severities count."""
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="RULES",
        help="only these rules, by id or the beginning of it",
    )
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="RULES", help="all rules but these"
    )
    parser.add_argument("--min-severity", choices=_SEVERITIES, default="note")


def read_selection(args: Namespace) -> "Selection":
    """Return the rules that `args` select. Raise LabcoatError if a rule is unknown."""
    from labcoat.lint.findings import Severity
    from labcoat.lint.runner import Selection, parse_selectors

    return Selection(
        parse_selectors(args.select),
        parse_selectors(args.ignore),
        Severity[args.min_severity.upper()],
        getattr(args, "online", False),
    )
