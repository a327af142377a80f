"""`image.lock.yaml`: which image a commit gave, committed so that the next build can be held against it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from labcoat.container import contents, engine
from labcoat.container.build import Plan
from labcoat.container.labels import BASE, LOCK, RECORD, REVISION
from labcoat.container.saved import content_digest, saved
from labcoat.core import files, tools
from labcoat.core.errors import Failure
from labcoat.core.project import Project

_HEADER = "# The image that `labcoat image record` found. Commit it: `make docker` says when it builds another one.\n"


@dataclass(frozen=True)
class Record:
    """What an image was made from, by what, and what it is."""

    lock: str
    base: str
    dockerfile: str
    revision: str
    epoch: int
    engine: str
    builder: str
    image: str
    layers: list[str]
    inventory: str = ""
    content: str = ""


def of(project: Project, planned: Plan) -> Record:
    """The record of the image that `planned` built, without what only its files tell. Raises Failure where there is none."""
    form = "{{.Id}}\n{{json .RootFS.Layers}}\n{{json .Config.Labels}}"
    inspected = engine.ask(project, "image", "inspect", "--format", form, project.image)
    if inspected is None:
        raise Failure(f"There is no image {project.image}.", "make docker builds it.")
    identity, layers, labels = inspected.split("\n")
    said: Mapping[str, str] = json.loads(labels) or {}
    return Record(
        lock=said.get(LOCK, ""),
        base=f"{planned.arguments['BASE_IMAGE'].partition('@')[0]}@{said.get(BASE, '')}",
        dockerfile=files.digest((project.root / "Dockerfile").read_bytes()),
        revision=said.get(REVISION, ""),
        epoch=int(planned.arguments["SOURCE_DATE_EPOCH"]),
        engine=engine.version(project),
        builder=(engine.ask(project, "buildx", "version") or "").partition("/buildx ")[2].partition(" ")[0],
        image=identity,
        layers=json.loads(layers),
    )


def make(project: Project, planned: Plan) -> Record:
    """The whole record of the image that `planned` built. Raises Failure where there is none."""
    known = of(project, planned)
    with saved(project, project.image) as image:
        inventory = contents.inventory_digest(contents.distributions(image))
        return replace(known, inventory=inventory, content=content_digest(image.merged()))


def write(project: Project, record: Record) -> Path:
    """Write `image.lock.yaml`; its path."""
    tools.use()
    import yaml

    path = project.root / RECORD
    files.write(path, _HEADER + yaml.safe_dump(asdict(record), sort_keys=False))
    return path


def read(project: Project) -> Record | None:
    """The record that is there, if any. Raises Failure where it is none."""
    path = project.root / RECORD
    if not path.is_file():
        return None
    tools.use()
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Record(**{field.name: found[field.name] for field in fields(Record)})
    except (yaml.YAMLError, TypeError, KeyError):
        raise Failure(f"{RECORD} is no record of an image.", "Write it anew: labcoat image record.") from None


def departure(record: Record, built: Record) -> str:
    """In what an image departs from the record of one with the same inputs, in one line; empty where it does not.

    Of an image from another lock, base or Dockerfile nothing is expected; of one from other sources, the same packages.
    """
    if (record.lock, record.base, record.dockerfile) != (built.lock, built.base, built.dockerfile):
        return ""
    same_source = record.revision == built.revision and not built.revision.endswith("-dirty")
    if same_source and record.image != built.image and record.engine == built.engine:
        return f"the image {built.image[:19]} is not the {record.image[:19]} that {RECORD} records for this commit"
    # The last layer holds the project's own files.
    if record.layers[:-1] != built.layers[:-1]:
        return f"the layers of packages are not those that {RECORD} records for this lock, base and Dockerfile"
    return ""
