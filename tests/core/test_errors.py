"""Errors that several commands have in common."""

from pathlib import Path

import pytest

from labcoat.core import reading
from labcoat.core.errors import unreadable


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (PermissionError(13, "Permission denied"), "Check its permissions"),
        (IsADirectoryError(21, "Is a directory"), "Move it to another place"),
    ],
)
def test_the_hint_fits_why_a_file_is_unreadable(error: OSError, hint: str) -> None:
    found = unreadable("requirements.txt", error)
    assert found.message == f"cannot read `requirements.txt`: {error.strerror}"
    assert found.hint.startswith(hint)


def test_a_folder_is_told_from_a_file_without_permissions(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not a regular file") as caught:
        reading.read_file(tmp_path)
    assert unreadable("x", caught.value).hint.startswith("Move it")
