"""What the builds of commits and archives need, kept so that each is fetched once."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from labcoat.core import files
from labcoat.sources import build_tools
from labcoat.sources.sources_file import LockedSource


def _requires_path(source: LockedSource) -> Path:
    digest = files.text_digest(
        "\n".join((source.kind, source.commit or source.digest, source.folder)).encode()
    )
    return build_tools.builds_folder() / f"requires-{digest.removeprefix('sha256:')[:32]}.json"


class KnownBuild(NamedTuple):
    """What the build of a commit or archive needs, and what its own pyproject.toml places.

    `placed` are the names of packages that uv would take from a place, and not from an index.
    """

    requires: list[str]
    placed: list[str]


def known_build(source: LockedSource) -> KnownBuild | None:
    """Return what is known of a commit or archive; None if it was not fetched before."""
    try:
        found = KnownBuild(**json.loads(_requires_path(source).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    are_lists = all(isinstance(listed, list) for listed in found)
    return (
        found if are_lists and all(isinstance(one, str) for each in found for one in each) else None
    )


def remember_build(source: LockedSource, requires: Iterable[str], placed: Iterable[str]) -> None:
    """Keep what is known of a commit or archive, so that it is fetched once."""
    known = {"requires": list(requires), "placed": sorted(placed)}
    files.write_file(_requires_path(source), json.dumps(known))
