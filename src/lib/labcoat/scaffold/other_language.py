"""Repositories without Python: labcoat has nothing to do there, and writes nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

from labcoat.core.errors import LabcoatError

# Files at the root that say which language a repository is in.
_MARKERS = (
    "Cargo.toml", "go.mod", "package.json", "pom.xml", "build.gradle", "build.gradle.kts",
    "CMakeLists.txt", "configure.ac", "meson.build", "Gemfile", "composer.json", "mix.exs",
    "DESCRIPTION", "Project.toml", "stack.yaml", "Package.swift", "pubspec.yaml", "dune-project",
)  # fmt: skip
_PYTHON = (".py", ".ipynb", ".pyx", ".pyi", ".in")
_NAMES = frozenset(
    {"Pipfile", "pixi.toml", "pyproject.toml", "setup.cfg", "uv.lock", "poetry.lock"}
)
_WORDS = ("requirements", "environment", "conda")  # how files that list packages begin
_SKIPPED = frozenset({"node_modules", "target", "vendor", "third_party", "site-packages"})
_MOST = 50_000  # names that are looked at


def refuse_other_language(root: Path) -> None:
    """Raise LabcoatError if the files in `root` are of another language, and none is Python's."""
    marker = next((name for name in _MARKERS if (root / name).is_file()), "")
    if marker and not any(map(_is_python, _names(root))):
        raise LabcoatError(
            f"no Python project here: `{marker}` exists, and no file with Python or its packages",
            "Run `labcoat init` in the directory of the Python project, or create"
            " `requirements.in` first",
        )


def _is_python(name: str) -> bool:
    return name.endswith(_PYTHON) or name in _NAMES or name.lower().startswith(_WORDS)


def _names(root: Path) -> Iterator[str]:
    """Yield the names of the files below `root`, those near the root first."""
    waiting, seen = [os.fspath(root)], 0
    for folder in waiting:
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        if folder is not waiting[0] and any(entry.name == "include.python.mk" for entry in entries):
            continue  # a copy of labcoat
        for entry in entries:
            seen += 1
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    waiting.append(entry.path)
            else:
                yield entry.name
        if seen > _MOST:
            return
