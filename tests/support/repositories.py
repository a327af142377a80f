"""Small repositories, made with real git."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

Content = (
    str | bytes | Path | Callable[[Path], None]
)  # a Path is the target of a symlink; a function does as it likes


def git(root: Path, *args: str) -> str:
    """Run git with a name and without user settings."""
    identity = {
        f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environ = os.environ | identity | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *args], cwd=root, env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout


def write(root: Path, files: Mapping[str, Content]) -> Path:
    """Write `files` below `root`."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(path)
        elif isinstance(content, Path):
            path.symlink_to(content)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def repository(
    root: Path, tracked: Mapping[str, Content], untracked: Mapping[str, Content] | None = None
) -> Path:
    """A repository with `tracked` committed, by force where it is ignored, and `untracked` beside them."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q")
    write(root, tracked)
    if tracked:
        git(root, "--literal-pathspecs", "add", "-f", "--", *tracked)
        git(root, "commit", "-q", "-m", "first")
    return write(root, untracked or {})


VENV = {
    "pyvenv.cfg": "home = /usr/bin\n",
    "bin/python": "",
    "lib/python3.11/site-packages/a.py": "",
}


def venv(name: str = "venv") -> dict[str, Content]:
    """A virtual environment's files."""
    return {f"{name}/{path}": text for path, text in VENV.items()}
