"""Packages that sources import and Python cannot."""

from pathlib import Path

import pytest

from labcoat.imports.unimportable import find_unimportable, warn_of_unimportable

FAILS = {
    "a module that nothing has": ({"a.py": "import os\nimport ghost.part\n"}, "ghost"),
    "in a source that is imported": (
        {"a/__init__.py": "from .b import *\n", "a/b.py": "from ghost import x\n"},
        "ghost",
    ),
    "of a part that the sources import": (
        {"a/__init__.py": "", "a/part/__init__.py": "", "a/part/c.py": "import ghost, os\n"},
        "ghost",
    ),
    "the syntax of Python 2": ({"a.py": "x = 1\nprint 'a'\n"}, ""),
    "a word that Python 3.7 took": ({"a.py": "if transport.async:\n    pass\n"}, ""),
    "a neighbour, as Python 2 finds it": (
        {"a/__init__.py": "from structure import x\n", "a/structure.py": ""},
        "",
    ),
}
FINE = {
    "tried": {"a.py": "try:\n    import ghost\nexcept ImportError:\n    pass\n"},
    "another package": {"a.py": "import other\n"},
    "the standard library of some Python": {"a.py": "import asyncore, os.path, __main__\n"},
    "setuptools, which has its own warning": {"a.py": "import pkg_resources\n"},
    "a source that nothing imports": {"a/__init__.py": "", "a/old.py": "print 'a'\nimport ghost\n"},
    "a source of an optional import": {
        "a/__init__.py": "try:\n    from . import b\nexcept Exception:\n    b = None\n",
        "a/b.py": "import ghost\nprint 'a'\n",
    },
}
IMPORTED = ("a", "a.part.c", "missing")


def install(site: Path, files: dict[str, str], tag: str = "py3-none-any", said: str = "") -> None:
    """Install the distribution `x` 1.0 with `files`, and another one."""
    info = site / "x-1.0.dist-info"
    info.mkdir(parents=True)
    for path, text in (files | {"other.py": ""}).items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in files))
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
    (info / "METADATA").write_text(f"Name: x\n{said}")


@pytest.mark.parametrize(("files", "needed"), FAILS.values(), ids=FAILS)
def test_what_a_package_cannot_do_without(
    tmp_path: Path, files: dict[str, str], needed: str
) -> None:
    install(tmp_path, files)
    (found,) = find_unimportable(tmp_path, "3.9", IMPORTED)
    assert (found.package, found.version, found.module) == ("x", "1.0", needed)
    path, _, line = found.place.partition(":")
    assert (tmp_path / path).read_text().splitlines()[int(line) - 1]


@pytest.mark.parametrize("files", FINE.values(), ids=FINE)
def test_what_a_package_can_do_without(tmp_path: Path, files: dict[str, str]) -> None:
    install(tmp_path, files)
    assert list(find_unimportable(tmp_path, "3.9", IMPORTED)) == []


def test_what_no_source_imports_is_left_alone(tmp_path: Path) -> None:
    install(tmp_path, {"a.py": "import ghost\n"})
    assert list(find_unimportable(tmp_path, "3.9", ["other"])) == []


def test_a_wheel_for_one_python_has_been_tried(tmp_path: Path) -> None:
    install(tmp_path, {"a.py": "import ghost\n"}, "cp39-cp39-manylinux2014_x86_64")
    assert list(find_unimportable(tmp_path, "3.9", IMPORTED)) == []


@pytest.mark.parametrize(("minor", "found"), [("3.9", 0), ("3.10", 1), ("3.99", 0)])
def test_syntax_counts_for_a_python_that_nobody_tried(
    tmp_path: Path, minor: str, found: int
) -> None:
    """What is newer than this Python may have syntax that this one cannot parse."""
    said = "Classifier: Programming Language :: Python :: 3.9\n"
    install(tmp_path, {"a.py": "print 'a'\n"}, said=said)
    assert len(list(find_unimportable(tmp_path, minor, IMPORTED))) == found


def test_the_warning_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path, {"a.py": "import ghost\n"})
    warn_of_unimportable(IMPORTED, tmp_path, "3.9", ".venv", "requirements.in")
    warning, hint = capsys.readouterr().err.splitlines()
    assert "x 1.0 imports `ghost` and does not ask for it (a.py:1)" in warning
    assert hint == "hint: Add to requirements.in: `ghost`"
    (tmp_path / "a.py").write_text("print 'a'\n")
    warn_of_unimportable(IMPORTED, tmp_path, "3.9", ".venv", "requirements.in")
    warning, hint = capsys.readouterr().err.splitlines()
    assert "x 1.0 is not for Python 3.9 (a.py:1)" in warning
    assert hint == "hint: Ask for a newer version of `x` in requirements.in, if there is one"
    (tmp_path / "a.py").write_text("")
    warn_of_unimportable(IMPORTED, tmp_path, "3.9", ".venv", "requirements.in")
    assert capsys.readouterr().err == ""
