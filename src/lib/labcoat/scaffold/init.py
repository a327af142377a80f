"""`labcoat init`: write what a repository needs for `make venv`, and keep what it has."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labcoat.core import files, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking import inputs, requirements_file
from labcoat.scaffold.dockerfile import TEMPLATES, missing_files
from labcoat.toolchain import own_install

INSTALLED = (
    "include $(or $(shell labcoat mk),$(error labcoat is not installed here: pip install labcoat))"
)
IGNORED = ("/.venv", "/.conda", "/.labcoat")
EMPTY_REQUIREMENTS = (
    "# The packages this project uses, one on each line, such as pandas or pandas>=2."
    " `make venv` locks their versions.\n"
)
_INCLUDES = re.compile(r"^\s*(?:-|s)?include\b.*(?:include\.python\.mk|labcoat mk)", re.MULTILINE)

_INCLUDE_LINE = re.compile(r"^ *(?:-|s)?include[ \t]+(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class PlannedChange:
    """A file's name, the whole text it gets, and a description of the change."""

    name: str
    text: str
    summary: str


def init_project(project: Project) -> Iterator[PlannedChange]:
    """Write what is missing, and yield each change when it is written.

    Raise LabcoatError, writing nothing, if a Makefile has no lasting way to find this labcoat.
    """
    own_install.refuse_inside(project.venv, "venv")
    changes = list(plan_changes(project.root, include_line(project.root, include_file())))
    for change in changes:
        files.write_file(project.root / change.name, change.text)
        yield change


def is_empty(requirements_in: Path) -> bool:
    """Return whether a requirements.in exists and lists no package."""
    return requirements_in.exists() and not requirements_file.requirement_texts(
        requirements_file.read_requirements(requirements_in)
    )


def declaring_files(root: Path) -> list[str]:
    """Return the names of the files, other than requirements*.in, that list dependencies."""
    found = [each for each in inputs.list_inputs(root) if each.declared is not None]
    return list(dict.fromkeys(each.source.name for each in found))


def include_file() -> Path:
    """Return the path of include.python.mk: in a clone beside the package, installed inside it."""
    package = Path(__file__).parent.parent
    beside = package.parent / "include.python.mk"
    return beside if beside.exists() else package / "include.python.mk"


def include_line(root: Path, include: Path) -> str:
    """Return the line for the Makefile.

    It has a path if labcoat is part of the repository; else it calls the installed labcoat.
    """
    relative = os.path.relpath(include, root)
    if not relative.startswith(os.pardir + os.sep) and "site-packages" not in relative:
        return "include " + relative.replace(" ", "\\ ")
    if own_install.is_installed_inside(include.parent):
        return INSTALLED
    raise LabcoatError(
        "this labcoat is neither in this repository nor installed, so a Makefile cannot find it",
        "Run `git submodule add ADDRESS labcoat` or `pip install labcoat`, then that one's init",
    )


def plan_changes(root: Path, include: str) -> Iterator[PlannedChange]:
    """Yield the files to write in `root`, whose Makefile gets the line `include`."""
    yield from _plan_makefile(root, include)
    yield from _plan_requirements(root)
    yield from _plan_gitignore(root)
    for template, name in missing_files(root).items():
        yield PlannedChange(name, (TEMPLATES / template).read_text(encoding="utf-8"), "written")


def _plan_makefile(root: Path, include: str) -> Iterator[PlannedChange]:
    # In the order in which make looks for them; a new one gets the usual name.
    name = next(
        (one for one in ("GNUmakefile", "makefile", "Makefile") if (root / one).exists()),
        "Makefile",
    )
    text = _read_text(root / name)
    if text is None:
        yield PlannedChange(
            name, f".DEFAULT_GOAL := help\n\n{include}\n", "written; `make help` lists its targets"
        )
    elif gone := _find_dead_include(root, text):
        raise LabcoatError(
            f"`{name}` includes `{gone}`, which does not exist",
            f"Write this line in its place: `{include}`",
        )
    elif not _INCLUDES.search(text):
        yield PlannedChange(
            name,
            _append_lines(text, ["", include]),
            "included labcoat at the end; your targets and the default goal stay",
        )


def _find_dead_include(root: Path, makefile: str) -> str:
    """Return the path of an include of labcoat that leads nowhere; empty if one works.

    What a path with a variable leads to is make's to say.
    """
    words: list[str] = [
        word.replace("\\ ", " ")
        for line in _INCLUDE_LINE.findall(makefile)
        for word in re.findall(r"(?:\\ |\S)+", line.partition("#")[0])
        if word.endswith("include.python.mk")
    ]
    if not words or any("$" in word or (root / word).exists() for word in words):
        return ""
    return words[0]


def _plan_requirements(root: Path) -> Iterator[PlannedChange]:
    source = root / "requirements.in"
    listed = (
        requirements_file.read_requirements(root / "requirements.txt")
        if (root / "requirements.txt").exists()
        else ""
    )
    if (text := _read_text(source)) is not None:
        known = "\n".join(
            map(
                requirements_file.read_requirements,
                requirements_file.included_files(source, missing_ok=True),
            )
        )
        if missing := requirements_file.unlisted_requirements(listed, known):
            summary = f"added {terminal.join_some(missing)} from requirements.txt"
            yield PlannedChange("requirements.in", _append_lines(text, missing), summary)
        return
    if _is_declared(root, listed):
        return
    # For a package that conda built, pip freeze prints a path on the machine that built it.
    asked = [
        re.sub(r"^(\S+) @ file:\S+", r"\1", line)
        for line in requirements_file.requirement_texts(listed)
    ]
    if asked and "--hash=" not in listed:
        text = (
            f"{EMPTY_REQUIREMENTS}"
            "# These were in requirements.txt. You can remove what only other packages need.\n"
            + "\n".join(asked)
            + "\n"
        )
        yield PlannedChange(
            "requirements.in",
            text,
            "written from requirements.txt, which becomes the lock with `make venv`",
        )
    elif not listed:
        yield PlannedChange("requirements.in", EMPTY_REQUIREMENTS, "written, still empty")


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


def _plan_gitignore(root: Path) -> Iterator[PlannedChange]:
    text = _read_text(root / ".gitignore") or ""
    known = {line.strip().strip("/") for line in text.splitlines()}
    if missing := [line for line in IGNORED if line.strip("/") not in known]:
        yield PlannedChange(
            ".gitignore", _append_lines(text, missing), f"added {', '.join(missing)}"
        )


def _append_lines(text: str, lines: list[str]) -> str:
    """Return `text` with `lines` at its end, in its own line endings."""
    ending = "\r\n" if "\r\n" in text else "\n"
    gap = ending if text and not text.endswith("\n") else ""
    return text + gap + "".join(line + ending for line in lines)


def _read_text(path: Path) -> str | None:
    """Return the file's text with its own line endings; None if it does not exist.

    Raise LabcoatError if it cannot be read.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LabcoatError(
            f"cannot read `{path.name}`: {error}", "Save it as UTF-8, and check its permissions"
        ) from None
