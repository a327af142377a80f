r"""Which named index each package of a lock comes from: a comment below its hashes.

    torch==2.4.0+cpu \
        --hash=sha256:… \
        --hash=sha256:…
        # from: pytorch-cpu

The lock has the name and never the address. Every level installs by these comments.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.core.records import replace
from labcoat.core.settings import suggest_name
from labcoat.locking.requirement_lines import RequirementLine, parse_lines, parse_requirements
from labcoat.locking.requirements_file import read_requirements, requirement_names
from labcoat.toolchain import named_indexes
from labcoat.toolchain.named_indexes import NamedIndex

MARK = "# from: "
_NAME = lazy_pattern(r"([A-Za-z0-9][A-Za-z0-9._-]*)")


def add_comments(text: str, indexes: Sequence[NamedIndex]) -> str:
    """Return the text of a lock with a comment for each package that one of `indexes` has.

    Raise LabcoatError if two have it.
    """
    if not indexes:
        return text
    chosen = {}
    for package in requirement_names(text):
        if found := named_indexes.find_index(package, indexes):
            chosen[package] = found.name
    return write_comments(text, chosen)


def write_comments(text: str, names: Mapping[str, str]) -> str:
    """Return the text of a lock with a comment for each package in `names`, by its index."""
    if not names:
        return text
    lines: list[str] = []
    name = ""
    for line in text.splitlines():
        lines.append(line)
        if found := _NAME.match(line):
            name = names.get(normalize_name(found[1]), "")
        if name and not line.endswith("\\"):
            lines.append(f"    {MARK}{name}")
            name = ""
    return "".join(f"{line}\n" for line in lines)


def match_indexes(folder: Path, places: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the index of each package by its `places`: a release, and an address or a name.

    Those that no declared index has are left out. Raise LabcoatError if a declaration is invalid.
    """
    declared = named_indexes.list_indexes(folder)
    known = {each.name: each.name for each in declared}
    known |= {without_login(each.url): each.name for each in declared}
    return {
        release.partition(" ")[0]: known[without_login(place)]
        for release, place in places
        if without_login(place) in known
    }


def without_login(url: str) -> str:
    """Return an address without user name and password, and without a slash at its end."""
    return re.sub(r"(?<=://)[^/@]*@", "", url).rstrip("/")


def read_comments(text: str) -> dict[str, str]:
    """Return the index of each package of a lock that does not come from the default one."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if begun := _NAME.match(line):
            name = normalize_name(begun[1])
        elif name and line.strip().startswith(MARK):
            found[name] = line.strip().removeprefix(MARK).strip()
    return found


def moved_packages(text: str, indexes: Sequence[NamedIndex]) -> set[str]:
    """Return the packages of a lock that another lock, with its `indexes`, takes from elsewhere."""
    recorded = read_comments(text)
    if not recorded and not indexes:
        return set()
    moved = set()
    for name in {line.name for line in parse_requirements(text)}:
        found = named_indexes.find_index(name, indexes)
        if recorded.get(name, "") != (found.name if found else ""):
            moved.add(name)
    return moved


def loosen_moved(text: str, indexes: Sequence[NamedIndex]) -> str:
    """Return the text of a lock that limits another one, whose `indexes` may be others.

    What comes from elsewhere there keeps its version only: no hash, and no local version such as
    +cpu.
    """
    if "--hash=" not in text or not (moved := moved_packages(text, indexes)):
        return text
    lines = []
    for line in parse_lines(text):
        if isinstance(line, RequirementLine) and line.name in moved and line.version:
            version = line.version.partition("+")[0]
            marker = f" ; {line.marker}" if line.marker else ""
            lines.append(f"{line.name}=={version}{marker}")
        else:
            lines.append(line.text)
    return "".join(f"{line}\n" for line in lines)


def installed_indexes(project: Project, locks: Iterable[Path]) -> tuple[NamedIndex, ...]:
    """Return the indexes to install `locks` from, each with the names of its packages.

    Where two locks have a package, the first says its index. Raise LabcoatError if a lock names an
    index that is not defined.
    """
    wanted: dict[str, tuple[str, str]] = {}
    for lock in locks:
        if lock.exists():
            for package, name in read_comments(read_requirements(lock)).items():
                wanted.setdefault(package, (name, lock.name))
    return _find_indexes(project, wanted)


def _find_indexes(
    project: Project, wanted: Mapping[str, tuple[str, str]]
) -> tuple[NamedIndex, ...]:
    if not wanted:
        return ()
    known = {each.name: each for each in named_indexes.list_indexes(project.root)}
    packages: dict[str, list[str]] = {}
    for package, (name, file) in wanted.items():
        if name not in known:
            raise _undefined(name, package, file, known)
        packages.setdefault(name, []).append(package)
    return tuple(
        replace(known[name], packages=tuple(sorted(names)), variants=())
        for name, names in sorted(packages.items())
    )


def _undefined(name: str, package: str, file: str, known: Mapping[str, NamedIndex]) -> LabcoatError:
    return LabcoatError(
        f"`{file}` takes `{package}` from the index `{name}`, which is not defined",
        suggest_name(
            name,
            known,
            f"Define `[tool.labcoat.indexes.{name}]` in `{named_indexes.FILE}`, with"
            " its url and packages",
        ),
    )
