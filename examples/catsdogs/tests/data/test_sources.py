"""Sources of pictures: archives, and folders of archives."""

import contextlib
import io
import os
import shutil
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from samples import jpeg, kaggle, make_folder, make_tar, make_zip

from catsdogs.data import dataset
from catsdogs.data.sources import open_source
from catsdogs.errors import CatsdogsError


def damaged_zip(compression: int, members: dict[str, bytes], damaged: str) -> bytes:
    """A zip file in which the compressed data of one member is overwritten."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        info = archive.getinfo(damaged)
    data = bytearray(buffer.getvalue())
    # After the member's header of 30 bytes and its name, and LZMA's header of 9.
    start = (
        info.header_offset
        + 30
        + len(damaged.encode())
        + (9 if compression == zipfile.ZIP_LZMA else 0)
    )
    data[start : start + 64] = b"\xff" * 64
    return bytes(data)


def classes(numbers: range) -> dict[str, bytes]:
    return {
        f"./{label}/{n}.jpg": jpeg(label, n) for label in ("cat", "größerer dog") for n in numbers
    }


def counts(path: Path, cache: Path) -> Counter[str]:
    _, found = dataset.open_data(str(path), cache, 0)
    return Counter(picture.label for picture in found.pictures)


def test_a_tar_file_is_read_in_place(tmp_path: Path) -> None:
    """Its folders are classes, and its members have the same bytes as before."""
    path = make_tar(tmp_path / "set.tar", classes(range(4)))
    assert counts(path, tmp_path / "cache") == {"cat": 4, "größerer dog": 4}
    source = open_source(path, tmp_path / "cache")
    assert source.read("cat/3.jpg") == jpeg("cat", 3)
    assert source.folders() == ["cat", "größerer dog"]


def test_a_folder_of_archives_is_one_set(tmp_path: Path) -> None:
    """Shards of both kinds are read together, and a new shard is noticed."""
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(3):
        make_tar(folder / f"{number}.tar", classes(range(4 * number, 4 * number + 4)))
    assert counts(folder, tmp_path / "cache") == {"cat": 12, "größerer dog": 12}
    make_zip(folder / "3.zip", classes(range(12, 14)))
    assert counts(folder, tmp_path / "cache") == {"cat": 14, "größerer dog": 14}


def test_kaggles_download_unpacked_once_is_read(tmp_path: Path) -> None:
    """A folder with the zip files of the download is read like the download."""
    folder = tmp_path / "dogs-vs-cats"
    folder.mkdir()
    make_zip(folder / "train.zip", kaggle(5))
    make_zip(folder / "test1.zip", {"test1/1.jpg": jpeg("cat", 1)})
    assert counts(folder, tmp_path / "cache") == {"cat": 5, "dog": 5}


@pytest.mark.parametrize("damage", ["cut short", "climbing", "not a tar file"])
def test_bad_tar_files_are_refused_with_the_reason(tmp_path: Path, damage: str) -> None:
    """Compressed, truncated and hostile tar files are refused."""
    path = make_tar(tmp_path / "set.tar", classes(range(4)))
    if damage == "cut short":
        path.write_bytes(path.read_bytes()[:3000])
    elif damage == "climbing":
        make_tar(path, {"../cat/1.jpg": b"x"})
    elif damage == "not a tar file":
        path.write_bytes(b"hello" * 500)
    with pytest.raises(CatsdogsError, match=r"not a complete tar file|leads outside"):
        counts(path, tmp_path / "cache")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_compressed_tar_files_are_unpacked_once(tmp_path: Path, kind: str) -> None:
    """They are recognized by their content; one that is cut short is an error."""
    path = make_tar(tmp_path / f"set.tar.{kind}", classes(range(3)), f"w:{kind}")
    expected = {"cat": 3, "größerer dog": 3}
    assert counts(path, tmp_path / "cache") == expected
    (copy,) = (tmp_path / "cache/archives").iterdir()
    written = copy.stat().st_mtime_ns
    shutil.rmtree(tmp_path / "cache/looks")
    assert counts(path, tmp_path / "cache") == expected
    assert copy.stat().st_mtime_ns == written
    (tmp_path / "folder").mkdir()
    only = path.rename(tmp_path / "folder/set.tgz")
    assert counts(only.parent, tmp_path / "cache") == expected
    only.write_bytes(only.read_bytes()[:-30])
    with pytest.raises(CatsdogsError, match=r"`set\.tgz` is damaged or incomplete"):
        counts(only, tmp_path / "cache")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("set.7z", b"7z\xbc\xaf'\x1c" + bytes(50), r"`set\.7z` is a 7-Zip archive"),
        ("set.zip", b"Rar!\x1a\x07\x01", r"`set\.zip` is a RAR archive"),
        ("a.jpg", jpeg("cat", 1), r"`a\.jpg` is a single picture"),
        ("labels.csv", b"id,label\n", "is not a folder, a zip file or a tar file"),
        ("empty", b"", "is not a folder, a zip file or a tar file"),
    ],
)
def test_a_file_that_is_no_archive_is_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    """The error tells what it is, whatever its suffix."""
    make_folder(tmp_path, {name: content})
    with pytest.raises(CatsdogsError, match=message):
        counts(tmp_path / name, tmp_path / "cache")


def test_a_named_pipe_is_set_aside(tmp_path: Path) -> None:
    """Reading one would wait for ever."""
    folder = make_folder(tmp_path / "set", classes(range(3)))
    os.mkfifo(folder / "cat/pipe.jpg")
    _, found = dataset.open_data(str(folder), tmp_path / "cache", 0)
    assert [(one.name, one.reason) for one in found.aside] == [("cat/pipe.jpg", "not a file")]


COMPRESSIONS = pytest.mark.parametrize(
    "compression",
    [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
    ids=["stored", "deflate", "bzip2", "lzma"],
)


@COMPRESSIONS
def test_a_damaged_picture_in_a_zip_file_is_set_aside(tmp_path: Path, compression: int) -> None:
    """With any compression, a damaged picture is set aside, and the others are used."""
    path = tmp_path / "set.zip"
    path.write_bytes(damaged_zip(compression, kaggle(3), "train/cat.1.jpg"))
    _, found = dataset.open_data(str(path), tmp_path / "cache", 0)
    assert [one.name for one in found.aside] == ["train/cat.1.jpg"]
    assert found.aside[0].reason.startswith("damaged in the zip file: ")
    assert Counter(picture.label for picture in found.pictures) == {"cat": 2, "dog": 3}


@COMPRESSIONS
def test_a_damaged_zip_file_in_a_zip_file_is_refused(tmp_path: Path, compression: int) -> None:
    """With any compression, the error names the damaged inner zip file, and no part of it is
    kept.
    """
    inner = make_zip(tmp_path / "train.zip", kaggle(3)).read_bytes()
    path = tmp_path / "outer.zip"
    path.write_bytes(damaged_zip(compression, {"train.zip": inner}, "train.zip"))
    with pytest.raises(
        CatsdogsError, match=r"`train\.zip` in `outer\.zip` is not a complete zip file"
    ):
        counts(path, tmp_path / "cache")
    assert not list((tmp_path / "cache" / "archives").iterdir())


def test_a_full_disk_is_not_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk is too full for an inner zip file, the error is that, not that it is damaged."""
    path = make_zip(
        tmp_path / "outer.zip",
        {"train.zip": make_zip(tmp_path / "train.zip", kaggle(3)).read_bytes()},
    )
    with monkeypatch.context() as patch:
        patch.setattr(
            "catsdogs.data.archives.aside", lambda _: contextlib.nullcontext(Path("/dev/full"))
        )
        with pytest.raises(OSError, match="No space left"):
            counts(path, tmp_path / "cache")


def test_a_zip_file_of_an_unknown_version_is_refused(tmp_path: Path) -> None:
    """A listing that requires an unknown version of the format is damaged."""
    path = make_zip(tmp_path / "set.zip", kaggle(3))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 255
    path.write_bytes(content)
    with pytest.raises(CatsdogsError, match="not a complete zip file"):
        counts(path, tmp_path / "cache")


def test_a_dangling_link_is_set_aside(tmp_path: Path) -> None:
    """A dangling link among the pictures is set aside, with the reason, until its target exists."""
    folder = make_folder(tmp_path / "set", classes(range(3)))
    (folder / "cat" / "z.jpg").symlink_to(tmp_path / "missing.jpg")
    _, found = dataset.open_data(str(folder), tmp_path / "cache", 0)
    assert [(one.name, one.reason) for one in found.aside] == [
        ("cat/z.jpg", "No such file or directory")
    ]
    assert len(found.pictures) == 6
    (tmp_path / "missing.jpg").write_bytes(jpeg("cat", 9))
    assert counts(folder, tmp_path / "cache") == {"cat": 4, "größerer dog": 3}


@pytest.mark.parametrize("leads", ["back", "out"])
def test_a_tar_file_with_an_impossible_size_is_refused(tmp_path: Path, leads: str) -> None:
    """A negative size, which would repeat the same members for ever, and a huge one are damage."""
    path = make_tar(tmp_path / "set.tar", classes(range(2)))
    with tarfile.open(path) as archive:
        second = archive.getmembers()[1].offset
        end = archive.offset
    header = bytearray(tarfile.TarInfo("cat/9.jpg").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = tarfile.itn(
        second - end - len(header) if leads == "back" else 2**80, 12, tarfile.GNU_FORMAT
    )
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]
    path.write_bytes(path.read_bytes()[:end] + header + bytes(10240))
    with pytest.raises(CatsdogsError, match="not a complete tar file"):
        counts(path, tmp_path / "cache")
