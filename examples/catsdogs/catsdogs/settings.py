"""The settings of a run, with defaults."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from catsdogs.data import dataset, split
from catsdogs.data.dataset import SYNTHETIC, Data
from catsdogs.data.sources import Source
from catsdogs.data.views import MOST
from catsdogs.errors import CatsdogsError
from catsdogs.network import backbones, engine, model
from catsdogs.network.model import IMAGENET, RANDOM, SMALLEST, Network
from catsdogs.training.lessons import Lesson


@dataclass(frozen=True)
class Settings:
    """The data, the backbone and its weights, the size in px, the seed; and the folder for
    output.
    """

    data: str
    backbone: str
    weights: str
    size: int
    seed: int
    views: int  # of each picture to train on; 0 uses the lesson's number
    split: str  # if empty, the authors' split if the data has one, or all pictures
    classes: str  # where the classes are; if empty, find out
    alike: str  # pictures that stay in one part of the split: near duplicates, or exact copies
    winograd: bool  # convolutions with fewer multiplications
    balance: bool  # whether classes count the same, however many pictures they have
    build: Path

    @property
    def cache(self) -> Path:
        """The folder for everything that is computed or downloaded once."""
        return self.build / "cache"

    def opened(self) -> tuple[Source, Data]:
        """Return the source and its data, read as these settings say."""
        return dataset.open_data(self.data, self.cache, self.seed, self.classes, self.alike)

    def fitted(self, lesson: Lesson) -> Lesson:
        """Return `lesson` with the number of views and the balance of these settings."""
        return replace(lesson, views=self.views or lesson.views, balance=self.balance)

    def network(self, preprocessing: str = "") -> Network:
        """Return the network, all or part of which is frozen."""
        backbone = backbones.choose(self.backbone)
        return model.network(
            self.size,
            model.choose_weights(self.weights, self.seed, backbone),
            backbone,
            preprocessing,
            self.winograd,
        )


ON, OFF = "on", "off"
WORDS = (
    "data",
    "backbone",
    "weights",
    "size",
    "seed",
    "views",
    "split",
    "classes",
    "alike",
    "winograd",
    "balance",
)
PATHS = frozenset({"data", "weights", "split"})  # or a keyword such as synthetic


def settle(build: str, **words: str) -> Settings:
    """Return settings from `words`, named as in `WORDS`; empty or missing words use the default.

    The defaults give good results on photographs: ImageNet's weights at the size that they were
    trained with. Synthetic pictures, which serve to try the program, use random weights and a small
    size. A GPU has fast convolutions of its own. Paths may begin with `~`.
    """
    given = {name: at_home(word) if name in PATHS else word for name, word in words.items() if word}
    data = given.get("data", SYNTHETIC)
    trying = data == SYNTHETIC
    return Settings(
        data=data,
        backbone=backbones.choose(given.get("backbone", "")).name,
        weights=given.get("weights", RANDOM if trying else IMAGENET),
        size=number("SIZE", given.get("size", "64" if trying else "224"), SMALLEST, 1024),
        seed=number("SEED", given.get("seed", "0"), 0, 2**31 - 1),
        views=number("VIEWS", given.get("views", "0"), 0, MOST),
        split=split.check(given.get("split", "")),
        classes=given.get("classes", ""),
        alike=given.get("alike", dataset.NEAR),
        winograd=switch("WINOGRAD", given.get("winograd", OFF if engine.DEVICE.gpu else ON)),
        balance=switch("BALANCE", given.get("balance", "0"), "1", "0"),
        build=Path(at_home(build)),
    )


def at_home(path: str) -> str:
    """Expand a leading `~` in `path`, which not every shell does after `DATA=`."""
    return os.path.expanduser(path)  # noqa: PTH111, Path's own raises where there is no home


def switch(name: str, word: str, on: str = ON, off: str = OFF) -> bool:
    """Return whether `word` is `on`. Raise `CatsdogsError`, with the setting's `name`, unless it is
    `on` or `off`.
    """
    if word not in {on, off}:
        raise CatsdogsError(
            f"invalid value `{name}={word}`", f"Use `{name}={on}` or `{name}={off}`"
        )
    return word == on


def number(name: str, word: str, least: int, most: int) -> int:
    """Return `word` as a whole number. Raise `CatsdogsError`, with the setting's `name`, if it is
    not one or is out of range.
    """
    try:
        number = int(word)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise CatsdogsError(
            f"`{name}={word}` is not a whole number from {least} to {most}",
            f"Set `{name}=` to a number in this range",
        )
    return number
