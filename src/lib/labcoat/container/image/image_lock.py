"""`image.lock.yaml`: which image a commit gave, committed so that the next build can be held against it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from labcoat.container.engine import client
from labcoat.container.image.build import BuildPlan
from labcoat.container.image.labels import BASE, LOCK, REVISION
from labcoat.container.inspect import packages
from labcoat.container.inspect.image_archive import content_digest, open_image_archive
from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.toolchain import tool_env

_HEADER = "# The image that `labcoat image record` found. Commit it: `make docker` says when it builds another one.\n"
_NO_SETTINGS = frozenset(
    {"BASE_IMAGE", "SOURCE_DATE_EPOCH"}
)  # build arguments that have a place of their own in the record


@dataclass(frozen=True)
class ImageLock:
    """What an image was made from, by what, and what it is. `settings` are the other build arguments."""

    lock: str
    base: str
    dockerfile: str
    settings: dict[str, str]
    revision: str
    epoch: int
    engine: str
    builder: str
    platform: str
    image: str
    layers: list[str]
    inventory: str = ""
    content: str = ""


def image_lock_path(project: Project) -> Path:
    """Where the record is: `image.lock.yaml`, or for LABCOAT_VARIANT=cpu `image-cpu.lock.yaml`."""
    variant = project["VARIANT"]
    return project.root / f"image{variant and '-'}{variant}.lock.yaml"


def image_lock_of(project: Project, planned: BuildPlan, version: str, image: str) -> ImageLock:
    """The record of the image of that id that `planned` built, by an engine of that `version`.

    Left out is what nothing is held against, and what only the image's files tell. Raises Failure where there is no image.
    """
    form = "{{json .RootFS.Layers}}\n{{json .Config.Labels}}\n{{.Os}}/{{.Architecture}}"
    inspected = client.inspect_image(project, project.image, form)
    if inspected is None:
        raise LabcoatError(f"There is no image {project.image}.", "make docker builds it.")
    layers, labels, platform = inspected.split("\n")
    said: Mapping[str, str] = json.loads(labels) or {}
    return ImageLock(
        lock=said.get(LOCK, ""),
        base=f"{planned.arguments['BASE_IMAGE'].partition('@')[0]}@{said.get(BASE, '')}",
        dockerfile=files.text_digest(planned.context.dockerfile_path.read_bytes()),
        settings={
            name: value
            for name, value in planned.context.arguments.items()
            if value and name not in _NO_SETTINGS
        },
        revision=said.get(REVISION, ""),
        epoch=int(planned.arguments["SOURCE_DATE_EPOCH"]),
        engine=version,
        builder="",
        platform=platform,
        image=image,
        layers=json.loads(layers),
    )


def make_image_lock(project: Project, planned: BuildPlan) -> ImageLock:
    """The whole record of the image that `planned` built. Raises Failure where there is none."""
    builder = (
        (client.query_docker(project, "buildx", "version") or "")
        .partition("/buildx ")[2]
        .partition(" ")[0]
    )
    version = client.engine_version(project)
    with open_image_archive(project, project.image) as image:
        known = replace(image_lock_of(project, planned, version, image.identity), builder=builder)
        inventory = packages.inventory_digest(packages.image_distributions(image))
        return replace(known, inventory=inventory, content=content_digest(image.merged()))


def write_image_lock(project: Project, record: ImageLock) -> Path:
    """Write the record where it belongs; its path."""
    tool_env.use_tools()
    import yaml

    files.write_file(
        image_lock_path(project), _HEADER + yaml.safe_dump(asdict(record), sort_keys=False)
    )
    return image_lock_path(project)


def read_image_lock(project: Project) -> ImageLock | None:
    """The record that is there, if any. Raises Failure where it is none."""
    file = image_lock_path(project)
    if not file.is_file():
        return None
    tool_env.use_tools()
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        record = ImageLock(**{field.name: found[field.name] for field in fields(ImageLock)})
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError):
        record = None
    if record is None or not _is_well_typed(record):
        raise LabcoatError(
            f"{file.name} is no record of an image.", "Write it anew: labcoat image record."
        )
    return record


def _is_well_typed(record: ImageLock) -> bool:
    """Whether each field is what the class says, which YAML does not see to: 26.1 in it is a number, and nothing is nothing."""
    texts = [
        value for name, value in vars(record).items() if name not in {"settings", "epoch", "layers"}
    ]
    if (
        not isinstance(record.settings, dict)
        or not isinstance(record.layers, list)
        or not isinstance(record.epoch, int)
    ):
        return False
    return all(
        isinstance(text, str)
        for text in [*texts, *record.layers, *record.settings, *record.settings.values()]
    )


def image_lock_remark(project: Project, planned: BuildPlan, version: str, image: str) -> str:
    """In one line, in what an image does not meet its record; empty where it does, or there is none.

    `planned` is its build's, and `image` the id that the build gave.
    """
    recorded = read_image_lock(project)
    if recorded is None:
        return ""
    name, built = image_lock_path(project).name, image_lock_of(project, planned, version, image)
    if others := other_inputs(recorded, built):
        return f"{name} records an image of {others}: labcoat image record writes it anew"
    if are_layers_comparable(recorded, built):
        return output_drift(recorded, built, name)
    if recorded.platform != built.platform:
        return ""  # other wheels, of which nothing is known
    there = packages.inventory_digest(packages.installed_packages(project, project.image))
    return (
        ""
        if there == recorded.inventory
        else f"the packages are not those that {name} records for this lock"
    )


def other_inputs(record: ImageLock, built: ImageLock) -> str:
    """In words, which inputs of a build are not the recorded ones: then nothing is expected of the image. The base is apart."""
    settings = [
        f"{name}={record.settings.get(name, '')}"
        for name in sorted(record.settings.keys() | built.settings.keys())
        if record.settings.get(name) != built.settings.get(name)
    ]
    lock = ["another lock"] if record.lock != built.lock else []
    return " and ".join(
        [
            *lock,
            *(["another Dockerfile"] if record.dockerfile != built.dockerfile else []),
            *settings,
        ]
    )


def are_layers_comparable(record: ImageLock, built: ImageLock) -> bool:
    """Whether the same inputs give the same layers: on one base and platform, by engines that write archives alike."""
    same_place = (record.base, record.platform) == (built.base, built.platform)
    kind = client.generation(built.engine)
    same_time = (
        record.epoch == built.epoch or kind != client.PODMAN
    )  # which gives each file the commit's
    return same_place and same_time and client.generation(record.engine) == kind


def output_drift(record: ImageLock, built: ImageLock, name: str) -> str:
    """In what an image departs from the record of one with the same inputs, in one line; empty where it does not.

    Of an image from other sources the same packages are expected, of the same commit by the same engine the same id.
    """
    # The last layer holds the project's own files.
    if record.layers[:-1] != built.layers[:-1]:
        return f"the layers of packages are not those that {name} records for this lock, base and Dockerfile"
    known = ("revision", "epoch", "engine")
    same_source = all(getattr(record, each) == getattr(built, each) for each in known)
    comparable = (
        same_source
        and not built.revision.endswith("-dirty")
        and not client.never_the_same(built.engine)
    )
    if comparable and record.image != built.image:
        return f"the image {built.image[:19]} is not the {record.image[:19]} that {name} records for this commit"
    return ""
