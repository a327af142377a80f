"""pyproject.toml: `[project]`, dependency groups, dynamic dependencies, Poetry's tables."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project_files.declared import Listing
from labcoat.core.project_files.poetry import translate_version
from labcoat.core.project_files.pyproject import read_pyproject
from support.messages import core


def read_items(listing: Listing | None) -> tuple[object, ...]:
    """Return the requirements of a list without a problem."""
    assert listing is not None
    assert listing.problem is None
    return listing.items


def test_dependencies_extras_and_groups_are_read(tmp_path: Path) -> None:
    """As they are written; a file may have any of them."""
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[project]\nname = "x"\nrequires-python = ">=3.9"\ndependencies = ["six"]\n'
        '[project.optional-dependencies]\nfast = ["idna"]\n'
        '[dependency-groups]\ndev = ["pytest", {include-group = "docs"}]\ndocs = []\n'
        '[tool.labcoat.locks]\nrequirements-dev = ["dev", "fast"]\n'
    )
    found = read_pyproject(path)
    assert read_items(found.dependencies) == ("six",)
    assert read_items(found.extras["fast"]) == ("idna",)
    assert read_items(found.groups["dev"]) == ("pytest", {"include-group": "docs"})
    assert found.requires_python == ">=3.9"
    assert found.locks == {"requirements-dev": ("dev", "fast")}


def test_dynamic_dependencies_in_files_are_read(tmp_path: Path) -> None:
    """Of setuptools and of hatch-requirements-txt."""
    (tmp_path / "needs.txt").write_text("# why\nsix\n")
    path = tmp_path / "pyproject.toml"
    project = '[project]\nname = "x"\ndynamic = ["dependencies", "optional-dependencies"]\n'
    path.write_text(
        project + '[tool.setuptools.dynamic]\ndependencies = {file = ["needs.txt"]}\n'
        'optional-dependencies.dev = {file = "needs.txt"}\n'
    )
    found = read_pyproject(path)
    assert read_items(found.dependencies) == read_items(found.extras["dev"]) == ("six",)
    assert found.dependencies is not None
    assert found.dependencies.files == (tmp_path / "needs.txt",)
    path.write_text(f'{project}[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["needs.txt"]')
    assert read_items(read_pyproject(path).dependencies) == ("six",)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", core.DYNAMIC),
        ('[tool.setuptools.dynamic]\ndependencies = {file = "none.txt"}', core.NO_FILE),
        (
            '[tool.setuptools.dynamic]\ndependencies = {file = "../secret.txt"}',
            core.OUTSIDE,
        ),
    ],
    ids=["computed", "missing", "outside"],
)
def test_dynamic_dependencies_elsewhere_are_a_problem(
    tmp_path: Path, table: str, words: str
) -> None:
    """It is not raised while other lists are read."""
    path = tmp_path / "pyproject.toml"
    path.write_text(f'[project]\nname = "x"\ndynamic = ["dependencies"]\n{table}\n')
    found = read_pyproject(path).dependencies
    assert found is not None
    assert found.problem is not None
    assert words in found.problem.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[project\n", core.NOT_TOML),
        ("a = " + "[" * 5000, core.NOT_TOML),
        ("project = 1\n", core.NO_TABLE.format(key="project")),
        ("[dependency-groups]\n[project]\noptional-dependencies = []\n", "optional-dependencies"),
        ('[tool.labcoat]\nlocks = {dev = "x"}\n', "tool.labcoat.locks"),
    ],
)
def test_what_does_not_parse_is_named(tmp_path: Path, text: str, words: str) -> None:
    """With the file."""
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    with pytest.raises(LabcoatError) as raised:
        read_pyproject(path)
    assert words in raised.value.message
    assert "`pyproject.toml`" in raised.value.message


POETRY = """
[tool.poetry]
name = "x"
[tool.poetry.dependencies]
python = "^3.9"
six = "^1.2"
idna = {version = "~2.1", extras = ["a", "b"], markers = "sys_platform == 'linux'"}
old = [{version = "1.0", python = "<3.10"}, {version = "*", python = ">=3.10,<4.0"}]
fast = {version = ">=1,<3", optional = true}
[tool.poetry.extras]
speed = ["fast"]
[tool.poetry.dev-dependencies]
pytest = "*"
[tool.poetry.group.docs.dependencies]
sphinx = "7.*"
"""


def test_poetry_is_read(tmp_path: Path) -> None:
    """Its own constraints become those of PEP 508."""
    path = tmp_path / "pyproject.toml"
    path.write_text(POETRY)
    found = read_pyproject(path)
    assert read_items(found.dependencies) == (
        "six>=1.2,<2",
        "idna[a,b]>=2.1,<2.2 ; (sys_platform == 'linux')",
        "old==1.0 ; python_version < '3.10'",
        "old ; python_version >= '3.10' and python_version < '4.0'",
    )
    assert read_items(found.extras["speed"]) == ("fast>=1,<3",)
    assert read_items(found.groups["dev"]) == ("pytest",)
    assert read_items(found.groups["docs"]) == ("sphinx==7.*",)
    assert found.requires_python == ">=3.9,<4"


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.4", "~=1.4"),
        ("*", ""),
        ("1.*", "==1.*"),
        ("2.0", "==2.0"),
        (">= 1.0, < 2", ">=1.0,<2"),
        (">=1 <2", ">=1,<2"),
        ("!=1.5", "!=1.5"),
    ],
)
def test_poetry_s_versions_are_translated(version: str, expected: str) -> None:
    """https://python-poetry.org/docs/dependency-specification/ has the ranges."""
    assert translate_version("x", version) == expected


@pytest.mark.parametrize("value", ['"^1 || ^2"', '"latest"', "1"])
def test_what_has_no_translation_is_named(tmp_path: Path, value: str) -> None:
    """A constraint of Poetry's own is not guessed."""
    path = tmp_path / "pyproject.toml"
    path.write_text(f'[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\nsix = {value}\n')
    found = read_pyproject(path).dependencies
    assert found is not None
    assert found.problem is not None
    assert "`six = " in found.problem.message


def test_poetry_s_places_are_places(tmp_path: Path) -> None:
    """An index may have other packages of these names."""
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\n'
        'near = {path = "../near", develop = true, extras = ["a"]}\n'
        'inside = {git = "https://h/r.git", tag = "v1", subdirectory = "py"}\n'
        'archive = {url = "https://h/a.zip", markers = "os_name == \'nt\'"}\n'
    )
    assert read_items(read_pyproject(path).dependencies) == (
        "near[a] @ file:../near",
        "inside @ git+https://h/r.git@v1#subdirectory=py",
        "archive @ https://h/a.zip ; (os_name == 'nt')",
    )


def test_poetry_s_table_says_where_packages_of_project_come_from(tmp_path: Path) -> None:
    """With what `[project]` says of them; other entries of the table say nothing more."""
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[project]\nname = "x"\ndependencies = ["Near[a]>=1 ; os_name == \'nt\'", "six"]\n'
        '[project.optional-dependencies]\nmore = ["near"]\n'
        '[tool.poetry.dependencies]\nnear = {path = "../near"}\nsix = {source = "own"}\n'
    )
    found = read_pyproject(path)
    assert read_items(found.dependencies) == (
        "Near[a] @ file:../near ; (os_name == 'nt')",
        "six",
    )
    assert read_items(found.extras["more"]) == ("near @ file:../near",)


def test_poetry_s_groups_say_where_packages_of_dependency_groups_come_from(tmp_path: Path) -> None:
    """Each those of the group of its name, also in another spelling."""
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[project]\nname = "x"\n[dependency-groups]\nmy-dev = ["near", {include-group = "docs"}]\n'
        'docs = ["near"]\n[tool.poetry.group.My_dev.dependencies]\nNear = {path = "../near"}\n'
    )
    found = read_pyproject(path).groups
    assert found["my-dev"].items == ("near @ file:../near", {"include-group": "docs"})
    assert found["docs"].items == ("near",)


def test_one_entry_without_a_translation_leaves_the_others(tmp_path: Path) -> None:
    """The error says how many there are."""
    path = tmp_path / "pyproject.toml"
    text = '[tool.poetry]\nname = "x"\n[tool.poetry.group.dev.dependencies]\n'
    path.write_text(text + 'idna = "^1 || ^2"\nsix = "^1"\nattrs = "latest"\n')
    found = read_pyproject(path).groups["dev"]
    assert found.items == ("six>=1,<2",)
    assert list(found.refused) == ["idna", "attrs"]
    assert found.problem is not None
    assert "`idna = " in found.problem.message
    assert found.problem.message.endswith(core.MORE_ENTRIES.format(count="1 more entry"))
