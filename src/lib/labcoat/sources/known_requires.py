"""What the builds of commits and archives need, kept so that each is fetched once."""

import json
from collections.abc import Sequence
from pathlib import Path

from labcoat.core import files
from labcoat.sources import build_tools
from labcoat.sources.sources_file import LockedSource


def _requires_path(source: LockedSource) -> Path:
    digest = files.text_digest(
        "\n".join((source.kind, source.commit or source.digest, source.folder)).encode()
    )
    return build_tools.builds_folder() / f"requires-{digest.removeprefix('sha256:')[:32]}.json"


def known_requires(source: LockedSource) -> list[str] | None:
    """Return what the build of a commit or archive needs; None if it was not fetched before."""
    try:
        found = json.loads(_requires_path(source).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return (
        found if isinstance(found, list) and all(isinstance(each, str) for each in found) else None
    )


def remember_requires(source: LockedSource, requires: Sequence[str]) -> None:
    """Keep what the build of a commit or archive needs, so that it is fetched once."""
    files.write_file(_requires_path(source), json.dumps(list(requires)))
