"""What a run was asked for, with what was left open filled in."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from catsdogs.data.dataset import SYNTHETIC
from catsdogs.data.split import FULL
from catsdogs.data.views import MOST
from catsdogs.errors import Failure
from catsdogs.network import backbones, model
from catsdogs.network.model import IMAGENET, RANDOM, SMALLEST, Network
from catsdogs.training.lessons import Lesson


@dataclass(frozen=True)
class Settings:
    """Which data, which weights of which backbone, at which size in px, from which seed; and the
    folder for all that is made.
    """

    data: str
    backbone: str
    weights: str
    size: int
    seed: int
    views: int  # of each picture that are trained on; 0 leaves it to the lesson
    split: str
    winograd: bool  # convolutions with fewer multiplications
    build: Path

    @property
    def cache(self) -> Path:
        """Where things lie that are made once."""
        return self.build / "cache"

    def fitted(self, lesson: Lesson) -> Lesson:
        """`lesson`, with as many views as were asked for."""
        return replace(lesson, views=self.views or lesson.views)

    def network(self, preprocessing: str = "") -> Network:
        """The network that is frozen, wholly or in part."""
        backbone = backbones.choose(self.backbone)
        return model.network(
            self.size,
            model.choose_weights(self.weights, self.seed, backbone),
            backbone,
            preprocessing,
            self.winograd,
        )


ON, OFF = "on", "off"
WORDS = ("data", "backbone", "weights", "size", "seed", "views", "split", "winograd")
PATHS = frozenset({"data", "weights", "split"})  # or the word for something that is no path


def settle(build: str, **words: str) -> Settings:
    """Settings from `words`, named as in `WORDS`; a word that is empty or not there means the
    usual.

    The usual is what gives good results on photographs: ImageNet's weights at the size they were
    made with. Only the synthetic pictures, there to try the road, take random weights and a small
    size. Paths may begin with `~`.
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
        split=given.get("split", FULL),
        winograd=switch("WINOGRAD", given.get("winograd", ON)),
        build=Path(at_home(build)),
    )


def at_home(path: str) -> str:
    """`path` with the home in place of a leading `~`: not every shell puts it in behind `DATA=`."""
    return os.path.expanduser(path)  # noqa: PTH111, Path's own raises where there is no home


def switch(name: str, word: str) -> bool:
    """Whether `word` is on, where it is on or off; `name` is the setting's."""
    if word not in {ON, OFF}:
        raise Failure(f"{name}={word} is not known.", f"Give {name}={ON} or {name}={OFF}.")
    return word == ON


def number(name: str, word: str, least: int, most: int) -> int:
    """The number that `word` is, where it is one and in range; `name` is what a person calls it."""
    try:
        number = int(word)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise Failure(
            f"{name}={word} is not a whole number from {least} to {most}.",
            f"Give {name}= such a number.",
        )
    return number
