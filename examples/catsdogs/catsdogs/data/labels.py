"""Find the class of each picture from its path. Two layouts are supported:

* a folder per class: `cats/1.jpg`, `dogs/1.jpg`, any number of classes, at any depth;
* Kaggle's: one folder with `cat.0.jpg` and `dog.0.jpg` side by side, and another with unlabelled
  pictures, `test1/1.jpg`.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from catsdogs.errors import CatsdogsError

KAGGLE_NAME = re.compile(r"(?P<label>[^.]+)\.\d+\.[^.]+")
NUMBER_NAME = re.compile(r"\d+\.[^.]+")


def label_all(names: Iterable[str]) -> dict[str, str]:
    """Return the class of each picture by its name; empty for pictures to predict."""
    folders = defaultdict(list)
    for name in names:
        folders[PurePosixPath(name).parent].append(name)
    return dict(
        itertools.chain.from_iterable(
            _label_folder(folder, inside) for folder, inside in folders.items()
        )
    )


def _label_folder(folder: PurePosixPath, names: list[str]) -> Iterator[tuple[str, str]]:
    matches = [KAGGLE_NAME.fullmatch(PurePosixPath(name).name) for name in names]
    if all(matches) and (
        folder.name in {"", "train"} or len({match["label"] for match in matches if match}) > 1
    ):
        return zip(names, [match["label"] for match in matches if match], strict=True)
    if folder.name.startswith("test") and all(
        NUMBER_NAME.fullmatch(PurePosixPath(name).name) for name in names
    ):
        return zip(names, itertools.repeat(""))
    if not folder.name:
        raise CatsdogsError(
            f"cannot find the class of {names[0]!r}: it is not in a folder",
            "Put the pictures into a folder per class, or name them as Kaggle does: "
            "`cat.0.jpg`, `dog.0.jpg`",
        )
    return zip(names, itertools.repeat(folder.name))


def empty_classes(folders: list[str], labels: dict[str, str]) -> list[str]:
    """Return the names of empty folders that are siblings of class folders."""
    full = {PurePosixPath(name).parent for name in labels}
    parents = {
        folder.parent
        for folder in full
        if folder.name and any(labels[name] == folder.name for name in labels)
    }
    paths = [PurePosixPath(folder) for folder in folders]
    above = {parent for path in [*paths, *full] for parent in path.parents}
    return [
        path.name
        for path in paths
        if path.parent in parents and path not in full | above and path.name
    ]
