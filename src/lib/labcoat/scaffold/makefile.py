"""The Makefile of a repository that labcoat comes to: one include, and who owns which target."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from labcoat.core.changes import ChangeSet, is_utf16
from labcoat.core.errors import LabcoatError
from labcoat.core.git import git_root
from labcoat.core.makefiles import Makefile, is_include, makefile_name, read_makefile
from labcoat.core.patterns import lazy_pattern
from labcoat.core.terminal import join_some, print_warning
from labcoat.scaffold.dockerfile import TEMPLATES
from labcoat.toolchain import own_install

OWN_FILE = "labcoat.mk"  # committed; finds a labcoat that pip or pipx installed
INSTALLED = f"include {OWN_FILE}"
_INCLUDED = lazy_pattern(r"^ *[-s]?include\b.*(?:include\.python\.mk|labcoat)", re.MULTILINE)
_INPUT = lazy_pattern(r"requirements[\w.-]*\.(?:in|txt)|\.python-version|runtime\.txt")
_MARK = "labcoat's targets, from the labcoat that is installed"


def include_line(root: Path, include: Path) -> str:
    """Return the line for the Makefile in `root`.

    It leads to the labcoat of the repository, if it has one, which may be above `root`; else to the
    installed labcoat.
    """
    include = Path(os.path.abspath(include))  # noqa: PTH100 - a link is where make finds it
    top = git_root(root) or root
    if include.is_relative_to(top) and "site-packages" not in include.parts:
        return format_include(include, root)
    if found := _find_above(root, top):
        return format_include(found, root)
    if own_install.is_installed_inside(include.parent):
        return INSTALLED
    raise LabcoatError(
        "this labcoat is neither in this repository nor installed, so a Makefile cannot find it",
        "Run `git submodule add ADDRESS labcoat` or `pip install labcoat`, then that one's init",
    )


def plan_makefile(changes: ChangeSet, include: str) -> None:
    """Plan a Makefile with the line `include`, or that line at the end of the one that is there.

    Targets of the same name stay the project's. Raise LabcoatError if make could not read it.
    """
    root = changes.root
    name = makefile_name(root)
    if is_utf16(root / name):
        raise LabcoatError(
            f"cannot read `{name}`: it is UTF-16 text, which make cannot read either",
            "Save it as UTF-8",
        )
    text = changes.read(name)
    found = read_makefile(root, name)
    if text is None:
        changes.plan(
            name, f".DEFAULT_GOAL := help\n\n{include}\n", "written; `make help` lists its targets"
        )
    elif (gone := _find_dead_include(found)) and f"include {gone}" != include:
        raise LabcoatError(
            f"`{name}` includes `{gone}`, which does not exist",
            f"Write this line in its place: `{include}`",
        )
    elif gone or _has_labcoat(found):
        _plan_owned(changes, name, text, found)
        return
    else:
        own = _list_owned(found, found.rules)
        lines = ["", *([f"LABCOAT_OWN := {' '.join(own)}"] if own else []), include]
        changes.append(name, lines, _describe(own))
    _warn_of_refused(found)
    _warn_of_file_rules(root, name, found)


def plan_own_file(changes: ChangeSet) -> None:
    """Plan labcoat.mk if the Makefile includes it, and it does not exist.

    Raise LabcoatError if it is not labcoat's.
    """
    text = changes.read(makefile_name(changes.root)) or ""
    if not re.search(rf"^ *[-s]?include[ \t]+{re.escape(OWN_FILE)}\b", text, re.MULTILINE):
        return
    before = changes.read(OWN_FILE)
    if before is None:
        template = (TEMPLATES / OWN_FILE).read_text(encoding="utf-8")
        summary = "written; it finds the labcoat that is installed, and is yours to commit"
        changes.plan(OWN_FILE, template, summary)
    elif _MARK not in before and not is_include(changes.root / OWN_FILE):
        raise LabcoatError(
            f"`{OWN_FILE}` exists and is not labcoat's", "Rename it, and what includes it"
        )


def plan_settings(changes: ChangeSet, settings: Iterable[tuple[str, str]]) -> None:
    """Plan lines that assign `settings` before the line that includes labcoat.

    A setting that the Makefile has already stays, and is named with a warning.
    """
    name = makefile_name(changes.root)
    for setting, value in settings:
        text = changes.read(name) or ""
        line = f"{setting} := {value}"
        place = _INCLUDED.search(text)
        if re.search(rf"^[ \t]*(?:export[ \t]+)?{setting}[ \t]*[:?+]?=", text, re.MULTILINE):
            if line not in text:
                print_warning(f"`{name}` sets {setting} already", f"It should have: `{line}`")
        elif place:
            ending = "\r\n" if "\r\n" in text else "\n"
            new = text[: place.start()] + line + ending + text[place.start() :]
            changes.plan(name, new, f"added {setting}")
        else:
            print_warning(
                f"`{name}` does not include labcoat itself",
                f"Write `{line}` before the line that does",
            )


def list_targets(include: Path | None = None) -> list[str]:
    """Return the names of labcoat's targets, without the prefix."""
    text = (include or own_install.include_file()).read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.search(r"^_labcoat_targets := (.*)$", text, re.MULTILINE)
    return found[1].split() if found else []


def format_include(path: Path, root: Path) -> str:
    """Return the line that includes `path` in a Makefile in `root`."""
    return "include " + os.path.relpath(path, root).replace(" ", "\\ ")


def owned_targets(root: Path) -> frozenset[str]:
    """Return the targets that the Makefile in `root` lists in LABCOAT_OWN."""
    return frozenset(read_makefile(root).settings.get("LABCOAT_OWN", "").split())


def _has_labcoat(found: Makefile) -> bool:
    """Whether the makefiles include labcoat, or a path with a variable that may lead to it."""
    return found.has_labcoat or any(
        each.path is None and each.written.endswith("include.python.mk") for each in found.includes
    )


def _find_dead_include(found: Makefile) -> str:
    """Return the path of an include of labcoat that leads nowhere; empty if one works."""
    if _has_labcoat(found):
        return ""
    for each in found.includes:
        name = each.written.rpartition("/")[2]
        if name in {"include.python.mk", OWN_FILE} and each.path and not each.path.exists():
            return each.written
    return ""


def _list_owned(found: Makefile, names: Iterable[str]) -> list[str]:
    """Return those of `names` that are labcoat's too and that LABCOAT_OWN does not list yet."""
    known = set(found.settings.get("LABCOAT_OWN", "").split())
    rules = set(names)
    return [each for each in list_targets() if each in rules and each not in known]


def _describe(own: list[str]) -> str:
    summary = "included labcoat at the end; your targets and the default goal stay"
    if not own:
        return summary
    names = ", ".join(f"labcoat-{each}" for each in own)
    return f"{summary}; beside yours, labcoat's are {names}"


def _plan_owned(changes: ChangeSet, name: str, text: str, found: Makefile) -> None:
    """Plan that the project's targets are in LABCOAT_OWN, in a Makefile that includes labcoat.

    A rule without a recipe extends labcoat's target, so it is not one of them.
    """
    own = _list_owned(found, (target for target, has_recipe in found.rules.items() if has_recipe))
    if not own:
        return
    ending = "\r\n" if "\r\n" in text else "\n"
    known = found.settings.get("LABCOAT_OWN", "").split()
    line = f"LABCOAT_OWN := {' '.join([*known, *own])}"
    assigned = re.compile(r"^LABCOAT_OWN[ \t]*[:?]?=[^\r\n\\]*$", re.MULTILINE)
    if assigned.search(text):
        new = assigned.sub(lambda _: line, text, count=1)
    elif place := _INCLUDED.search(text):
        new = text[: place.start()] + line + ending + text[place.start() :]
    else:
        print_warning(
            f"`{name}` has targets of labcoat's names: {', '.join(own)}",
            f"Write `{line}` before the line that includes labcoat",
        )
        return
    names = ", ".join(f"labcoat-{each}" for each in own)
    changes.plan(name, new, f"added LABCOAT_OWN: beside yours, labcoat's are {names}")


def _warn_of_refused(found: Makefile) -> None:
    for path, number, line in found.refused[:1]:
        print_warning(
            f"make cannot read `{path.name}`, line {number}: `{line[:60]}`",
            "Fix that line: no target works before",
        )


def _warn_of_file_rules(root: Path, name: str, found: Makefile) -> None:
    """Warn that make would run the user's rules for files that labcoat's targets depend on."""
    rules = [rule for rule, has_recipe in found.rules.items() if has_recipe]
    files = [f"`{rule}`" for rule in rules if _is_input(root, rule)]
    if files:
        print_warning(
            f"`{name}` has a rule for {join_some(files)}, which make follows before labcoat's"
            " targets",
            "Remove the rule: labcoat compiles the lock itself",
        )


def _is_input(root: Path, file: str) -> bool:
    """Whether labcoat's targets depend on a file: on locks, their inputs, what says which Python.

    The lock of every requirements*.in is one.
    """
    if not _INPUT.fullmatch(file):
        return False
    is_lock = file == "requirements.txt" or (root / file).with_suffix(".in").exists()
    return is_lock if file.startswith("requirements") else (root / file).exists()


def _find_above(root: Path, top: Path) -> Path | None:
    """Return the include or the labcoat.mk that a Makefile above `root` includes, or a submodule's.

    Nothing above `top`, the root of the repository, is read.
    """
    for folder in root.parents if root != top and root.is_relative_to(top) else ():
        if (own := folder / OWN_FILE).is_file() and _MARK in own.read_text("utf-8", "replace"):
            return own
        for each in read_makefile(folder).includes:
            if each.path and is_include(each.path):
                return each.path
        if folder == top:
            break
    return next(_submodules(top), None)


def _submodules(top: Path) -> Iterator[Path]:
    modules = top / ".gitmodules"
    text = modules.read_text("utf-8", "replace") if modules.is_file() else ""
    for name in re.findall(r"^\s*path\s*=\s*(.+?)\s*$", text, re.MULTILINE):
        include = top / name / "src/lib/include.python.mk"
        if include.resolve().is_relative_to(top.resolve()) and is_include(include):
            yield include
