"""Where a package comes from that is not a release, as a requirement that pip reads."""

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from labcoat.core.patterns import lazy_pattern
from labcoat.locking.other_locks.model import LockedFile

_COMMIT = lazy_pattern(r"[0-9a-f]{40}")


def commit_place(name: str, url: str, commit: str, folder: str = "") -> str:
    """Return the requirement for a git commit; empty if it is not pinned."""
    if not _COMMIT.fullmatch(commit):
        return ""
    address = url.removeprefix("git+")
    return f"{name} @ git+{address}@{commit}" + (f"#subdirectory={folder}" if folder else "")


def split_git_address(address: str) -> tuple[str, str, str]:
    """Return URL, commit and subdirectory of an address as uv writes it: `URL?rev=main#COMMIT`."""
    parts = urlsplit(address)
    folder = parse_qs(parts.query).get("subdirectory", [""])[0]
    return parts._replace(query="", fragment="").geturl(), parts.fragment, folder


def archive_place(name: str, url: str, files: Sequence[LockedFile]) -> str:
    """Return the requirement for an archive at an address; empty if its content is not pinned."""
    hashes = {file.sha256 for file in files} - {""}
    if len(hashes) != 1 or not url.startswith(("https://", "http://")):
        return ""
    return f"{name} @ {url.partition('#')[0]}#sha256={hashes.pop()}"
