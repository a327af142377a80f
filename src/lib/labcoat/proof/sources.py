"""What the levels hold of packages that are not releases: of commits, archives and directories.

Commits and archives have a wheel, which every level installs. A local package is editable on one
level and built on another, so each is compared with what it was installed from, and a digest of the
package's files, the same for all levels, says that they are of one source.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import replace
from labcoat.inventory.wheel_contents import Wheel, read_wheel
from labcoat.levels import sources
from labcoat.levels.level import Level
from labcoat.levels.registry import get_level
from labcoat.locking.requirement_lines import same_version
from labcoat.locking.requirements_file import Pin
from labcoat.proof.difference import Difference
from labcoat.proof.differences import InstalledEnvironment
from labcoat.sources import built_wheels, sources_file
from labcoat.sources.sources_file import LockedSource, build_lock_path


def add_sources(
    project: Project, level: Level, found: InstalledEnvironment
) -> InstalledEnvironment:
    """Return an environment with pins for the sources of its level."""
    listed = sources.list_sources(project, level.lock_files(project))
    if not listed:
        return found
    versions = {one.name: one.version for one in reversed(found.inventory.distributions)}
    pins = {
        each.name: Pin(
            each.name, each.version or versions.get(each.name, "editable"), "", frozenset()
        )
        for each in listed
    }
    local = frozenset(each.name for each in listed if each.kind == "local")
    return replace(found, pins={**found.pins, **pins}, local=local)


def find_wheels(
    project: Project, environments: Sequence[InstalledEnvironment]
) -> dict[str, list[Wheel]]:
    """Return the wheels that sources are installed from, by name; build those not kept."""
    is_built = not all(get_level(one.level).is_editable for one in environments)
    known: dict[str, list[Wheel]] = {}
    for source, lock in _list_all(project, environments).items():
        tools = sources_file.read_text(build_lock_path(lock))
        try:
            if source.kind != "local":
                paths = [built_wheels.provide_wheel(project, source, tools)]
            else:
                if is_built:
                    built_wheels.provide_local_wheel(project, source, tools)
                paths = built_wheels.kept_local_wheels(project, source, tools)
        except LabcoatError as error:
            terminal.print_warning(f"{source.name} is not compared with its wheel: {error.message}")
            paths = []
        known[source.name] = [_read(path) for path in paths]
    return known


def _read(path: Path) -> Wheel:
    with path.open("rb") as file:
        return read_wheel(path.name, file, path)


def _list_all(
    project: Project, environments: Sequence[InstalledEnvironment]
) -> Mapping[LockedSource, Path]:
    found: dict[LockedSource, Path] = {}
    for one in environments:
        found |= sources.list_sources(project, get_level(one.level).lock_files(project))
    return found


def compare_sources(project: Project, environment: InstalledEnvironment) -> Iterator[Difference]:
    """Yield the sources that a level has from somewhere else than the sources file says."""
    level = get_level(environment.level)
    listed = sources.list_sources(project, level.lock_files(project))
    installed = {one.name: one.version for one in environment.inventory.distributions}
    for name, reason in level.source_differences(project, tuple(listed)).items():
        if name in installed and same_version(installed[name], environment.pins[name].version):
            yield Difference(environment.level, "source", name, detail=reason)


def describe_sources(project: Project, environment: InstalledEnvironment) -> Iterator[str]:
    """Yield a note for each local package: which digest stands for it, since files cannot."""
    listed = sources.list_sources(project, get_level(environment.level).lock_files(project))
    for name, digest in sources.describe_local(project, tuple(listed)).items():
        if name in environment.local:
            shown = digest.removeprefix("sha256:")[:12]
            kind = "editable" if get_level(environment.level).is_editable else "built"
            yield f"{name}: {kind}, compared by its sources, digest {shown}"
