"""What a run was asked for, with what was left open filled in."""

from dataclasses import dataclass
from pathlib import Path

from . import backbones, model
from .data import SYNTHETIC
from .errors import Failure
from .model import IMAGENET, RANDOM, SMALLEST, Network


@dataclass(frozen=True)
class Settings:
    """Which data, which weights of which backbone, at which size in px, from which seed; and the folder for all that is made."""

    data: str
    backbone: str
    weights: str
    size: int
    seed: int
    build: Path

    @property
    def cache(self) -> Path:
        """Where things lie that are made once."""
        return self.build / "cache"

    def network(self, preprocessing: str = "") -> Network:
        """The network that is frozen, wholly or in part."""
        backbone = backbones.choose(self.backbone)
        return model.network(self.size, model.choose_weights(self.weights, self.seed, backbone), backbone, preprocessing)


WORDS = ("data", "backbone", "weights", "size", "seed")


def settle(build: str, **words: str) -> Settings:
    """Settings from `words`, named as in `WORDS`; a word that is empty or not there means the usual.

    The usual is what gives good results on photographs: ImageNet's weights at the size they were made with. Only the
    synthetic pictures, there to try the road, take random weights and a small size.
    """
    given = {name: word for name, word in words.items() if word}
    data = given.get("data", SYNTHETIC)
    trying = data == SYNTHETIC
    return Settings(
        data=data,
        backbone=backbones.choose(given.get("backbone", "")).name,
        weights=given.get("weights", RANDOM if trying else IMAGENET),
        size=_number("SIZE", given.get("size", "64" if trying else "224"), SMALLEST, 1024),
        seed=_number("SEED", given.get("seed", "0"), 0, 2**31 - 1),
        build=Path(build),
    )


def _number(name: str, word: str, least: int, most: int) -> int:
    try:
        number = int(word)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise Failure(f"{name}={word} is not a whole number from {least} to {most}.", f"Give {name}= such a number.")
    return number
