"""Wait for git, which waits for ever for a pipe in the place of a file that it reads."""

import os
import re
import stat
import subprocess
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import read_regular

_PATIENCE = 600  # seconds; a million files take one minute
_SLOW = 3  # seconds, after which labcoat looks for such a pipe
_READ = (
    *(".gitignore", ".gitattributes", ".gitmodules", ".mailmap", ".git"),
    *("config", "config.worktree", "exclude", "attributes", "index", "HEAD", "packed-refs"),
    *("shallow", "grafts", "commondir", "gitdir", "alternates"),
)
# What a configuration includes: https://git-scm.com/docs/git-config#_includes
_INCLUDE = lazy_pattern(
    r"^[ \t]*(?P<section>\[[^\n]*\])|(?:^|(?<=\]))[ \t]*path[ \t]*=[ \t]*(?P<path>[^\n]+)",
    re.I | re.M,
)
_MOST_INCLUDED = 20  # files


def wait_for_git(
    process: "subprocess.Popen[bytes]", top: Path, stdin: bytes = b""
) -> tuple[bytes, bytes]:
    """Return what a git command in the working tree `top` prints, and its errors, once it ends.

    Raise LabcoatError if it waits for a pipe.
    """
    try:
        return process.communicate(stdin, timeout=_SLOW)
    except subprocess.TimeoutExpired:
        pipe = _find_pipe(top)
    try:
        return process.communicate(timeout=0 if pipe else _PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    if pipe:
        raise LabcoatError(f"git cannot read `{pipe}`: it is a pipe", "Remove it", status=2)
    return b"", f"no answer within {_PATIENCE} s".encode()


def _find_pipe(top: Path) -> str:
    """Return the first file that git reads in `top` and that is a pipe; empty if none is."""
    for folder, _, files in os.walk(top):
        for path in (Path(folder, name) for name in files if name in _READ):
            if _is_pipe(path):
                return path.relative_to(top).as_posix()
    included = (os.path.relpath(path, top) for path in _list_included(top) if _is_pipe(path))
    return next(included, "")


def _is_pipe(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _list_included(top: Path) -> list[Path]:
    """Return the files that the configuration of a repository includes, and those include."""
    git = top / ".git"
    link = read_regular(git).decode(errors="replace")
    if link.startswith("gitdir:"):  # of a worktree, or of a submodule
        git = top / link.partition(":")[2].strip()
    common = read_regular(git / "commondir").decode(errors="replace").strip()
    waiting = [git / "config", git / "config.worktree", git / (common or ".") / "config"]
    found: list[Path] = []
    while waiting and len(found) < _MOST_INCLUDED:
        path = waiting.pop()
        text = read_regular(path, follow=True).decode(errors="replace")
        includes = False
        for each in _INCLUDE.finditer(text):
            if each["section"]:
                includes = each["section"].lower().startswith("[include")
            elif includes:
                value = each["path"].partition("#")[0].partition(";")[0].strip().strip('"')
                target = Path(os.path.normpath(path.parent / os.path.expanduser(value)))  # noqa: PTH111 - any text
                if target not in found:
                    found.append(target)
                    waiting.append(target)
    return found
