"""Versions and Pythons of the files that an index lists."""

import pytest

from labcoat.locking import listed_files
from labcoat.toolchain.package_index import ListedFile


def test_files_are_grouped_by_version() -> None:
    """Names with dashes, old forms of archives, and files of other packages."""
    names = [
        "py_six-1.10.0-py3-none-any.whl",
        "py-six-1.9.tar.gz",
        "py.six-1.9.tar.bz2",
        "py-six-extra-2.0.tar.gz",
        "py_six-1.9-py3-none-any.whl.metadata",
        "py-six-broken.zip",
    ]
    found = listed_files.group_files("Py_Six", [ListedFile(name, "") for name in names])
    assert {str(version): len(files) for version, files in found.items()} == {"1.9": 2, "1.10.0": 1}
    assert list(map(str, found)) == ["1.9", "1.10.0"]


@pytest.mark.parametrize(
    ("name", "requires", "expected"),
    [
        ("six-1.0-py3-none-any.whl", "", True),
        ("six-1.0-py3-none-any.whl", ">=3.12", False),
        ("six-1.0-py3-none-any.whl", "not a range", True),
        ("six-1.0-py2-none-any.whl", "", False),
        ("six-1.0-1build-cp311-none-any.whl", "", True),
        ("six-1.0-cp310-cp310-win32.whl", "", False),
        ("six-1.0.tar.gz", "", False),
        ("six-1.0.whl", "", False),
    ],
)
def test_what_a_python_can_install(name: str, requires: str, expected: bool) -> None:
    assert listed_files.is_installable(ListedFile(name, "", "", requires), "3.11") is expected
