"""`labcoat init`: write what a repository needs so that `make venv` works in it."""

import datetime
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import OF_LOCKS

if TYPE_CHECKING:
    from labcoat.core.originals import UndoneFile

_VERDICTS = {
    "restored": "as it was before",
    "removed": "removed",
    "merged": "labcoat's lines are removed, your later changes stay",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add what shows the changes without writing them, and what undoes them."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="print the changes as a diff")
    how.add_argument(
        "--undo", action="store_true", help="put back every file as it was before labcoat"
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="stop at the first line that cannot be taken as it is, instead of loosening it",
    )
    parser.add_argument(
        "--dev",
        action="store_true",
        help="write requirements-dev.in from the lists for development",
    )
    parser.add_argument(
        "--as-of",
        type=_read_date,
        metavar="DATE",
        help="resolve with the releases of that day, such as 2021-03-31",
    )


def _read_date(text: str) -> str:
    """Return a date as it is given. Raise ArgumentTypeError if it is not valid."""
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise ArgumentTypeError(
            f"invalid date `{text}`: write it as year-month-day, such as 2021-03-31"
        ) from None


def run(args: Namespace) -> int:
    """Write the missing files, print a line for each and the next step; return 0.

    With --dry-run, print a diff and write nothing. With --undo, put back what was there; return 1
    if a file keeps changes of labcoat's because it was edited since.
    """
    from labcoat.scaffold import init
    from labcoat.scaffold.requirements_in import Wishes

    project = Project.here(ignored=OF_LOCKS if args.undo else ())
    wishes = Wishes(args.strict, args.as_of or "", args.dev)
    if args.undo:
        return _print_undone(project, init.undo_project(project))
    if args.dry_run:
        planned = init.plan_project(project, wishes)
        _print_notes(planned.notes, sys.stderr)
        _print_diff(planned.format_diff())
        return 0
    changes = init.init_project(project, wishes, lambda notes: _print_notes(notes, sys.stdout))
    for change in changes:
        print(f"{change.name}: {change.summary}")
    is_stopped = _warn_of_links(project)
    if not changes and not is_stopped:
        print("Nothing is missing.")
    _warn_of_unshared(project)
    if not is_stopped:
        _print_next(project, is_first=bool(changes))
    return 0


def _print_notes(notes: Sequence[str], stream: TextIO) -> None:
    for line in notes:
        print(line, file=stream)


def _warn_of_links(project: Project) -> bool:
    """Name a list that is its lock itself, by a link; return whether there is one."""
    from labcoat.locking import inputs
    from labcoat.locking.requirements_file import find_link

    try:
        listed = inputs.list_inputs(project.root)
    except LabcoatError:
        return False  # the next command names what cannot be read
    lists = [each for each in listed if each.record is None and each.declared is None]
    errors = [error for each in lists if (error := find_link(each.lock, each.source))]
    sys.stdout.flush()
    for error in errors:
        terminal.print_warning(error.message, error.hint)
    return bool(errors)


def _warn_of_unshared(project: Project) -> None:
    """Name the files that git ignores and everybody needs, after the changes that wrote them."""
    from labcoat.lint.repository.unshared import name_patterns
    from labcoat.scaffold import init

    if unshared := init.find_unshared_files(project):
        sys.stdout.flush()
        names = terminal.escape_control(terminal.join_some([each.path for each in unshared]))
        patterns = terminal.escape_control(name_patterns(unshared))
        terminal.print_warning(
            f"git ignores files that every clone needs: {names} ({patterns})",
            "Remove those patterns, or add the files with `git add -f`",
        )


def _print_next(project: Project, *, is_first: bool) -> None:
    from labcoat.scaffold import makefile, requirements_in

    if declared := requirements_in.declaring_files(project.root):
        itself = ", and installs the project itself" * requirements_in.installs_itself(project.root)
        names = ", ".join(declared)
        print(f"{names}: labcoat locks the dependencies that are listed there{itself}")
    first = "list your packages in requirements.in, then "
    is_empty = requirements_in.is_empty(project.root / "requirements.in")
    if is_first and (download := requirements_in.describe_download(project.root)):
        print(f"The packages are {download}")
    own = " ".join(makefile.owned_targets(project.root))
    print(terminal.name_targets(f"Next: {first if is_empty else ''}run `make venv`.", own))


def _print_diff(diff: str) -> None:
    """Print a diff: as it is for a file or another program, coloured for a terminal."""
    if not sys.stdout.isatty():
        sys.stdout.buffer.write(diff.encode("utf-8", "surrogateescape"))
        return
    colours = {"+": terminal.GREEN, "-": terminal.RED, "@": terminal.CYAN}
    for line in diff.split("\n")[:-1]:
        shown = "\t".join(map(terminal.escape_control, line.split("\t")))
        colour = colours.get(line[:1])
        print(terminal.coloured(shown, colour, sys.stdout) if colour else shown)


def _print_undone(project: Project, undone: Sequence["UndoneFile"]) -> int:
    for each in undone:
        if each.verdict == "kept":
            where = f"; as it was before: {each.original}" if each.original else ""
            print(f"{each.name}: kept, since it was changed later{where}")
        else:
            print(f"{each.name}: {_VERDICTS[each.verdict]}")
    if not undone:
        print("Nothing to undo.")
    left = [
        folder.name
        for folder in (project.venv, project.root / project["CONDA_ENV"])
        if (folder / "labcoat.json").exists()
    ]
    if undone and left:
        print(f"{', '.join(left)}: left; `labcoat clean --all` removes it")
    return 1 if any(each.verdict == "kept" for each in undone) else 0
