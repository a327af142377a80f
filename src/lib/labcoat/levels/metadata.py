"""labcoat.json: what a finished environment was created from. Without it, it is not labcoat's."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from labcoat.core import files
from labcoat.core.reading import read_inside

NAME = "labcoat.json"
Metadata = TypeVar("Metadata")


def read_metadata(environment: Path, parse: Callable[..., Metadata]) -> Metadata | None:
    """Call `parse` with the values in an environment's labcoat.json; None if it is not valid."""
    return parse_metadata(read_inside(environment, NAME), parse)


def parse_metadata(data: bytes, parse: Callable[..., Metadata]) -> Metadata | None:
    """Call `parse` with the values in the contents of a labcoat.json; None if they are invalid."""
    try:
        return parse(**json.loads(data))
    except (ValueError, TypeError, RecursionError):
        return None


def check_types(values: object) -> None:
    """Raise TypeError unless `pins` has strings by name, and every other value is a string."""
    for name, value in vars(values).items():
        pins = value if name == "pins" else {name: value}
        if not isinstance(pins, dict) or not all(isinstance(one, str) for one in pins.values()):
            raise TypeError(name)


def write_metadata(environment: Path, values: Mapping[str, object]) -> None:
    """Write `values` to an environment's labcoat.json, which marks it as finished."""
    files.write_file(environment / NAME, json.dumps(values, indent=1) + "\n")
