"""Which file counts where several declare dependencies."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project_files.reader import declares_dev, read_declared
from labcoat.core.project_files.setup_cfg import read_setup_cfg
from support.messages import core

CFG = """
[metadata]
name = x
[options]
python_requires = >=3.8
install_requires =
    six>=1
    # why
    idna ; python_version > "3"
[options.extras_require]
dev = pytest; black
docs = file: docs.txt
"""


def test_setup_cfg_is_read(tmp_path: Path) -> None:
    """One requirement on a line, several with semicolons, or a file."""
    (tmp_path / "docs.txt").write_text("sphinx\n")
    (tmp_path / "setup.cfg").write_text(CFG)
    found = read_setup_cfg(tmp_path / "setup.cfg")
    assert found.dependencies is not None
    assert found.dependencies.items == ("six>=1", 'idna ; python_version > "3"')
    assert found.extras["dev"].items == ("pytest", "black")
    assert found.extras["docs"].items == ("sphinx",)
    assert found.requires_python == ">=3.8"


def test_a_setup_cfg_that_does_not_parse_is_named(tmp_path: Path) -> None:
    """A line before the first section."""
    (tmp_path / "setup.cfg").write_text("six\n")
    with pytest.raises(LabcoatError, match=core.NOT_PARSED.format(source="setup.cfg")):
        read_setup_cfg(tmp_path / "setup.cfg")


@pytest.mark.parametrize(
    ("project", "source"),
    [
        ("[build-system]\nrequires = []\n", "setup.cfg"),
        ('[project]\nname = "x"\ndynamic = ["dependencies"]\n', "setup.cfg"),
        ('[project]\nname = "x"\ndynamic = ["version"]\n', None),
        ('[project]\nname = "x"\ndependencies = ["a"]\n', "pyproject.toml"),
    ],
)
def test_the_first_file_that_declares_counts(
    tmp_path: Path, project: str, source: str | None
) -> None:
    """As in setuptools, `[project]` decides, unless it says that its dependencies are dynamic."""
    (tmp_path / "docs.txt").touch()
    (tmp_path / "pyproject.toml").write_text(f'{project}[dependency-groups]\nlint = ["ruff"]\n')
    (tmp_path / "setup.cfg").write_text(CFG)
    (tmp_path / "setup.py").write_text("setup(install_requires=['other'])")
    found = read_declared(tmp_path)
    assert (found.dependencies and found.dependencies.source.name) == source
    assert found.groups["lint"].source.name == "pyproject.toml"


def test_conditions_in_the_names_of_extras_become_markers(tmp_path: Path) -> None:
    """setuptools allows these; one without a name belongs to the dependencies."""
    (tmp_path / "setup.py").write_text(
        "setup(install_requires=['six'], extras_require={"
        "':python_version<\"3.9\"': ['old'], 'dev:os_name==\"nt\"': ['win ; a == \"b\"']})"
    )
    found = read_declared(tmp_path)
    assert found.dependencies is not None
    assert found.dependencies.items == ("six", 'old ; python_version<"3.9"')
    assert found.extras["dev"].items == ('win ; (a == "b") and (os_name=="nt")',)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[dependency-groups]\ndev = ["a"]\n', True),
        ('[dependency-groups]\ndevel = ["a"]\n', False),
        ('[project.optional-dependencies]\nDev = ["a"]\n', True),
        ('[dependency-groups]\ndev = ["a"]\n[tool.labcoat.locks]\nrequirements-x = []\n', False),
        ("[tool.labcoat.locks]\nrequirements-dev = []\n", True),
        ("[broken", False),
    ],
)
def test_a_group_or_an_extra_dev_is_found(tmp_path: Path, text: str, expected: bool) -> None:
    """It is installed beside the dependencies, as requirements-dev.in is."""
    (tmp_path / "pyproject.toml").write_text(text)
    assert declares_dev(tmp_path) == expected
