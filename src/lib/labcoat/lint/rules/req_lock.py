"""REQ001 to REQ003: locks with unpinned packages, without hashes, or older than their inputs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.path_roles import is_run_record
from labcoat.core.reading import path_exists
from labcoat.lint import advice
from labcoat.lint.findings import Family, Finding, Relock, Rule, Severity, unsafe_fix
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.dkf_lists import expand_lists
from labcoat.lint.rules.req_addresses import check_address
from labcoat.lint.rules.req_declared import IN_FOLDER, is_declared, is_read
from labcoat.lint.rules.req_modules import check_modules, is_module
from labcoat.lint.rules.req_used import is_for_conda, is_left_behind, is_unused
from labcoat.locking.requirement_lines import (
    OptionLine,
    RequirementLine,
    parse_requirements,
    satisfies_pin,
)

_LOCK_NAME = r"(?:.*[-_.])?requirements(?:[-_.].*)?\.txt"
_MODEL = "MLmodel"  # mlflow's description of a model, which it writes beside its requirements
_HEADER = b"# labcoat-inputs: "  # UTF-16 is not labcoat's
_NEARLY_ALL = 0.9
_SHOWN = 3  # this many are named one by one


def check_locks(repository: Repository) -> Iterator[Finding]:
    """Check each lock by itself, then against its input and the environment."""
    locks = find_locks(repository)
    for path in locks:
        found = repository.read_requirements(path)
        yield from _check_pins(repository, path, found, locks)
        yield from _check_hashes(repository, path, found)
    links = filter(repository.is_link, repository.find_named(_LOCK_NAME))
    for path in (*locks, *links):
        yield from _check_inputs(repository, path)
    yield from _check_environment(repository)


def find_locks(repository: Repository) -> list[str]:
    """Return the locks: requirements….txt, and any .txt in a folder `requirements`; no records.

    For a symlink it is the file that it leads to, where people change it.
    """
    inside = [path for path in repository.find_named(r".*\.txt") if IN_FOLDER.search(path)]
    found = {*repository.find_named(_LOCK_NAME), *inside}
    lists = {repository.follow_link(path) for path in found}
    return sorted(path for path in lists if not _is_record(repository, path))


def _is_record(repository: Repository, path: str) -> bool:
    """Whether no one installs from a file: a list of a run or a model, or of what is to go."""
    model = repository.root / path.rpartition("/")[0] / _MODEL
    return "uninstall" in path or is_run_record(path) or path_exists(model)


def _label_requirement(line: RequirementLine) -> str:
    """Return what to call a requirement: its name, or its address if it has none."""
    return line.name or line.url


def _is_declaration(
    repository: Repository, path: str, loose: Sequence[RequirementLine], locks: Sequence[str]
) -> bool:
    """Whether a file declares what is needed, so that its requirements are loose on purpose.

    Another file of the folder pins nearly all, or a package beside it declares the same ones.
    """
    names = {each.name for each in loose}
    folder = path.rpartition("/")[0]
    for other in locks:
        if other != path and other.rpartition("/")[0] == folder:
            pins = {each.name for each in repository.read_requirements(other) if each.is_pinned}
            if len(names & pins) >= _NEARLY_ALL * len(names):
                return True
    return is_declared(repository, path, names)


def _check_pins(
    repository: Repository, path: str, found: Sequence[RequirementLine], locks: Sequence[str]
) -> Iterator[Finding]:
    local = [each for each in found if each.is_local_file]
    for each in local if len(local) <= _SHOWN else local[:1]:
        what = f"`{each.name}` is a file"
        if len(local) > _SHOWN:
            what = f"`{each.name}` and {len(local) - 1} more are files"
        yield Finding(
            "REQ001",
            path,
            f"{what} on one machine, as `pip freeze` writes what conda"
            " installed, and cannot be installed elsewhere",
            "Replace the address by a version; `pip list --format=freeze` writes versions alone",
            each.number,
        )
    loose = []
    for each in found:  # files of one machine are another fault
        if each.is_pinned or each.is_local_file or is_module(each):
            continue
        if note := check_address(path, each):
            yield note
        else:
            loose.append(each)
    vary = "two installations of this file can have different versions"
    modules = list(filter(is_module, found))
    if not (loose or modules):
        return
    left = is_left_behind(repository, path) or is_for_conda(repository, path)
    yield from check_modules(path, modules, Severity.NOTE if left else Severity.WARNING)
    if not loose:
        return
    is_note = left or _is_declaration(repository, path, loose, locks)
    severity = Severity.NOTE if is_note else Severity.WARNING
    source = advice.input_of(path)
    command = advice.find_project(repository, source).command("requirements")
    hint = f"Move these lines to {source} and lock it with {command}"
    if len(loose) <= _SHOWN:
        for each in loose:
            message = f"`{_label_requirement(each)}` is not pinned: {vary}"
            yield Finding(
                "REQ001", path, message, hint, each.number, severity=severity, repeats="pins"
            )
        return
    which = (
        f"none of its {len(found)} requirements is"
        if len(loose) == len(found)
        else f"{len(loose)} of {len(found)} are not"
    )
    labels = list(dict.fromkeys(map(_label_requirement, loose)))
    named = ", ".join(labels[:_SHOWN])
    message = f"{which} pinned ({named} …): {vary}"
    yield Finding("REQ001", path, message, hint, loose[0].number, severity=severity, repeats="pins")


def _check_hashes(
    repository: Repository, path: str, found: Sequence[RequirementLine]
) -> Iterator[Finding]:
    bare = [each for each in found if each.is_pinned and not each.is_hashed]
    if not bare:
        return
    source = f"{path.removesuffix('.txt')}.in"
    fix = (
        unsafe_fix(Relock(path))
        if source in repository.files_by_name.get(source.rpartition("/")[2].lower(), ())
        else None
    )
    own = advice.input_of(path)
    lock = f"{own.removesuffix('.in')}.txt"
    command = advice.find_project(repository, own).command("requirements")
    hint = (
        f"Lock it with hashes: {command}"
        if lock == path
        else f"Move these lines to {own}, lock it with {command}, and install {lock} in its place"
    )
    if not any(each.has_hashes for each in found):
        message = (
            "there are no hashes: a different file that an index serves as the same version"
            " is installed without notice"
        )
        # Of a file that hardly pins, it is enough to say that. With hashes, pip refuses an editable
        # package, which only those have who develop it, and no build reads them.
        is_note = (
            sum(not each.is_pinned for each in found) > len(bare)
            or _is_editable(repository, path)
            or (len(found) > len(bare) and is_declared(repository, path, {x.name for x in found}))
            or any(
                ask(repository, path) for ask in (is_read, is_left_behind, is_unused, is_for_conda)
            )
        )
        severity = Severity.NOTE if is_note else Severity.WARNING
        # With hashes, pip asks for those of the lists that it includes too.
        causes = (path, *expand_lists(repository, path))
        yield Finding(
            "REQ002", path, message, hint, bare[0].number, fix, severity, causes, "hashes"
        )
        return
    for each in bare:
        message = f"`{each.name}` has no hash while others have: pip refuses to install the file"
        yield Finding("REQ002", path, message, hint, each.number, fix, Severity.ERROR, repeats=path)


def _is_editable(repository: Repository, path: str) -> bool:
    """Whether a file installs a package as editable."""
    lines = repository.read_requirement_lines(path)
    return any(isinstance(each, OptionLine) and each.option == "--editable" for each in lines)


def _check_inputs(repository: Repository, path: str) -> Iterator[Finding]:
    """Report a lock that lacks a package of its input, or was compiled from other inputs."""
    real = repository.follow_link(path)
    is_ours = _HEADER in repository.read_bytes(real) and has_header(repository.read_text(real))
    source, requested = _read_input(repository, path, is_ours=is_ours)
    if not requested:
        return
    locked = {each.name for each in repository.read_requirement_lines(path)}
    missing = [
        each.name
        for each in parse_requirements(requested)
        if each.name not in locked and not each.url and not each.marker
    ]
    if missing:
        message = f"`{source}` asks for `{missing[0]}`, which the lock lacks: the lock is older"
    elif is_ours and not _is_fresh(repository.root / path):
        message = f"the lock is older than `{source}`: it was compiled from other inputs"
    else:
        return
    command = advice.find_project(repository, path).command("requirements")
    yield Finding("REQ003", path, message, f"Run {command}")


def _read_input(repository: Repository, path: str, *, is_ours: bool) -> tuple[str, str]:
    """Return the name of the file that a lock is compiled from, and its requirements; or nothing.

    Only labcoat's own locks are compiled from pyproject.toml and the like.
    """
    source = f"{path.removesuffix('.txt')}.in"
    if text := repository.read_text(repository.follow_link(source)):
        return source, text
    if not is_ours:
        return "", ""
    from labcoat.locking import inputs

    try:
        found = inputs.find_input(repository.root / path)
        if found.declared is None:
            return "", ""
        name = found.source.relative_to(repository.root).as_posix()
        return name, found.texts()[found.source]
    except (LabcoatError, OSError, ValueError, RecursionError):
        return "", ""


def has_header(lock: str) -> bool:
    """Whether labcoat compiled the lock."""
    if "\n# labcoat-inputs: " not in f"\n{lock}":
        return False
    from labcoat.locking import lock_header

    return lock_header.has_header(lock)


def _is_fresh(lock: Path) -> bool:
    """Whether the lock is up to date; also if an input cannot be read, which others report."""
    from labcoat.locking import lock_header

    try:
        return lock_header.is_fresh(lock)
    except (LabcoatError, OSError, ValueError):
        return True


def _check_environment(repository: Repository) -> Iterator[Finding]:
    """Compare the project's virtual environment, if there is one, with the lock."""
    path = "requirements.txt"
    folder = repository.site_packages
    if folder is None or path not in repository.files_by_name.get(path, ()):
        return
    installed = dict(_installed_versions(folder))
    different = []
    for each in repository.read_requirements(path):
        version = installed.get(each.name)
        if not version or not each.version or each.marker:
            continue
        if not satisfies_pin(each.version, version):
            different.append((each, f"{each.name} {version}, the lock {each.version}"))
    project = advice.find_project(repository, path)
    hint = f"Run {project.command('venv')}, or {project.command('freeze')} to keep the change"
    for each, versions in different if len(different) <= _SHOWN else different[:1]:
        more = f" (and {len(different) - 1} more differ)" if len(different) > _SHOWN else ""
        message = f".venv has {versions}{more}: what runs here is not what others install"
        yield Finding("REQ003", repository.follow_link(path), message, hint, each.number)


def _installed_versions(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the names and versions in site-packages, as its .dist-info folders spell them."""
    for each in folder.glob("*.dist-info"):
        name, _, version = each.name.removesuffix(".dist-info").partition("-")
        yield normalize_name(name), version


FAMILY = Family(
    rules=(
        Rule("REQ001", "a requirement in a lock is not pinned", Severity.WARNING, "requirements"),
        Rule("REQ002", "hashes are missing", Severity.WARNING, "requirements"),
        Rule(
            "REQ003",
            "the lock is older than its inputs, or the environment differs",
            Severity.WARNING,
            "requirements",
        ),
    ),
    check=check_locks,
)
