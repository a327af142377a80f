"""`[tool.uv.sources]`: what comes from a place is not looked for in an index."""

from pathlib import Path

import pytest

from labcoat.core.project_files.declared import Declared
from labcoat.core.project_files.reader import read_declared
from labcoat.core.project_files.uv_sources import inherited_files, placed_names
from labcoat.locking.inputs import find_input
from support.messages import core

PROJECT = '[project]\nname = "p"\nversion = "1"\ndependencies = ["six"]\n'
WORKSPACE = '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old"]\n'


def read(root: Path, source: str, *, asked: str = "six", more: str = "") -> Declared:
    """Return what a project that asks for `asked` declares, with `six = {source}`."""
    text = PROJECT.replace('"six"', f'"{asked}"') + f"[tool.uv.sources]\nsix = {source}\n{more}"
    (root / "pyproject.toml").write_text(text)
    return read_declared(root)


def member(root: Path, name: str, more: str = "") -> Path:
    """Write a package below `packages`."""
    folder = root / "packages" / name
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1"\n{more}')
    return folder


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ('{ git = "https://h/six" }', "git+https://h/six"),
        ('{ git = "https://h/six", rev = "ab12" }', "git+https://h/six@ab12"),
        ('{ git = "ssh://git@h/six", tag = "v2" }', "git+ssh://git@h/six@v2"),
        (
            '[{ git = "https://h/six", branch = "a/b", subdirectory = "py" }]',
            "git+https://h/six@a/b#subdirectory=py",
        ),
        ('{ url = "https://h/six.zip", subdirectory = "py" }', "https://h/six.zip#subdirectory=py"),
        ('{ path = "libs/my six", editable = true }', "file:./libs/my%20six"),
        ('{ path = "../six" }', "file:../six"),
        ("{ workspace = true }", "file:./packages/six"),
    ],
)
def test_a_source_becomes_a_place(tmp_path: Path, source: str, place: str) -> None:
    """With the extras and the marker of the requirement; a source has no versions."""
    member(tmp_path, "six")
    found = read(tmp_path, source, asked="Six[a] >=1 ; os_name == 'nt'", more=WORKSPACE)
    assert found.dependencies is not None
    assert found.dependencies.problem is None
    assert found.dependencies.items == (f"Six[a] @ {place} ; os_name == 'nt'",)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{ workspace = true }", core.NO_MEMBER),
        ("{ workspace = false }", core.NO_MEMBER),
        ('{ path = "six", marker = "os_name == \'nt\'" }', core.SOME_PLATFORMS),
        ('[{ path = "a", extra = "x" }, { path = "b" }, { index = "c" }]', core.SEVERAL_PLACES),
        ('{ path = "six", when = "always" }', core.UNKNOWN_KEY.format(key="when")),
        ('{ path = "six", package = false }', core.SOURCE_WITH.format(key="package = false")),
        ('{ git = "https://h/six", lfs = true }', core.SOURCE_WITH.format(key="lfs")),
        ("{ git = 3 }", core.INVALID_SOURCE.format(key="git")),
        ("{ svn = 'x' }", core.NO_KNOWN_SOURCE),
        ("3", core.NO_KNOWN_SOURCE),
    ],
)
def test_what_has_no_place_is_refused_by_name(tmp_path: Path, source: str, words: str) -> None:
    """The rest of the list is read."""
    found = read(tmp_path, source, asked='six", "idna').dependencies
    assert found is not None
    assert found.problem is not None
    assert found.problem.message == f"`six` {words} in `[tool.uv.sources]` of `pyproject.toml`"
    assert found.items == ("idna",)
    assert found.without_refused().problem is None


def test_a_marker_that_the_requirement_has_too_changes_nothing(tmp_path: Path) -> None:
    source = '{ path = "six", marker = "os_name==\'nt\'" }'
    found = read(tmp_path, source, asked="six; os_name == 'nt'").dependencies
    assert found is not None
    assert found.items == ("six @ file:./six ; os_name == 'nt'",)


def test_sources_of_an_extra_or_a_group_are_for_these(tmp_path: Path) -> None:
    """https://docs.astral.sh/uv/concepts/projects/dependencies/#optional-dependencies."""
    more = (
        '[project.optional-dependencies]\nnew = ["six"]\n'
        '[dependency-groups]\ndev = ["six", {include-group = "new"}]\nnew = []\n'
    )
    source = '[{ path = "a", extra = "new" }, { path = "b", group = "Dev" }]'
    found = read(tmp_path, source, asked="idna", more=more)
    assert found.extras["new"].items == ("six @ file:./a",)
    assert found.groups["dev"].items == ("six @ file:./b", {"include-group": "new"})


def test_a_source_of_a_group_that_includes_another_is_refused(tmp_path: Path) -> None:
    """It counts for what is included, in that group's lock and not in the other's."""
    more = (
        '[dependency-groups]\ndev = [{include-group = "All_Tests"}]\n'
        'all-tests = [{include-group = "tests"}, {include-group = "dev"}]\ntests = ["six"]\n'
    )
    found = read(tmp_path, '{ path = "b", group = "Dev" }', more=more).groups["tests"]
    assert found.problem is not None
    assert core.INCLUDING_GROUP in found.problem.message
    found = read(tmp_path, '{ path = "b", group = "tests" }', more=more).groups["tests"]
    assert found.items == ("six @ file:./b",)
    found = read(tmp_path, '{ path = "b" }', more=more).groups["tests"]
    assert found.items == ("six @ file:./b",)


@pytest.mark.parametrize(
    ("pattern", "is_member"),
    [
        ("packages/one", False),
        ("./packages/one", False),
        ("pack*", False),
        ("**/one", False),
        ("packages/**/one", False),
        ("one", True),
        ("*/one/*", True),
    ],
)
def test_exclude_is_of_the_whole_path(tmp_path: Path, pattern: str, *, is_member: bool) -> None:
    """As uv reads it: a member that is left out would have no source of the root's."""
    one = member(tmp_path, "one", 'dependencies = ["six"]\n')
    text = WORKSPACE.replace("packages/old", pattern) + '[tool.uv.sources]\nsix = {path = "six"}\n'
    (tmp_path / "pyproject.toml").write_text(text)
    found = read_declared(one).dependencies
    assert found is not None
    assert found.items == ("six @ file:../../six" if is_member else "six",)


def test_a_member_without_a_source_is_refused(tmp_path: Path) -> None:
    """As uv refuses it: an index may have a package of that name."""
    member(tmp_path, "six")
    (tmp_path / "pyproject.toml").write_text(PROJECT + WORKSPACE)
    found = read_declared(tmp_path).dependencies
    assert found is not None
    assert found.problem is not None
    assert core.MEMBER_WITHOUT_SOURCE in found.problem.message


def test_members_have_the_sources_of_the_root(tmp_path: Path) -> None:
    """Their own come first, paths are relative to the file that has them, and `exclude` counts."""
    own = 'dependencies = ["six", "one", "idna"]\n[tool.uv.sources]\nidna = { path = "idna" }\n'
    two = member(tmp_path, "two", own)
    old = member(tmp_path, "old", 'dependencies = ["six"]\n')
    sources = 'six = { path = "six" }\none = { workspace = true }\nidna = { path = "other" }\n'
    (tmp_path / "pyproject.toml").write_text(f"{WORKSPACE}[tool.uv.sources]\n{sources}")
    member(tmp_path, "one")
    found = read_declared(two).dependencies
    assert found is not None
    assert found.items == ("six @ file:../../six", "one @ file:../one", "idna @ file:./idna")
    assert inherited_files(two) == [tmp_path / "pyproject.toml"]
    assert placed_names(tmp_path) == {"six", "one", "idna", "two"}
    left = read_declared(old).dependencies
    assert left is not None
    assert left.items == ("six",)
    assert not inherited_files(old)


def test_an_index_of_the_root_does_not_count_for_a_member(tmp_path: Path) -> None:
    """Named indexes are read in the project's own file."""
    two = member(tmp_path, "two", 'dependencies = ["six"]\n')
    text = f'{WORKSPACE}[tool.uv.sources]\nsix = {{ index = "one" }}\n'
    (tmp_path / "pyproject.toml").write_text(text)
    found = read_declared(two).dependencies
    assert found is not None
    assert found.problem is not None
    assert core.FROM_AN_INDEX in found.problem.message
    assert "`../../pyproject.toml`" in found.problem.message
    with (two / "pyproject.toml").open("a") as file:
        file.write('[tool.labcoat.indexes.one]\nurl = "https://h/s"\npackages = ["six"]\n')
    again = read_declared(two).dependencies
    assert again is not None
    assert again.items == ("six",)


def test_an_index_counts_that_no_list_of_labcoat_s_passes_over(tmp_path: Path) -> None:
    """Where there is `[tool.labcoat.indexes]`, uv's are not read: the default index would count."""
    more = '[tool.labcoat.indexes.one]\nurl = "https://h/s"\npackages = ["s*"]\n'
    found = read(tmp_path, '{ index = "one" }', more=more).dependencies
    assert found is not None
    assert found.items == ("six",)
    found = read(tmp_path, '{ index = "one" }', more=more.replace("s*", "t*")).dependencies
    assert found is not None
    assert found.problem is not None
    assert core.FROM_AN_INDEX in found.problem.message


def test_a_lock_is_for_its_sources(tmp_path: Path) -> None:
    """They are in what is locked, and a change makes it stale; also of what setup.py asks for."""
    lock = tmp_path / "requirements.txt"
    read(tmp_path, '{ git = "https://h/six", rev = "1" }')
    before = find_input(lock)
    assert list(before.texts().values()) == ["six @ git+https://h/six@1\n"]
    read(tmp_path, '{ git = "https://h/six", rev = "2" }')
    assert find_input(lock).digest() != before.digest()
    (tmp_path / "pyproject.toml").write_text('[tool.uv.sources]\nsix = { path = "six" }\n')
    (tmp_path / "setup.py").write_text(
        'from setuptools import setup\nsetup(install_requires="six")'
    )
    assert list(find_input(lock).texts().values()) == ["six @ file:./six\n"]
