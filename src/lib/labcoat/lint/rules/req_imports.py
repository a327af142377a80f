"""REQ005: imports match requirements; REQ004, with `--online`: requirements can be installed."""

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from labcoat.core import git
from labcoat.core.errors import LabcoatError
from labcoat.core.files import text_digest
from labcoat.core.package_names import normalize_name
from labcoat.core.path_roles import is_aside, is_sample
from labcoat.core.patterns import lazy_pattern
from labcoat.imports.notebooks import read_notebook
from labcoat.imports.sources import read_source, scan_lines
from labcoat.imports.standard_library import STANDARD
from labcoat.lint import advice
from labcoat.lint.findings import Family, Finding, Rule, Severity
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.req_lock import find_locks
from labcoat.locking.requirement_lines import parse_lines, parse_requirements
from labcoat.names import modules

_WORD = lazy_pattern(r"[A-Za-z0-9][\w.-]*")
# Other files in which a project names its requirements; every word in one of them counts as a name.
_METADATA = (
    r"pyproject\.toml|setup\.py|setup\.cfg|tox\.ini|pipfile|noxfile\.py"
    r"|(?:conda|environment)[\w.-]*\.ya?ml|meta\.yaml"
)
# Programs of other tools: what they import need not be in the project's environment.
_SEPARATE = lazy_pattern(
    r"(?:^|/)(?:(?:setup|conf|noxfile|fabfile|tasks|dodo|conanfile|hubconf)\.py$"
    r"|(?:docs?|examples?|samples?|demos?|tutorials?)/)"
)
_ONE = (
    r"(?:import[ \t]+([A-Za-z_]\w*)"
    r"|from[ \t]+([A-Za-z_]\w*)[\w.]*[ \t]+import[ \t]+[\w*(])"
)
_UNINDENTED = lazy_pattern(f"^{_ONE}", re.MULTILINE)
_INDENTED = lazy_pattern(rf"^[ \t]*{_ONE}", re.MULTILINE)
_MODULES = (".py", ".pyi", ".pyx", ".so", ".ipynb")
_MOST_PARSED = 200  # files


def check_imports(repository: Repository) -> Iterator[Finding]:
    """Report modules imported at the top of tracked sources and not required, and the reverse."""
    required = _named_distributions(repository)
    if not required and not repository.find_named(r"requirements\.(?:in|txt)"):
        return
    yield from _find_unrequired(repository, required)
    yield from _find_unimported(repository)


def _find_unrequired(repository: Repository, required: set[str]) -> Iterator[Finding]:
    own = _own_modules(repository.files)
    named = "\0".join(["", *(each.replace("-", "") for each in required), ""])
    unknown = _imported_modules(repository.import_lines, indented=False) - STANDARD
    unknown = {
        module
        for module in unknown
        if (names := modules.providers_of(module))
        and not modules.is_platform_module(module)
        and not any(_is_required(name, named) for name in names)
        and module not in own
    }
    provided = _provided_modules(repository) if unknown else {}
    providers = {
        module: provided.get(module)
        or {modules.package_of(module) or normalize_name(module.strip("_"))}
        for module in unknown
    }
    unmet = {
        module
        for module, names in providers.items()
        if not any(_is_required(name, named) for name in names)
    }
    # A lock with hashes is complete. Without hashes, a dependency may provide the module.
    complete = any(
        each.hashes
        for path in find_locks(repository)
        for each in parse_requirements(repository.read_text(path))
    )
    reason = (
        "no requirement provides it: it works only where it happens to be installed"
        if complete
        else "no requirement names it: it is installed only if another package depends on it"
    )
    is_skipped = is_sample if complete else is_aside
    for module, (path, line) in sorted(_first_imports(repository, unmet, is_skipped).items()):
        message = f"`{module}` is imported here, but {reason}"
        project = advice.find_project(repository, path)
        source = advice.source_of(repository, project)
        command = project.command("requirements")
        hint = f"Add `{min(providers[module])}` to {source} and run {command}"
        yield Finding(
            "REQ005",
            path,
            message,
            hint,
            line,
            severity=Severity.WARNING if complete else Severity.NOTE,
        )


def _find_unimported(repository: Repository) -> Iterator[Finding]:
    """Report installed requirements that no source imports, except programs and plugins."""
    folder = next((repository.root / ".venv").glob("lib/python3*/site-packages"), None)
    if folder is None or repository.find_named(r".*\.ipynb"):
        return  # their modules are unknown without metadata, and notebooks import too
    imported = _imported_modules(repository.import_lines, indented=True)
    records = {
        normalize_name(each.name.partition("-")[0]): each for each in folder.glob("*.dist-info")
    }
    for path in repository.find_named(r"(?!.*dev).*requirements.*\.in"):
        text = repository.read_text(path)
        lines = text.splitlines()
        for each in parse_requirements(text):
            metadata = records.get(each.name)
            if (
                metadata is None
                or "#" in lines[each.number - 1]
                or (metadata / "entry_points.txt").exists()
            ):
                continue  # a comment beside it may give the reason for it
            modules = _recorded_modules(metadata / "RECORD")
            if modules and not modules & imported:
                yield Finding(
                    "REQ005",
                    path,
                    f"`{each.name}` is required, but no tracked source imports "
                    f"`{'` or `'.join(sorted(modules)[:3])}`",
                    "Remove it and run `make requirements`, or give the reason in a comment"
                    " beside it",
                    each.number,
                    severity=Severity.NOTE,
                )


def _is_required(name: str, required: str) -> bool:
    """Whether a distribution is required, also by a longer name, as opencv-python-headless.

    `required` are names without hyphens, with NUL around each.
    """
    squeezed = normalize_name(name).replace("-", "")
    if not squeezed:
        return True
    singular = squeezed.removesuffix("s")
    return (
        f"\0{squeezed}" in required
        or f"{squeezed}\0" in required
        or (singular != squeezed and f"\0{singular}\0" in required)
    )


def _named_distributions(repository: Repository) -> set[str]:
    """Return every distribution that a lock, an input or the project's metadata names."""
    inputs = repository.find_named(r".*(?:requirements|constraints).*\.(?:in|txt)")
    found = {
        each.name
        for path in [*find_locks(repository), *inputs]
        for each in parse_lines(repository.read_text(path))
    }
    found.discard("")
    for path in repository.find_named(_METADATA) if found else ():
        found.update(normalize_name(word) for word in _WORD.findall(repository.read_text(path)))
    return found


def _own_modules(paths: Iterable[str]) -> set[str]:
    """Return the names that modules of the repository have: of its folders, and of its sources."""
    folders, _, names = zip(*(path.rpartition("/") for path in paths), strict=True)
    found = {part for folder in set(folders) for part in folder.split("/")}
    return found.union(name.rpartition(".")[0] for name in names if name.endswith(_MODULES))


def _imported_modules(lines: set[str], *, indented: bool) -> set[str]:
    """Return the top-level modules that `lines` import; an `indented` import is often optional."""
    # Nearly all lines import one module; the rest is read by what knows all forms.
    several = "\n".join(
        line for line in lines if "," in line and line.lstrip().startswith("import")
    )
    found = {each.top for each in scan_lines(several) if indented or not each.nested}
    pattern = _INDENTED if indented else _UNINDENTED
    return found.union(*pattern.findall("\n".join(lines))) - {""}


def _first_imports(
    repository: Repository, modules: set[str], is_skipped: Callable[[str], bool]
) -> dict[str, tuple[str, int]]:
    """Return path and line of the first import of each module, except in samples and tools."""
    if not modules:
        return {}
    key = text_digest(" ".join([is_skipped.__name__, *sorted(modules)]).encode())
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


def _provided_modules(repository: Repository) -> dict[str, set[str]]:
    """Return the distributions that provide each module in the project's environment, if any."""
    folder = next((repository.root / ".venv").glob("lib/python3*/site-packages"), None)
    return _modules_by_distribution(folder) if folder else {}


def _modules_by_distribution(folder: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in folder.glob("*.dist-info/RECORD"):
        for module in _recorded_modules(record):
            found.setdefault(module, set()).add(
                normalize_name(record.parent.name.partition("-")[0])
            )
    return found


def _recorded_modules(record: Path) -> set[str]:
    """Return the modules of a distribution, from its RECORD."""
    try:
        text = record.read_text(errors="replace")
    except OSError:
        return set()
    return set(re.findall(r"^([A-Za-z_]\w*)(?:/|\.py,|\.[^/,]*so,)", text, re.MULTILINE))


def check_online(repository: Repository) -> Iterator[Finding]:
    """Report locks that cannot be resolved; this needs the index, so only with `--online`."""
    from labcoat.toolchain import tool_env

    uv = tool_env.uv_program()
    for path in find_locks(repository):
        command = [
            str(uv),
            "pip",
            "compile",
            "--quiet",
            "--no-header",
            "--output-file",
            "-",
            str(repository.root / path),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=repository.root
        )
        if done.returncode:
            reason = " ".join(done.stderr.split())
            message = (
                f"these requirements cannot be installed together, or one does not exist: {reason}"
            )
            yield Finding(
                "REQ004",
                path,
                message,
                "Correct it in the input and run `make requirements`",
                severity=Severity.ERROR,
            )


FAMILY = Family(
    rules=(
        Rule(
            "REQ005",
            "what is imported is not required, or the reverse",
            Severity.WARNING,
            "requirements",
        ),
    ),
    check=check_imports,
    needs_git=True,
)
ONLINE = Family(
    rules=(
        Rule("REQ004", "requirements that cannot be installed", Severity.ERROR, "requirements"),
    ),
    check=check_online,
)
