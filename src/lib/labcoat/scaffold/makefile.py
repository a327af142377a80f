"""The Makefile of a repository that labcoat comes to: one line at its end."""

import os
import re
from pathlib import Path

from labcoat.core.changes import ChangeSet, is_utf16
from labcoat.core.errors import LabcoatError
from labcoat.toolchain import own_install

INSTALLED = (
    "include $(or $(shell labcoat mk),$(error labcoat is not installed here: pip install labcoat))"
)
_INCLUDES = re.compile(r"^\s*(?:-|s)?include\b.*(?:include\.python\.mk|labcoat mk)", re.MULTILINE)
_INCLUDE_LINE = re.compile(r"^ *(?:-|s)?include[ \t]+(.*)$", re.MULTILINE)


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


def plan_makefile(changes: ChangeSet, include: str) -> None:
    """Plan a Makefile with the line `include`, or that line at the end of the one that is there.

    Raise LabcoatError if make could not read it.
    """
    name = makefile_name(changes.root)
    if is_utf16(changes.root / name):
        raise LabcoatError(
            f"cannot read `{name}`: it is UTF-16 text, which make cannot read either",
            "Save it as UTF-8",
        )
    text = changes.read(name)
    if text is None:
        changes.plan(
            name, f".DEFAULT_GOAL := help\n\n{include}\n", "written; `make help` lists its targets"
        )
    elif gone := _find_dead_include(changes.root, text):
        raise LabcoatError(
            f"`{name}` includes `{gone}`, which does not exist",
            f"Write this line in its place: `{include}`",
        )
    elif not _INCLUDES.search(text):
        changes.append(
            name,
            ["", include],
            "included labcoat at the end; your targets and the default goal stay",
        )


def makefile_name(root: Path) -> str:
    """Return the name of the makefile that make reads in `root`; a new one gets the usual name."""
    names = ("GNUmakefile", "makefile", "Makefile")  # in the order in which make looks for them
    return next((one for one in names if (root / one).exists()), "Makefile")


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
