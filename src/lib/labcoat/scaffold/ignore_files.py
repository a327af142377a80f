"""The lines of .gitignore and .dockerignore that labcoat needs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from labcoat.container.dockerignore.escape import docker_pattern
from labcoat.container.dockerignore.matcher import Matcher
from labcoat.container.dockerignore.parser import PatternError, parse_ignore_file
from labcoat.core.changes import ChangeSet, append_lines, is_utf16
from labcoat.core.git import git_root
from labcoat.sources.installable import leaves_metadata
from labcoat.toolchain import own_install

IGNORED = ("/.venv", "/.conda", "/.labcoat")
_BUILT = "*.egg-info"  # what setuptools leaves beside the code of an editable package
# What labcoat makes on this machine: `COPY . .` would replace an environment of the image with it.
_MADE = tuple(name.lstrip("/") for name in IGNORED)


def plan_gitignore(changes: ChangeSet) -> None:
    """Plan the missing lines of .gitignore."""

    def missing(text: str) -> Sequence[str]:
        known = {line.strip().strip("/") for line in text.splitlines()}
        built = [_BUILT] if leaves_metadata(changes.root) else []
        return [line for line in (*IGNORED, *built) if line.strip("/") not in known]

    _plan_lines(changes, ".gitignore", "git", missing)


def plan_dockerignore(changes: ChangeSet, include: Path) -> None:
    """Plan lines that keep out of images what labcoat makes, and the labcoat with `include`.

    That is a labcoat in the repository.
    """
    own = [*_MADE, *own_paths(changes.root, include)]
    _plan_lines(
        changes,
        ".dockerignore",
        "Docker",
        lambda text: [docker_pattern(path) for path in own if not _is_left_out(text, path)],
    )


def own_patterns(root: Path) -> list[str]:
    """Return lines of a .dockerignore that leave out the labcoat in `root`, if it has one."""
    return [docker_pattern(path) for path in own_paths(root, own_install.include_file())]


def own_paths(root: Path, include: Path) -> list[str]:
    """Return what belongs to the labcoat in `root`: its submodule, or its two names in a copy.

    A labcoat outside of `root` gives nothing.
    """
    root, folder = root.resolve(), include.resolve().parent
    if not folder.is_relative_to(root) or "site-packages" in folder.parts:
        return []
    module = git_root(folder)
    if module and module != root and module.is_relative_to(root):
        return [module.relative_to(root).as_posix()]
    return [
        (folder / name).relative_to(root).as_posix() for name in ("include.python.mk", "labcoat")
    ]


def _plan_lines(
    changes: ChangeSet, name: str, reader: str, missing: Callable[[str], Sequence[str]]
) -> None:
    """Plan the `missing` lines of a file. One in UTF-16 becomes UTF-8, which its reader reads."""
    is_foreign = is_utf16(changes.root / name)
    text = changes.read(name) or ""
    lines = missing(text)
    parts = [f"saved as UTF-8, which {reader} can read"] if is_foreign else []
    if lines:
        parts.append(f"added {', '.join(lines)}")
    if parts:
        changes.plan(name, append_lines(text, lines), "; ".join(parts), as_utf8=is_foreign)


def _is_left_out(text: str, path: str) -> bool:
    try:
        return Matcher(parse_ignore_file(text.encode())).matches_path_or_parent(path)
    except PatternError:
        return False
