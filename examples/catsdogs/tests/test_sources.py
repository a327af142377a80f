"""Where pictures lie: archives, and folders of them."""

import io
import tarfile
from collections import Counter
from pathlib import Path

import pytest
from samples import jpeg, kaggle, make_zip

from catsdogs import data
from catsdogs.errors import Failure
from catsdogs.sources import open_source


def make_tar(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    """A tar file with these members."""
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def classes(numbers: range) -> dict[str, bytes]:
    return {f"./{label}/{n}.jpg": jpeg(label, n) for label in ("cat", "größerer dog") for n in numbers}


def counts(path: Path, cache: Path) -> Counter[str]:
    _, found = data.open_data(str(path), cache, 0)
    return Counter(picture.label for picture in found.pictures)


def test_a_tar_file_is_read_where_it_lies(tmp_path: Path) -> None:
    """Its folders are classes, and its members come out byte by byte."""
    path = make_tar(tmp_path / "set.tar", classes(range(4)))
    assert counts(path, tmp_path / "cache") == {"cat": 4, "größerer dog": 4}
    source = open_source(path, tmp_path / "cache")
    assert source.read("cat/3.jpg") == jpeg("cat", 3)
    assert source.folders() == ["cat", "größerer dog"]


def test_a_folder_of_archives_is_one_set(tmp_path: Path) -> None:
    """Shards of either kind are read together; a shard more or less is noticed."""
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(3):
        make_tar(folder / f"{number}.tar", classes(range(4 * number, 4 * number + 4)))
    assert counts(folder, tmp_path / "cache") == {"cat": 12, "größerer dog": 12}
    make_zip(folder / "3.zip", classes(range(12, 14)))
    assert counts(folder, tmp_path / "cache") == {"cat": 14, "größerer dog": 14}


def test_kaggles_download_unpacked_once_is_read(tmp_path: Path) -> None:
    """A folder with the zip files that the download holds is as good as the download."""
    folder = tmp_path / "dogs-vs-cats"
    folder.mkdir()
    make_zip(folder / "train.zip", kaggle(5))
    make_zip(folder / "test1.zip", {"test1/1.jpg": jpeg("cat", 1)})
    assert counts(folder, tmp_path / "cache") == {"cat": 5, "dog": 5}


@pytest.mark.parametrize("damage", ["compressed", "cut short", "climbing", "not a tar file"])
def test_bad_tar_files_are_refused_in_words(tmp_path: Path, damage: str) -> None:
    """What cannot be read in place, is not whole, or would lead out of it is named, with what to do."""
    path = make_tar(tmp_path / "set.tar", classes(range(4)), "w:gz" if damage == "compressed" else "w")
    if damage == "cut short":
        path.write_bytes(path.read_bytes()[:3000])
    elif damage == "climbing":
        make_tar(path, {"../cat/1.jpg": b"x"})
    elif damage == "not a tar file":
        path.write_bytes(b"hello" * 500)
    with pytest.raises(Failure, match=r"not a whole tar file|leads out of it"):
        counts(path, tmp_path / "cache")
