"""Verify, file by file, that the lock, the environments and the image match."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from labcoat.core import files, reading, terminal
from labcoat.core.errors import LabcoatError, UnavailableError
from labcoat.core.project import Project
from labcoat.core.records import replace
from labcoat.inventory import wheel_contents, wheels
from labcoat.inventory.wheel_contents import Wheel
from labcoat.levels.level import Level
from labcoat.levels.registry import get_level, level_names
from labcoat.locking import index_comments, requirements_file
from labcoat.locking.requirements_file import Pin
from labcoat.proof import (
    differences,
    earlier,
    explain,
    libraries,
    outputs,
    pytest_files,
    rows,
    sources,
)
from labcoat.proof.differences import InstalledEnvironment
from labcoat.proof.kernels import read_kernels
from labcoat.proof.processor import describe_processor
from labcoat.proof.proof import LOCK, NAME, Proof
from labcoat.sources import sources_file
from labcoat.toolchain import index_environment, interpreters


def make_proof(
    project: Project,
    *,
    only: Sequence[str] = (),
    against: Path | None = None,
    strict: bool = False,
    explains: bool = False,
) -> Proof:
    """Check the levels in `only`, or all that exist, and write .labcoat/proof.json.

    With `against`, an earlier proof.json, what has changed since is a difference too; if `strict`,
    so is another patch release of Python. If `explains`, commands whose outputs differ run again,
    to find out why. Raise LabcoatError, status 2, if there is nothing to
    check.
    """
    before = earlier.read_earlier_proof(against) if against else None
    proof = check_levels(project, only, strict=strict)
    if before:
        changes = earlier.changes_since(before, proof)
        proof = replace(proof, differences=(*proof.differences, *changes))
    if explains:
        proof = replace(proof, explanations=tuple(explain.explain_proof(project, proof, before)))
    try:
        files.write_file(files.state_folder(project.state) / NAME, proof.json_text)
    except OSError as error:
        terminal.print_warning(f"cannot write `.labcoat/{NAME}`: {error.strerror}")
    return proof


def check_levels(project: Project, only: Sequence[str] = (), *, strict: bool = False) -> Proof:
    """Compare the levels in `only`, or all that exist, with the lock and with each other."""
    if not project.requirements.exists():
        raise LabcoatError(
            f"`{project['REQUIREMENTS']}` does not exist",
            "List your packages in `requirements.in`, then run `make requirements`",
            status=2,
        )
    environments = _read_environments(project, only)
    first = environments[0]
    known = _find_wheels(project, environments) | sources.find_wheels(project, environments)
    matched = {
        one.level: {
            name: wheel_contents.correct_digests(wheel, one.locked[name].files)
            for name, wheel in differences.match_wheels(one, known).items()
        }
        for one in environments
    }
    environments = [
        pytest_files.compare_pytest_files(project, one, matched[one.level]) for one in environments
    ]
    first = environments[0]
    minor = interpreters.project_minor(project)
    for one in environments:
        # What was built from other sources is named once, not file by file.
        for name in {each.package for each in sources.compare_sources(project, one)}:
            matched[one.level].pop(name, None)
    found = [*differences.compare_interpreters(environments, minor, strict=strict)]
    for one in environments:
        found += differences.compare_names(one)
        found += differences.compare_contents(one, matched[one.level])
        found += sources.compare_sources(project, one)
    for one in environments[1:]:
        # Packages that match the same wheel are equal; those that do not are named already.
        wheels_of_both = matched[first.level] | matched[one.level]
        found += differences.compare_environments(first, one, wheels_of_both)
        found += differences.compare_shared_files(first, one, wheels_of_both)
    pins = requirements_file.parse_pins(requirements_file.read_requirements(project.requirements))
    names = {pin.name for pin in pins}
    names |= {one.name for one in sources_file.read_sources(project.requirements)} - first.local
    table = [
        rows.lock_row(project, first, matched[first.level], names),
        *(rows.level_row(project, one, matched[one.level], names, first) for one in environments),
    ]
    results = (
        outputs.run_checks(project, [one.level for one in environments])
        if project["PROVE_RUNS"]
        else []
    )
    found += outputs.compare_outputs(results)
    lacking = {one.level: libraries.find_lacking(project, one) for one in environments}
    for each in lacking.values():
        found += each.differences
    table = [
        replace(row, notes=(*row.notes, *lacking[row.name].notes)) if row.name in lacking else row
        for row in table
    ]
    digest = files.text_digest(reading.read_file(project.requirements))
    unproved = [
        package
        for one in environments
        for package in differences.list_unproved(one, matched[one.level])
    ]
    packages = {name: one.packages for name, one in lacking.items() if one.packages}
    return Proof(
        digest,
        tuple(table),
        tuple(found),
        tuple(results),
        tuple(unproved),
        system_packages=packages,
        processor=describe_processor() if results else {},
        kernels={one.level: _read_kernels(project, one) for one in environments if results},
    )


def _read_kernels(project: Project, environment: InstalledEnvironment) -> Mapping[str, str]:
    packages = {one.name for one in environment.inventory.distributions}
    return read_kernels(project, environment.level, packages)


def _read_environments(project: Project, only: Sequence[str]) -> list[InstalledEnvironment]:
    """Read the levels in `only`, or all isolated ones that exist.

    Raise LabcoatError, status 2, if one in `only` does not exist, or none at all.
    """
    names = [name for name in only if name != LOCK] or [
        name for name in level_names() if get_level(name).is_isolated
    ]
    found = []
    for name in names:
        try:
            environment = _read_environment(project, name, get_level(name))
        except UnavailableError as failure:
            if only:
                raise
            terminal.print_warning(f"{name} is not checked: {failure.message}")
            continue
        if environment:
            found.append(environment)
        elif only:
            raise LabcoatError(f"{name} does not exist", f"Run `make {name}`", status=2)
    if not found:
        raise LabcoatError(
            "no environment to compare with the lock",
            "Run `make venv`, `make conda` or `make docker`",
            status=2,
        )
    return found


def _read_environment(project: Project, name: str, level: Level) -> InstalledEnvironment | None:
    try:
        inventory = level.read_inventory(project)
    except OSError as error:  # it changes while it is read, or may not be read
        raise LabcoatError(
            f"cannot read {name}: {error.strerror} ({error.filename})",
            "Run `make prove` again when nothing changes it",
            status=2,
        ) from None
    if inventory is None:
        return None
    pins = [
        pin
        for file in level.lock_files(project)
        if file.exists()
        for pin in requirements_file.parse_pins(requirements_file.read_requirements(file))
    ]
    applying = requirements_file.select_pins(pins, dict(inventory.python.markers))
    found = InstalledEnvironment(name, inventory, applying, level.is_isolated)
    return sources.add_sources(project, level, found)


def _find_wheels(
    project: Project, environments: Sequence[InstalledEnvironment]
) -> dict[str, list[Wheel]]:
    """Return the wheels of all packages that are locked and installed; fetch those not known."""
    pins: dict[str, Pin] = {
        name: one.pins[name] for one in environments for name in one.locked if one.pins[name].hashes
    }
    known = wheels.read_kept_wheels(pins.values())
    wanted: dict[str, dict[tuple[Pin, tuple[str, ...]], None]] = {}
    for one in environments:
        for name, installed in one.locked.items():
            if name in known and not wheels.is_known(
                known[name], installed.tags, one.inventory.python
            ):
                pair = one.pins[name], installed.tags
                wanted.setdefault(one.inventory.python.minor, {})[pair] = None
    if not wanted:
        return known
    try:
        indexes = index_comments.installed_indexes(project, project.locks)
        environ = index_environment.routed_environment(indexes)
    except LabcoatError as error:  # a named index is not defined, or a variable is not set
        terminal.print_warning(f"no wheel is fetched: {error.message}", error.hint)
        return known
    for minor, pairs in wanted.items():
        wheels.fetch_wheels(list(pairs), minor, environ)
        known |= wheels.read_kept_wheels([pin for pin, _ in pairs])
    return known
