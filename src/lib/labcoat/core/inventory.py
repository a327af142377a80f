"""What is installed in an environment, read from its metadata without running it."""

import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from labcoat.core.requirements import normalize

# What puts other packages in place; no part of what a project asks for unless its lock names it.
INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv"})


@dataclass(frozen=True)
class Distribution:
    """One installed distribution.

    `requested` is whether somebody asked for it by name (PEP 376's REQUESTED), `origin` the address or path it came from
    where that was not an index (PEP 610's direct_url.json), `requires` the names of what its metadata asks for.
    """

    name: str
    version: str
    requested: bool
    origin: str
    requires: frozenset[str]


def distributions(site_packages: Path) -> list[Distribution]:
    """The distributions in a site-packages folder, by name; one without readable metadata is passed over."""
    found = [_read(one) for one in metadata.distributions(path=[str(site_packages)]) if one.metadata and one.metadata["Name"]]
    return sorted(found, key=lambda one: one.name)


def _read(one: metadata.Distribution) -> Distribution:
    url = one.read_text("direct_url.json")
    return Distribution(
        name=normalize(one.metadata["Name"]),
        version=one.version,
        requested=one.read_text("REQUESTED") is not None,
        origin=str(json.loads(url).get("url", "?")) if url else "",
        requires=frozenset(normalize(_name(line)) for line in one.requires or () if "extra ==" not in line),
    )


def _name(requirement: str) -> str:
    """The name at the head of a requirement: `numpy` of `numpy>=2; python_version > "3.10"`."""
    for end, letter in enumerate(requirement):
        if not (letter.isalnum() or letter in "-_."):
            return requirement[:end]
    return requirement
