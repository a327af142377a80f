"""The header of a lock says what it was compiled from."""

from pathlib import Path

from labcoat.locking import lock_header


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A lock is up to date until one of its inputs changes, and names its Python."""
    lock = tmp_path / "requirements.txt"
    (tmp_path / "requirements.in").write_text("-r base.in\n")
    (tmp_path / "base.in").write_text("six\n")
    header = lock_header.format_header(lock, "uv", "3.12")
    lock.write_text(f"{header}six==1.17.0\n")
    assert lock_header.has_header(lock.read_text())
    assert lock_header.locked_python(lock) == "3.12"
    assert lock_header.is_fresh(lock)
    (tmp_path / "base.in").write_text("six<2\n")
    assert not lock_header.is_fresh(lock)


def test_a_lock_without_an_input_is_up_to_date(tmp_path: Path) -> None:
    """A lock that other programs compile has nothing to be older than."""
    lock = tmp_path / "requirements.txt"
    lock.write_text("six==1.17.0\n")
    assert lock_header.is_fresh(lock)
    assert not lock_header.has_header(lock.read_text())
    assert lock_header.locked_python(lock) == ""
