"""The words for what causes found: an error for each kind, and a hint that works when followed."""

import re
from collections.abc import Iterable, Sequence

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.core.settings import DEFAULTS
from labcoat.locking import known_packages, lock_header, wheel_platforms
from labcoat.locking.releases import Obstacle
from labcoat.toolchain import installed_pythons, package_index
from labcoat.toolchain.package_index import ListedFile

_LOCAL_HINT = (
    "If another index has this local version, name it in `[tool.labcoat.indexes.NAME]` of"
    " pyproject.toml, with its url and packages"
)
Row = tuple[str, Obstacle, str, str]  # a package, its obstacle, the line that asks, through which


class Mismatch(Record):
    """A download whose SHA-256 `digest` is not one of the lock's: of which package and version."""

    name: str
    version: str
    digest: str


def parse_mismatch(output: str) -> Mismatch | None:
    """Return the download that pip or uv refuses because of its hash; None if there is none."""
    uv = re.search(r"(?s)Hash mismatch for `([\w.-]+)==(\S+?)`.*?Computed:\s+sha256:(\w+)", output)
    pip = re.search(
        r"(?s)DO NOT MATCH THE HASHES.*?\n\s+([\w.-]+)==(\S+) from .*?\n\s+Got\s+(\w+)", output
    )
    found = uv or pip
    return Mismatch(found[1], found[2], found[3]) if found else None


def word_mismatch(
    mismatch: Mismatch, listed: Iterable[ListedFile], locked: frozenset[str]
) -> LabcoatError:
    """Return the error for a download whose hash the lock does not have.

    `listed` are the index's files of the package, `locked` the hashes that the locks have for it.
    """
    listed = list(listed)
    by_digest = {file.sha256: file.name for file in listed if file.sha256}
    release = f"{mismatch.name} {mismatch.version}"
    what = "a package does not have the locked hash"
    again = f"run `make upgrade PKG={mismatch.name}`"
    if mismatch.digest in by_digest and locked & by_digest.keys():
        return LabcoatError(
            f"{what}: the lock lacks the one of `{by_digest[mismatch.digest]}`",
            f"The package index lists this file. To lock all files of {release}, {again}",
        )
    if mismatch.digest in by_digest:
        return LabcoatError(
            f"{what}: the package index lists other hashes for {release} than the lock",
            "If the lock was edited, restore it with `git checkout`. If this is another index than"
            f" the one that was locked from, {again}",
        )
    if by_digest:
        return LabcoatError(
            f"{what}: the download of {release} is not what the package index lists",
            "A proxy or a mirror changes files on the way: find out which. Nothing was installed",
        )
    return LabcoatError(
        f"{what}: {release}",
        f"If you changed the lock or the index, {again}; otherwise find out who changed the file",
    )


def word_unknown(name: str, where: str, via: str, index: str = "") -> LabcoatError:
    """Return the error for a package that the index does not have; `index` names one."""
    if index:
        return LabcoatError(
            f"{where}: the index `{index}` has no package {name}{_format_via(via)}",
            f"Correct its name, or the packages of `{index}` in pyproject.toml",
        )
    hint = "Correct its name" if not via else "Ask its authors, or choose another version"
    if (meant := _existing(known_packages.suggest_package(name))) and not via:
        hint = f"Did you mean `{meant}`?"
    return LabcoatError(f"{where}: the package index has no package {name}{_format_via(via)}", hint)


def _existing(name: str) -> str:
    """Return `name` if the index has such a package; else nothing."""
    try:
        return name if name and package_index.fetch_listing(name) else ""
    except LabcoatError:
        return ""


def _format_via(via: str) -> str:
    return f" (needed by {via})" if via else ""


def word_sources(rows: Sequence[Row], project: Project) -> LabcoatError:
    """Return the error for packages without wheels, all at once."""
    whats = [
        f"{where}: {obstacle.release} {obstacle.reason}{_format_via(via)}"
        for _, obstacle, where, via in rows
    ]
    names = [name for name, *_ in rows]
    hints = [_build_hint(names, project)]
    for name, obstacle, _, via in rows:
        if obstacle.other_version and not via:
            hints.append(f"{name} {obstacle.other_version} has a wheel")
        meant = known_packages.distribution_name(name)
        if meant and not via and _existing(meant):
            hints.append(f"`{meant}` has wheels" if meant.startswith(name) else _meant(meant))
    return LabcoatError("; ".join(whats), ". ".join(hints))


def _meant(name: str) -> str:
    return f"Did you mean `{name}`?"


def _build_hint(names: Sequence[str], project: Project) -> str:
    """Return the setting that allows building `names`, beside those that may be built already."""
    value = ",".join(dict.fromkeys([*project["NO_BINARY"].split(), *names]))
    them, their = ("them", "their") if len(names) > 1 else ("it", "its")
    return f"`LABCOAT_NO_BINARY={value}` builds {them}, which runs {their} code"


def word_obstacle(  # noqa: PLR0913, PLR0917 - what the message says
    requirement: str, obstacle: Obstacle, where: str, via: str, project: Project, index: str = ""
) -> LabcoatError:
    """Return the error for a package of which nothing can be installed.

    `requirement` is its name with what was asked for; `index` is the named one that it comes from.
    """
    if obstacle.kind == "version":
        reason = obstacle.reason or "no version"
        what = (
            f"{where}: the index `{index}` has no version that matches {obstacle.release}"
            if index and not obstacle.reason
            else f"{where}: the package index has no version that matches {obstacle.release}"
            if not obstacle.reason
            else f"{where}: {obstacle.release} {reason}"
        )
        hint = _version_hint(obstacle)
        if "+" in obstacle.release and not index:
            hint += f". {_LOCAL_HINT}"
        return LabcoatError(what + _format_via(via), hint)
    return LabcoatError(
        f"{where}: {obstacle.release} {obstacle.reason}{_format_via(via)}",
        ". ".join(filter(None, _hints(requirement, obstacle, where if not via else "", project))),
    )


def _version_hint(obstacle: Obstacle) -> str:
    if not obstacle.other_version:
        return "Choose another package, or another index"
    if obstacle.nearest == (obstacle.other_version,):
        return f"The newest is {obstacle.other_version}"
    if near := " and ".join(obstacle.nearest):
        are = "are" if len(obstacle.nearest) > 1 else "is"
        return f"The nearest {are} {near}; the newest is {obstacle.other_version}"
    return f"Correct the version; the newest is {obstacle.other_version}"


def _hints(requirement: str, obstacle: Obstacle, where: str, project: Project) -> list[str]:
    """Return what to do about an obstacle; `where` is the line that asks for the package itself."""
    name, _, version = obstacle.release.partition(" ")
    if obstacle.kind == "age":
        return ["Ask for an older version, or change what the setting allows"]
    if obstacle.kind == "prerelease":
        return [f"`{name}>={version}` asks for it"]
    if obstacle.kind == "yanked":
        return [f"Choose another version; `{name}=={version}` asks for this one all the same"]
    hints = []
    if obstacle.kind in {"python", "tag"}:
        hints.append(_lock_hint(obstacle, where, project) or _python_hint(obstacle, project))
    if obstacle.marker and where:
        source = re.sub(r"\.txt$", ".in", where.partition(":")[0])
        hints.append(f"`{requirement}; {obstacle.marker}` in {source} limits it to where it works")
    if obstacle.other_version and obstacle.other_version != version:
        hints.append(f"{name} {obstacle.other_version} has a wheel for this Python and platform")
    if obstacle.has_source:
        hints.append(_build_hint([name], project))
    return hints


def _lock_hint(obstacle: Obstacle, where: str, project: Project) -> str:
    """Return what to do where LABCOAT_PYTHON is another Python than that of the lock `where`."""
    lock = project.root / where.partition(":")[0]
    locked = lock_header.locked_python(lock) if lock.suffix == ".txt" else ""
    if project["PYTHON"] == DEFAULTS["LABCOAT_PYTHON"] or locked not in obstacle.minors:
        return ""
    return (
        f"The lock is for Python {locked}. Unset LABCOAT_PYTHON, or lock for this one with "
        "`make requirements AGAIN=1`"
    )


def _python_hint(obstacle: Obstacle, project: Project) -> str:
    """Return which Python of this machine would do, or which to install."""
    if not obstacle.minors:
        return ""
    for minor in reversed(obstacle.minors):
        if not installed_pythons.find_installed(minor):
            continue
        unset = (
            "Unset LABCOAT_PYTHON, and write"
            if project["PYTHON"] != DEFAULTS["LABCOAT_PYTHON"]
            else "Write"
        )
        return (
            f"This machine has Python {minor}, which would do. {unset} {minor} to .python-version"
        )
    wanted = wheel_platforms.format_minors(list(obstacle.minors))
    return f"Install Python {wanted}, and write its version to .python-version"
