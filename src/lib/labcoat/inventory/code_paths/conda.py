"""A conda environment: conda's files by its own records, the rest as in a virtual environment.

A record (conda-meta/NAME-VERSION-BUILD.json) has the SHA-256 of each file of a package. conda's
packages are in no lock, so that these records are all there is: the page says so.
Source: https://conda.org/learn/ceps/cep-0034.
"""

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from labcoat.core.package_names import normalize_name
from labcoat.core.records import MutableRecord, field
from labcoat.inventory import regular_files, scan
from labcoat.inventory.code_paths import byte_code, facts, interpreter, tree
from labcoat.inventory.code_paths.environment import (
    Check,
    list_installer_files,
    list_package_files,
    refuse_own_python,
)
from labcoat.inventory.code_paths.layout import Layout, judge_entries
from labcoat.inventory.file_finding import FileFinding
from labcoat.inventory.inventory import Inventory, parse_contents
from labcoat.toolchain import base_interpreters

_META = "conda-meta"
# https://bford.info/cachedir/: programs that make backups look for this text.
_CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n"
_REMOVED = "was removed"
_LARGEST = 1 << 28


class _Records(MutableRecord):
    """What conda's records state: packages with their versions, and the digests of files by path.

    A path without a digest has an empty set. `packages` are the packages by path, `links` the paths
    that are links, `names` the records' file names.
    """

    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, set[str]] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    findings: list[FileFinding] = field(default_factory=list)


def read_conda_environment(
    place: Path, project: Path, minor: str, *, own: Mapping[str, Check]
) -> Inventory:
    """Return all that the conda environment at `place` holds, and what is wrong with it.

    `minor` is the version of the `project`'s Python, which counts if conda's records have none.
    `own` are labcoat's files in it with a check of their contents.
    """
    prefix = place.resolve()
    refuse_own_python(prefix)
    records = _read_records(prefix)
    version = records.versions.get("python", minor)
    minor = ".".join(version.split(".")[:2])
    site = f"lib/python{minor}/site-packages"
    own_paths = interpreter.own_interpreters({str(place), str(prefix)}, minor)
    found = scan.scan_packages(str(prefix), str(prefix / site), own_paths)
    managed = _list_managed(found, records, site)
    installed = [one for one in found if normalize_name(one["name"]) not in managed]
    packages = list_package_files(installed, prefix, site)

    def is_own(path: str) -> bool | None:
        try:
            data = regular_files.read_regular(str(prefix / path))
        except OSError:
            return None
        if path in own:
            return own[path](data)
        return True if path == "CACHEDIR.TAG" and data.startswith(_CACHE_TAG) else None

    recorded = frozenset(records.files) - {path for path in records.files if _is_compiled(path)}
    layout = Layout(
        site,
        packages | recorded,
        installers=list_installer_files(prefix, site)
        | {f"{_META}/{name}" for name in ("history", *records.names)},
        own=is_own,
        links=dict.fromkeys(records.links, ""),
        executable=frozenset(path for path in packages | recorded if path.startswith("bin/")),
        owners={os.getuid(), 0, prefix.stat().st_uid},
    )
    judged = judge_entries(layout, partial(tree.list_entries, str(prefix)))
    base = base_interpreters.find_release(version, (prefix, project))
    compiled = byte_code.judge_byte_code(prefix, judged.byte_code, base, version, layout)
    replaced = _list_replaced(found, records, site, managed)
    differing = _compare_records(prefix, records, packages, replaced, layout)
    return Inventory(
        facts.assume_facts(version),
        tuple(parse_contents(one) for one in found),
        stray=(),
        findings=(*records.findings, *judged.findings, *differing, *compiled),
        managed=frozenset(managed),
        executable=judged.executable,
    )


def _is_compiled(path: str) -> bool:
    return "/__pycache__/" in f"/{path}" and path.endswith(".pyc")


def _read_records(prefix: Path) -> _Records:
    """Read conda-meta. A record that is damaged, or states a path outside, is a finding."""
    found = _Records()
    try:
        names = sorted(os.listdir(prefix / _META))
    except OSError:
        names = []
    for name in names:
        if not name.endswith(".json"):
            continue
        found.names.add(name)
        try:
            record = json.loads(regular_files.read_regular(str(prefix / _META / name), _LARGEST))
            stated = f"{record['name']}-{record['version']}-{record['build']}.json"
            paths = record["paths_data"]["paths"]
            listed = {one["_path"] for one in paths}
            is_whole = stated == name and listed >= set(record["files"])
            if not is_whole or not all(map(_is_below, listed)):
                found.findings.append(_damaged_record(name))
                continue
            for one in paths:
                digests = {one.get("sha256"), one.get("sha256_in_prefix")} - {None}
                found.files[one["_path"]] = set(map(str, digests))
                found.packages[one["_path"]] = name
                if one.get("path_type") == "softlink":
                    found.links.add(one["_path"])
            found.versions[record["name"]] = record["version"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            found.findings.append(_damaged_record(name))
    return found


def _damaged_record(name: str) -> FileFinding:
    return FileFinding("conda", f"{{prefix}}/{_META}/{name}", "is not a record of conda's")


def _is_below(path: str) -> bool:
    return os.path.normpath(path) == path and not path.startswith(("/", "..")) and "\0" not in path


def _list_managed(found: list[dict[str, Any]], records: _Records, site: str) -> set[str]:
    """Return the distributions that conda installed: their METADATA is in its records."""
    return {
        normalize_name(one["name"])
        for one in found
        if one["installer"] == "conda" and f"{site}/{one['info']}/METADATA" in records.files
    }


def _list_replaced(
    found: list[dict[str, Any]], records: _Records, site: str, managed: set[str]
) -> set[str]:
    """Return the conda packages in whose place pip has installed another version."""
    present = {one["info"] for one in found}
    names = {normalize_name(one["name"]) for one in found} - managed
    replaced = set()
    for path, package in records.packages.items():
        info, _, name = path.removeprefix(f"{site}/").partition("/")
        is_gone = name == "METADATA" and info not in present
        if is_gone and normalize_name(info.split("-")[0]) in names:
            replaced.add(package)
    return replaced


def _compare_records(
    prefix: Path, records: _Records, packages: frozenset[str], replaced: set[str], layout: Layout
) -> Iterator[FileFinding]:
    """Yield the files that differ from conda's records, unless pip has installed them since."""
    wanted = sorted(records.files.keys() - packages)
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        details = pool.map(lambda path: _describe_difference(prefix, path, records), wanted)
        for path, detail in zip(wanted, details, strict=True):
            is_replaced = detail == _REMOVED and records.packages[path] in replaced
            if detail and not is_replaced:
                yield FileFinding("conda", layout.name(path), detail)


def _describe_difference(prefix: Path, path: str, records: _Records) -> str:
    """Describe how a file differs from conda's record of it; empty if it does not."""
    entry = tree.read_entry(str(prefix), path)
    if entry is None:
        return "" if _is_compiled(path) else _REMOVED
    if path in records.links:
        target = os.path.normpath(os.path.join(os.path.dirname(path), entry.target))
        is_same = entry.kind == "link" and target in records.files
        return "" if is_same else f"is not conda's link: {entry.target or entry.kind}"
    if entry.kind != "file" or _is_compiled(path):
        return ""  # reported with the entries, or compared with its source
    try:
        digest = regular_files.file_digest(str(prefix / path))[0]
    except OSError:
        return "cannot be read"
    return "" if digest in records.files[path] else "differs from conda's record"
