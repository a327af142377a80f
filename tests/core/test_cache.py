"""The cache directory, and where byte code may be."""

import os
from pathlib import Path

import pytest

from labcoat.core.cache import byte_code_folder, cache_folder


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LABCOAT_CACHE": "/c", "XDG_CACHE_HOME": "/x"}, "/c"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/labcoat"),
        ({"XDG_CACHE_HOME": "x", "HOME": "/h"}, "/h/.cache/labcoat"),
        ({"HOME": "/"}, "/.cache/labcoat"),
    ],
    ids=["LABCOAT_CACHE", "XDG", "a relative XDG_CACHE_HOME", "HOME is the root"],
)
def test_the_cache_directory(environ: dict[str, str], expected: str) -> None:
    """A relative XDG_CACHE_HOME is ignored, as the standard says."""
    assert cache_folder(environ) == Path(expected)


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}], ids=["unset", "empty"])
def test_without_home_the_user_s_own_directory_counts(environ: dict[str, str]) -> None:
    """Never a directory such as /tmp, where anybody could put something."""
    own = Path(os.path.expanduser(f"~{os.environ.get('USER') or 'root'}"))  # noqa: PTH111
    assert cache_folder(environ) == own / ".cache/labcoat"


@pytest.mark.parametrize(
    ("modes", "is_used"),
    [
        ((0o755, 0o755, 0o755), True),
        ((0o755, 0o755, 0o777), False),
        ((0o755, 0o777, 0o755), False),
        ((0o755, 0o1777, 0o755), True),
        ((0o777, 0o755, 0o755), False),
        ((0o755, 0o755, 0o1777), False),
    ],
)
def test_byte_code_is_only_where_nobody_else_can_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modes: tuple[int, ...], is_used: bool
) -> None:
    """A directory above counts too, but for one with the sticky bit, such as /tmp."""
    folder = tmp_path / "a" / "b" / "bytecode"
    folder.mkdir(parents=True)
    for path, mode in zip((tmp_path / "a", tmp_path / "a/b", folder), modes, strict=True):
        path.chmod(mode)
    monkeypatch.setenv("LABCOAT_CACHE", str(folder.parent))
    assert byte_code_folder() == (str(folder) if is_used else None)


def test_byte_code_in_a_folder_of_another_user_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been put there before labcoat was first started."""
    (tmp_path / "bytecode").mkdir()
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    if os.getuid() == 0:
        os.chown(tmp_path / "bytecode", 12345, -1)
    assert byte_code_folder() is None
