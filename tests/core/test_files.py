"""Files are replaced completely or not at all."""

import errno
import os
import stat
import subprocess
from pathlib import Path

import pytest

from labcoat.core import files
from labcoat.core.errors import LabcoatError


def test_write_keeps_the_mode_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    """A replaced file keeps its mode, and no temporary file stays."""
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o600)
    files.write_file(path, "new\n")
    assert path.read_text() == "new\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", ["new", b"new"], ids=["text", "bytes"])
@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077], ids=oct)
def test_a_new_file_gets_the_mode_of_the_umask(
    tmp_path: Path, content: str | bytes, mask: int
) -> None:
    """As if any other program had created it."""
    before = os.umask(mask)
    try:
        files.write_file(tmp_path / "a", content)
    finally:
        os.umask(before)
    assert (tmp_path / "a").read_text() == "new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_log_is_for_its_owner(tmp_path: Path) -> None:
    """Also one that others could read before."""
    path = tmp_path / "a.log"
    for _ in range(2):
        files.write_log(path, "output")
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o644)


def test_a_reader_with_the_old_file_open_reads_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with path.open() as reader:
        files.write_file(path, b"new")
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_keeps_the_old_text(tmp_path: Path) -> None:
    """A text that cannot be encoded loses nothing."""
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        files.write_file(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_output_replaces_a_file(tmp_path: Path) -> None:
    """Also behind a link, which stays; a new file is created with its directory."""
    kept, link = tmp_path / "kept", tmp_path / "link"
    kept.write_text("old")
    link.symlink_to(kept)
    files.write_output(link, "new")
    files.write_output(tmp_path / "folder/made", "new")
    assert link.is_symlink()
    assert kept.read_text() == (tmp_path / "folder/made").read_text() == "new"


def test_write_output_writes_to_a_pipe(tmp_path: Path) -> None:
    """The reader gets the text; the pipe stays."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        files.write_output(pipe, "text")
        assert reader.communicate()[0] == "text"
    assert pipe.is_fifo()


def test_write_output_writes_to_a_device(tmp_path: Path) -> None:
    """The device stays a device."""
    null = tmp_path / "null"
    try:
        os.mknod(null, 0o666 | stat.S_IFCHR, Path(os.devnull).stat().st_rdev)
        null.write_text("")
    except OSError:
        pytest.skip("a device needs the right to make one, and a disk that takes it")
    files.write_output(null, "text")
    assert null.is_char_device()


def test_write_output_fails_for_unwritable_names(tmp_path: Path) -> None:
    """A directory, a name below a file, a descriptor that is not open."""
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file/below", Path("/dev/fd/99")):
        with pytest.raises(LabcoatError, match="cannot write"):
            files.write_output(path, "text")


@pytest.mark.parametrize("is_there", [True, False], ids=["a file", "nothing yet"])
def test_write_follows_a_link(tmp_path: Path, is_there: bool) -> None:
    """The target of a link gets the text, existing or not, and the link stays."""
    target, link = tmp_path / "elsewhere/a", tmp_path / "link"
    if is_there:
        target.parent.mkdir()
        target.write_text("old")
    link.symlink_to("elsewhere/a")
    files.write_file(link, "new\n")
    assert target.read_text() == "new\n"
    assert str(link.readlink()) == "elsewhere/a"
    assert list(target.parent.iterdir()) == [target]


def test_write_replaces_only_regular_files(tmp_path: Path) -> None:
    """A link to itself, a directory and a pipe stay, and are named."""
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("loop", "folder", "pipe"):
        with pytest.raises(LabcoatError, match=f"{name}: not a regular file"):
            files.write_file(tmp_path / name, "new\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "loop", "pipe"]
    assert (tmp_path / "loop").is_symlink()


def test_digest_ignores_line_endings() -> None:
    """A checkout on another system has the same digest; another text has another."""
    assert files.text_digest(b"a\r\nb\r\n") == files.text_digest(b"a\nb\n")
    assert files.text_digest(b"a\nb\n") != files.text_digest(b"a\nc\n")


def test_remove_removes_a_link_not_its_target(tmp_path: Path) -> None:
    """A link to a directory is removed as a link."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/x").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    files.remove_path(tmp_path / "link")
    assert (tmp_path / "kept/x").exists()
    assert not (tmp_path / "link").is_symlink()


def test_what_cannot_be_removed_is_named_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system names a file below it without its directories."""

    def refuse(_path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "file")

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(PermissionError) as caught:
        files.remove_path(tmp_path)
    assert caught.value.filename == str(tmp_path)


def test_state_folder_is_no_link(tmp_path: Path) -> None:
    """A repository's `.labcoat` could lead anywhere."""
    (tmp_path / "else").mkdir()
    (tmp_path / ".labcoat").symlink_to("else")
    with pytest.raises(LabcoatError, match="symlink"):
        files.state_folder(tmp_path / ".labcoat")
    assert list((tmp_path / "else").iterdir()) == []
