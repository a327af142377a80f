"""The settings of `labcoat check`: `[tool.labcoat]` in pyproject.toml."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from labcoat.core import reading

MIB = 1 << 20
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMG]i?B|B)?\s*", re.IGNORECASE)
_UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
}


@dataclass(frozen=True)
class Suppression:
    """A finding that is meant: its rule, the paths it is meant for, and why. `line` is where this is written."""

    rules: tuple[str, ...]
    paths: str
    reason: str
    file: str = "pyproject.toml"
    line: int = 0
    target: int = 0  # the line of `file` that a comment speaks of; 0 for all of it

    def covers(self, rule: str, path: str, line: int) -> bool:
        """Whether a finding of `rule` at `path`, `line` is meant."""
        if rule not in self.rules or not fnmatchcase(path, self.paths):
            return False
        return not self.target or not line or line in (self.target, self.line)


@dataclass(frozen=True)
class LintConfig:
    """What the owner of a repository has set; `faults` are the settings that cannot be read."""

    context_budget: int = 50 * MIB
    large_file: int = 5 * MIB
    builds: tuple[tuple[str, str], ...] = ()  # (Dockerfile, context), relative to the root
    suppressions: tuple[Suppression, ...] = ()
    faults: tuple[str, ...] = ()


def read_config(root: Path) -> LintConfig:
    """The settings of the repository at `root`; what cannot be read is named in `faults` and left at its default."""
    import tomllib

    path = root / "pyproject.toml"
    if path.is_file() and not path.is_symlink() and not os.access(path, os.R_OK):
        return LintConfig(faults=("pyproject.toml cannot be read",))
    data = reading.read_inside(root, "pyproject.toml")
    if b"labcoat" not in data:
        return LintConfig()
    try:
        table = tomllib.loads(data.decode()).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return LintConfig(faults=(f"pyproject.toml cannot be read: {error}",))
    own = table.get("labcoat", {}) if isinstance(table, dict) else None
    return (
        _settings(own)
        if isinstance(own, dict)
        else LintConfig(faults=("[tool.labcoat] is not a table",))
    )


def _settings(own: Mapping[str, Any]) -> LintConfig:
    faults: list[str] = []
    values: dict[str, Any] = {}
    for key, value in own.items():
        if key not in _READERS:
            faults.append(f"[tool.labcoat] has no setting {key}; known are {', '.join(_READERS)}")
            continue
        try:
            values[key.replace("-", "_") if key != "ignore" else "suppressions"] = _READERS[key](
                value
            )
        except ValueError as error:
            faults.append(f"[tool.labcoat] {key}: {error}")
    return LintConfig(**values, faults=tuple(faults))


def parse_size(value: object) -> int:
    """Bytes, from a number or a text such as "50 MiB". Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError('a size is a number of bytes or a text such as "50 MiB"')
    return int(float(found[1]) * _UNITS[(found[2] or "").lower()])


def _tables(value: object, *needed: str) -> list[dict[str, str]]:
    """A list of tables of texts that have the keys `needed`. Raises ValueError."""
    wanted = f"a list of tables with {', '.join(needed)}"
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"this is {wanted}")
    for each in value:
        if any(not isinstance(text, str) for text in each.values()) or any(
            not each.get(key) for key in needed
        ):
            raise ValueError(f"this is {wanted}, each a text that is not empty")
        if any("\0" in text for text in each.values()):
            raise ValueError("there is a NUL character in it, as in no name of a file")
    return value


def _builds(value: object) -> tuple[tuple[str, str], ...]:
    return tuple(
        (each["dockerfile"], each["context"]) for each in _tables(value, "dockerfile", "context")
    )


def _suppressions(value: object) -> tuple[Suppression, ...]:
    tables = _tables(value, "rule", "reason")
    return tuple(
        Suppression((each["rule"],), each.get("path", "*"), each["reason"]) for each in tables
    )


_READERS: Mapping[str, Callable[[object], object]] = {
    "context-budget": parse_size,
    "large-file": parse_size,
    "builds": _builds,
    "ignore": _suppressions,
}
