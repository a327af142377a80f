"""Choose the model to report on, to submit with or to export: one that is there, if possible."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from catsdogs.data.dataset import KAGGLE, SYNTHETIC, Data
from catsdogs.data.sources import Source
from catsdogs.downloads.mirrors import MIRRORS
from catsdogs.errors import CatsdogsError
from catsdogs.results import places, record
from catsdogs.results.outputs import MODEL
from catsdogs.settings import PATHS, Settings, settle


@dataclass(frozen=True)
class Chosen:
    """A model's file, its record (empty if it has none), and the settings that it was made with."""

    model: Path
    record: Mapping[str, Any]
    settings: Settings

    @property
    def folder(self) -> Path:
        """The folder of the model's files."""
        return self.model.parent

    @property
    def lesson(self) -> str:
        """The name of the model's lesson, or nothing if it is not known."""
        return str(self.record.get("lesson", ""))


@dataclass(frozen=True)
class Wanted:
    """What to train where no model fits: the settings, and the name of the lesson."""

    settings: Settings
    lesson: str


def choose(build: Path, typed: Mapping[str, str], model: str = "") -> Chosen | Wanted:
    """Return the model that `model` names, or the current one or else the newest one that was made
    with the settings in `typed`, which has only those that the user gave.

    If no model fits, return what to train: settings that were not given are those of the current
    model, unless other data was given.
    """
    typed = {word: value for word, value in typed.items() if value}
    if model:
        return _named(build, typed, model)
    now = places.current(build)
    for folder in dict.fromkeys([*([now] if now else []), *places.every(build)]):
        found = read(folder / MODEL, build)
        if found.record and _agrees(found, typed, build):
            return found
    if now and not typed:
        return read(now / MODEL, build)  # of another program
    last = read(now / MODEL, build) if now else None
    if last and last.record and "data" not in typed:
        asked = settle(str(build), **typed)
        return Wanted(
            replace(last.settings, **{word: getattr(asked, word) for word in typed}), last.lesson
        )
    return Wanted(settle(str(build), **typed), "frozen")


def _named(build: Path, typed: Mapping[str, str], model: str) -> Chosen:
    """Return the model that `model` names. Data and weights in `typed` may be at another place than
    those that it was made of; other settings must agree.
    """
    found = read(places.find(build, model), build)
    asked = settle(str(build), **typed)
    moved = {word: getattr(asked, word) for word in ("data", "weights") if word in typed}
    others = {word: value for word, value in typed.items() if word not in moved}
    for word, value in others.items() if found.record else ():
        if not _agrees(found, {word: value}, build):
            raise CatsdogsError(
                f"`{found.folder.name}` was not made with `{word.upper()}={value}`",
                f"Leave out `MODEL=` or `{word.upper()}=`",
            )
    return replace(found, settings=replace(found.settings, **moved))


def read(model: Path, build: Path) -> Chosen:
    """Return the model in this file, with its record if it has one."""
    if not model.is_file():
        raise CatsdogsError(f"no model at `{model}`", "Run `make train` first")
    found = places.read(model.parent)
    settings = settle(str(build))
    words = found.get("settings", {})
    if words.keys() != asdict(settings).keys() - {"build"}:
        return Chosen(model, {}, settings)  # of another program, or without a record
    return Chosen(model, found, Settings(**{**words, "build": build}))


def _agrees(found: Chosen, typed: Mapping[str, str], build: Path) -> bool:
    """Return whether the model was made with the settings in `typed`."""
    asked = settle(str(build), **typed)
    made = found.record["produced_by"]
    compared = [word for word in typed if word not in PATHS]
    if any(getattr(asked, word) != getattr(found.settings, word) for word in compared):
        return False
    if "weights" in typed:
        network = Settings(**{**asdict(found.settings), "weights": asked.weights}).network()
        if network.weights.identity != made["weights"]:
            return False
    if "split" in typed and record.split_name(asked) != made["split"]:
        return False
    if "data" not in typed:
        return True
    return asked.opened()[1].digest == made["data"]


def open_data(chosen: Chosen) -> tuple[Source, Data]:
    """Return the source and the data that the model was made of.

    Raise `CatsdogsError` if the data is not there, or lacks pictures that the model was made of.
    """
    settings = chosen.settings
    place = Path(settings.data)
    if not (place.exists() or settings.data in {SYNTHETIC, KAGGLE, *MIRRORS}):
        raise CatsdogsError(
            f"the data of `{chosen.folder.name}` is no longer at `{settings.data}`",
            "Name its place with `DATA=`; a container sees only what is below the project or named",
        )
    return settings.opened()
