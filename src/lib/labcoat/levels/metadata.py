"""labcoat.json: what a finished environment was created from. Without it, it is not labcoat's."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from labcoat.core import files

NAME = "labcoat.json"
Metadata = TypeVar("Metadata")


def read_metadata(environment: Path, parse: Callable[..., Metadata]) -> Metadata | None:
    """Call `parse` with the values in an environment's labcoat.json; None if it is not valid."""
    try:
        return parse(**json.loads((environment / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_metadata(environment: Path, values: Mapping[str, object]) -> None:
    """Write `values` to an environment's labcoat.json, which marks it as finished."""
    files.write_file(environment / NAME, json.dumps(values, indent=1) + "\n")
