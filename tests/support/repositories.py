"""Small repositories created with git, and labcoat run in them."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

# A file's content; a Path is the target of a symlink, a function creates the file itself.
Content = str | bytes | Path | Callable[[Path], None]


LABCOAT = Path(__file__).parents[2] / "src" / "lib" / "labcoat"


def git(root: Path, *args: str) -> str:
    """Run git with an identity and without the user's settings; return what it prints."""
    identity = {
        f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environ = os.environ | identity | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-c", "maintenance.auto=false", *args],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def write(root: Path, files: Mapping[str, Content]) -> Path:
    """Create `files` below `root`, and return `root`."""
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


@cache
def _new_git_folder() -> Path:
    """Return what `git init` makes, without its examples of hooks: to copy it is faster."""
    folder = Path(tempfile.mkdtemp())
    git(folder, "init", "-q")
    for each in (folder / ".git/hooks").iterdir():
        each.unlink()
    return folder / ".git"


def repository(
    root: Path, tracked: Mapping[str, Content], untracked: Mapping[str, Content] | None = None
) -> Path:
    """Create a repository with `tracked` committed, even if ignored, and `untracked` files."""
    shutil.copytree(_new_git_folder(), root / ".git")
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
    """Return the files of a virtual environment."""
    return {f"{name}/{path}": text for path, text in VENV.items()}


# A Dockerfile that copies a secret, and a large file beside it.
BUILD_WITH_SECRET = {
    "Dockerfile": "FROM scratch\nCOPY src /\n",
    "src/a.py": "a",
    "src/kaggle.json": "{}",
    "big/b": "b" * 3000,
}


def run_labcoat(
    root: Path, *args: str | Path, env: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run labcoat in `root` with an empty home folder; fail on a traceback."""
    environ = {
        **os.environ,
        "HOME": str(root / "no-home"),
        # Elsewhere than in the repository, which tests list.
        "LABCOAT_CACHE": str(Path(tempfile.gettempdir()) / "cache"),
        "XDG_CONFIG_HOME": str(root / "no-home"),
        **(env or {}),
    }
    command = [sys.executable, "-IS", LABCOAT, *args]
    done = subprocess.run(
        command,
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done
