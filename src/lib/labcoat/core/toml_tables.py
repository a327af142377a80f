"""Tables in what a TOML file says, whatever a user wrote in their places. No I/O."""

from collections.abc import Mapping
from typing import Any


def find_table(value: object, *keys: str) -> Mapping[str, Any]:
    """Return the table at `keys` below `value`, or `value` itself; empty if that is no table."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
