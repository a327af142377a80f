"""The settings of `labcoat check`: `[tool.labcoat]` in pyproject.toml."""

import os
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, replace

MIB = 1 << 20
_SIZE = lazy_pattern(r"\s*([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([KMG]i?B|B)?\s*", re.IGNORECASE)
_OTHERS = ("locks", "indexes")  # read where the locks are made
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


class Suppression(NamedTuple):
    """Findings to suppress: of `rules`, in files that match the pattern `paths`, for a `reason`.

    It is written on `line` of `file`; `line` is 0 for a setting.
    """

    rules: tuple[str, ...]
    paths: str
    reason: str
    file: str = "pyproject.toml"
    line: int = 0
    target: int = 0  # the line of `file` that a comment applies to; 0 for all lines

    def covers(self, rule: str, path: str, line: int) -> bool:
        """Whether this suppresses a finding of `rule` at `path`, `line`."""
        if rule not in self.rules or not fnmatchcase(path, self.paths):
            return False
        return not self.target or not line or line in (self.target, self.line)


class LintConfig(Record):
    """The settings of a repository; `faults` describes those that are invalid.

    `context_budget` and `large_file` are bytes; `builds` are pairs of Dockerfile and context,
    relative to the root.
    """

    context_budget: int = 50 * MIB
    large_file: int = 5 * MIB
    builds: tuple[tuple[str, str], ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    faults: tuple[str, ...] = ()


def read_config(root: Path) -> LintConfig:
    """Return the settings of the repository at `root`, with the default for each invalid one."""
    path = root / "pyproject.toml"
    if path.is_file() and not path.is_symlink() and not os.access(path, os.R_OK):
        return LintConfig(faults=("cannot read pyproject.toml: using the default settings",))
    data = reading.read_inside(root, "pyproject.toml")
    if b"labcoat" not in data:
        return LintConfig()
    import tomllib

    try:
        table = tomllib.loads(data.decode()).get("tool", {})
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits too
        return LintConfig(
            faults=(f"cannot read pyproject.toml ({error}): using the default settings",)
        )
    own = table.get("labcoat", {}) if isinstance(table, dict) else None
    if not isinstance(own, dict):
        return LintConfig(faults=("[tool.labcoat] must be a table: using the default settings",))
    from labcoat.toolchain import named_indexes

    config = _parse_settings(own)
    try:
        named_indexes.list_indexes(root)
    except LabcoatError as error:
        return replace(config, faults=(*config.faults, f"[tool.labcoat] {error.message}"))
    return config


def _parse_settings(table: Mapping[str, Any]) -> LintConfig:
    faults: list[str] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in _OTHERS:
            continue
        if key not in _READERS:
            faults.append(
                f"[tool.labcoat] has no setting `{key}`, only {', '.join([*_READERS, *_OTHERS])}"
            )
            continue
        try:
            name = "suppressions" if key == "ignore" else key.replace("-", "_")
            values[name] = _READERS[key](value)
        except ValueError as error:
            faults.append(f"[tool.labcoat] `{key}` {error}: using the default")
    return LintConfig(**values, faults=tuple(faults))


def parse_size(value: object) -> int:
    """Return bytes, from a number or a text such as "50 MiB". Raise ValueError if invalid."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError('must be a number of bytes or a text such as "50 MiB"')
    return int(float(found[1]) * _UNITS[(found[2] or "").lower()])


def format_mebibytes(size: int) -> str:
    """Return a size in bytes as text, in MiB."""
    return f"{size / MIB:.1f} MiB"


def _parse_tables(value: object, *required: str) -> list[dict[str, str]]:
    """Return a list of tables of texts with the keys `required`. Raise ValueError if invalid."""
    expected = f"must be a list of tables with {', '.join(required)}"
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(expected)
    for each in value:
        if any(not isinstance(text, str) for text in each.values()) or any(
            not each.get(key) for key in required
        ):
            raise ValueError(f"{expected}, each a text that is not empty")
        if any("\0" in text for text in each.values()):
            raise ValueError("contains a NUL character")
    return value


def _parse_builds(value: object) -> tuple[tuple[str, str], ...]:
    tables = _parse_tables(value, "dockerfile", "context")
    return tuple((each["dockerfile"], each["context"]) for each in tables)


def _parse_suppressions(value: object) -> tuple[Suppression, ...]:
    tables = _parse_tables(value, "rule", "reason")
    return tuple(
        Suppression((each["rule"],), each.get("path", "*"), each["reason"]) for each in tables
    )


_READERS: Mapping[str, Callable[[object], object]] = {
    "context-budget": parse_size,
    "large-file": parse_size,
    "builds": _parse_builds,
    "ignore": _parse_suppressions,
}
