"""The names of a repository's own packages, which its freeze may list as editable."""

import re
from pathlib import Path

from labcoat.core.package_names import normalize_name

_NAME = re.compile(
    r"""(?m)^\s*name\s*=\s*["']?([A-Za-z0-9][\w.-]*)|\bname\s*=\s*["']([\w.-]+)["']"""
)
_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_BYTES = 1 << 20


def own_names(root: Path) -> frozenset[str]:
    """Return the normalized names that a repository's packages have, or may have.

    They are those in its project files, of its directory, and of its packages at the top or in src.
    """
    found = {root.resolve().name}
    for name in _FILES:
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
