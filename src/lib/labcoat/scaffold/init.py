"""`labcoat init`: what a repository needs so that `make venv` works in it. What is there already is kept."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking import requirements_file
from labcoat.scaffold.dockerfile import TEMPLATES, missing_files
from labcoat.toolchain import own_install

INSTALLED = (
    "include $(or $(shell labcoat mk),$(error labcoat is not installed here: pip install labcoat))"
)
IGNORED = ("/.venv", "/.conda", "/.labcoat")
ASKED = "# What this project uses, a package a line: pandas, or pandas>=2. make venv locks the versions.\n"
_INCLUDES = re.compile(r"^\s*-?include\b.*(?:include\.python\.mk|labcoat mk)", re.MULTILINE)


@dataclass(frozen=True)
class PlannedChange:
    """A file's name, the whole text it gets, and what is said of it."""

    name: str
    text: str
    said: str


def init_project(project: Project) -> int:
    """Write what is missing, and say so, a line a file. Exit status 0.

    Raises Failure, writing nothing, where a Makefile could not name this labcoat for long.
    """
    own_install.refuse_inside(project.venv, "venv")
    changes = list(plan_changes(project.root, include_line(project.root, include_file())))
    for change in changes:
        files.write_file(project.root / change.name, change.text)
        print(f"{change.name}: {change.said}")
    if not changes:
        print("All is there already.")
    source = project.root / "requirements.in"
    empty = source.exists() and not requirements_file.asked(requirements_file.read(source))
    print(
        "Next: list what you use in requirements.in, then run make venv."
        if empty
        else "Next: run make venv."
    )
    return 0


def include_file() -> Path:
    """Where this labcoat's include.python.mk is: beside the package in a checkout, in the package where pip installed it."""
    package = Path(__file__).parent.parent
    beside = package.parent / "include.python.mk"
    return beside if beside.exists() else package / "include.python.mk"


def include_line(root: Path, include: Path) -> str:
    """The Makefile's line: by path where labcoat is a part of the repository, else by asking the labcoat that is installed."""
    relative = os.path.relpath(include, root)
    if not relative.startswith(os.pardir + os.sep) and "site-packages" not in relative:
        return "include " + relative.replace(" ", "\\ ")
    if own_install.is_installed_inside(include.parent):
        return INSTALLED
    raise LabcoatError(
        "This labcoat is neither in this repository nor installed, so a Makefile could not say where it is.",
        "Add it with git submodule add ADDRESS labcoat, or pip install it, and run that one's init.",
    )


def plan_changes(root: Path, include: str) -> Iterator[PlannedChange]:
    """What to write in `root`, whose Makefile is to have the line `include`."""
    yield from _makefile(root, include)
    yield from _requirements(root)
    yield from _gitignore(root)
    for template, name in missing_files(root).items():
        yield PlannedChange(name, (TEMPLATES / template).read_text(encoding="utf-8"), "written")


def _makefile(root: Path, include: str) -> Iterator[PlannedChange]:
    # In make's own order, with the name that everybody uses for a new one.
    name = next(
        (one for one in ("GNUmakefile", "makefile", "Makefile") if (root / one).exists()),
        "Makefile",
    )
    there = _text(root / name)
    if there is None:
        yield PlannedChange(
            name, f".DEFAULT_GOAL := help\n\n{include}\n", "written; make help lists its targets"
        )
    elif not _INCLUDES.search(there):
        yield PlannedChange(
            name,
            _with_lines(there, ["", include]),
            "labcoat's targets are at its end; yours stay, and so does its default",
        )


def _requirements(root: Path) -> Iterator[PlannedChange]:
    source = root / "requirements.in"
    listed = (
        requirements_file.read(root / "requirements.txt")
        if (root / "requirements.txt").exists()
        else ""
    )
    if (there := _text(source)) is not None:
        known = "\n".join(
            map(requirements_file.read, requirements_file.chain(source, missing_ok=True))
        )
        if missing := requirements_file.left_behind(listed, known):
            said = "has what else requirements.txt asked for; make venv makes that the lock"
            yield PlannedChange("requirements.in", _with_lines(there, missing), said)
        return
    # What pip freeze says of a package that conda built: its name, and a folder of the machine it was built on.
    asked = [re.sub(r"^(\S+) @ file:\S+", r"\1", line) for line in requirements_file.asked(listed)]
    if asked and "--hash=" not in listed:
        text = (
            f"{ASKED}# These were in requirements.txt; those that only others need can go.\n"
            + "\n".join(asked)
            + "\n"
        )
        yield PlannedChange(
            "requirements.in",
            text,
            "has what requirements.txt asked for; make venv makes that the lock",
        )
    elif not listed:
        yield PlannedChange("requirements.in", ASKED, "written, with nothing in it yet")


def _gitignore(root: Path) -> Iterator[PlannedChange]:
    there = _text(root / ".gitignore") or ""
    known = {line.strip().strip("/") for line in there.splitlines()}
    if missing := [line for line in IGNORED if line.strip("/") not in known]:
        yield PlannedChange(
            ".gitignore", _with_lines(there, missing), f"{', '.join(missing)} added"
        )


def _with_lines(text: str, lines: list[str]) -> str:
    """`text` with `lines` at its end, in its own line endings."""
    ending = "\r\n" if "\r\n" in text else "\n"
    gap = ending if text and not text.endswith("\n") else ""
    return text + gap + "".join(line + ending for line in lines)


def _text(path: Path) -> str | None:
    """The file's text, its line endings as they are; None where there is none. Raises Failure where it cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LabcoatError(
            f"{path.name} cannot be read: {error}.", "Save it as UTF-8 text that you may read."
        ) from None
