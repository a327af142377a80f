"""Calls of git that may fetch submodules from folders."""

from pathlib import Path

from support import repositories


def git(root: Path, *words: str) -> str:
    """Run git in `root` and return its output, stripped. Raise CalledProcessError if it fails."""
    return repositories.git(root, "-c", "protocol.file.allow=always", *words).strip()
