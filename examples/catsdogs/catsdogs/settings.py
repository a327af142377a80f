"""What a run was asked for, with what was left open filled in."""

from dataclasses import dataclass
from pathlib import Path

from .data import SYNTHETIC
from .errors import Failure
from .model import IMAGENET, RANDOM, SMALLEST


@dataclass(frozen=True)
class Settings:
    """Which data, which weights, at which size in px, from which seed; and the folder for all that is made."""

    data: str
    weights: str
    size: int
    seed: int
    build: Path

    @property
    def cache(self) -> Path:
        """Where things lie that are made once."""
        return self.build / "cache"


def settle(data: str, weights: str, size: str, seed: str, build: str) -> Settings:
    """Settings from words; an empty word means the usual.

    The usual is what gives good results on photographs: ImageNet's weights at the size they were made with. Only the
    synthetic pictures, there to try the road, take random weights and a small size.
    """
    trying = (data or SYNTHETIC) == SYNTHETIC
    return Settings(
        data=data or SYNTHETIC,
        weights=weights or (RANDOM if trying else IMAGENET),
        size=_number("SIZE", size or ("64" if trying else "224"), SMALLEST, 1024),
        seed=_number("SEED", seed or "0", 0, 2**31 - 1),
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
