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
    parser.add_argument("--online", action="store_true", help="also ask the package index")
    add_selection(parser)


def run(args: Namespace) -> int:
    """Print the findings; return 0 without any, 1 with findings, 2 where a check could not run."""
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
    sys.stdout.write(_render(reports, args.format))
    if any(report.failure for report in reports):
        return 2
    return 1 if any(report.findings for report in reports) else 0


def _render(reports: "list[Report]", form: str) -> str:
    if form == "text":
        from labcoat.lint.output import text

        return text.render_reports(reports, sys.stdout)
    rendered: str = import_module(f"labcoat.lint.output.{form}").render_reports(reports)
    return rendered
