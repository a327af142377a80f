"""Packages that import setuptools' modules and do not ask for it."""

import os
from pathlib import Path

import pytest

from labcoat.imports import undeclared
from labcoat.imports.undeclared import (
    find_undeclared,
    lacking_modules,
    warn_of_missing_peers,
    warn_of_undeclared,
)

LACKING = lacking_modules("3.11", has_setuptools=False)
NEEDS = {
    "at the top": {"a.py": "import os\nimport pkg_resources\n"},
    "behind relative imports": {
        "a/__init__.py": "from . import (\n    core,\n)\n",
        "a/core/__init__.py": "from ..util.files import find\n",
        "a/util/__init__.py": "",
        "a/util/files.py": "\nfrom pkg_resources import resource_filename\n",
    },
    "inside of a with": {
        "a.py": "with warnings.catch_warnings():\n    x()\n    import pkg_resources\n"
    },
    "behind its own name": {
        "a/__init__.py": "from a.b import c, \\\n    d\n",
        "a/b.py": "import setuptools",
    },
}
FINE = {
    "in a function": {"a.py": "def f():\n    import pkg_resources\n"},
    "tried": {"a.py": "try:\n    import pkg_resources\nexcept ImportError:\n    pass\n"},
    "suppressed": {"a.py": "with suppress(ImportError):\n    import pkg_resources\n"},
    "imported in a function": {
        "a/__init__.py": "def f():\n    from a import b\n",
        "a/b.py": "import pkg_resources\n",
    },
    "on a condition": {"a.py": "if x:\n    import pkg_resources\n"},
    "in a text": {"a.py": '"""\nimport pkg_resources\n"""\n'},
    "behind a text": {
        "a/__init__.py": '"""\nfrom a import b\n"""\n',
        "a/b.py": "import pkg_resources",
    },
    "not imported by the package": {"a/__init__.py": "", "a/build.py": "import setuptools"},
    "a longer name": {"a.py": "import pkg_resources_extra"},
    "in the standard library": {"a.py": "import distutils.util"},
    "damaged": {"a.py": "import pkg_resources\n(\n"},
}


def install(site: Path, files: dict[str, str], metadata: str = "", name: str = "a") -> None:
    """Install a distribution 1.0 with `files`."""
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in files))
    (info / "METADATA").write_text(f"Name: a\n{metadata}")


@pytest.mark.parametrize("files", NEEDS.values(), ids=NEEDS)
def test_what_importing_a_package_needs(tmp_path: Path, files: dict[str, str]) -> None:
    install(tmp_path, files)
    (found,) = find_undeclared(tmp_path, LACKING)
    path, _, line = found.place.partition(":")
    assert found.module in (tmp_path / path).read_text().splitlines()[int(line) - 1]


@pytest.mark.parametrize("files", FINE.values(), ids=FINE)
def test_what_a_package_can_do_without(tmp_path: Path, files: dict[str, str]) -> None:
    install(tmp_path, files)
    assert find_undeclared(tmp_path, LACKING) == []


def test_packages_tried_with_newer_pythons(tmp_path: Path) -> None:
    """Their authors had setuptools from elsewhere."""
    install(tmp_path, NEEDS["at the top"], "Classifier: Programming Language :: Python :: 3.14\n")
    assert len(find_undeclared(tmp_path, LACKING)) == 1


def test_what_builds_packages_is_left_alone(tmp_path: Path) -> None:
    install(tmp_path, NEEDS["at the top"], name="Wheel")
    assert find_undeclared(tmp_path, LACKING) == []


def test_what_setuptools_gives() -> None:
    assert lacking_modules("3.11", has_setuptools=True) == ("pkg_resources",)
    assert "distutils" in lacking_modules("3.12", has_setuptools=False)
    assert undeclared.setuptools_requirement() == "setuptools<82"


def test_the_warning_has_the_line_to_add(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path, NEEDS["at the top"])
    warn_of_undeclared(tmp_path, "3.11", ".venv", "requirements.in")
    printed = capsys.readouterr().err
    assert "a 1.0 imports `pkg_resources` and does not ask for it (a.py:2)" in printed
    assert "Add to requirements.in: `setuptools<82`" in printed
    (tmp_path / "pkg_resources").mkdir()
    warn_of_undeclared(tmp_path, "3.11", ".venv", "requirements.in")
    assert capsys.readouterr().err == ""


def test_a_package_that_is_left_to_the_user_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "keras-3.3.0.dist-info").mkdir()
    warn_of_missing_peers(tmp_path, ".venv", "requirements.in")
    printed = capsys.readouterr().err
    assert "`.venv` has no tensorflow: keras imports `tensorflow`" in printed
    assert "Add to requirements.in: `tensorflow`" in printed
    (tmp_path / "tensorflow_cpu-2.16.1.dist-info").mkdir()
    warn_of_missing_peers(tmp_path, ".venv", "requirements.in")
    assert capsys.readouterr().err == ""


def test_a_pipe_in_an_environment_is_no_source(tmp_path: Path) -> None:
    install(tmp_path, {"a/__init__.py": "import a.b\n"})
    for path in ("a-1.0.dist-info/METADATA", "a/__init__.py"):
        (tmp_path / path).unlink()
        os.mkfifo(tmp_path / path)
    assert find_undeclared(tmp_path, LACKING) == []
