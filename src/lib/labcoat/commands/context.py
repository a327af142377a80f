"""`labcoat context`: show what a Docker build sends, and what of it reaches the image."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from labcoat.core.errors import LabcoatError

if TYPE_CHECKING:
    from labcoat.container.context.build_context import BuildContext


def add_arguments(parser: ArgumentParser) -> None:
    """Add the context, its Dockerfile and what to print."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="the build context; by default the current directory",
    )
    parser.add_argument(
        "--dockerfile",
        "-f",
        default=None,
        metavar="FILE",
        help="relative to the context; by default Dockerfile",
    )
    parser.add_argument("--files", action="store_true", help="print only the paths in the context")
    parser.add_argument(
        "--reaching", action="store_true", help="print only the paths that reach the image"
    )
    parser.add_argument(
        "-z", dest="zero", action="store_true", help="end each path with NUL, not with a newline"
    )
    parser.add_argument(
        "--semantics",
        choices=("buildkit", "docker-20.10"),
        default="buildkit",
        help="which builder's reading of .dockerignore to use",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: Namespace) -> int:
    """Print the report or the paths."""
    from labcoat.container.context import report
    from labcoat.container.context.build_context import BuildContext
    from labcoat.container.dockerignore.parser import PatternError, Semantics

    if not args.folder.is_dir():
        raise LabcoatError(
            f"no directory `{args.folder}`", "Name the directory that `docker build` gets", status=2
        )
    build = BuildContext(args.folder, args.dockerfile or "Dockerfile", Semantics(args.semantics))
    try:
        if args.files or args.reaching:
            paths = sorted(build.reaching_files() if args.reaching else build.sent_files())
            end = b"\0" if args.zero else b"\n"
            sys.stdout.buffer.write(b"".join(os.fsencode(path) + end for path in paths))
            _warn_unreadable(build)
            return 0
        measured = report.measure_context(build)
        _warn_unreadable(build)
    except PatternError as error:
        name = build.ignore_path.name if build.ignore_path else ".dockerignore"
        raise LabcoatError(
            f"{name}:{error.line}: `{error.text.strip()}`: {error.why}",
            "Correct the pattern: Docker refuses every build with it",
        ) from error
    except OSError as error:
        raise LabcoatError(
            f"cannot read {error.filename or build.dockerfile}: {error.strerror or error}",
            "Name another Dockerfile with -f, or check the file's permissions",
        ) from error
    except ValueError as error:
        raise LabcoatError(
            f"{build.dockerfile}: {error}", "Correct the Dockerfile, or name another with -f"
        ) from error
    write = report.context_report_json if args.json else report.context_report_text
    sys.stdout.write(write(measured))
    return 0


def _warn_unreadable(build: "BuildContext") -> None:
    from labcoat.core.terminal import escape_control, print_warning

    for folder in build.unreadable:
        print_warning(
            f"cannot read {escape_control(folder or '.')}: `docker build` will fail on it",
            "Correct its permissions, or exclude it in .dockerignore",
        )
