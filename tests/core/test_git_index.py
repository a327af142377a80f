"""What git's index says of files with names that look like what git prints beside them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from labcoat.core import git, git_index
from labcoat.core.errors import LabcoatError
from support.messages import core

DEBUG = "  ctime: 1:2\n  mtime: 3:4\n  dev: 5\tino: 6\n  uid: 7\tgid: 8\n  size: 9\tflags: 0\n"
NAMES = ["a\tb", f"c\n{DEBUG}", "100644 0123 0\td", " e", "f\r\n", '\\g"', "h\n"]


def run(folder: Path, *words: str, text: str = "") -> None:
    subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, input=text, text=True
    )


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_each_file_has_a_record(tmp_path: Path, form: str) -> None:
    """Also one that is only intended, a submodule, and each side of a conflict."""
    run(tmp_path, "init", "-q", f"--object-format={form}")
    for name in NAMES:
        (tmp_path / name).write_text("12")
    run(tmp_path, "add", ".")
    (tmp_path / "later").touch()
    run(tmp_path, "add", "-N", "later")
    digest = "1" * (40 if form == "sha1" else 64)
    sides = "".join(f"100644 {digest} {stage}\tboth\0" for stage in (1, 2, 3))
    entries = f"160000 {digest} 0\tmodule\0{sides}"
    run(tmp_path, "update-index", "-z", "--index-info", text=entries)
    listed = git.run_git(tmp_path, *git_index.LIST_INDEX)
    found = git_index.parse_records(listed)
    paths = sorted(record.path.decode() for record in found)
    assert paths == sorted([*NAMES, "later", "module", "both", "both", "both"])
    assert {record.size for record in found if record.path.decode() in NAMES} == {b"2"}
    assert {len(record.id) for record in found} == {len(digest)}


def test_another_form_is_no_empty_index() -> None:
    """What git prints for --debug is for people, and it may change."""
    record = f"100644 {'1' * 40} 0\ta\0{DEBUG}"
    assert len(git_index.parse_records(record.encode() * 2)) == 2
    for other in (record.replace("flags", "bits"), record + record.replace("ino", "inode")):
        with pytest.raises(LabcoatError, match=core.UNKNOWN_INDEX):
            git_index.parse_records(other.encode())


def test_folder_in_the_place_of_a_file_is_a_change(tmp_path: Path) -> None:
    """A submodule is a folder in the index too."""
    run(tmp_path, "init", "-q")
    (tmp_path / "data").write_text("x")
    run(tmp_path, "add", ".")
    run(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    (tmp_path / "data").unlink()
    for name in ("data", "module"):
        (tmp_path / name).mkdir()
    records = git_index.parse_records(git.run_git(tmp_path, *git_index.LIST_INDEX))
    assert git_index.find_changed(tmp_path, records, tmp_path / ".git/index") == {"data"}


CHANGED = {"edited", "longer"}


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_copied_folder_is_unchanged(tmp_path: Path, form: str) -> None:
    """Also where git has never looked at the files; an edit of as many bytes is a change."""
    root, copy = tmp_path / "one", tmp_path / "two"
    root.mkdir()
    run(root, "init", "-q", f"--object-format={form}")
    for name in ("same", "edited", "longer", "run"):
        (root / name).write_text("12")
    run(root, "add", ".")
    shutil.copytree(root, copy, symlinks=True, copy_function=shutil.copyfile)
    (copy / "edited").write_text("21")
    (copy / "longer").write_text("123")
    (copy / "run").chmod(0o755)
    for _ in ("copied", "never looked at"):
        records = git_index.parse_records(git.run_git(copy, *git_index.LIST_INDEX))
        assert git_index.find_changed(copy, records, copy / ".git/index") == CHANGED
        run(copy, "update-index", "--force-remove", "same", "edited", "longer", "run")
        lines = "".join(
            f"{each.mode.decode()} {each.id.decode()} 0\t{each.path.decode()}\0" for each in records
        )
        run(copy, "update-index", "-z", "--index-info", text=lines)


def test_what_is_no_file_has_not_the_content_of_an_empty_one(tmp_path: Path) -> None:
    """A pipe and a folder have no bytes either, and a link is not followed."""
    run(tmp_path, "init", "-q")
    for name in ("pipe", "link", "folder", "empty"):
        (tmp_path / name).touch()
    run(tmp_path, "add", ".")
    records = git_index.parse_records(git.run_git(tmp_path, *git_index.LIST_INDEX))
    never = [each._replace(seconds=b"0", nanoseconds=b"0", size=b"0") for each in records]
    for name in ("pipe", "link", "folder"):
        (tmp_path / name).unlink()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("empty")
    (tmp_path / "folder").mkdir()
    index = tmp_path / ".git/index"
    for known in (records, never):
        assert git_index.find_changed(tmp_path, known, index) == {"pipe", "link", "folder"}
