"""Lines that ask for a package by its place, as pip writes them."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.sources.asked import is_place, parse_source
from support.source_packages import write_package


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a package at its top and one below, and a project below it."""
    (tmp_path / ".git").mkdir()
    write_package(tmp_path / "libs/x", "x")
    write_package(tmp_path / "project/own", "own")
    (tmp_path / "project/setup.py").touch()
    (tmp_path / "project/w-1.0-py3-none-any.whl").touch()
    return tmp_path / "project"


@pytest.mark.parametrize(
    ("text", "kind", "path", "extras"),
    [
        (".", "local", ".", ()),
        ("./", "local", ".", ()),
        ("own", "local", "./own", ()),
        ("./own[a, B_c]", "local", "./own", ("a", "b-c")),
        ("../libs/x", "local", "../libs/x", ()),
        ("file:own", "local", "./own", ()),
        ('"./own"', "local", "./own", ()),
        ("own @ file:./own", "local", "./own", ()),
        ("w-1.0-py3-none-any.whl", "file", "./w-1.0-py3-none-any.whl", ()),
    ],
)
def test_paths(root: Path, text: str, kind: str, path: str, extras: tuple[str, ...]) -> None:
    found = parse_source(text, root, "requirements.in:1")
    assert (found.kind, found.path, found.extras) == (kind, path, extras)


@pytest.mark.parametrize(
    ("text", "url", "revision", "name", "folder"),
    [
        ("git+https://h/x.git", "https://h/x.git", "", "", ""),
        ("git+https://h/x.git@main", "https://h/x.git", "main", "", ""),
        ("git+ssh://git@h/x.git@v1", "ssh://git@h/x.git", "v1", "", ""),
        ("git+https://h/x@feature/y#egg=A_b", "https://h/x", "feature/y", "a-b", ""),
        ("A.b @ git+https://h/x@v1#subdirectory=p/q", "https://h/x", "v1", "a-b", "p/q"),
        ("a @ git+https://h/x ; sys_platform == 'linux'", "https://h/x", "", "a", ""),
    ],
)
def test_repositories(  # noqa: PLR0917 - the columns of the table
    root: Path, text: str, url: str, revision: str, name: str, folder: str
) -> None:
    found = parse_source(text, root, "")
    assert found.kind == "git"
    assert (found.url, found.revision, found.name, found.folder) == (url, revision, name, folder)
    assert found.marker == ("sys_platform == 'linux'" if ";" in text else "")


@pytest.mark.parametrize(
    "text",
    [
        "git+https://token@h.example/x.git",
        "git+https://me:secret@h.example/x.git",
        "https://me:secret@h.example/x.tar.gz",
        "git+https://h.example/$NAME.git",
        "/etc",
        "../../elsewhere",
        "x @ git+https://h.example/x#subdirectory=/etc",
        "own/backend.py",
    ],
)
def test_what_others_cannot_get_is_refused(root: Path, text: str) -> None:
    """Without the password in the message."""
    with pytest.raises(LabcoatError) as caught:
        parse_source(text, root, "requirements.in:1")
    assert "secret" not in str(caught.value)
    assert "token@" not in str(caught.value)
    assert caught.value.message.startswith("requirements.in:1: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (".", True),
        ("./x", True),
        ("libs/x", True),
        ("x.whl", True),
        ("x @ git+https://h/x", True),
        ("https://h/x.zip", True),
        ("file:x", True),
        ("x", False),
        ("x==1.0", False),
        ("x[a]>=1", False),
        ("x ; sys_platform == 'a/b'", False),
    ],
)
def test_is_place(text: str, expected: bool) -> None:
    assert is_place(text) is expected
