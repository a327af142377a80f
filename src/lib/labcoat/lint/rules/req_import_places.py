"""Where sources and notebooks import a module, for REQ005."""

import re
from collections.abc import Callable, Iterator

from labcoat.core import git, reading
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.imports.notebooks import read_notebook
from labcoat.imports.sources import read_source
from labcoat.lint.repository.repository import Repository

# Programs of other tools, and earlier states of notebooks: what they import need not be in the
# project's environment.
_SEPARATE = lazy_pattern(
    r"(?:^|/)(?:(?:setup|conf|noxfile|fabfile|tasks|dodo|conanfile|hubconf)\.py$"
    r"|(?:docs?|examples?|samples?|demos?|tutorials?|\.ipynb_checkpoints)/)"
)
_MOST_PARSED = 200  # files
_FIRST_LINE = 1 << 12  # bytes; a notebook's first line is a bracket


def modules_of_dense_notebooks(repository: Repository) -> set[str]:
    """Return what notebooks import that are written as a single line, which a search cannot tell.

    Jupyter writes a line of code on a line of its own; other programs need not.
    """
    found: set[str] = set()
    for path in repository.find_named(r".*\.ipynb"):
        if b"\n" not in reading.read_inside(repository.root, path, _FIRST_LINE):
            notebook = read_notebook(repository.read_whole(path))
            imports = notebook.imports if notebook else ()
            found.update(each.top for each in imports if not each.nested)
    return found


def first_imports(
    repository: Repository, modules: set[str], is_skipped: Callable[[str], bool]
) -> dict[str, tuple[str, int]]:
    """Return path and line of the first import of each module, except in samples and tools."""
    if not modules:
        return {}
    key = " ".join([is_skipped.__name__, *sorted(modules)])
    known = repository.recall_places(key)
    if known is None:
        found = _search_imports(repository, modules, is_skipped)
        known = [(module, *place) for module, place in found.items()]
        repository.keep_places(key, known)
    return {module: (path, line) for module, path, line in known}


def _search_imports(
    repository: Repository, modules: set[str], is_skipped: Callable[[str], bool]
) -> dict[str, tuple[str, int]]:
    any_of = f"(?:{'|'.join(sorted(modules))})"
    # In the working tree, with Perl's patterns: git's objects and others take ten times as long.
    pattern = rf"^(?:from\s+{any_of}|import\s+(?:[A-Za-z_., ]*[, ])?{any_of})(?!\w)"
    options = ("grep", "--threads=1", "-l", "-z", "-I")
    try:
        paths = git.git_lines(
            repository.root, *options, "-P", f"-e{pattern}", "--", "*.py", statuses=(0, 1)
        )
    except LabcoatError:  # a git without them
        words = (f"-e{module}" for module in sorted(modules))
        paths = git.git_lines(
            repository.root, *options, "-F", "-w", *words, "--", "*.py", statuses=(0, 1)
        )
    found: dict[str, tuple[str, int]] = {}
    own = [path for path in paths if not (_SEPARATE.search(path) or is_skipped(path))]
    for path in own[:_MOST_PARSED]:
        for module, line in _parse_imports(repository.read_bytes(path)):
            if module in modules:
                found.setdefault(module, (path, line))
        if len(found) == len(modules):
            break
    for path in repository.find_named(r".*\.ipynb") if len(found) < len(modules) else ():
        if _SEPARATE.search(path) or is_skipped(path):
            continue
        data = repository.read_whole(path)
        notebook = read_notebook(data)
        for each in notebook.imports if notebook else ():
            if each.top in modules and not (each.optional or each.nested):
                found.setdefault(each.top, (path, _import_line(data, each.top)))
    return found


def _import_line(notebook: bytes, module: str) -> int:
    """Return the line of a notebook's file that imports `module`."""
    pattern = rb"(?m)^.*\b(?:import|from)[ ]+(?:[\w.]+,[ ]*)*" + module.encode() + rb"\b"
    found = re.search(pattern, notebook)
    return notebook.count(b"\n", 0, found.start()) + 1 if found else 1


def _parse_imports(source: bytes) -> Iterator[tuple[str, int]]:
    """Yield the modules that a source needs at its top level, each with its line."""
    for each in read_source(source):
        if not (each.nested or each.optional):
            yield each.top, each.line
