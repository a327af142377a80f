"""The lines of an input for packages that were installed by hand from a path or an address."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from labcoat.core import git
from labcoat.sources import source_install
from labcoat.sources.asked import is_commit


def frozen_line(root: Path, site: Path, name: str) -> str:
    """Return the line that asks for the installed package `name` where it came from (PEP 610).

    Empty if others cannot get it from there: a path outside of the repository, an archive without
    a hash, another version control system than git.
    """
    info = source_install.find_info(site, name)
    try:
        found = json.loads(((info or site) / "direct_url.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return ""
    return _line(found, root, name) if isinstance(found, dict) else ""


def _line(found: Mapping[str, Any], root: Path, name: str) -> str:
    address = urlsplit(str(found.get("url", "")))
    host = address.netloc.rpartition("@")
    # ssh://git@… has a user, which is not a secret.
    user = host[0].partition(":")[0] + "@" if host[0] and address.scheme == "ssh" else ""
    url = address._replace(netloc=user + host[2], fragment="").geturl()
    folder = found.get("subdirectory")
    vcs, archive, own = (found.get(key) for key in ("vcs_info", "archive_info", "dir_info"))
    if isinstance(vcs, dict) and vcs.get("vcs") == "git":
        commit = str(vcs.get("commit_id", ""))
        more = f"#subdirectory={folder}" if folder else ""
        return f"{name} @ git+{url}@{commit}{more}" if is_commit(commit) else ""
    if address.scheme == "file":
        path = _path_inside(root, Path(unquote(address.path)))
        if not path:
            return ""
        editable = isinstance(own, dict) and own.get("editable")
        return f"-e {path}" if editable else path
    if isinstance(archive, dict) and address.scheme in {"http", "https"}:
        hashes = archive.get("hashes")
        digest = hashes.get("sha256", "") if isinstance(hashes, dict) else ""
        more = f"&subdirectory={folder}" if folder else ""
        return f"{name} @ {url}#sha256={digest}{more}" if digest else ""
    return ""


def _path_inside(root: Path, target: Path) -> str:
    """Return `target` relative to `root`; empty if it is outside of the repository."""
    boundary = (git.git_root(root) or root).resolve()
    if not target.exists() or not target.resolve().is_relative_to(boundary):
        return ""
    # A package in a repository of its own there, such as one that is ignored, others do not get.
    path = Path(os.path.relpath(target.resolve(), root.resolve())).as_posix()
    return path if path.startswith(".") else f"./{path}"
