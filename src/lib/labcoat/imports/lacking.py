"""What the sources of a project import and its environment lacks."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from labcoat.core import terminal
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.uv_sources import placed_names
from labcoat.core.records import Record, replace
from labcoat.imports.additions import advise_additions
from labcoat.imports.module_files import ModuleFiles
from labcoat.imports.own_lists import find_imports, find_root_lists
from labcoat.imports.packages import Imported, read_code
from labcoat.imports.tree import Tree, list_tree
from labcoat.names import modules
from labcoat.names.removed_modules import find_removal

_MOST_SHOWN = 6
# Where there is one, tests run in an environment of their own.
_TEST_LIST = lazy_pattern(
    r"(?:^|/)(?:(?:requirements[-_.])?tests?(?:[-_.]requirements)?\.(?:txt|in)"
    r"|(?:requirements/tests?|tests?/requirements)\.(?:txt|in)|tox\.ini|noxfile\.py)$"
)


class Lacking(Record):
    """A module that the environment lacks; `package` would add it, or is empty.

    `is_part` says that the package is there, without this module of it. `source` is the file to add
    it to, if its folder has one; `listed` is another list of the root that has it. `own` is a file
    of the repository that has the name of the missing part.
    """

    module: str
    package: str
    file: str
    line: int
    is_part: bool = False
    source: str = ""
    listed: str = ""
    own: str = ""

    def explain_own(self) -> str:
        """Return a hint where the repository has such a module; else nothing."""
        return f"Was `{terminal.escape_control(self.own)}` meant?" if self.own else ""


def find_lacking(root: Path, site_packages: Path, taken: str = "requirements.in") -> list[Lacking]:
    """Return what sources and notebooks below `root` import and `site_packages` lacks.

    `taken` is the list that the environment was made from.
    What only tests import is left out where a list of packages for tests, tox or nox is there.
    Nothing is executed: modules are looked up as files.
    """
    tree = list_tree(root)
    return _compare(tree, list(find_imports(tree, read_code(tree))), site_packages, taken)


def _compare(
    tree: Tree, found: list[tuple[Imported, str]], site_packages: Path, taken: str
) -> list[Lacking]:
    files = ModuleFiles(site_packages)
    if any(map(_TEST_LIST.search, tree.paths)):
        found = [each for each in found if not each[0].in_tests]
    lists = find_root_lists(tree, taken)
    own = placed_names(tree.root)
    return [
        replace(
            lack,
            package="" if lack.package in own else lack.package,
            source=source,
            listed="" if source else _find_listed(lack.module, lists),
            own=_find_own(tree, lack.module) if lack.is_part else "",
        )
        for each, source in found
        for lack in _find_lacks(each, files)
    ]


def _find_own(tree: Tree, module: str) -> str:
    """Return the module of the repository that has the last name of `module`; empty if none."""
    name = module.rpartition(".")[2]
    ends = (f"/{name}/__init__.py", f"/{name}.py")
    found = next((path for path in tree.paths if f"/{path}".endswith(ends)), "")
    return found.removesuffix("/__init__.py")


def _find_listed(module: str, lists: Mapping[str, frozenset[str]]) -> str:
    found = (file for file, names in lists.items() if modules.find_providers(module, names))
    return next(found, "")


def warn_of_lacking(root: Path, site_packages: Path, environment: str, source: str) -> set[str]:
    """Print a warning that names what `environment` lacks, and the lines for the file `source`.

    What another list has is left out on purpose. Return all modules that the sources import.
    """
    tree = list_tree(root)
    imported = list(find_imports(tree, read_code(tree)))
    lacking = _compare(tree, imported, site_packages, source)
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
        named = {each: _find_named(each, gone) for each in absent}
        hint = advise_additions(
            _find_additions([each for each in absent if not named[each]], source)
        )
        if left_out := list(dict.fromkeys(filter(None, named.values()))):
            why = f"{source} says why it has no {terminal.join_some(left_out, _MOST_SHOWN)}"
            hint = f"{hint}; {why}" if hint else f"Read {source}: it says why it has none of these"
        if not hint:
            hint = f"No package is known for them: add those that you mean to {source}"
        shown = terminal.join_some(names, _MOST_SHOWN)
        terminal.print_warning(f"sources import what `{environment}` lacks: {shown}", hint)
    parts = [each for each in lacking if each.is_part and not each.listed]
    if parts:
        names = [f"`{each.module}` ({_place(each)})" for each in parts]
        meant = [each.explain_own() for each in parts if each.own]
        terminal.print_warning(
            "sources import modules that the locked versions of their packages lack:"
            f" {terminal.join_some(names, _MOST_SHOWN)}",
            "; ".join([f"Ask for a version that has them in {source}", *meant[:_MOST_SHOWN]]),
        )
    return {module for each, _ in imported for module in each.modules}


def _find_named(each: Lacking, names: Collection[str]) -> str:
    """Return which of `names` has the module, or is the package that would be added; else empty."""
    if each.package in names:
        return each.package
    return min(modules.find_providers(each.module, names), default="")


def left_out_names(text: str) -> set[str]:
    """Return the packages that requirements.in says to be left out here.

    `labcoat init` writes them in comments; others are for another platform by their markers.
    """
    found = re.findall(r"(?m)^# left out: ([A-Za-z0-9][\w.-]*)", text)
    found += re.findall(r"(?m)^([A-Za-z0-9][\w.-]*)[^;#\n]*;[ \t]*[^\s#]", text)
    return set(map(normalize_name, found))


def _find_additions(absent: Sequence[Lacking], source: str) -> Mapping[str, Collection[str]]:
    """Return what to add to each file: to `source` what no folder with a list of its own needs."""
    packages: dict[str, dict[str, None]] = {}
    for each in absent:
        if each.package:
            removal = find_removal(each.module)
            limit = f"<{removal.below}" if removal and removal.package == each.package else ""
            packages.setdefault(each.source or source, {})[f"{each.package}{limit}"] = None
    return packages


def _place(each: Lacking) -> str:
    return terminal.escape_control(f"{each.file}:{each.line}")


def _find_lacks(each: Imported, files: ModuleFiles) -> Iterator[Lacking]:
    found: set[str] = set()
    for module in each.modules:
        missing = "" if modules.is_platform_module(module) else files.find_missing(module)
        if not missing or missing in found:
            continue
        found.add(missing)
        if "." in missing and not files.is_namespace(missing):
            yield Lacking(
                missing, "", *each.places.get(module, (each.file, each.line)), is_part=True
            )
            continue
        package = "" if modules.is_own_name(module) else each.package
        yield Lacking(missing, package, each.file, each.line)
        return
