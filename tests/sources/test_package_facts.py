"""What packages say of themselves, in pyproject.toml and in METADATA."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.sources import package_facts
from support.messages import core, sources

METADATA = """Metadata-Version: 2.1
Name: My_Package
Version: 1.0
Provides-Extra: all
Provides-Extra: fast
Requires-Dist: six
Requires-Dist: idna (>=3) ; python_version < "3.13"
Requires-Dist: numpy ; extra == 'fast'
Requires-Dist: numba ; (python_version < "3.13") and extra == "fast"
Requires-Dist: my-package[fast] ; extra == "all"
"""


def test_extras_of_metadata() -> None:
    """An extra of the package itself counts too; the marker's rest stays."""
    facts = package_facts.parse_metadata(METADATA)
    assert (facts.name, facts.version) == ("my-package", "1.0")
    assert facts.requirements((), ".") == ["six", 'idna (>=3) ; python_version < "3.13"']
    more = facts.requirements(("ALL",), ".")[2:]
    assert more == ["numpy", 'numba ; python_version < "3.13"']
    with pytest.raises(LabcoatError, match="no extra `slow`"):
        facts.requirements(("slow",), ".")


@pytest.mark.parametrize(
    ("text", "is_static"),
    [
        ('[project]\nname = "x"\n', True),
        ('[project]\nname = "x"\ndynamic = ["version"]\n', True),
        ('[project]\nname = "x"\ndynamic = ["dependencies"]\n', False),
        ('[project]\nname = "x"\ndynamic = ["optional-dependencies"]\n', False),
        ("[tool.poetry]\nname = 'x'\n", False),
        ("", False),
    ],
)
def test_only_what_is_static_is_read(tmp_path: Path, text: str, is_static: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert (package_facts.read_static_facts(tmp_path) is not None) is is_static


def test_a_package_without_pyproject_is_built_by_setuptools(tmp_path: Path) -> None:
    """As PEP 517 says of a setup.py alone."""
    (tmp_path / "setup.py").touch()
    system = package_facts.read_build_system(tmp_path)
    assert system.backend == "setuptools.build_meta:__legacy__"


def test_settings_of_other_tools_do_not_define_a_package(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    before = package_facts.describe_build(tmp_path)
    (tmp_path / "pyproject.toml").write_text(f"{text}[tool.ruff]\nline-length = 9\n")
    assert package_facts.describe_build(tmp_path) == before
    (tmp_path / "pyproject.toml").write_text(f"{text}[tool.setuptools]\npackages = ['y']\n")
    assert package_facts.describe_build(tmp_path) != before


def test_a_member_of_a_workspace_needs_its_siblings_by_path(tmp_path: Path) -> None:
    """Not what an index has of their names; a change of the places makes a lock stale."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n')
    root = '[tool.uv.workspace]\nmembers = ["*"]\n[tool.uv.sources]\ntwo = {workspace = true}\n'
    (tmp_path / "pyproject.toml").write_text(root)
    folder = tmp_path / "one"
    facts = package_facts.PackageFacts("one", "1", ("two>=1", "six"), {"more": ("two",)})
    found = package_facts.place_facts(folder, facts)
    assert found.requires == ("two @ {root:uri}/../two", "six")
    assert found.extras == {"more": ("two @ {root:uri}/../two",)}
    with (folder / "pyproject.toml").open("a") as file:
        file.write('dependencies = ["six"]\n')
    before = list(package_facts.describe_definition(folder))
    with (folder / "pyproject.toml").open("a") as file:
        file.write('[tool.uv.sources]\nsix = {path = "../six"}\n')
    assert list(package_facts.describe_definition(folder)) != before


def test_an_index_that_only_a_package_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    text = '[project]\nname = "one"\n[tool.uv.sources]\nsix = {index = "own"}\n'
    (tmp_path / "one/pyproject.toml").write_text(text)
    facts = package_facts.PackageFacts("one", "1", ("six",))
    with pytest.raises(LabcoatError, match=core.FROM_AN_INDEX):
        package_facts.place_facts(tmp_path / "one", facts, tmp_path)


def test_a_package_of_poetry_needs_its_siblings_by_path(tmp_path: Path) -> None:
    """Poetry writes the places of its own tables into the metadata of what `[project]` asks for."""
    text = (
        '[project]\nname = "one"\n[tool.poetry.dependencies]\ntwo = {path = "../two"}\n'
        'three = {git = "https://h/three"}\nfour = "*"\n'
    )
    (tmp_path / "pyproject.toml").write_text(text)
    facts = package_facts.PackageFacts("one", "1", ("Two>=1", "four"), {"more": ("three",)})
    found = package_facts.place_facts(tmp_path, facts)
    assert found.requires == ("Two @ {root:uri}/../two", "four")
    assert found.extras == {"more": ("three @ git+https://h/three",)}
    (tmp_path / "pyproject.toml").write_text(text.replace('"../two"', '"../two", python = "^x"'))
    with pytest.raises(LabcoatError, match="cannot translate Poetry's"):
        package_facts.place_facts(tmp_path, facts)


def test_an_index_that_only_a_package_of_poetry_names_is_refused(tmp_path: Path) -> None:
    """The default index may have a package of that name. PyPI is that index."""
    (tmp_path / "one").mkdir()
    text = '[project]\nname = "one"\n[tool.poetry.dependencies]\nSix = {source = "own"}\n'
    (tmp_path / "one/pyproject.toml").write_text(text)
    facts = package_facts.PackageFacts("one", "1", ("idna", "six>=1"))
    with pytest.raises(LabcoatError, match=sources.POETRY_SOURCE):
        package_facts.place_facts(tmp_path / "one", facts, tmp_path)
    (tmp_path / "one/pyproject.toml").write_text(text.replace("own", "PyPI"))
    assert package_facts.place_facts(tmp_path / "one", facts, tmp_path) == facts
    (tmp_path / "one/pyproject.toml").write_text(text)
    (tmp_path / "pyproject.toml").write_text('[tool.labcoat.indexes.a]\npackages = ["six"]\n')
    assert package_facts.place_facts(tmp_path / "one", facts, tmp_path) == facts
