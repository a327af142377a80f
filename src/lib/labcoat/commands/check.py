"""`labcoat check`: find committed environments, leaked secrets, broken or big Docker builds."""

import gc
import sys
from argparse import ArgumentParser, Namespace
from importlib import import_module
from typing import TYPE_CHECKING

from labcoat.commands import fix
from labcoat.commands.rule_selection import add_repositories, add_selection, read_selection

if TYPE_CHECKING:
    from labcoat.lint.runner import Report


def add_arguments(parser: ArgumentParser) -> None:
    """Add the repositories, the rules and the format of the report."""
    add_repositories(parser)
    parser.add_argument("--format", choices=("text", "json", "sarif", "github"), default="text")
    parser.add_argument("--fix", action="store_true", help="first fix what is safe to fix")
    parser.add_argument(
        "--unsafe",
        action="store_true",
        help="with --fix: also make fixes that can change behaviour",
    )
    parser.add_argument(
        "--verbose", action="store_true", help="list notes too, which are otherwise counted"
    )
    parser.add_argument("--online", action="store_true", help="also ask the package index")
    add_selection(parser)


def run(args: Namespace) -> int:
    """Print the findings.

    Return 0 without any but notes, 1 with errors or warnings, 2 where a check could not run.
    """
    from labcoat.lint.repository.repository import open_repository

    # A check keeps its names until it ends: collecting garbage would only cost time.
    gc.disable()
    if args.fix:
        fix.fix_repositories(args, sys.stderr)
    roots = args.repositories
    # git lists the files of a single repository while the rules are imported.
    opened = open_repository(roots[0]) if len(roots) == 1 else None
    from labcoat.lint import runner

    selection = read_selection(args)
    reports = (
        [runner.run_rules(opened, selection)] if opened else runner.check_all(roots, selection)
    )
    sys.stdout.write(_render(reports, args))
    if any(report.failure for report in reports):
        return 2
    from labcoat.lint.findings import Severity

    found = (each.severity for report in reports for each in report.findings)
    return 1 if any(severity > Severity.NOTE for severity in found) else 0


def _render(reports: "list[Report]", args: Namespace) -> str:
    if args.format == "text":
        from labcoat.lint.output import text

        return text.render_reports(reports, sys.stdout, verbose=args.verbose)
    rendered: str = import_module(f"labcoat.lint.output.{args.format}").render_reports(reports)
    return rendered
