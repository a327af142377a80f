"""`image.lock.yaml`: the image of a commit, committed to compare the next builds with it."""

import json
from collections.abc import Mapping
from pathlib import Path

from labcoat.container.engine import client, versions
from labcoat.container.engine.errors import missing_image_error
from labcoat.container.engine.local_images import inspect_image
from labcoat.container.image.build import BuildPlan
from labcoat.container.image.labels import BASE, LOCK, REVISION, SYSTEM
from labcoat.container.inspect import packages
from labcoat.container.inspect.image_archive import content_digest, open_image_archive
from labcoat.core import files, reading
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record, as_dict, replace
from labcoat.toolchain import tool_env

_HEADER = "# Written by `labcoat image record`. Commit it: `make docker` compares images with it.\n"
_SEPARATE = frozenset({"BASE_IMAGE", "SOURCE_DATE_EPOCH"})  # arguments with their own fields


class ImageLock(Record):
    """What an image was built from, by which engine, and its digests; the fields of the file.

    `settings` are the other build arguments, `epoch` is in seconds since 1970.
    """

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
    """Return the path of `image.lock.yaml`, or for LABCOAT_VARIANT=cpu `image-cpu.lock.yaml`."""
    variant = project["VARIANT"]
    return project.root / f"image{variant and '-'}{variant}.lock.yaml"


def partial_image_lock(project: Project, plan: BuildPlan, version: str, image: str) -> ImageLock:
    """Return the image lock of what `plan` built, with what the engine knows without its files.

    `version` is the engine's and `image` the image's id. Raise LabcoatError if it does not exist.
    """
    form = "{{json .RootFS.Layers}}\n{{json .Config.Labels}}\n{{.Os}}/{{.Architecture}}"
    inspected = inspect_image(project, project.image, form)
    if inspected is None:
        raise missing_image_error(project.image, project.image)
    layers, labels_json, platform = inspected.split("\n")
    labels: Mapping[str, str] = json.loads(labels_json) or {}
    return ImageLock(
        lock=labels.get(LOCK, ""),
        base=f"{plan.arguments['BASE_IMAGE'].partition('@')[0]}@{labels.get(BASE, '')}",
        dockerfile=files.text_digest(reading.read_file(plan.context.dockerfile_path)),
        settings={
            name: value
            for name, value in plan.context.arguments.items()
            if value and name not in _SEPARATE
        }
        | ({"apt.lock": labels[SYSTEM]} if SYSTEM in labels else {}),
        revision=labels.get(REVISION, ""),
        epoch=int(plan.arguments["SOURCE_DATE_EPOCH"]),
        engine=version,
        builder="",
        platform=platform,
        image=image,
        layers=json.loads(layers),
    )


def complete_image_lock(project: Project, plan: BuildPlan) -> ImageLock:
    """Return the image lock of what `plan` built. Raise LabcoatError if it does not exist."""
    builder = (
        (client.query_docker(project, "buildx", "version") or "")
        .partition("/buildx ")[2]
        .partition(" ")[0]
    )
    version = versions.engine_version(project)
    with open_image_archive(project, project.image) as image:
        return replace(
            partial_image_lock(project, plan, version, image.image_id),
            builder=builder,
            inventory=packages.inventory_digest(packages.image_distributions(image)),
            content=content_digest(image.merged_entries()),
        )


def write_image_lock(project: Project, lock: ImageLock) -> Path:
    """Write `lock` to the project's file; return its path."""
    tool_env.use_tools()
    import yaml

    path = image_lock_path(project)
    files.write_file(path, _HEADER + yaml.safe_dump(as_dict(lock), sort_keys=False))
    return path


def read_image_lock(project: Project) -> ImageLock | None:
    """Return the project's image lock, or None. Raise LabcoatError if the file is invalid."""
    file = image_lock_path(project)
    if not file.is_file():
        return None
    tool_env.use_tools()
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        lock = ImageLock(**{name: found[name] for name in ImageLock.__match_args__})
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError):
        lock = None
    if lock is None or not _is_well_typed(lock):
        raise LabcoatError(
            f"{file.name} is not a valid image lock", "Rewrite it with `labcoat image record`"
        )
    return lock


def _is_well_typed(lock: ImageLock) -> bool:
    """Whether each field has its type. In YAML, 26.1 is a number and an empty value is null."""
    texts = [
        value for name, value in vars(lock).items() if name not in {"settings", "epoch", "layers"}
    ]
    if (
        not isinstance(lock.settings, dict)
        or not isinstance(lock.layers, list)
        or not isinstance(lock.epoch, int)
    ):
        return False
    return all(
        isinstance(text, str)
        for text in [*texts, *lock.layers, *lock.settings, *lock.settings.values()]
    )


def image_lock_warning(project: Project, plan: BuildPlan, version: str, image: str) -> str:
    """Return how the image with the id `image`, which `plan` built, differs from its image lock.

    "" if it does not, or if there is no image lock. `version` is the engine's.
    """
    recorded = read_image_lock(project)
    if recorded is None:
        return ""
    name, built = image_lock_path(project).name, partial_image_lock(project, plan, version, image)
    if changes := input_changes(recorded, built):
        return f"{name} records an image with {changes}; `labcoat image record` updates it"
    if are_layers_comparable(recorded, built):
        return output_drift(recorded, built, name)
    if recorded.platform != built.platform:
        return ""  # another platform has other wheels
    inventory = packages.inventory_digest(packages.installed_packages(project, project.image))
    return (
        ""
        if inventory == recorded.inventory
        else f"the packages differ from those in {name}, although the lock is the same"
    )


def input_changes(recorded: ImageLock, built: ImageLock) -> str:
    """Return which recorded inputs differ from those of `built`, except the base; "" if none.

    If inputs differ, nothing is expected of the output.
    """
    settings = [
        f"{name}={recorded.settings.get(name, '')}"
        for name in sorted(recorded.settings.keys() | built.settings.keys())
        if recorded.settings.get(name) != built.settings.get(name)
    ]
    return " and ".join(
        [
            *(["another lock"] if recorded.lock != built.lock else []),
            *(["another Dockerfile"] if recorded.dockerfile != built.dockerfile else []),
            *settings,
        ]
    )


def are_layers_comparable(recorded: ImageLock, built: ImageLock) -> bool:
    """Whether the same inputs give the same layers.

    That takes the same base and platform, and engines that write layers alike.
    """
    layer_format = versions.layer_format(built.engine)
    # podman gives every file the time of the commit.
    same_time = recorded.epoch == built.epoch or layer_format != versions.PODMAN
    return (
        (recorded.base, recorded.platform) == (built.base, built.platform)
        and same_time
        and versions.layer_format(recorded.engine) == layer_format
    )


def output_drift(recorded: ImageLock, built: ImageLock, name: str) -> str:
    """Return how `built` differs from `recorded`, from the file `name`, with the same inputs.

    "" if it does not. Other sources must give the same packages; the same commit on the same engine
    must give the same id.
    """
    # The last layer holds the project's files.
    if recorded.layers[:-1] != built.layers[:-1]:
        return (
            f"the package layers differ from those in {name}, "
            "although lock, base image and Dockerfile are the same"
        )
    same_source = all(
        getattr(recorded, field) == getattr(built, field)
        for field in ("revision", "epoch", "engine")
    )
    comparable = (
        same_source
        and not built.revision.endswith("-dirty")
        and not versions.unstable_settings(built.engine)
    )
    if comparable and recorded.image != built.image:
        return (
            f"image {built.image[:19]} differs from {recorded.image[:19]}, "
            f"which {name} records for this commit"
        )
    return ""
