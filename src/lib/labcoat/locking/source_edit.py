"""Edit the file that a project's requirements are written in, whichever it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record, field
from labcoat.core.terminal import join_some
from labcoat.core.text_encoding import decode_text, encode_like
from labcoat.locking import flattening, pyproject_edit, requirements_edit
from labcoat.locking.inputs import find_input, lock_source
from labcoat.locking.requirements_file import (
    included_files,
    read_requirements,
    requirement_name,
    requirement_names,
)


class SourceChange(Record):
    """What to change: names to add and to remove, and versions that `==` pins get."""

    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    moved: Mapping[str, str] = field(default_factory=dict)


def editable_sources(project: Project) -> list[Path]:
    """Return the files in which the project's requirements are written; not their limits.

    The first gets new requirements; it may not exist. Raise LabcoatError if one cannot be read.
    """
    main = find_input(project.requirements)
    dependencies = main.declared.dependencies if main.declared is not None else None
    first = dependencies.files[0] if dependencies and dependencies.files else main.source
    inputs = [each for each in map(find_input, project.locks) if each.exists]
    chain = [first, *(file for each in inputs for file in each.files(constraints=False))]
    found = {file.resolve(): file for file in chain}
    # A lock among them, as in requirements-dev.in with `-r requirements.txt`, is not an input.
    return [file for file in found.values() if _is_source(file)]


def required_names(project: Project) -> set[str]:
    """Return the names of the packages that the project asks for.

    Raise LabcoatError if an input cannot be read.
    """
    found: set[str] = set()
    for each in map(find_input, project.locks):
        if each.declared is not None:
            lines = flattening.flatten_requirements(each.declared, each.parts, each.lock)
            found |= requirement_names("\n".join(lines))
        elif each.exists:
            files = [file for file in each.files(constraints=False) if _is_source(file)]
            found |= {name for file in files for name in requirement_names(read_requirements(file))}
    return found


def included_names(source: Path) -> set[str]:
    """Return the names that a requirements file and those that it includes ask for."""
    if not source.exists():
        return set()
    files = included_files(source, constraints=False)
    return {name for file in files for name in requirement_names(read_requirements(file))}


def edit_source(project: Project, source: Path, data: bytes, change: SourceChange) -> bytes:
    """Return the new content of `source`, whose content is `data`.

    Raise LabcoatError if it needs a change that labcoat cannot make, with the lines to write.
    """
    text = decode_text(data)
    if source.suffix in {".in", ".txt"}:
        edited = requirements_edit.remove_requirements(text, change.removed)
        edited = requirements_edit.add_requirements(edited, change.added, change.moved)
    else:
        edited = _edit_declaration(project, source, text, change)
    return data if edited == text else encode_like(edited, data)


def _is_source(file: Path) -> bool:
    return file.suffix != ".txt" or lock_source(file) == file or not find_input(file).exists


def _edit_declaration(project: Project, source: Path, text: str, change: SourceChange) -> str:
    def edit(requirement: str) -> str | None:
        if requirement_name(requirement) in change.removed:
            return None
        return requirements_edit.add_requirements(requirement, (), change.moved)

    if source.name == "pyproject.toml":
        keys = _edited_lists(project)
        edited = pyproject_edit.edit_lists(text, keys, edit, change.added)
        if edited is not None and not _missed(edited, text, change):
            return edited
    lines = [f"add {join_some([f'`{name}`' for name in change.added], 9)}"] if change.added else []
    lines += [f"remove `{name}`" for name in change.removed if name in text.lower()]
    lines += [f"set `{name}=={version}`" for name, version in _pinned(text, change.moved).items()]
    if not lines:
        return text
    raise LabcoatError(
        f"cannot edit the dependencies in `{source.name}`",
        f"Edit it yourself: {', '.join(lines)}. Then run `make freeze` again",
    )


def _missed(edited: str, text: str, change: SourceChange) -> bool:
    """Whether Poetry's tables, which only people edit, have what has to change."""
    return edited == text and "[tool.poetry" in text and bool(change.removed)


def _pinned(text: str, moved: Mapping[str, str]) -> dict[str, str]:
    """Return those of `moved` that `text` pins to another version."""
    flat = "".join(text.lower().split())
    return {
        name: version
        for name, version in moved.items()
        if f"{name}==" in flat and f"{name}=={version}" not in flat
    }


def _edited_lists(project: Project) -> set[str]:
    """Return the keys of the lists in pyproject.toml that the project's locks are made from."""
    keys = {"dependencies"}
    for each in map(find_input, project.locks):
        if each.declared is not None:
            keys |= flattening.included_parts(each.declared, each.parts, each.lock)
    return keys
