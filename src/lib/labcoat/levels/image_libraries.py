"""Which system libraries the image lacks, looked for once an image and kept in .labcoat.

What the image's system has is kept too, so that `labcoat check` can tell offline what packages miss
that are locked later.
"""

import json
import platform
from collections.abc import Callable, Sequence
from pathlib import Path

from labcoat.container.context import build_flags
from labcoat.container.engine.flags import docker_flags
from labcoat.core import files, reading, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record, replace
from labcoat.inventory import inventory
from labcoat.levels.venv import VenvLevel
from labcoat.locking import requirements_file
from labcoat.locking.requirement_lines import same_version
from labcoat.locking.requirements_file import Pin
from labcoat.system import advice, debian, memory, verdict
from labcoat.system.records import MissingLibrary, PackageNeeds, SystemSurvey
from labcoat.toolchain import interpreters

_NAME = "libraries.json"
_FORMAT = 1


class ImageLibraries(Record):
    """What the system of an image has: `libraries` of Debian's `suite`, empty for other systems.

    It was built from the text `dockerfile`. What it lacks is `missing`.
    """

    image: str
    dockerfile: str
    suite: str
    libraries: frozenset[str]
    missing: Sequence[MissingLibrary]


_Read = Callable[[], SystemSurvey | None]


def warn_missing(project: Project, image: str, survey: _Read, system: _Read) -> None:
    """Warn of the libraries that imports in the image with this id will miss.

    `survey` reads all of it; `system` reads only which libraries it has, in much less time.
    """
    known = read_image_libraries(project)
    if known is None or known.image != image:
        packages = recall_lock(project, learn=True)
        if packages is not None and not any(one.objects for one in packages):
            return  # no package has any shared object
        known = _look(project, image, survey, system, packages)
    if known and known.missing:
        named = [f"{one.version or one.library} ({one.package})" for one in known.missing]
        wanted = advice.list_packages(known.missing, known.suite)
        remedy = advice.describe_remedy(wanted, is_image=True)
        terminal.print_warning(
            f"image `{project.image}` lacks libraries that imports need:"
            f" {terminal.join_some(named)}",
            f"{remedy[0].upper()}{remedy[1:]}, then run `make docker`" if wanted else "",
        )


def read_image_libraries(project: Project) -> ImageLibraries | None:
    """Return what is known of the last image; None if nothing is."""
    try:
        found = json.loads(reading.read_file(project.state / _NAME))
        if found.pop("format") != _FORMAT:
            return None
        missing = [MissingLibrary(**one) for one in found.pop("missing")]
        return ImageLibraries(
            **{**found, "libraries": frozenset(found["libraries"])}, missing=missing
        )
    except (LabcoatError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def recall_lock(project: Project, *, learn: bool = False) -> list[PackageNeeds] | None:
    """Return what the packages of the lock need; None if that of one is not known.

    With `learn`, what is not known yet is read from the virtual environment, if that has it.
    """
    pins = lock_pins(project)
    minor, machine = interpreters.project_minor(project), platform.machine()
    found = [memory.recall_package(pin, minor, machine) for pin in pins]
    known = [one for one in found if one is not None]
    if len(known) == len(pins):
        return known
    if learn and _learn(
        [pin for pin, one in zip(pins, found, strict=True) if one is None], project
    ):
        return recall_lock(project)
    return None


def _learn(pins: Sequence[Pin], project: Project) -> bool:
    """Remember the needs of `pins` if the virtual environment has all of them."""
    level = VenvLevel()
    site = level.site_packages(project)
    installed = inventory.installed_versions(site) if site else {}
    if not all(same_version(installed.get(pin.name, ""), pin.version) for pin in pins):
        return False
    try:
        survey = level.survey_system(project)
    except (LabcoatError, OSError):
        return False
    if survey:
        memory.remember_packages(survey.packages, pins)
    return survey is not None


def lock_pins(project: Project) -> list[Pin]:
    """Return the pins of the lock that have hashes: what is built from sources has none."""
    text = requirements_file.read_requirements(project.requirements)
    pins = requirements_file.parse_pins(text)
    applying = requirements_file.select_pins(pins, interpreters.marker_environment(project))
    return [pin for pin in applying.values() if pin.hashes]


def digest_dockerfile(project: Project) -> str:
    """Return a digest of the Dockerfile that LABCOAT_DOCKER_FLAGS names; empty without one."""
    try:
        named = build_flags.parse_build_flags(docker_flags(project)).file
        path = build_flags.locate_dockerfile(project.root, named)
        return files.text_digest(reading.read_file(path))
    except (LabcoatError, OSError):
        return ""


def _look(
    project: Project,
    image: str,
    survey: _Read,
    system: _Read,
    packages: Sequence[PackageNeeds] | None,
) -> ImageLibraries | None:
    """Read the image and keep the result; None if it cannot be read, which the proof names.

    If it is known what the `packages` need and the image has all of that, no more is read.
    """
    try:
        read = system() if packages is not None else None
        if read and packages is not None:
            read = replace(read, packages=packages)
            found = verdict.find_missing(packages, read.libraries)
        if not read or advice.list_required(found):
            read = survey()
            found = verdict.find_missing(read.packages if read else ())
        pins = lock_pins(project)
    except (LabcoatError, OSError):
        return None
    if read is None:
        return None
    memory.remember_packages(read.packages, pins)
    locked = {pin.name for pin in pins}
    required = advice.list_required(found)
    libraries = ImageLibraries(
        image,
        digest_dockerfile(project),
        debian.read_suite(read.os_release),
        read.libraries,
        [one for one in required if one.package in locked],
    )
    _keep(files.state_folder(project.state) / _NAME, libraries)
    return libraries


def _keep(path: Path, found: ImageLibraries) -> None:
    document = {
        "format": _FORMAT,
        **vars(found),
        "libraries": sorted(found.libraries),
        "missing": [vars(one) for one in found.missing],
    }
    try:
        files.write_file(path, json.dumps(document))
    except OSError:
        return  # the next build looks again
