"""What the sources of a project import and its environment lacks."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labcoat.core import terminal
from labcoat.core.package_names import normalize_name
from labcoat.imports.own_lists import find_imports, find_root_lists
from labcoat.imports.packages import Imported, read_code
from labcoat.imports.tree import Tree, list_tree
from labcoat.names import modules

_MOST_TEXT = 1 << 20  # bytes of a package's own __init__.py
_EXTENSION = re.compile(r"\.(?:py|pyi|so|pyd|[\w-]+\.so|[\w-]+\.pyd)$")
_MOST_SHOWN = 6
# Where there is one, tests run in an environment of their own.
_TEST_LIST = re.compile(
    r"(?:^|/)(?:(?:requirements[-_.])?tests?(?:[-_.]requirements)?\.(?:txt|in)"
    r"|(?:requirements/tests?|tests?/requirements)\.(?:txt|in)|tox\.ini|noxfile\.py)$"
)


@dataclass(frozen=True)
class Lacking:
    """A module that the environment lacks; `package` would add it, or is empty.

    `is_part` says that the package is there, without this module of it. `source` is the file to add
    it to, if its folder has one; `listed` is another list of the root that has it.
    """

    module: str
    package: str
    file: str
    line: int
    is_part: bool = False
    source: str = ""
    listed: str = ""


def find_lacking(root: Path, site_packages: Path, taken: str = "requirements.in") -> list[Lacking]:
    """Return what sources and notebooks below `root` import and `site_packages` lacks.

    `taken` is the list that the environment was made from.
    What only tests import is left out where a list of packages for tests, tox or nox is there.
    Nothing is executed: modules are looked up as files.
    """
    tree = list_tree(root)
    folders = [site_packages, *_linked_folders(site_packages)]
    found = list(find_imports(tree, read_code(tree)))
    if any(map(_TEST_LIST.search, tree.paths)):
        found = [each for each in found if not each[0].in_tests]
    lists = find_root_lists(tree, taken)
    return [
        replace(lack, source=source, listed="" if source else _find_listed(lack.module, lists))
        for each, source in found
        for lack in _find_lacks(each, folders)
    ]


def _find_listed(module: str, lists: Mapping[str, frozenset[str]]) -> str:
    packages = modules.providers_of(module)
    return next((file for file, names in lists.items() if packages & names), "")


def warn_of_lacking(root: Path, site_packages: Path, environment: str, source: str) -> None:
    """Print a warning that names what `environment` lacks, and the lines for the file `source`.

    What another list has is left out on purpose.
    """
    lacking = find_lacking(root, site_packages, source)
    absent = [each for each in lacking if not each.is_part and not each.listed]
    listed = [f"`{each.module}` ({each.listed})" for each in lacking if each.listed]
    if listed:
        terminal.print_progress(
            f"{environment} is without {terminal.join_some(listed, _MOST_SHOWN)};"
            " LABCOAT_DEV_REQUIREMENTS adds lists"
        )
    if absent:
        names = [f"`{each.module}` ({_place(each)})" for each in absent]
        gone = left_out_names(Tree(root, (source,)).read_text(source))
        hint = "; to ".join(
            _format_additions([each for each in absent if each.package not in gone], source)
        )
        hint = f"Add to {hint}" if hint else ""
        if left_out := [each.package for each in absent if each.package in gone]:
            why = f"{source} says why it has no {terminal.join_some(left_out, _MOST_SHOWN)}"
            hint = f"{hint}; {why}" if hint else f"Read {source}: it says why it has none of these"
        shown = terminal.join_some(names, _MOST_SHOWN)
        terminal.print_warning(f"sources import what `{environment}` lacks: {shown}", hint)
    parts = [
        f"`{each.module}` ({_place(each)})" for each in lacking if each.is_part and not each.listed
    ]
    if parts:
        terminal.print_warning(
            "sources import modules that the locked versions of their packages lack:"
            f" {terminal.join_some(parts, _MOST_SHOWN)}",
            f"Ask for a version that has them in {source}",
        )


def left_out_names(text: str) -> set[str]:
    """Return the packages that `labcoat init` left out of requirements.in, by its comments."""
    found = re.findall(r"(?m)^# left out: ([A-Za-z0-9][\w.-]*)", text)
    return set(map(normalize_name, found))


def _format_additions(absent: Sequence[Lacking], source: str) -> Iterator[str]:
    """Yield what to add to each file: to `source` what no folder with a list of its own needs."""
    packages: dict[str, dict[str, None]] = {}
    for each in absent:
        if each.package:
            packages.setdefault(each.source or source, {})[f"`{each.package}`"] = None
    for file, names in packages.items():
        shown = terminal.join_some(list(names), _MOST_SHOWN)
        yield f"{terminal.escape_control(file)}, a line each: {shown}"


def _place(each: Lacking) -> str:
    return terminal.escape_control(f"{each.file}:{each.line}")


def _find_lacks(each: Imported, folders: Sequence[Path]) -> Iterator[Lacking]:
    for module in each.modules:
        if modules.is_platform_module(module):
            continue
        missing = _missing_part(module, folders)
        if missing:
            is_part = "." in missing and not _is_namespace(missing, folders)
            package = "" if is_part or modules.is_own_name(module) else each.package
            yield Lacking(missing, package, each.file, each.line, is_part)
            if not is_part:
                return


def _missing_part(module: str, folders: Sequence[Path]) -> str:
    """Return the first part of `a.b.c` that no folder has: `a`, `a.b` or `a.b.c`; empty if all.

    A package may define a module of its own in code, so one that its text names is not missing.
    """
    parts = module.split(".")
    known = ""
    for count, part in enumerate(parts, 1):
        below: list[Path] = []
        for folder in folders:
            below += _find_module(folder, part)
        if not below:
            return "" if re.search(rf"\b{re.escape(part)}\b", known) else ".".join(parts[:count])
        if any(path.is_file() for path in below):
            return ""  # a module in one file, which may define more
        known = "\n".join(map(_package_text, below))
        if "__getattr__" in known or "lazy" in known.lower():
            return ""
        folders = below
    return ""


def _find_module(folder: Path, name: str) -> Iterator[Path]:
    """Yield the package or the file that is the module `name` in `folder`."""
    if (folder / name).is_dir():
        yield folder / name
        return
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(f"{name}.")]
    except OSError:
        return
    yield from (folder / each for each in names if _EXTENSION.sub("", each) == name)


def _package_text(folder: Path) -> str:
    try:
        with (folder / "__init__.py").open("rb") as file:
            return file.read(_MOST_TEXT).decode("utf-8", "replace")
    except OSError:
        return ""


def _is_namespace(module: str, folders: Sequence[Path]) -> bool:
    """Whether `a` of `a.b` is a folder that several packages share."""
    parent = module.rpartition(".")[0].replace(".", "/")
    return not any((folder / parent / "__init__.py").exists() for folder in folders)


def _linked_folders(site_packages: Path) -> Iterator[Path]:
    """Yield the folders that .pth files add, as an editable installation's does."""
    for file in sorted(site_packages.glob("*.pth")):
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()[:100]
        except OSError:
            continue
        for line in lines:
            path = line.strip()
            if path and not path.startswith(("import ", "import\t", "#")):
                folder = site_packages / path
                if folder.is_dir():
                    yield folder
