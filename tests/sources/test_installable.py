"""A project's own package is installed where it says how, or where Python alone builds it."""

from pathlib import Path

import pytest

from labcoat.sources import installable

SETUP = "import os\nfrom setuptools import find_packages, setup\nsetup(name='own')\n"
STUB = "from setuptools import setup\nsetup()\n"
BUILT = '[build-system]\nbuild-backend = "hatchling.build"\n[project]\nname = "own"\n'
STRICT = '[build-system]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "own"\n'


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", True),
        ("[tool.poetry]\npackage-mode = false\n", False),
        ("[tool.uv]\npackage = false\n", False),
    ],
)
def test_has_build_system(tmp_path: Path, more: str, expected: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[build-system]\n[project]\nname = "x"\n{more}')
    assert installable.has_build_system(tmp_path) is expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"setup.py": SETUP}, True),
        ({"pyproject.toml": BUILT}, True),
        ({"pyproject.toml": BUILT, "setup.py": "import numpy"}, True),  # the author says how
        ({"pyproject.toml": "[tool.black]\n", "setup.py": SETUP}, True),
        ({"pyproject.toml": "[tool.black]\n"}, False),
        ({"setup.py": f"import numpy\n{SETUP}"}, False),
        ({"setup.py": f"from own import __version__\n{SETUP}"}, False),
        ({"setup.py": f"from . import version\n{SETUP}"}, False),
        ({"setup.py": "from setuptools import setup\nsetup(name='own', ext_modules=[])"}, False),
        ({"setup.py": "from setuptools import setup\nsetup(packages=['own'])"}, False),
        ({"setup.py": "print 'for Python 2'"}, False),
        ({"setup.py": STUB, "setup.cfg": "[metadata]\nname = own\n"}, True),
        ({"setup.py": STUB, "setup.cfg": "[flake8]\nname = own\n"}, False),
        ({"setup.py": STUB, "pyproject.toml": '[project]\nname = "own"\n'}, True),
        ({"setup.py": STUB}, False),
        ({"setup.py": ""}, False),
        ({"setup.cfg": "[metadata]\nname = own\n"}, False),
        ({"sub/setup.py": SETUP}, False),
        ({"pyproject.toml": "[build-system]\n", "setup.py": f"import numpy\n{SETUP}"}, True),
        ({"pyproject.toml": "build-system = 1\n", "setup.py": SETUP}, False),
        ({"pyproject.toml": "[tool.uv]\npackage = false\n", "setup.py": SETUP}, False),
        ({"pyproject.toml": "tool = 1\n", "setup.py": SETUP}, True),
        ({}, False),
    ],
)
def test_what_python_alone_can_build(
    tmp_path: Path, files: dict[str, str], *, expected: bool
) -> None:
    """Nothing of it runs."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert installable.is_installable(tmp_path) is expected


def test_a_setup_script_behind_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(SETUP)
    (tmp_path / "setup.py").symlink_to("elsewhere")
    assert not installable.is_installable(tmp_path)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"setup.py": SETUP}, True),
        ({"pyproject.toml": BUILT}, True),
        ({"setup.py": f"{SETUP}open('requirements.txt')"}, False),
        ({"setup.py": f'{SETUP}open("./requirements.txt")'}, False),
        (
            {"setup.py": f'{SETUP}open("needs/requirements.txt")', "needs/requirements.txt": ""},
            True,
        ),
        (
            {"setup.py": STUB, "setup.cfg": "[options]\ninstall_requires = file:requirements.txt"},
            False,
        ),
        ({"pyproject.toml": f'{BUILT}[tool.setuptools]\nx = ["requirements-dev.txt"]\n'}, False),
        ({"setup.py": f"{SETUP}open('README.md')"}, False),
        ({"setup.py": f"{SETUP}open('README.md')", "README.md": ""}, True),
        ({"pyproject.toml": f'{BUILT}readme = "README.md"\n'}, False),
        ({"pyproject.toml": f'{BUILT}readme = "README.md"\n', "README.md": ""}, True),
        ({"pyproject.toml": f'{BUILT}author = "me"\n'}, True),  # only setuptools refuses it
        ({"pyproject.toml": f'{STRICT}version = "1"\n'}, True),
        ({"pyproject.toml": f'{STRICT}version = "1"\nauthors = [{{name = "me"}}]\n'}, True),
        ({"pyproject.toml": f'{STRICT}dynamic = ["version"]\n'}, True),
        ({"pyproject.toml": STRICT}, False),
        ({"pyproject.toml": f'{STRICT}version = "1"\nauthor = "me"\n'}, False),
        ({"pyproject.toml": f'{STRICT}version = "1"\nauthors = ["me"]\n'}, False),
        ({"pyproject.toml": f'{STRICT}version = "1"\nauthors = 1\ndynamic = 1\n'}, False),
        ({}, False),
    ],
)
def test_what_is_built_beside_a_lock(
    tmp_path: Path, files: dict[str, str], *, expected: bool
) -> None:
    """A setup.py that reads requirements.txt would read hashes."""
    for name, text in {**files, "requirements.txt": "alpha\n"}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert installable.is_installable_beside_locks(tmp_path) is expected
