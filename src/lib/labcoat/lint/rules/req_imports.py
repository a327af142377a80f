"""REQ005: what is imported is required; and REQ004, asked for with `--online`: what is required can be had."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from labcoat.core import git
from labcoat.lint.findings import Family, Finding, Rule, Severity
from labcoat.lint.repository.import_names import DISTRIBUTIONS, STANDARD
from labcoat.lint.repository.path_roles import is_aside, is_sample
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.req_lock import locks, read
from labcoat.locking.requirements_file import normalize

_WORD = re.compile(r"[A-Za-z0-9][\w.-]*")
# Where a project says what it needs, beside requirements files; whatever word stands in one of them counts as a name.
_METADATA = r"pyproject\.toml|setup\.py|setup\.cfg|tox\.ini|pipfile|noxfile\.py|(?:conda|environment)[\w.-]*\.ya?ml|meta\.yaml"
# Programs that run on their own: what they import is no part of the project.
_ON_ITS_OWN = re.compile(
    r"(?:^|/)(?:(?:setup|conf|noxfile|fabfile|tasks|dodo|conanfile|hubconf)\.py$|(?:docs?|examples?|samples?|demos?|tutorials?)/)"
)
_LOOKED_INTO = 200  # files


def check(repository: Repository) -> Iterator[Finding]:
    """Modules that tracked sources import at their top and nothing brings; requirements that nothing imports."""
    required = _required(repository)
    if not required:
        return
    yield from _not_required(repository, required)
    yield from _not_imported(repository)


def _not_required(repository: Repository, required: set[str]) -> Iterator[Finding]:
    everything = "\0".join(["", *repository.files, ""])
    unknown = _imported(repository.import_lines, indented=False) - STANDARD
    unknown = {
        module
        for module in unknown
        if not _met(DISTRIBUTIONS.get(module, module), required) and not _own(module, everything)
    }
    provided = _provided(repository) if unknown else {}
    bringing = {
        module: provided.get(module) or {normalize(DISTRIBUTIONS.get(module, module.strip("_")))}
        for module in unknown
    }
    unmet = {
        module
        for module, names in bringing.items()
        if not any(_met(name, required) for name in names)
    }
    # A lock with hashes has also what others need; without, another package may bring the module.
    whole = any(
        each.hashes for path in locks(repository) for each in read(repository.read_text(path))
    )
    why = (
        "no requirement brings it: it works only where it happens to be installed"
        if whole
        else "no requirement names it: it is there only if another package brings it"
    )
    left_alone = is_sample if whole else is_aside
    for module, (path, line) in sorted(_first_imports(repository, unmet, left_alone).items()):
        message = f"{module} is imported here, and {why}"
        todo = f"Add {min(bringing[module])} to requirements.in and run `make requirements`."
        yield Finding(
            "REQ005",
            path,
            message,
            todo,
            line,
            severity=Severity.WARNING if whole else Severity.NOTE,
        )


def _not_imported(repository: Repository) -> Iterator[Finding]:
    """What an input names, the environment holds, and no source imports; programs and plugins are not imported."""
    folder = next((repository.root / ".venv").glob("lib/python3*/site-packages"), None)
    if folder is None or repository.find_named(r".*\.ipynb"):
        return  # without metadata nobody knows its modules; and notebooks import too
    imported = _imported(repository.import_lines, indented=True)
    records = {normalize(each.name.partition("-")[0]): each for each in folder.glob("*.dist-info")}
    for path in repository.find_named(r"(?!.*dev).*requirements.*\.in"):
        text = repository.read_text(path)
        lines = text.splitlines()
        for each in read(text):
            metadata = records.get(each.name)
            if (
                metadata is None
                or "#" in lines[each.line - 1]
                or (metadata / "entry_points.txt").exists()
            ):
                continue  # a comment beside it is taken for the reason why it is there
            modules = _modules(metadata / "RECORD")
            if modules and not modules & imported:
                yield Finding(
                    "REQ005",
                    path,
                    f"{each.name} is required, and no tracked source imports {' or '.join(sorted(modules)[:3])}: it is "
                    "installed everywhere for nothing",
                    "Take it out and run `make requirements`.",
                    each.line,
                    severity=Severity.NOTE,
                )


def _met(name: str, required: set[str]) -> bool:
    """Whether a distribution is required, by its own name or one made of it, as opencv-python-headless and pytest-playwright."""
    squeezed = normalize(name).replace("-", "")
    if not squeezed:
        return True
    variants = (each.replace("-", "") for each in required)
    return any(
        each.startswith(squeezed) or each.endswith(squeezed) or f"{each}s" == squeezed
        for each in variants
    )


def _required(repository: Repository) -> set[str]:
    """Every distribution that a lock, an input or the project's own metadata names."""
    inputs = repository.find_named(r".*(?:requirements|constraints).*\.(?:in|txt)")
    found = {
        each.name
        for path in [*locks(repository), *inputs]
        for each in read(repository.read_text(path))
    }
    for path in repository.find_named(_METADATA) if found else ():
        found.update(normalize(word) for word in _WORD.findall(repository.read_text(path)))
    return found


def _own(module: str, everything: str) -> bool:
    """Whether a folder or a source of the repository has the module's name; `everything` are its paths, NUL between."""
    return (
        re.search(rf"[/\0]{re.escape(module)}(?:/|\.(?:py|pyi|pyx|so|ipynb)\0)", everything)
        is not None
    )


def _imported(lines: set[str], *, indented: bool) -> set[str]:
    """The first parts of the modules that `lines` import; what is `indented` is often optional."""
    found: set[str] = set()
    for line in lines:
        words = line.partition("#")[0].split(maxsplit=1)
        if len(words) < 2 or (line[0].isspace() and not indented):
            continue
        each = words[1].split()[:1] if words[0] == "from" else words[1].split(",")
        found.update(name[1] for part in each if (name := re.match(r"\s*([A-Za-z_]\w*)", part)))
    return found


def _first_imports(
    repository: Repository, modules: set[str], left_alone: Callable[[str], bool]
) -> dict[str, tuple[str, int]]:
    """Where programs of the project cannot do without the modules: path and line. A text or an example may speak of them too."""
    if not modules:
        return {}
    any_of = f"({'|'.join(sorted(modules))})"
    pattern = rf"^(from[[:space:]]+{any_of}|import[[:space:]]+([A-Za-z_., ]*[, ])?{any_of})($|[^A-Za-z0-9_])"
    paths = git.git_lines(
        repository.root,
        "grep",
        "--cached",
        "-l",
        "-z",
        "-I",
        "-E",
        pattern,
        "--",
        "*.py",
        statuses=(0, 1),
    )
    found: dict[str, tuple[str, int]] = {}
    for path in [path for path in paths if not (_ON_ITS_OWN.search(path) or left_alone(path))][
        :_LOOKED_INTO
    ]:
        for module, line in _imports(repository.read_bytes(path)):
            if module in modules:
                found.setdefault(module, (path, line))
        if len(found) == len(modules):
            break
    return found


def _imports(source: bytes) -> Iterator[tuple[str, int]]:
    """The modules that a source imports whenever it is run, each with its line; none where it is no Python."""
    import ast
    import warnings

    try:
        with warnings.catch_warnings(action="ignore"):
            statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for each in statements:
        if isinstance(each, ast.Import):
            yield from ((alias.name.partition(".")[0], each.lineno) for alias in each.names)
        elif isinstance(each, ast.ImportFrom) and each.module and not each.level:
            yield each.module.partition(".")[0], each.lineno


def _provided(repository: Repository) -> dict[str, set[str]]:
    """Which distributions of the project's environment bring which modules, where there is one."""
    folder = next((repository.root / ".venv").glob("lib/python3*/site-packages"), None)
    return _modules_in(folder) if folder else {}


def _modules_in(folder: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in folder.glob("*.dist-info/RECORD"):
        for module in _modules(record):
            found.setdefault(module, set()).add(normalize(record.parent.name.partition("-")[0]))
    return found


def _modules(record: Path) -> set[str]:
    """The names that can be imported from a distribution, by its RECORD."""
    try:
        text = record.read_text(errors="replace")
    except OSError:
        return set()
    return set(re.findall(r"^([A-Za-z_]\w*)(?:/|\.py,|\.[^/,]*so,)", text, re.MULTILINE))


def check_online(repository: Repository) -> Iterator[Finding]:
    """Locks that a resolver cannot follow; it asks the index, so only with `--online`."""
    from labcoat.toolchain import tool_env

    uv = tool_env.uv_program()
    for path in locks(repository):
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
            why = " ".join(done.stderr.split())
            message = (
                f"these requirements cannot be installed together, or one does not exist: {why}"
            )
            yield Finding(
                "REQ004",
                path,
                message,
                "Correct what it names in the input, and lock again.",
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
    check=check,
    needs_git=True,
)
ONLINE = Family(
    rules=(
        Rule("REQ004", "requirements that cannot be installed", Severity.ERROR, "requirements"),
    ),
    check=check_online,
)
