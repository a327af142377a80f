"""requirements.in of a repository that labcoat comes to: written from requirements.txt, or empty.

A repository whose files declare what it needs gets none.
"""

import re
from pathlib import Path

from labcoat.core import terminal
from labcoat.core.changes import ChangeSet
from labcoat.core.errors import LabcoatError
from labcoat.locking import inputs, requirements_file

EMPTY_REQUIREMENTS = (
    "# The packages this project uses, one on each line, such as pandas or pandas>=2."
    " `make venv` locks their versions.\n"
)


def plan_requirements(changes: ChangeSet) -> None:
    """Plan requirements.in, or lines of it, from what requirements.txt lists."""
    root = changes.root
    source = root / "requirements.in"
    listed = (
        requirements_file.read_requirements(root / "requirements.txt")
        if (root / "requirements.txt").exists()
        else ""
    )
    if changes.read("requirements.in") is not None:
        known = "\n".join(
            map(
                requirements_file.read_requirements,
                requirements_file.included_files(source, missing_ok=True),
            )
        )
        if missing := requirements_file.unlisted_requirements(listed, known):
            summary = f"added {terminal.join_some(missing)} from requirements.txt"
            changes.append("requirements.in", missing, summary)
        return
    if _is_declared(root, listed):
        return
    # For a package that conda built, pip freeze prints a path on the machine that built it.
    asked = [
        re.sub(r"^(\S+) @ file:\S+", r"\1", line)
        for line in requirements_file.requirement_texts(listed)
    ]
    if asked and "--hash=" not in listed:
        changes.plan(
            "requirements.in",
            f"{EMPTY_REQUIREMENTS}"
            "# These were in requirements.txt. You can remove what only other packages need.\n"
            + "\n".join(asked)
            + "\n",
            "written from requirements.txt, which becomes the lock with `make venv`",
        )
    elif not listed:
        changes.plan("requirements.in", EMPTY_REQUIREMENTS, "written, still empty")


def is_empty(requirements_in: Path) -> bool:
    """Return whether a requirements.in exists and lists no package."""
    return requirements_in.exists() and not requirements_file.requirement_texts(
        requirements_file.read_requirements(requirements_in)
    )


def declaring_files(root: Path) -> list[str]:
    """Return the names of the files, other than requirements*.in, that list dependencies."""
    found = [each for each in inputs.list_inputs(root) if each.declared is not None]
    return list(dict.fromkeys(each.source.name for each in found))


def _is_declared(root: Path, listed: str) -> bool:
    """Whether pyproject.toml and the like name the packages, also those `listed` in a lock."""
    declared = inputs.list_inputs(root)
    if not declared:
        return False
    try:
        known = {
            name
            for each in declared
            for text in each.texts().values()
            for name in requirements_file.requirement_names(text)
        }
    except LabcoatError:
        return not listed  # the next command names what cannot be read
    return requirements_file.requirement_names(listed) <= known
