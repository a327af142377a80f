"""Sources of COPY and ADD match files as fsutil does; real builds are in test_real_copies."""

import io
import tarfile
from pathlib import Path

import pytest

from labcoat.container.dockerfile.copy_sources import SourceTree, list_archive, split_wildcards

FILES = ["a.py", "src/m.py", "src/deep/o.py", "v1/q", "v2/q", "link", "loop", "out", "up/back"]
LINKS = {"link": "src", "loop": "loop", "out": "/v1", "up/back": "../a.py"}

FOUND = {
    "file": ("a.py", [("a.py", ["a.py"])]),
    "folder": ("./src/", [("src", ["src/m.py", "src/deep/o.py"])]),
    "root": ("/", [("", FILES)]),
    "above-the-root": ("../src/deep", [("src/deep", ["src/deep/o.py"])]),
    "nothing": ("none", []),
    "part-of-a-name": ("sr", []),
    "wildcard": ("v*", [("v1", ["v1/q"]), ("v2", ["v2/q"])]),
    "wildcard-inside": ("*/q", [("v1/q", ["v1/q"]), ("v2/q", ["v2/q"])]),
    "wildcard-keeps-to-one-folder": ("*.py", [("a.py", ["a.py"])]),
    "malformed-wildcard": ("[", []),
    "symlink": ("link/m.py", [("src/m.py", ["src/m.py"])]),
    "symlink-to-a-folder": ("link", [("src", ["src/m.py", "src/deep/o.py"])]),
    "absolute-symlink": ("out/q", [("v1/q", ["v1/q"])]),
    "symlink-upwards": ("up/back", [("a.py", ["a.py"])]),
    "symlink-before-a-wildcard": ("link/*.py", [("src/m.py", ["src/m.py"])]),
    "symlink-to-itself": ("loop", []),
    "symlink-to-itself-before-a-wildcard": ("loop/*", []),
}


@pytest.mark.parametrize(("source", "expected"), FOUND.values(), ids=FOUND.keys())
def test_find_sources(source: str, expected: list[tuple[str, list[str]]]) -> None:
    """Each match with its path, symlinks followed, and its files."""
    found = SourceTree(FILES, LINKS.get).find_sources(source)
    assert [(each.path, each.files) for each in found] == expected


def test_empty_tree_has_no_root() -> None:
    assert SourceTree([], LINKS.get).find_sources("/") == []


def test_match_keeps_the_name_of_its_symlink() -> None:
    (found,) = SourceTree(FILES, LINKS.get).find_sources("up/back")
    assert (found.name, found.path, found.is_file) == ("back", "a.py", True)


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("a/b", ("a/b", "")),
        ("a/*/c", ("a", "*/c")),
        ("[a]", ("", "[a]")),
        ("a\\b/c", ("", "a\\b/c")),
    ],
)
def test_split_wildcards(source: str, parts: tuple[str, str]) -> None:
    assert split_wildcards(source) == parts


def test_list_archive(tmp_path: Path) -> None:
    """Files and symlinks of a compressed archive, and none of a damaged one or another file."""
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        folder = tarfile.TarInfo("d")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name in ("./d/one", "two"):
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"abc"))
    assert list_archive(path) == ["d/one", "two"]
    path.write_bytes(path.read_bytes()[:40])
    assert list_archive(path) == []
    (tmp_path / "text").write_text("text")
    (tmp_path / "link").symlink_to("a.tar.gz")
    for name in ("text", "link", "none", "."):
        assert list_archive(tmp_path / name) == []


def test_wildcards_match_folder_by_folder() -> None:
    """As builders walk, so that the last match of several wins in the same place as there."""
    tree = SourceTree(["conf-prod/s.py", "conf/s.py", "conf.d/s.py"], lambda _: None)
    found = [each.path for each in tree.find_sources("*/s.py")]
    assert found == ["conf/s.py", "conf-prod/s.py", "conf.d/s.py"]
