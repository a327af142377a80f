"""REQ005: imports match requirements; REQ004, with `--online`: requirements can be installed."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from labcoat.core import reading
from labcoat.core.package_names import normalize_name
from labcoat.core.path_roles import is_aside, is_sample
from labcoat.core.patterns import lazy_pattern
from labcoat.imports.sources import scan_lines
from labcoat.imports.standard_library import STANDARD
from labcoat.lint import advice
from labcoat.lint.findings import Family, Finding, Rule, Severity
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.req_import_places import first_imports, modules_of_dense_notebooks
from labcoat.lint.rules.req_lock import find_locks
from labcoat.locking.requirement_lines import parse_requirements
from labcoat.names import modules

_WORD = lazy_pattern(r"[A-Za-z0-9][\w.-]*")
# Other files in which a project names its requirements; every word in one of them counts as a name.
_METADATA = (
    r"pyproject\.toml|setup\.py|setup\.cfg|tox\.ini|pipfile|noxfile\.py"
    r"|(?:conda|environment)[\w.-]*\.ya?ml|meta\.yaml"
)
_ONE = (
    r"(?:import[ \t]+([A-Za-z_]\w*)"
    r"|from[ \t]+([A-Za-z_]\w*)[\w.]*[ \t]+import[ \t]+[\w*(])"
)
_UNINDENTED = lazy_pattern(f"^{_ONE}", re.MULTILINE)
_INDENTED = lazy_pattern(rf"^[ \t]*{_ONE}", re.MULTILINE)
_MODULES = (".py", ".pyi", ".pyx", ".so", ".ipynb")


def check_imports(repository: Repository) -> Iterator[Finding]:
    """Report modules imported at the top of tracked sources and not required, and the reverse."""
    required = _named_distributions(repository)
    lists = repository.find_named(r"requirements\.(?:in|txt)")
    if not required and not lists:
        return
    reals = map(repository.follow_link, lists)
    if not all(reading.is_regular(repository.root / real) for real in reals):
        return  # a link out of the repository, as GIT002 says: what the list has is unknown
    own = _own_modules(repository.files)
    yield from _find_unrequired(repository, required, own)
    yield from _find_unimported(repository)
    if repository.site_packages:
        from labcoat.lint.rules.req_import_parts import find_missing_parts  # most checks need none

        yield from find_missing_parts(repository, repository.site_packages, own)


def _find_unrequired(
    repository: Repository, required: set[str], own: set[str]
) -> Iterator[Finding]:
    named = "\0".join(["", *(each.replace("-", "") for each in required), ""])
    unknown = _imported_modules(repository.import_lines, indented=False)
    unknown = (unknown | modules_of_dense_notebooks(repository)) - STANDARD
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
        and not _begins_words(module, required)
    }
    # A lock with hashes is complete. Without hashes, a dependency may provide the module.
    complete = any(
        each.has_hashes
        for path in find_locks(repository)
        for each in repository.read_requirements(path)
    )
    reason = (
        "no requirement provides it: it works only where it happens to be installed"
        if complete
        else "no requirement names it: it is installed only if another package depends on it"
    )
    is_skipped = is_sample if complete else is_aside
    for module, (path, line) in sorted(first_imports(repository, unmet, is_skipped).items()):
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
    folder = repository.site_packages
    if folder is None or repository.find_named(r".*\.ipynb"):
        return  # their modules are unknown without metadata, and notebooks import too
    imported = _imported_modules(repository.import_lines, indented=True)
    records = {
        normalize_name(each.name.partition("-")[0]): each for each in folder.glob("*.dist-info")
    }
    inputs = map(repository.follow_link, repository.find_named(r"(?!.*dev).*requirements.*\.in"))
    for path in dict.fromkeys(inputs):
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


def _begins_words(module: str, distributions: Iterable[str]) -> bool:
    """Whether a distribution's words begin as the module's: grpc_health, grpcio-health-checking."""
    words = [re.escape(word) for word in normalize_name(module).split("-") if word]
    pattern = re.compile(r"[a-z0-9]*-(?:.+-)?".join(words))
    return len(words) > 1 and any(map(pattern.match, distributions))


def _named_distributions(repository: Repository) -> set[str]:
    """Return every distribution that a lock, an input or the project's metadata names."""
    inputs = repository.find_named(r".*(?:requirements|constraints).*\.(?:in|txt)")
    found = {
        each.name
        for path in [*find_locks(repository), *inputs]
        for each in repository.read_requirement_lines(path)
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


def _provided_modules(repository: Repository) -> dict[str, set[str]]:
    """Return the distributions that provide each module in the project's environment, if any."""
    folder = repository.site_packages
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
