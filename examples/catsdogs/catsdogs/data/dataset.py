"""The data set: read, hash and decode every picture once, and find its class."""

import hashlib
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from catsdogs.data import duplicates, kinds, pictures, synthetic
from catsdogs.data.kinds import is_raw
from catsdogs.data.labels import one_line
from catsdogs.data.layout import WAYS, Layout, empty_folders, understand
from catsdogs.data.sources import Source, open_source
from catsdogs.downloads import kaggle_client
from catsdogs.downloads.mirrors import MIRRORS, fetch
from catsdogs.errors import CatsdogsError
from catsdogs.support.atomic import aside
from catsdogs.support.progress import track

VERSION = 4  # of the cached data about a picture
SYNTHETIC, KAGGLE = "synthetic", "kaggle"
NEAR, EXACT = "near", "exact"  # which pictures are alike: near duplicates, or copies of a file
TABLES = (".csv", ".json", ".txt", ".xlsx", ".xml")  # files that may have labels
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
    part: str = ""  # of the authors' split, if the data has one


@dataclass(frozen=True)
class Aside:
    """A file that was left out, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True)
class Data:
    """The data set: pictures with a class, pictures without one, files that were set aside, and
    the names of files that are no pictures.

    `way` tells how the classes were found: one of `layout.WAYS`. `crossing` has the names of pairs
    that look alike, but have different classes.
    """

    pictures: tuple[Picture, ...]
    unlabelled: tuple[Picture, ...]
    aside: tuple[Aside, ...]
    others: tuple[str, ...] = ()
    way: str = ""
    crossing: tuple[tuple[str, str], ...] = ()

    def exact(self) -> "Data":
        """Return the data with only copies of one file as pictures that look the same."""
        return replace(
            self, pictures=tuple(replace(one, scene=one.digest) for one in self.pictures)
        )

    @property
    def classes(self) -> list[str]:
        """The classes, in the order of the model's outputs."""
        return sorted({picture.label for picture in self.pictures})

    @property
    def digest(self) -> str:
        """The sha256 of all pictures, labels and parts, whatever their order and file names."""
        rows = sorted(
            f"{picture.digest} {picture.label}" + f" {picture.part}" * bool(picture.part)
            for picture in self.pictures
        )
        return hashlib.sha256("\n".join(rows).encode(errors="surrogateescape")).hexdigest()


def open_data(
    where: str, cache: Path, seed: int, classes: str = "", alike: str = NEAR
) -> tuple[Source, Data]:
    """Return the source that `where` names (a path, a mirror, `kaggle`, `synthetic`) and its data.

    `classes` tells where the classes are, as in `layout.WAYS`; if empty, find out. `alike` is
    `NEAR` or `EXACT`. The data is cached in `cache` until a file of the source changes. Raise
    `CatsdogsError` if there is too little to learn from.
    """
    if alike not in {NEAR, EXACT}:
        raise CatsdogsError(
            f"invalid value `ALIKE={alike}`",
            f"Use `ALIKE={NEAR}` to keep near duplicates in one part of the split, or "
            f"`ALIKE={EXACT}` for identical files only",
        )
    source = open_source(_place(where, cache, seed), cache)
    versions = f"v{VERSION}-{duplicates.VERSION}-{pictures.VERSION}{pictures.readers()}"
    way = f"-{classes}" if classes in WAYS else ""
    kept = cache / "looks" / f"{versions}-{source.signature()[:32]}{way}.json"
    data = _load(kept)
    if data is None:
        data = look(source, classes)
        with aside(kept) as room:
            room.write_text(json.dumps(asdict(data)))
    return source, data if alike == NEAR else data.exact()


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
            tuple(fields["others"]),
            fields["way"],
            tuple((first, second) for first, second in fields["crossing"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def look(source: Source, classes: str = "") -> Data:
    """Read every picture once and return the data set."""
    names = source.names()
    if not names:
        raise _without_pictures(source)
    empty = empty_folders(
        source.folders(), [*names, *(name for name in source.others() if not is_raw(name))]
    )
    layout = understand(names, empty, classes)
    labelled = [name for name in names if name in layout.labels]
    seen: dict[Picture, str] = {}
    broken = [Aside(name, layout.strays[name]) for name in names if name in layout.strays]
    with ThreadPoolExecutor(THREADS) as pool:
        looks = pool.map(lambda name: _look(source, name, layout), labelled)
        for one in track(zip(looks, itertools.repeat(1)), len(labelled), "Reading pictures"):
            if isinstance(one, Aside):
                broken.append(one)
            else:
                seen.update([one])
    found = _with_scenes(seen)
    unlabelled = tuple(picture for picture in found if not picture.label)
    kept, contradicted = _agreeing(picture for picture in found if picture.label)
    data = Data(
        tuple(kept),
        unlabelled,
        tuple(broken + contradicted),
        tuple(source.others()),
        layout.way,
        _crossing(seen),
    )
    reasons = {layout.labels.get(one.name, ""): one.reason for one in reversed(data.aside)}
    _check_classes(data, dict.fromkeys(layout.empty, "") | reasons)
    return data


def _without_pictures(source: Source) -> CatsdogsError:
    others = source.others()
    packed = [name for name in others if kinds.is_packed(name)]
    only = f", only {len(others)} other files such as {(packed or others)[0]!r}" if others else ""
    return CatsdogsError(
        f"no pictures in the data{only}",
        "Unpack it and set `DATA=` to the folder"
        if packed
        else "Set `DATA=` to a zip file or a folder with .jpg or .png files",
    )


def _look(source: Source, name: str, layout: Layout) -> tuple[Picture, str] | Aside:
    """Return the picture and its fingerprint, or why the file is set aside."""
    try:
        data = source.read(name)
        image = pictures.decode(data)
    except pictures.PictureError as error:
        return Aside(name, str(error))
    digest = hashlib.sha256(data).hexdigest()
    picture = Picture(
        name,
        layout.labels[name],
        digest,
        digest,
        image.width,
        image.height,
        layout.parts.get(name, ""),
    )
    return picture, duplicates.fingerprint(image)


def _with_scenes(seen: dict[Picture, str]) -> list[Picture]:
    """Return the pictures, with one scene for those of a class whose fingerprints are similar."""
    classes: dict[str, list[str]] = defaultdict(list)
    for picture, fingerprint in seen.items():
        classes[picture.label].append(fingerprint)
    leaders = {
        (label, member): group[0]
        for label, fingerprints in classes.items()
        for group in duplicates.groups(fingerprints)
        for member in group
    }

    def group(picture: Picture, fingerprint: str) -> tuple[str, str]:
        return picture.label, leaders.get((picture.label, fingerprint), picture.digest)

    scenes: dict[tuple[str, str], str] = {}
    for picture, fingerprint in sorted(seen.items(), key=lambda item: item[0].digest):
        scenes.setdefault(group(picture, fingerprint), picture.digest)
    return [
        replace(one, scene=scenes[group(one, fingerprint)]) for one, fingerprint in seen.items()
    ]


def _crossing(seen: dict[Picture, str]) -> tuple[tuple[str, str], ...]:
    """Return the names of pairs of pictures that look alike, but have different classes."""
    labelled = [(one, fingerprint) for one, fingerprint in seen.items() if one.label]
    pairs = duplicates.crossing((fingerprint, one.label) for one, fingerprint in labelled)
    return tuple(
        (labelled[first][0].name, labelled[second][0].name)
        for first, second in pairs
        if labelled[first][0].digest != labelled[second][0].digest
    )


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
        tables = [name for name in data.others if name.lower().endswith(TABLES)]
        unread = f"; labels in files such as `{one_line(tables[0])}` are not read" if tables else ""
        raise CatsdogsError(
            f"the data has {only}",
            f"Set `DATA=` to at least two classes, each in a separate folder{unread}",
        )
