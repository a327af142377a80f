"""Files are whole or not there."""

from pathlib import Path

import pytest

from labcoat.core import files


def test_write_keeps_the_mode_and_leaves_nothing_beside(tmp_path: Path) -> None:
    """A file that is replaced keeps its mode, and no temporary file stays."""
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o600)
    files.write(path, "new\n")
    assert path.read_text() == "new\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_write_that_fails_leaves_the_old_text(tmp_path: Path) -> None:
    """A text that cannot be encoded loses nothing."""
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        files.write(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_digest_passes_over_line_endings() -> None:
    """A checkout on another system has the same digest; another text has not."""
    assert files.digest(b"a\r\nb\r\n") == files.digest(b"a\nb\n")
    assert files.digest(b"a\nb\n") != files.digest(b"a\nc\n")


def test_remove_takes_a_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    """A link to a folder is removed as a link."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/x").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    files.remove(tmp_path / "link")
    assert (tmp_path / "kept/x").exists()
    assert not (tmp_path / "link").is_symlink()
