"""Package indexes beside the default one: `[tool.labcoat.indexes.NAME]` in pyproject.toml.

    [tool.labcoat.indexes.pytorch-cpu]
    url = "https://download.pytorch.org/whl/cpu"
    packages = ["torch", "torchvision", "nvidia-*"]
    variant = "cpu"                                  # optional

Each package comes from exactly one index: from the one that names it, else from the default one.
An index with a `variant` is for the locks of that variant only, such as requirements-cpu.txt.
Without such tables, those of uv and Poetry count.
"""

import os
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.pyproject import parse_toml
from labcoat.core.records import Record
from labcoat.core.settings import suggest_name
from labcoat.core.terminal import escape_control
from labcoat.toolchain import poetry_indexes, uv_indexes

FILE = "pyproject.toml"
_KEYS = ("url", "packages", "variant")
_NAME = lazy_pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PACKAGE = lazy_pattern(r"[A-Za-z0-9*](?:[A-Za-z0-9._*-]*[A-Za-z0-9*])?")
_TABLE = "tool.labcoat.indexes"
_VARIABLE = lazy_pattern(r"\$\{([A-Za-z_]\w*)\}", re.ASCII)
_EXAMPLE = 'packages = ["torch", "nvidia-*"]'


class NamedIndex(Record):
    """An index: its `name`, its `url` as it is written, and which `packages` come from it.

    `url` may have variables such as ${TOKEN}, which only `address` replaces. `packages` are
    normalized names, in which * stands for any characters; of an index of uv's that no source names
    there are none. Without `variants` the index is for every lock.
    """

    name: str
    url: str
    packages: tuple[str, ...]
    variants: tuple[str, ...] = ()

    def has(self, package: str) -> bool:
        """Whether `package`, a normalized name, comes from this index."""
        return any(fnmatchcase(package, pattern) for pattern in self.packages)

    def is_for(self, stem: str) -> bool:
        """Whether the index is for a lock by its name without `.txt`."""
        return not self.variants or any(f"-{each}-" in f"{stem}-" for each in self.variants)

    def address(self, environ: Mapping[str, str] = os.environ) -> str:
        """Return the address, a secret if it has variables.

        Raise LabcoatError if one of them is not set.
        """

        def value(found: re.Match[str]) -> str:
            if not (known := environ.get(found[1])):
                raise LabcoatError(
                    f"the index `{self.name}` needs the environment variable {found[1]}, which is"
                    " not set",
                    f"Set {found[1]} to the user name, password or token that its url stands for",
                )
            return known

        return _VARIABLE.sub(value, self.url)


def list_indexes(folder: Path) -> tuple[NamedIndex, ...]:
    """Return the indexes that the project in `folder` declares.

    Raise LabcoatError if a declaration is invalid, or two indexes have the same package.
    """
    text = reading.read_inside(folder, FILE, reading.WHOLE).decode("utf-8", "replace")
    return _parse_indexes(text) if "index" in text or "source" in text else ()


def lock_indexes(lock: Path) -> tuple[NamedIndex, ...]:
    """Return the indexes for `lock`, those of its variant first. Raise LabcoatError as above."""
    found = [each for each in list_indexes(_find_folder(lock)) if each.is_for(lock.stem)]
    return tuple(sorted(found, key=lambda each: not each.variants))


def _find_folder(lock: Path) -> Path:
    """Return the directory whose pyproject.toml is for `lock`: its own, or one above in a project.

    LABCOAT_REQUIREMENTS may name a lock in a directory of the project.
    """
    for folder in lock.parents:
        if (folder / FILE).exists():
            return folder
        if (folder / "Makefile").exists() or (folder / ".git").exists():
            break
    return lock.parent


def find_index(package: str, indexes: Iterable[NamedIndex]) -> NamedIndex | None:
    """Return the one of a lock's `indexes` that has `package`; None for the default index.

    An index for a variant comes before those for every lock. Raise LabcoatError if two have it.
    """
    found = [each for each in indexes if each.has(package)]
    chosen = [each for each in found if each.variants] or found
    if len(chosen) > 1:
        raise _claimed_twice(package, chosen[0], chosen[1])
    return chosen[0] if chosen else None


def format_indexes(indexes: Iterable[NamedIndex]) -> str:
    """Return what a lock depends on: names, addresses as they are written, and packages."""
    return "".join(
        f"{each.name} {each.url} {' '.join(sorted(each.packages))}\n"
        for each in sorted(indexes, key=lambda each: each.name)
        if each.packages
    )


@lru_cache(maxsize=16)
def _parse_indexes(text: str) -> tuple[NamedIndex, ...]:
    """Return the indexes in the text of a pyproject.toml."""
    try:
        tool = parse_toml(FILE, text).get("tool", {})
    except LabcoatError:
        if re.search(r"^\s*\[+\s*tool\.labcoat\.indexes", text, re.MULTILINE):
            raise
        return ()  # another reader reports it, if it matters
    own = tool.get("labcoat", {}) if isinstance(tool, dict) else {}
    tables = own.get("indexes", {}) if isinstance(own, dict) else {}
    _check_spelling(tool)
    if not isinstance(tables, dict) or not all(isinstance(each, dict) for each in tables.values()):
        raise LabcoatError(
            f"`tool.labcoat.indexes` in `{FILE}` is not a table of indexes",
            "Write `[tool.labcoat.indexes.NAME]`, with a `url` and a list of `packages`",
        )
    found = tuple(_parse_index(name, table) for name, table in tables.items())
    _check_names(found)
    if not tables and isinstance(tool, dict):
        others = [*uv_indexes.read_tables(tool), *poetry_indexes.read_tables(tool)]
        found = tuple(_parse_index(name, table) for name, table in others)
        known = {each.name for each in found}
        found += tuple(
            NamedIndex(name, url.rstrip("/"), ())
            for name, url in uv_indexes.list_addresses(tool)
            if name not in known and _NAME.fullmatch(name)
        )
    elif isinstance(tool, dict):
        _check_poetry(found, tool)
    _check_claims(found)
    return found


def _check_poetry(indexes: Iterable[NamedIndex], tool: Mapping[str, Any]) -> None:
    """Raise LabcoatError if a package that Poetry takes from a source is in no list of packages.

    It would come from the default index. `core.project_files.uv_sources` sees to uv's.
    """
    for package in poetry_indexes.list_packages(tool):
        if not any(each.has(normalize_name(package)) for each in indexes):
            raise LabcoatError(
                f"`{escape_control(package)}` has a `source` in `tool.poetry` of `{FILE}`, and is"
                f" in no `[{_TABLE}]`, which come before Poetry's sources",
                f"Name it there too, as in `{_EXAMPLE}`",
            )


def _check_spelling(tool: object) -> None:
    """Raise LabcoatError for what is nearly `tool.labcoat.indexes`, and would be passed over.

    Its packages would come from the default index, where somebody else may have the name.
    """
    import difflib

    for name, own in tool.items() if isinstance(tool, dict) else ():
        for key, value in own.items() if isinstance(own, dict) else ():
            is_near = difflib.get_close_matches(key, ["indexes", "indices"], 1, 0.7)
            is_ours = difflib.get_close_matches(name, ["labcoat"], 1, 0.7)
            written = f"tool.{name}.{key}"
            if is_near and is_ours and isinstance(value, dict) and written != _TABLE:
                raise LabcoatError(f"`{written}` in `{FILE}` is unknown", f"Write `{_TABLE}`")


def _parse_index(name: str, table: Mapping[str, Any]) -> NamedIndex:
    """Return one index. Raise LabcoatError if its name, its address or its packages are invalid."""
    if not _NAME.fullmatch(name):
        raise LabcoatError(
            f"invalid name `{escape_control(name)}` of an index in `{FILE}`",
            "Use letters and digits, with `. _ -` between them, such as pytorch-cpu",
        )
    for key in table.keys() - set(_KEYS):
        raise LabcoatError(
            f"the index `{name}` in `{FILE}` has an unknown setting `{escape_control(key)}`",
            suggest_name(key, _KEYS, f"The settings of an index are {', '.join(_KEYS)}"),
        )
    if not isinstance(url := table.get("url"), str) or not url:
        raise LabcoatError(
            f"the index `{name}` in `{FILE}` has no url",
            f'Write its address below `[tool.labcoat.indexes.{name}]`, as in url = "https://…"',
        )
    check_url(name, url)
    packages = table.get("packages")
    if not isinstance(packages, list) or not packages:
        raise LabcoatError(
            f"the index `{name}` in `{FILE}` has no list of packages",
            f"Name the packages that come from it, as in `{_EXAMPLE}`",
        )
    for each in packages:
        if not isinstance(each, str) or not _PACKAGE.fullmatch(each) or set(each) == {"*"}:
            raise LabcoatError(
                f"the index `{name}` in `{FILE}` has the package `{escape_control(str(each))}`,"
                " which is not a name",
                f"Name packages, without versions, as in `{_EXAMPLE}`; PIP_INDEX_URL or"
                " UV_DEFAULT_INDEX sets the index of all others",
            )
    variants = table.get("variant", [])
    variants = [variants] if isinstance(variants, str) else variants
    if not isinstance(variants, list) or not all(isinstance(v, str) and v for v in variants):
        raise LabcoatError(
            f"the variant of the index `{name}` in `{FILE}` is not a name",
            'Name a value of LABCOAT_VARIANT, as in `variant = "cpu"`, or several in a list',
        )
    patterns = tuple(dict.fromkeys(map(normalize_name, packages)))
    return NamedIndex(name, url.rstrip("/"), patterns, tuple(variants))


def check_url(name: str, url: str) -> None:
    """Raise LabcoatError if `url` is not an address of an index, or has a password."""
    bare = _VARIABLE.sub("x", url)
    login, _, host = urlsplit(bare).netloc.rpartition("@") if _is_url(bare) else ("", "", "")
    if not host or re.search(r"[\s?#]", bare) or "$" in bare:
        raise LabcoatError(
            f"the index `{name}` in `{FILE}` has an invalid url",
            'Write the address that pip takes as --index-url, as in url = "https://host/simple"',
        )
    written = urlsplit(_VARIABLE.sub(lambda found: f"%00{found[1]}", url)).netloc.rpartition("@")[0]
    user, colon, password = written.partition(":")
    if login and not (password if colon else user).startswith("%00"):
        raise LabcoatError(
            f"the url of the index `{name}` in `{FILE}` has a password",
            "Replace it with a variable, as in https://user:${TOKEN}@host/simple, or write it to"
            " ~/.netrc; and change it, if it was committed",
        )


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _check_names(indexes: Iterable[NamedIndex]) -> None:
    """Raise LabcoatError if two names differ in case or punctuation only."""
    known: dict[str, str] = {}
    for each in indexes:
        if other := known.get(normalize_name(each.name)):
            raise LabcoatError(
                f"the index `{each.name}` is defined twice in `{FILE}`, also as `{other}`",
                "Remove one of them, or choose another name",
            )
        known[normalize_name(each.name)] = each.name


def _check_claims(indexes: tuple[NamedIndex, ...]) -> None:
    """Raise LabcoatError if two indexes for the same locks have the same package."""
    for at, one in enumerate(indexes):
        for other in indexes[at + 1 :]:
            if bool(one.variants) != bool(other.variants):
                continue
            if one.variants and not set(one.variants) & set(other.variants):
                continue
            both = [each for each in one.packages if other.has(each)]
            both += [each for each in other.packages if one.has(each)]
            if both:
                raise _claimed_twice(both[0], one, other)


def _claimed_twice(package: str, one: NamedIndex, other: NamedIndex) -> LabcoatError:
    return LabcoatError(
        f"`{package}` comes from two indexes in `pyproject.toml`: `{one.name}` and `{other.name}`",
        "Remove it from one of them: each package comes from exactly one index",
    )
