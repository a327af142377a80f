"""Fixes change what they name and nothing else."""

import stat
from pathlib import Path

import pytest

from hygiene.repositories import git, repository, venv
from labcoat.hygiene.check import Selection, check
from labcoat.hygiene.fix import fix, replace_file

ENDINGS = {
    "line-feed": (b"a\n", b"a\n/venv\n"),
    "carriage-return": (b"a\r\nb\r\n", b"a\r\nb\r\n/venv\r\n"),
    "no-last-ending": (b"a", b"a\n/venv\n"),
    "empty": (b"", b"/venv\n"),
    "mark": (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfa\n/venv\n"),
}


@pytest.mark.parametrize(("before", "after"), ENDINGS.values(), ids=ENDINGS.keys())
def test_endings_and_encoding_stay(tmp_path: Path, before: bytes, after: bytes) -> None:
    """A line is added in the file's own line endings; a byte order mark stays where it is."""
    root = repository(tmp_path, {".gitignore": before}, venv())
    fix(root, Selection())
    assert (root / ".gitignore").read_bytes() == after


def test_mode_stays(tmp_path: Path) -> None:
    """A file keeps its mode."""
    root = repository(tmp_path, {".gitignore": "a\n"}, venv())
    (root / ".gitignore").chmod(0o640)
    fix(root, Selection())
    assert stat.S_IMODE((root / ".gitignore").stat().st_mode) == 0o640


def test_uncommitted_changes_are_kept_and_named(tmp_path: Path) -> None:
    """A file with changes that are not committed is not touched without saying so."""
    root = repository(tmp_path, {".gitignore": "a\n"}, venv())
    (root / ".gitignore").write_text("a\nb\n")
    assert fix(root, Selection()) == [".gitignore: added the line /venv (it had changes that are not committed; they are kept)"]
    assert (root / ".gitignore").read_text() == "a\nb\n/venv\n"


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """The new content is another file under the same name: who has the old one open still reads it whole."""
    path = tmp_path / "f"
    path.write_text("old")
    with path.open() as reader:
        replace_file(path, b"new")
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_fixed_is_gone(tmp_path: Path) -> None:
    """Several fixes in one file and in several: afterwards none of it is reported, and there is nothing to fix."""
    files = {"Dockerfile": "FROM scratch\nCOPY . /\nUSER 1\n", ".dockerignore": "venv # mine\n__pycache__\n.git\n"}
    root = repository(tmp_path, files, {**venv("a/venv"), **venv("b/env"), "src/__pycache__/x.pyc": "", "conf/.env": "A=b"})
    assert {"ENV002", "CTX001", "SEC002", "IGN003", "IGN004"} <= {each.rule for each in check(root).findings}
    fix(root, Selection(), unsafe=True)
    assert check(root).findings == []
    assert fix(root, Selection(), unsafe=True) == []


def test_untracking_leaves_the_files(tmp_path: Path) -> None:
    """Taking an environment out of the index leaves it on disk."""
    root = repository(tmp_path, venv())
    fix(root, Selection(), unsafe=True)
    assert (root / "venv/pyvenv.cfg").exists()
    assert git(root, "ls-files") == ""


def test_a_broken_lock_is_reported(tmp_path: Path) -> None:
    """A fix that cannot be done is named, and the others are done all the same."""
    root = repository(tmp_path, {"Dockerfile": "FROM labcoat.invalid/no/such:image\nUSER 1\n"}, venv())
    done = fix(root, Selection(), unsafe=True)
    assert ".gitignore: added the line /venv" in done
    assert any("not pinned" in line for line in done)
