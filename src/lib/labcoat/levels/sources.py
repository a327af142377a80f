"""The sources of a level: what it installs after its locks, and what it then holds of them.

Most projects have none: what installs and builds them is imported where there are some.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core.project import Project
from labcoat.inventory import inventory
from labcoat.inventory.inventory import Distribution
from labcoat.locking import sources_beside
from labcoat.sources import package_facts, sources_file
from labcoat.sources.sources_file import LockedSource, build_lock_path, sources_path


def list_sources(project: Project, locks: Sequence[Path]) -> dict[LockedSource, Path]:
    """Return the sources of `locks` that apply to the project's Python, each with its lock."""
    return sources_beside.list_applying(project, locks)


def install_sources(project: Project, locks: Sequence[Path], python: Path, site: Path) -> None:
    """Install the sources of `locks` in the environment of `python`; see source_install."""
    if listed := list_sources(project, locks):
        from labcoat.sources import source_install

        source_install.install_sources(project, listed, python, site)


def digest_input(lock: Path) -> bytes:
    """Return what decides how the sources of `lock` are installed; empty without sources.

    A change of a package's code is not in it: the package is editable.
    """
    text = sources_file.read_text(sources_path(lock))
    if not text:
        return b""
    parts = [_body(text), _body(sources_file.read_text(build_lock_path(lock)))]
    for source in sources_file.read_sources(lock):
        if source.kind == "local":
            parts.append(package_facts.describe_build(lock.parent / source.path))
    return "\0".join(parts).encode()


def _body(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line and not line.startswith("#"))


def source_versions(
    project: Project, locks: Sequence[Path], site: Path | None
) -> Mapping[str, str]:
    """Return the version that each source of `locks` should have in `site`, by name.

    The version of a directory is whatever it says itself, if it is installed from there.
    """
    sources = list_sources(project, locks)
    if not sources:
        return {}
    from labcoat.sources import source_install

    installed = inventory.installed_versions(site) if site else {}
    return {
        each.name: installed.get(each.name, "")
        if site and source_install.is_installed(project, each, site)
        else each.version or "from " + each.path
        for each in sources
    }


def find_moved(project: Project, listed: Sequence[LockedSource], site: Path) -> Mapping[str, str]:
    """Return the sources that are installed from somewhere else, with where they should be from."""
    if not listed:
        return {}
    from labcoat.sources import source_install

    return {
        each.name: f"is not installed from `{each.path or each.url}`"
        for each in listed
        if source_install.find_info(site, each.name)
        and not source_install.is_installed(project, each, site)
    }


def describe_local(project: Project, listed: Sequence[LockedSource]) -> Mapping[str, str]:
    """Return the digest of the files of each local package among `listed`, by name."""
    if not listed:
        return {}
    from labcoat.sources import source_install

    return source_install.describe_local(project, listed)


def without_installed(
    project: Project, installed: Sequence[Distribution], site: Path
) -> list[Distribution]:
    """Return the `installed` packages without the sources that are installed as they should be."""
    listed = list_sources(project, [lock for lock in project.locks if lock.exists()])
    if not listed:
        return list(installed)
    from labcoat.sources import source_install

    own = {each.name for each in listed if source_install.is_installed(project, each, site)}
    return [one for one in installed if one.name not in own]


def frozen_lines(project: Project, foreign: Sequence[Distribution], site: Path) -> dict[str, str]:
    """Return the lines that ask for `foreign` packages of an environment, by name."""
    if not foreign:
        return {}
    from labcoat.sources.frozen_lines import frozen_line

    found = {one.name: frozen_line(project.root, site, one.name) for one in foreign}
    return {name: line for name, line in found.items() if line}
