"""What is installed in an environment: by name from its metadata, or file by file as `scan` reads it."""

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labcoat.core.errors import LabcoatError
from labcoat.locking.requirements_file import normalize

if TYPE_CHECKING:
    from importlib import metadata

# What puts other packages in place; no part of what a project asks for unless its lock names it.
INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv"})


@dataclass(frozen=True)
class Distribution:
    """One installed distribution.

    `requested` is whether somebody asked for it by name (PEP 376's REQUESTED), `origin` the address or path it came from
    where that was not an index (PEP 610's direct_url.json), `requires` the names of what its metadata asks for, `installer` who
    put it there (PEP 376's INSTALLER).
    """

    name: str
    version: str
    requested: bool
    origin: str
    requires: frozenset[str]
    installer: str = ""


@dataclass(frozen=True)
class Contents:
    """One installed distribution, file by file.

    `files` are digests by name, as `scan` gives both. `edited` do not agree with RECORD, `gone` are named by it and not there,
    `stray` lie beside it and are not named by it. `tags` are the wheel's: python-abi-platform.
    """

    name: str
    version: str
    tags: tuple[str, ...]
    files: Mapping[str, str]
    edited: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    stray: tuple[str, ...] = ()
    has_record: bool = True
    installer: str = ""
    origin: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 over version and files."""
        lines = [self.version, *(f"{path} {value}" for path, value in sorted(self.files.items()))]
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True)
class InterpreterFacts:
    """An environment's Python: version as `3.12.1`, ABI as `cpython-312-…`, platform as `linux-x86_64`, marker values."""

    version: str
    abi: str
    platform: str
    markers: Mapping[str, str]

    @property
    def minor(self) -> str:
        """The version without its last part."""
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True)
class Inventory:
    """All that one environment holds; `stray` are files that no distribution names, `stripped` kinds that are left out."""

    python: InterpreterFacts
    distributions: tuple[Contents, ...]
    stray: tuple[str, ...]
    stripped: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Inventory":
        """The inventory that `scan` printed."""
        said = json.loads(text)
        return cls(
            InterpreterFacts(**said["python"]),
            tuple(_contents(one) for one in said["distributions"]),
            tuple(said["stray"]),
        )


def _contents(said: dict[str, Any]) -> Contents:
    listed = {key: tuple(said[key]) for key in ("tags", "edited", "gone", "stray")}
    return Contents(**{**said, **listed, "name": normalize(said["name"])})


def scan_command(
    python: str | Path, prefix: str | Path = "", sites: Sequence[str] = ()
) -> list[str]:
    """The words that make `python` say what it or the environment in `prefix` holds; Inventory.read takes the answer."""
    return [
        str(python),
        "-ISB",
        "-c",
        Path(__file__).with_name("scan.py").read_text(encoding="utf-8"),
        str(prefix),
        *sites,
    ]


def read_inventory(python: Path, prefix: Path | str = "", sites: Sequence[str] = ()) -> Inventory:
    """The inventory of an environment on this machine. Raises Failure, status 2, where its Python does not answer."""
    try:
        done = subprocess.run(
            scan_command(python, prefix, sites), capture_output=True, text=True, check=True
        )
        return Inventory.read(done.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        raise LabcoatError(
            f"{python} does not say what it holds: {said[-1] if said else 'it ended'}.",
            "Make the environment anew.",
            status=2,
        ) from None


def read_distributions(site_packages: Path) -> list[Distribution]:
    """The distributions in a site-packages folder, by name; one without readable metadata is passed over."""
    from importlib import metadata

    found = [
        _read(one)
        for one in metadata.distributions(path=[str(site_packages)])
        if one.metadata and one.metadata["Name"]
    ]
    return sorted(found, key=lambda one: one.name)


def installed_versions(site_packages: Path) -> dict[str, str]:
    """Names and versions alone, from the names of the metadata folders: a hundredth of the time."""
    found = (name.rpartition(".")[0].split("-") for name in _infos(site_packages))
    return {normalize(words[0]): words[1] for words in found if len(words) > 1}


def describe_changes(
    there: Mapping[str, str], locked: Mapping[str, str], besides: frozenset[str] = frozenset()
) -> str:
    """In words, how names and versions differ from those `locked`; `besides` may be there too."""
    added = sorted(there.keys() - locked.keys() - besides)
    gone = sorted(locked.keys() - there.keys())
    moved = [
        f"{name} {there[name]} (locked {locked[name]})"
        for name in sorted(locked)
        if there.get(name, locked[name]) != locked[name]
    ]
    return ", ".join(
        [*(f"added {name}" for name in added), *(f"removed {name}" for name in gone), *moved]
    )


def _infos(folder: Path) -> list[str]:
    try:
        return [
            path.name
            for path in folder.iterdir()
            if path.name.endswith((".dist-info", ".egg-info"))
        ]
    except OSError:
        return []


def _read(one: "metadata.Distribution") -> Distribution:
    return Distribution(
        name=normalize(one.metadata["Name"]),
        version=one.version,
        requested=one.read_text("REQUESTED") is not None,
        origin=_origin(one.read_text("direct_url.json")),
        requires=frozenset(
            normalize(_name(line)) for line in one.requires or () if "extra ==" not in line
        ),
        installer=(one.read_text("INSTALLER") or "").strip(),
    )


def _origin(direct_url: str | None) -> str:
    """In words, where a distribution came from (PEP 610); empty where that was an index."""
    if not direct_url:
        return ""
    said = json.loads(direct_url)
    url = str(said.get("url", "?"))
    if vcs := said.get("vcs_info"):
        return f"{vcs.get('vcs', 'vcs')}+{url}@{vcs.get('commit_id', '?')}"
    return f"{url} (editable)" if said.get("dir_info", {}).get("editable") else url


def _name(requirement: str) -> str:
    """The name at the head of a requirement: `numpy` of `numpy>=2; python_version > "3.10"`."""
    for end, letter in enumerate(requirement):
        if not (letter.isalnum() or letter in "-_."):
            return requirement[:end]
    return requirement
