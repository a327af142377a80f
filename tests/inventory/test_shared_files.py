"""Files that several packages bring."""

import base64
from hashlib import sha256
from pathlib import Path

import pytest

from labcoat.inventory.shared_files import (
    SharedFile,
    describe_shared_files,
    find_shared_files,
    read_shared_files,
)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"a": {"x": "1"}, "b": {"y": "1"}}, []),
        ({"a": {"x": "1"}, "b": {"x": "1"}}, []),
        ({"a": {"x": "1"}, "b": {"x": "2"}}, [SharedFile("x", ("a", "b"), "b")]),
        ({"a": {"x": "1"}, "b": {"x": "3"}}, [SharedFile("x", ("a", "b"), "")]),
        (
            {"a": {"x": "1"}, "b": {"x": "1"}, "c": {"x": "2"}},
            [SharedFile("x", ("a", "b", "c"), "c")],
        ),
    ],
    ids=["none", "equal contents", "the second wins", "edited", "three packages"],
)
def test_files_with_different_contents_are_found(
    stated: dict[str, dict[str, str]], expected: list[SharedFile]
) -> None:
    assert find_shared_files(stated, {"x": "2"}.__getitem__) == expected


def test_files_of_the_same_packages_are_one_sentence() -> None:
    shared = [SharedFile(path, ("a", "b"), "b") for path in ("z", "../../../bin/run", "y")]
    assert list(describe_shared_files(shared)) == [
        "`a` and `b` bring `bin/run` and 2 more files with different contents; that of `b` is"
        " installed"
    ]


def write_record(site: Path, name: str, path: str, text: str) -> None:
    info = site / f"{name}-1.dist-info"
    info.mkdir()
    value = base64.urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()
    (info / "RECORD").write_text(f"{path},sha256={value},{len(text)}\n{info.name}/RECORD,,\n")


def test_records_are_compared_with_the_file_that_is_there(tmp_path: Path) -> None:
    """A program counts too; a damaged RECORD counts as none."""
    site = tmp_path / "lib/python3.11/site-packages"
    (tmp_path / "bin").mkdir()
    site.mkdir(parents=True)
    (tmp_path / "bin/run").write_text("a")
    write_record(site, "First", "../../../bin/run", "a")
    write_record(site, "second", "../../../bin/run", "b")
    (site / "third-1.dist-info").mkdir()
    (site / "third-1.dist-info/RECORD").write_bytes(b"x,sha256=\xff\xfe,1\n")
    assert read_shared_files(site) == [SharedFile("../../../bin/run", ("first", "second"), "first")]
