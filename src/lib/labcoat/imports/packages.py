"""What sources and notebooks import that neither Python nor the repository itself has."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache

from labcoat.core.path_roles import is_aside
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import MutableRecord, Record, field
from labcoat.imports.imported import Import
from labcoat.imports.notebooks import MOST, Notebook, read_notebook
from labcoat.imports.sources import list_modules, read_imports_of, scan_lines
from labcoat.imports.standard_library import STANDARD
from labcoat.imports.tree import Tree
from labcoat.locking.known_packages import is_popular
from labcoat.names import modules

_MOST_PARSED = 80  # sources; scanning has told which import something that is not yet known
_MOST_TRIED = 10  # sources without an import that is needed, after which a module is optional
_MOST_READ = 1 << 28  # bytes of all notebooks
_MODULE_FILE = lazy_pattern(r"(?:^|/)([^/]+?)\.(?:py|pyi|pyx|pyw|so|pyd|[\w-]+\.so)$")
# Programs of other tools, which run in environments of their own.
_SEPARATE = lazy_pattern(
    r"(?:^|/)(?:setup|noxfile|fabfile|dodo|conanfile|versioneer)\.py$|(?:^|/)docs?/(?:.*/)?conf\.py$"
)


class Imported(Record):
    """A package that sources import: its `modules` (dotted), and the first place.

    `places` are the first of each module. `package` is empty if nothing is known to provide them. A
    `guess` is named after its module.
    """

    package: str
    modules: tuple[str, ...]
    file: str
    line: int
    guess: bool = False
    in_tests: bool = False
    places: Mapping[str, tuple[str, int]] = field(default_factory=dict, compare=False)


class Code(MutableRecord):
    """All sources and notebooks of a repository, read once.

    `modules` are those that each source names, in whichever way; `scripts` have a block of metadata
    (PEP 723), and `unread` were too long or damaged.
    """

    modules: dict[str, frozenset[str]] = field(default_factory=dict)
    notebooks: dict[str, Notebook] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def read_code(tree: Tree) -> Code:
    """Read the sources as lines, and the notebooks."""
    code = Code()
    left = _MOST_READ
    for path in tree.paths:
        if path.endswith((".py", ".pyw")) and not _SEPARATE.search(path):
            data = tree.read_source(path)
            if b"# /// script" in data:
                code.scripts.append(path)
            if found := list_modules(data):
                code.modules[path] = found
        elif path.endswith(".ipynb"):
            data = tree.read_bytes(path, min(left, MOST) + 1)
            left -= len(data)
            notebook = read_notebook(data) if left > 0 else None
            if notebook is None:
                code.unread.append(path)
            else:
                code.notebooks[path] = notebook
    return code


def find_packages(tree: Tree, code: Code) -> list[Imported]:
    """Return the packages that code cannot do without, each with the first place that imports it.

    The repository's own modules, the standard library and optional imports are left out.
    """
    own, folders = _own_modules(tree.paths)
    rooted = set(_rooted_modules(tree.paths))
    own.add("labcoat")  # the tool itself, which environments do not contain

    @cache
    def is_foreign(module: str) -> bool:
        top = module.partition(".")[0]
        if top in STANDARD or top in own or modules.is_platform_module(module):
            return False
        if top not in folders or module in rooted:
            return top not in folders
        return is_popular(modules.package_of(module))

    found: dict[str, list[tuple[str, Import]]] = {}
    files = frozenset(tree.paths)

    def is_needed(path: str, each: Import) -> bool:
        is_shared = each.top in folders  # a package has a folder's name
        return not each.optional and not (is_shared and _is_beside(path, each, files))

    for path, each in _needed_imports(tree, code, is_foreign, is_needed):
        found.setdefault(modules.package_of(each.module) or f"?{each.module}", []).append(
            (path, each)
        )
    return sorted(map(_describe, found.values()), key=lambda each: each.package.lower())


def _needed_imports(
    tree: Tree,
    code: Code,
    is_foreign: Callable[[str], bool],
    is_needed: Callable[[str, Import], bool],
) -> Iterator[tuple[str, Import]]:
    """Yield the foreign imports that are needed, in an order that puts tests last."""
    known: set[str] = set()
    tried: Counter[str] = Counter()
    parsed = 0
    for path in sorted(code.modules, key=lambda path: (is_aside(path), path)):
        wanted = {
            module
            for module in code.modules[path] - known
            if is_foreign(module) and tried[module] < _MOST_TRIED
        }
        if not wanted:
            continue
        parsed += 1
        tried.update(wanted)
        source = tree.read_source(path)
        is_parsed = parsed <= _MOST_PARSED
        for each in read_imports_of(source, wanted) if is_parsed else scan_lines(source):
            if each.module in wanted and is_needed(path, each):
                known.add(each.module)
                yield path, each
    for path, notebook in sorted(code.notebooks.items()):
        for each in notebook.imports:
            if each.module not in known and is_foreign(each.module) and is_needed(path, each):
                known.add(each.module)
                yield path, each


def _is_beside(path: str, each: Import, files: Collection[str]) -> bool:
    """Whether the folder of the source at `path`, or the root, has the module or a member of it.

    A program finds these first, in folders without `__init__.py` too, unless a package of an index
    has the folder's name.
    """
    module = each.module.replace(".", "/")
    names = [f"{module}/{member}" for member in each.members]
    names += [module] if "/" in module else []
    folder = path.rpartition("/")[0]
    bases = {"", f"{folder}/" if folder else ""}
    ends = (".py", "/__init__.py")
    return any(f"{base}{name}{end}" in files for base in bases for name in names for end in ends)


def _describe(places: list[tuple[str, Import]]) -> Imported:
    path, first = places[0]
    return Imported(
        modules.package_of(first.module),
        tuple(sorted({each.module for _, each in places})),
        path,
        first.line,
        guess=all(modules.is_guess(each.module) for _, each in places),
        in_tests=all(is_aside(path) for path, _ in places),
        places={each.module: (path, each.line) for path, each in reversed(places)},
    )


def _own_modules(paths: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the names of the repository's modules, and those of other folders with sources.

    Notebooks count as such folders: some import each other, and others are about a package.
    """
    own: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        found = _MODULE_FILE.search(path)
        if not found:
            if path.endswith(".ipynb"):
                folders.add(path.rpartition("/")[2].removesuffix(".ipynb"))
            continue
        parts = path.split("/")[:-1]
        if found[1] == "__init__":
            own.update(parts[-1:])
        else:
            own.add(found[1])
        folders.update(parts)
    return own, folders


def _rooted_modules(paths: Iterable[str]) -> Iterator[str]:
    """Yield the modules below a folder of the root, and their folders: `a.b` of `a/b/c.py`.

    What runs in the root imports them so, whatever package has the folder's name.
    """
    for path in paths:
        if path.endswith(".py"):
            parts = path.removesuffix(".py").split("/")
            yield from (".".join(parts[:end]) for end in range(2, len(parts) + 1))
