"""Packages by their place, as requirements (PEP 508): a commit, an archive, a path.

Tools write them as tables, such as `{git = "https://…", rev = "…"}`.
"""

import os
from pathlib import Path

from labcoat.core.patterns import lazy_pattern

# What asks for a release; what has a place already has an `@`.
RELEASE = lazy_pattern(
    r"\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?P<extras>\[[^\]]*\])?(?P<versions>[^;@]*)"
    r"(?:;(?P<marker>[\s\S]*))?"
)


def git_place(address: str, revision: str = "", folder: str = "") -> str:
    """Return what follows the `@` for a package in the `folder` of a git repository."""
    at = f"@{revision}" if revision else ""
    return f"git+{address.removeprefix('git+')}{at}{_fragment(folder)}"


def archive_place(url: str, folder: str = "") -> str:
    """Return what follows the `@` for an archive at an address."""
    return f"{url}{_fragment(folder)}"


def path_place(path: str, base: Path, folder: Path) -> str:
    """Return what follows the `@` for a `path` below `base`, for the project in `folder`."""
    # Links stay as they are written, as in `parse_source`.
    found = Path(os.path.relpath(os.path.join(base, path), folder)).as_posix()  # noqa: PTH118
    return f"file:{_quote(found if found.startswith('.') else f'./{found}')}"


def _fragment(folder: str) -> str:
    return f"#subdirectory={_quote(folder)}" if folder not in {"", "."} else ""


def _quote(text: str) -> str:
    from urllib.parse import quote  # slow; few projects have such packages

    return quote(text)
