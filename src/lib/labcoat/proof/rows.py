"""The rows of a proof: what the lock and each level hold, in numbers, digests and notes."""

import hashlib
from collections.abc import Collection, Iterator, Mapping

from labcoat.core.project import Project
from labcoat.core.terminal import join_some
from labcoat.inventory.inventory import Contents
from labcoat.inventory.shared_files import describe_shared_files
from labcoat.inventory.wheel_contents import Wheel
from labcoat.levels.registry import get_level
from labcoat.locking import derived, lock_header
from labcoat.proof import sources
from labcoat.proof.differences import (
    InstalledEnvironment,
    find_shared_files,
    list_other_platforms,
)
from labcoat.proof.proof import LOCK, ProofRow
from labcoat.toolchain import interpreters


def lock_row(
    project: Project,
    first: InstalledEnvironment,
    wheels: Mapping[str, Wheel],
    names: Collection[str],
) -> ProofRow:
    """Return the lock's own row: what its `wheels`, those for the `first` environment, hold.

    `names` are the packages in the lock, without those for development.
    """
    pins = {name: pin for name, pin in first.pins.items() if name in names}
    locked, shared = first.locked, {one.path for one in find_shared_files(first, wheels)}
    packages, count, unknown = {}, 0, []
    for name, pin in sorted(pins.items()):
        if wheel := wheels.get(name):
            # Of a file that several packages bring, the lock holds the one that is installed.
            present = locked[name].files
            contents = {
                path: present.get(path, value) if path in shared else value
                for path, value in wheel.files.items()
            }
            packages[name] = Contents(name, pin.version, (), contents).digest
            count += len(wheel.files)
        else:
            packages[name] = ""
            unknown.append(name)
    notes = [f"names and versions only: {join_some(unknown)}"] if unknown else []
    notes += derived.describe_record(project.requirements)
    minor = lock_header.locked_python(project.requirements)
    if minor and minor != interpreters.project_minor(project):
        notes.append(f"the lock was compiled for Python {minor}")
    digest = "" if unknown else _digest_packages(packages)
    return ProofRow(LOCK, files=count, digest=digest, packages=packages, notes=tuple(notes))


def level_row(
    project: Project,
    environment: InstalledEnvironment,
    wheels: Mapping[str, Wheel],
    names: Collection[str],
    first: InstalledEnvironment,
) -> ProofRow:
    """Return the row of one level, whose packages were installed from `wheels`."""
    installed = {name: one for name, one in environment.locked.items() if name in names}
    packages = {name: one.digest for name, one in sorted(installed.items())}
    without_wheel = sorted(installed.keys() - wheels.keys() - environment.local)
    notes = [
        *_state_notes(project, environment),
        *([f"checked by RECORD only: {join_some(without_wheel)}"] if without_wheel else []),
        *(_comparison_notes(environment, first) if environment is not first else []),
        *describe_shared_files(find_shared_files(environment, wheels)),
        *sources.describe_sources(project, environment),
        *_extent_notes(project, environment, names),
    ]
    return ProofRow(
        name=environment.level,
        python=environment.inventory.python.version,
        files=sum(len(one.files) for one in installed.values()),
        digest=_digest_packages(packages),
        packages=packages,
        notes=tuple(notes),
        identity=get_level(environment.level).read_identity(project),
    )


def _state_notes(project: Project, environment: InstalledEnvironment) -> Iterator[str]:
    state = get_level(environment.level).read_state(project)
    if state.kind == "stale":
        yield f"stale: {state.about}"


def _comparison_notes(
    environment: InstalledEnvironment, first: InstalledEnvironment
) -> Iterator[str]:
    if others := list_other_platforms(first, environment):
        yield f"wheels for another platform than {first.level}: {join_some(others)}"
    if environment.inventory.python.version != first.inventory.python.version:
        yield f"another release of Python than {first.level}"


def _extent_notes(
    project: Project, environment: InstalledEnvironment, names: Collection[str]
) -> Iterator[str]:
    if stripped := environment.inventory.stripped:
        yield f"without the packages' {', '.join(stripped)} (LABCOAT_STRIP)"
    if on_top := environment.pins.keys() - set(names) - environment.local:
        yield f"plus {len(on_top)} from {', '.join(project['DEV_REQUIREMENTS'].split())}"


def _digest_packages(packages: Mapping[str, str]) -> str:
    """Return one SHA-256 over the names and digests of `packages`."""
    lines = "\n".join(f"{name} {digest}" for name, digest in sorted(packages.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
