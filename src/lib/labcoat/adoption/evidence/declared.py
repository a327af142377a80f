"""What the project's own files declare, and the lock of another tool that says more."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from labcoat.adoption.evidence.source import Skipped, Source
from labcoat.adoption.plan import Wanted
from labcoat.core.errors import LabcoatError
from labcoat.core.path_roles import is_aside
from labcoat.core.project import Project
from labcoat.core.project_files.declared import Listing
from labcoat.core.project_files.lock_of_record import LOCKS, find_record
from labcoat.core.project_files.reader import READERS, read_declared
from labcoat.core.project_files.uv_sources import placed_names
from labcoat.core.records import replace
from labcoat.imports.tree import Tree
from labcoat.locking import flattening, inputs, requirements_file
from labcoat.locking.requirement_lines import FileLine, parse_lines
from labcoat.locking.requirements_file import requirement_name
from labcoat.toolchain import interpreters

_LOCKED_NAME = re.compile(r'(?m)^\s*(?:name = "([\w.-]+)"|"([\w.-]+)": \{)')
MOST_FOLDERS = 30  # projects in one repository that are read
_OF_FOLDER = "a path, which is of use in its own project alone"
_LOCK_FILES = tuple(name.lower() for name in LOCKS)


def find_lock(project: Project) -> Source | None:
    """Return the lock of another tool that labcoat derives its own from; None if there is none."""
    try:
        record = find_record(project.requirements)
    except LabcoatError:
        return None
    return None if record is None else Source(record.name, "lock")


def find_declared(project: Project) -> Source | None:
    """Return what the project's files declare, as labcoat locks it; None if it cannot be read.

    A list that is in requirements.txt itself, which the lock would replace, cannot be locked there.
    """
    return _read_folder(project.root, project.requirements)


def find_nested(tree: Tree) -> list[Source]:
    """Return what the projects in folders of this one declare, the nearest of them."""
    found = []
    for folder in _nested_folders(tree)[:MOST_FOLDERS]:
        root = tree.root / folder
        if declared := _read_folder(root, root / "requirements.txt"):
            file = f"{folder}/{declared.file}"
            layout = tuple(
                replace(each, file=file) for each in declared.wanted if not _is_path(each)
            )
            paths = (each.requirement for each in declared.wanted if _is_path(each))
            below = (Skipped(each, _OF_FOLDER, requirement_name(each)) for each in paths)
            skipped = (*declared.skipped, *below)
            python = _find_python(root)
            found.append(
                replace(declared, file=file, layout=layout, skipped=skipped, python=python)
            )
    return found


def _find_python(root: Path) -> str:
    """Return which Pythons the files of a project allow, as they write it; empty if they do not."""
    try:
        found = [each for each in interpreters.read_ranges(root) if each.source in READERS]
    except LabcoatError:
        return ""
    return found[0].specifiers.strip() if found else ""


def count_unread(tree: Tree) -> int:
    """Return the number of projects in folders that `find_nested` does not read."""
    return max(0, len(_nested_folders(tree)) - MOST_FOLDERS)


def _nested_folders(tree: Tree) -> list[str]:
    """Return the folders with projects, the nearest first; those of tests and docs aside."""
    paths = tree.named(*READERS)
    folders = (path.rpartition("/")[0] for path in paths if "/" in path and not is_aside(path))
    return list(dict.fromkeys(folders))


def _is_path(wanted: Wanted) -> bool:
    """Whether it names a folder, such as a sibling: that is of use in its own project alone."""
    return bool(re.search(r"@\s*file:|^(?:-e\b|--editable\b|\.)", wanted.requirement))


def _read_folder(root: Path, lock: Path) -> Source | None:
    try:
        declared = read_declared(root)
        listing = declared.dependencies
        if not listing or listing.computed or lock in listing.files:
            return None
        texts = flattening.flatten_requirements(declared.without_refused(), (), lock)
    except LabcoatError:
        return None
    name = listing.source.name
    content = requirements_file.read_requirements(listing.source).lower().splitlines()
    return Source(
        name,
        "declared",
        tuple(
            Wanted(each.text, name, _line_of(each, content), "demand")
            for each in parse_lines("\n".join(texts))
        ),
        skipped=_list_refused(listing),
    )


def _list_refused(listing: Listing) -> tuple[Skipped, ...]:
    """Return the entries of a list that cannot be read."""
    placed = placed_names(listing.source.parent) if listing.refused else frozenset()
    names = {entry: requirement_name(entry) for entry in listing.refused}
    return tuple(
        Skipped(entry, error.message, names[entry] if names[entry] in placed else "")
        for entry, error in listing.refused.items()
    )


def _line_of(each: FileLine, content: Sequence[str]) -> int:
    """Return the line of a file that has a requirement as it is, or its name; else the first."""
    for part in (each.text, each.name):
        for number, line in enumerate(content, 1):
            if part and part.lower() in line:
                return number
    return 1


def find_groups(project: Project) -> list[Source]:
    """Return what the project's groups and extras ask for, which have locks of their own."""
    found: dict[str, list[Wanted]] = {}
    skipped: dict[str, list[Skipped]] = {}
    for each, text in _declared_texts(project):
        if each.lock != project.requirements:
            content = requirements_file.read_requirements(each.source).lower().splitlines()
            found.setdefault(each.source.name, []).extend(
                Wanted(line.text, each.source.name, _line_of(line, content), "demand")
                for line in parse_lines(text)
                if line.name
            )
    for listing in _part_listings(project):
        skipped.setdefault(listing.source.name, []).extend(_list_refused(listing))
    return [
        Source(name, "declared", tuple(layout), dev=True, skipped=tuple(skipped.get(name, ())))
        for name, layout in found.items()
    ]


def _part_listings(project: Project) -> list[Listing]:
    """Return the lists of the groups and extras."""
    try:
        declared = read_declared(project.root)
    except LabcoatError:
        return []
    return [*declared.extras.values(), *declared.groups.values()]


def _declared_texts(project: Project) -> Iterator[tuple[inputs.LockInput, str]]:
    """Yield the requirements of each group, without the entries that cannot be read."""
    try:
        listed = inputs.list_inputs(project.root)
    except LabcoatError:
        return
    for each in listed:
        if each.declared is not None:
            readable = replace(each, declared=each.declared.without_refused())
            with suppress(LabcoatError):
                yield from ((each, text) for text in readable.texts().values())


def locked_names(tree: Tree) -> set[str]:
    """Return the packages in the locks of other tools, also those that others depend on."""
    return {
        requirement_name(first or second)
        for path in tree.named(*_LOCK_FILES)
        if "/" not in path
        for first, second in _LOCKED_NAME.findall(tree.read_text(path))
    }
