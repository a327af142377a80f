"""The data set: read, hash and decode every picture once, and find its class."""

import hashlib
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from catsdogs.data import duplicates, pictures, synthetic
from catsdogs.data.labels import empty_classes, label_all
from catsdogs.data.sources import Source, open_source
from catsdogs.downloads import kaggle_client
from catsdogs.downloads.mirrors import MIRRORS, fetch
from catsdogs.errors import CatsdogsError
from catsdogs.support.atomic import aside
from catsdogs.support.progress import track

VERSION = 2  # of the cached data about a picture
SYNTHETIC, KAGGLE = "synthetic", "kaggle"
THREADS = 4  # decoding releases Python's lock


@dataclass(frozen=True)
class Picture:
    """One picture: its name in the source, class (empty if unlabelled), sha256, and size in px.

    Pictures that look the same share one `scene`: the digest of one of them.
    """

    name: str
    label: str
    digest: str
    scene: str
    width: int
    height: int


@dataclass(frozen=True)
class Aside:
    """A file that was left out, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True)
class Data:
    """The data set: pictures with a class, pictures without one, and files that were set aside."""

    pictures: tuple[Picture, ...]
    unlabelled: tuple[Picture, ...]
    aside: tuple[Aside, ...]

    @property
    def classes(self) -> list[str]:
        """The classes, in the order of the model's outputs."""
        return sorted({picture.label for picture in self.pictures})

    @property
    def digest(self) -> str:
        """The sha256 of all pictures and labels, whatever their order and file names."""
        rows = sorted(f"{picture.digest} {picture.label}" for picture in self.pictures)
        return hashlib.sha256("\n".join(rows).encode(errors="surrogateescape")).hexdigest()


def open_data(where: str, cache: Path, seed: int) -> tuple[Source, Data]:
    """Return the source that `where` names (a path, a mirror, `kaggle`, `synthetic`) and its data.

    The data is cached in `cache` until a file of the source changes. Raise `CatsdogsError` if there
    is too little to learn from.
    """
    source = open_source(_place(where, cache, seed), cache)
    kept = (
        cache
        / "looks"
        / f"v{VERSION}-{duplicates.VERSION}-{pictures.VERSION}-{source.signature()[:32]}.json"
    )
    data = _load(kept)
    if data is None:
        data = look(source)
        with aside(kept) as room:
            room.write_text(json.dumps(asdict(data)))
    return source, data


def _place(where: str, cache: Path, seed: int) -> Path:
    if where == SYNTHETIC:
        return synthetic.folder(cache, seed)
    if where in MIRRORS:
        return fetch(MIRRORS[where], cache / "downloads")
    if where == KAGGLE:
        return kaggle_client.fetch(cache / "downloads")
    return Path(where)


def _load(kept: Path) -> Data | None:
    try:
        fields = json.loads(kept.read_text())
        return Data(
            tuple(Picture(**row) for row in fields["pictures"]),
            tuple(Picture(**row) for row in fields["unlabelled"]),
            tuple(Aside(**row) for row in fields["aside"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def look(source: Source) -> Data:
    """Read every picture once and return the data set."""
    labels = label_all(source.names())
    if not labels:
        raise CatsdogsError(
            "no pictures in the data",
            "Set `DATA=` to a zip file or a folder with .jpg or .png files",
        )
    seen: dict[Picture, str] = {}
    broken: list[Aside] = []
    with ThreadPoolExecutor(THREADS) as pool:
        looks = pool.map(lambda name: _look(source, name, labels[name]), labels)
        for one in track(zip(looks, itertools.repeat(1)), len(labels), "Reading pictures"):
            if isinstance(one, Aside):
                broken.append(one)
            else:
                seen.update([one])
    found = _with_scenes(seen)
    unlabelled = tuple(picture for picture in found if not picture.label)
    kept, contradicted = _agreeing(picture for picture in found if picture.label)
    data = Data(tuple(kept), unlabelled, tuple(broken + contradicted))
    reasons = {labels[one.name]: one.reason for one in reversed(data.aside)}
    _check_classes(data, dict.fromkeys(empty_classes(source.folders(), labels), "") | reasons)
    return data


def _look(source: Source, name: str, label: str) -> tuple[Picture, str] | Aside:
    """Return the picture and its fingerprint, or why the file is set aside."""
    try:
        data = source.read(name)
        image = pictures.decode(data)
    except pictures.PictureError as error:
        return Aside(name, str(error))
    digest = hashlib.sha256(data).hexdigest()
    picture = Picture(name, label, digest, digest, image.width, image.height)
    return picture, duplicates.fingerprint(image)


def _with_scenes(seen: dict[Picture, str]) -> list[Picture]:
    """Return the pictures, with one scene for those whose fingerprints are similar."""
    leaders = {member: group[0] for group in duplicates.groups(seen.values()) for member in group}
    scenes: dict[str, str] = {}
    for picture, fingerprint in sorted(seen.items(), key=lambda item: item[0].digest):
        scenes.setdefault(leaders.get(fingerprint, picture.digest), picture.digest)
    return [
        replace(picture, scene=scenes[leaders.get(fingerprint, picture.digest)])
        for picture, fingerprint in seen.items()
    ]


def _agreeing(found: Iterable[Picture]) -> tuple[list[Picture], list[Aside]]:
    """Return the pictures, and separately those whose bytes also occur in another class."""
    found = list(found)
    labels = defaultdict(set)
    for picture in found:
        labels[picture.digest].add(picture.label)
    kept = [picture for picture in found if len(labels[picture.digest]) == 1]
    dropped = [picture for picture in found if len(labels[picture.digest]) > 1]
    return kept, [
        Aside(
            picture.name,
            f"the same file has the classes {' and '.join(sorted(labels[picture.digest]))}",
        )
        for picture in dropped
    ]


def _check_classes(data: Data, empty: dict[str, str]) -> None:
    """Refuse data that cannot be learned from, and name the class.

    `empty` has the classes that may be empty, each with the reason if there is one.
    """
    counts = Counter(picture.digest and picture.label for picture in data.pictures)
    for label in sorted(empty.keys() - counts.keys() - {""}):
        reason = f": {empty[label]}" if empty[label] else ""
        raise CatsdogsError(
            f"the class {label!r} has no pictures{reason}",
            "Add pictures to it, or remove its folder",
        )
    if len(counts) < 2:
        only = f"only one class, {data.classes[0]!r}" if counts else "no class"
        raise CatsdogsError(
            f"the data has {only}",
            "Set `DATA=` to at least two classes, each in a separate folder",
        )
    distinct = Counter(
        label for _, label in {(picture.scene, picture.label) for picture in data.pictures}
    )
    for label, count in distinct.items():
        if count < 2:
            raise CatsdogsError(
                f"the class {label!r} has only one picture, which leaves none for validation",
                "Add pictures to it, or remove it",
            )
