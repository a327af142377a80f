"""The commands `check`, `fix`, `context` and `explain`: what they are given, what they print, their exit status."""

import gc
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from labcoat.core.errors import LabcoatError

if TYPE_CHECKING:
    from labcoat.container.context.build_context import BuildContext
    from labcoat.lint.runner import Report, Selection

_SEVERITIES = ("note", "warning", "error")


def add_check(parser: ArgumentParser) -> None:
    """The arguments of `labcoat check`."""
    parser.add_argument(
        "repositories",
        nargs="*",
        type=Path,
        default=[Path()],
        metavar="REPO",
        help="folders; this one",
    )
    parser.add_argument("--format", choices=("text", "json", "sarif", "github"), default="text")
    parser.add_argument("--fix", action="store_true", help="mend first what can be mended safely")
    parser.add_argument(
        "--unsafe", action="store_true", help="with --fix: mend also what can change something else"
    )
    parser.add_argument("--online", action="store_true", help="ask the package index too")
    _add_selection(parser)


def add_fix(parser: ArgumentParser) -> None:
    """The arguments of `labcoat fix`."""
    parser.add_argument(
        "repositories",
        nargs="*",
        type=Path,
        default=[Path()],
        metavar="REPO",
        help="folders; this one",
    )
    parser.add_argument(
        "--unsafe", action="store_true", help="mend also what can change something else"
    )
    _add_selection(parser)


def _add_selection(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="RULES",
        help="only these, by id or its beginning",
    )
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="RULES", help="all but these"
    )
    parser.add_argument("--min-severity", choices=_SEVERITIES, default="note")


def add_context(parser: ArgumentParser) -> None:
    """The arguments of `labcoat context`."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="the context; this folder",
    )
    parser.add_argument(
        "--dockerfile",
        "-f",
        default=None,
        metavar="FILE",
        help="relative to the context; Dockerfile",
    )
    parser.add_argument(
        "--files",
        action="store_true",
        help="print the paths that the context holds, and nothing else",
    )
    parser.add_argument(
        "--reaching", action="store_true", help="print those that reach the image, and nothing else"
    )
    parser.add_argument(
        "-z", dest="zero", action="store_true", help="end each path with NUL instead of a line feed"
    )
    parser.add_argument(
        "--semantics",
        choices=("buildkit", "docker-20.10"),
        default="buildkit",
        help="whose reading",
    )
    parser.add_argument("--json", action="store_true")


def add_explain(parser: ArgumentParser) -> None:
    """The arguments of `labcoat explain`."""
    parser.add_argument(
        "rule", nargs="?", metavar="RULE", help="such as ENV002; without one, all are listed"
    )


def check(args: Namespace) -> int:
    """Print what was found; 0 where nothing, 1 for findings, 2 where labcoat could not look."""
    from labcoat.lint.repository.repository import open_repository

    gc.disable()  # a hundred thousand names are looked through again and again, and none of it is garbage before the end
    if args.fix:
        fix(args)
    roots = args.repositories
    opened = (
        open_repository(roots[0]) if len(roots) == 1 else None
    )  # git lists its files while the rules are imported
    from labcoat.lint import runner as checking

    selection = _selection(args)
    reports = (
        [checking.run_rules(opened, selection)] if opened else checking.check_all(roots, selection)
    )
    _write(_rendered(reports, args.format))
    if any(report.failure for report in reports):
        return 2
    return 1 if any(report.findings for report in reports) else 0


def _selection(args: Namespace) -> "Selection":
    from labcoat.lint.findings import Severity
    from labcoat.lint.runner import Selection, validate_selectors

    least = Severity[args.min_severity.upper()]
    return Selection(
        validate_selectors(args.select),
        validate_selectors(args.ignore),
        least,
        getattr(args, "online", False),
    )


def _rendered(reports: "list[Report]", form: str) -> str:
    if form == "text":
        from labcoat.lint.output import text

        return text.render(reports, colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    from importlib import import_module

    rendered: str = import_module(f"labcoat.lint.output.{form}").render(reports)
    return rendered


def fix(args: Namespace) -> int:
    """Mend what can be mended and say what was done; 0, also where nothing was to do."""
    from labcoat.core.terminal import escape_control
    from labcoat.lint.fixes import apply_fixes as mend

    selection = _selection(args)
    done = [
        line for root in args.repositories for line in mend(root, selection, unsafe=args.unsafe)
    ]
    print(
        "\n".join(escape_control(line) for line in done) or "Nothing to mend.",
        file=sys.stderr if hasattr(args, "fix") else sys.stdout,
    )
    return 0


def context(args: Namespace) -> int:
    """Print what a build is sent."""
    from labcoat.container.context import report
    from labcoat.container.context.build_context import BuildContext
    from labcoat.container.dockerignore.matcher import PatternError, Semantics

    if not args.folder.is_dir():
        raise LabcoatError(
            f"There is no folder {args.folder}.",
            "Name the folder that is given to docker build.",
            status=2,
        )
    build = BuildContext(args.folder, args.dockerfile or "Dockerfile", Semantics(args.semantics))
    try:
        if args.files or args.reaching:
            paths = sorted(build.reaching() if args.reaching else build.sent())
            end = b"\0" if args.zero else b"\n"
            sys.stdout.buffer.write(b"".join(os.fsencode(path) + end for path in paths))
            _say_unreadable(build)
            return 0
        measured = report.measure_context(build)
        _say_unreadable(build)
    except PatternError as error:
        name = build.ignore_path.name if build.ignore_path else ".dockerignore"
        todo = "Correct the pattern: no build succeeds with it."
        raise LabcoatError(
            f"{name}, line {error.line}: `{error.text.strip()}`: {error.why}.", todo
        ) from error
    except OSError as error:
        what = f"{error.filename or build.dockerfile} cannot be read: {error.strerror or error}."
        raise LabcoatError(
            what, "Name another Dockerfile with -f, or see to the file's permissions."
        ) from error
    except ValueError as error:
        raise LabcoatError(
            f"{build.dockerfile}: {error}", "Correct the Dockerfile, or name another with -f."
        ) from error
    _write(
        report.context_report_json(measured) if args.json else report.context_report_text(measured)
    )
    return 0


def _say_unreadable(build: "BuildContext") -> None:
    from labcoat.core.terminal import escape_control

    for folder in build.unreadable:
        print(
            f"labcoat: {escape_control(folder or '.')} cannot be read: a docker build fails on it",
            file=sys.stderr,
        )


def explain(args: Namespace) -> int:
    """Print a rule's page, or all rules."""
    from labcoat.lint import explain as explaining

    _write(explaining.rule_page(args.rule) if args.rule else explaining.rule_listing())
    return 0


def _write(text: str) -> None:
    sys.stdout.write(text)
