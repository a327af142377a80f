"""The names of a repository's own packages, which its freeze may list as editable."""

import re
from pathlib import Path

from labcoat.core import git
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project_files.reader import READERS

_NAME = re.compile(
    r"""(?m)^\s*name\s*=\s*["']?([A-Za-z0-9][\w.-]*)|\bname\s*=\s*["']([\w.-]+)["']"""
)
_BEFORE_HOST = lazy_pattern(r"^(?:(?:-e|--editable)[ =]+)?(?:git\+)?(?:\w+://)?(?:[^@/]+@)?")
_BYTES = 1 << 20


def repository_place(address: str) -> str:
    """Return host and path of a repository's address: all ways to clone it have the same."""
    bare = _BEFORE_HOST.sub("", address.partition("#")[0])
    path, _, revision = bare.rpartition("@")
    return (path or revision).replace(":", "/", 1).removesuffix(".git").rstrip("/").lower()


def own_names(root: Path) -> frozenset[str]:
    """Return the normalized names that a repository's packages have, or may have.

    They are those in its project files, of its directory, of its packages at the top or in src, and
    the address that it was cloned from, without what leads to it.
    """
    found = {root.resolve().name}
    try:
        words = ("config", "-z", "--get", "remote.origin.url")
        found |= set(map(repository_place, git.git_lines(root, *words, statuses=(0, 1, 128))))
    except LabcoatError:
        pass  # without git
    for name in READERS:
        try:
            with (root / name).open("rb") as file:
                text = file.read(_BYTES).decode("utf-8", "replace")
        except OSError:
            continue
        found |= {first or second for first, second in _NAME.findall(text)}
    for folder in (root, root / "src"):
        try:
            found |= {each.parent.name for each in folder.glob("*/__init__.py")}
        except OSError:
            continue
    return frozenset(map(normalize_name, filter(None, found)))
