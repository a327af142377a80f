"""Each model's own folder below `build/models`, and the current one of them.

A model's folder is named by what it is: the lesson, the backbone, the size, and a digest of these,
the data and all other settings. So training another kind of model replaces no file of the first.
The files of the current model, which is the last one that was asked for, are linked in the build
folder: `build/model.keras`, `build/result.json`, and so on.
"""

import filecmp
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catsdogs.errors import CatsdogsError
from catsdogs.results.outputs import DERIVED, MADE, MODEL, MOUNTS, RESULT
from catsdogs.settings import Settings
from catsdogs.support.atomic import aside

FOLDER = "models"
EARLIER = "earlier"  # a model of a program that had one place for all of them
# What determines the kind of a model. The rest of `record.produced_by` are versions of this program
# and of libraries: a newer version replaces the model that it trains again.
KIND = ("lesson", "data", "seed", "split", "size", "weights", "preprocessing")
DIGITS = 8  # of the digest in a folder's name


def name(lesson: str, produced_by: Mapping[str, str]) -> str:
    """Return the name of the folder of a model of this lesson."""
    backbone = produced_by["backbone"].split()[0]  # without its version
    kind = [produced_by.get(one, "") for one in (*KIND, "convolutions")]
    digest = hashlib.sha256("\n".join([backbone, *kind]).encode()).hexdigest()[:DIGITS]
    return f"{lesson}-{backbone}-{produced_by['size']}px-{digest}"


def read(folder: Path) -> dict[str, Any]:
    """Return the record of the model in `folder`, or an empty one if it has none."""
    try:
        record = json.loads((folder / RESULT).read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def every(build: Path) -> list[Path]:
    """Return the folders of all models, the newest first."""
    found = [path.parent for path in (build / FOLDER).glob(f"*/{MODEL}")]
    return sorted(found, key=lambda folder: (-(folder / MODEL).stat().st_mtime_ns, folder.name))


def current(build: Path) -> Path | None:
    """Return the folder of the model that was asked for last."""
    link = build / MODEL
    # Where links are not possible, the record is a copy, with the name of the folder.
    target = link.readlink().parent.name if link.is_symlink() else ""
    folder = build / FOLDER / str(target or read(build).get("name", ""))
    return folder if folder.parent.name == FOLDER and (folder / MODEL).is_file() else None


def find(build: Path, word: str = "") -> Path:
    """Return the file of the model that `word` means; empty for the current model.

    A word is a path, or the beginning of a name of one of the models, such as `finetuned`.
    """
    if not word:
        folder = current(build)
        return folder / MODEL if folder else build / MODEL
    path = Path(word)
    if path.is_file():
        return path
    if (path / MODEL).is_file():
        return path / MODEL
    names = [folder.name for folder in every(build)]
    fitting = [one for one in names if one == word] or [one for one in names if _fits(one, word)]
    if len(fitting) == 1:
        return build / FOLDER / fitting[0] / MODEL
    if fitting:
        raise CatsdogsError(
            f"`MODEL={word}` fits {len(fitting)} models: {', '.join(sorted(fitting))}",
            "Set `MODEL=` to one of these names",
        )
    known = f"Set `MODEL=` to a file, or to one of {', '.join(sorted(names))}"
    raise CatsdogsError(f"no model at `{word}`", known if names else "Run `make train` first")


def _fits(name: str, word: str) -> bool:
    return f"{name}-".startswith(f"{word.removesuffix('-')}-")


def write_mounts(settings: Settings, folder: Path) -> None:
    """Write the paths that the model in `folder` is made of, a line each: make mounts them in a
    container when it reports on the model.
    """
    words = (settings.data, settings.weights, settings.split)
    paths = [word for word in words if word and Path(word).exists()]
    with aside(folder / MOUNTS) as room:
        room.write_text("".join(f"{path}\n" for path in paths), errors="surrogateescape")


def point(build: Path, folder: Path) -> list[str]:
    """Make the model in `folder` the current one: link its files in the build folder.

    Return lines for the user, if there are any.
    """
    lines = _rescued(build)
    for file in (*MADE, *DERIVED):
        if (folder / file).is_file():
            _link(folder / file, build / file)
        elif _belongs(build, file):
            (build / file).unlink()  # of the model that was current before
    return lines


def _belongs(build: Path, file: str) -> bool:
    """Return whether `file` in the build folder is a link to a model's file, or a copy of one."""
    link = build / file
    if link.is_symlink() or not link.is_file():
        return link.is_symlink()
    made = [folder / file for folder in every(build) if (folder / file).is_file()]
    return any(link.samefile(one) or filecmp.cmp(link, one, shallow=False) for one in made)


def _rescued(build: Path) -> list[str]:
    """Move a model away that is neither a link nor a copy of one of the models."""
    model = build / MODEL
    if not model.is_file() or _belongs(build, MODEL):
        return []
    with model.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    folder = build / FOLDER / f"{EARLIER}-{digest[:DIGITS]}"
    folder.mkdir(parents=True, exist_ok=True)
    model.replace(folder / MODEL)
    return [f"The model that was in `{model}` is in `{folder / MODEL}` now."]


def _link(file: Path, link: Path) -> None:
    """Make `link` a link to `file`, or a copy where the file system or the system has no links."""
    if link.is_symlink() and link.exists() and link.samefile(file):
        return
    with aside(link) as room:
        try:
            room.symlink_to(os.path.relpath(file, link.parent))
        except OSError:
            try:
                os.link(file, room)
            except OSError:
                shutil.copyfile(file, room)


def show(build: Path, file: Path) -> Path:
    """Return the path of `file` to show to the user. A file of the current model is linked in the
    build folder.
    """
    if file.parent != current(build):
        return file
    _link(file, build / file.name)
    return build / file.name
