"""Finding pictures and their classes."""

import re
from collections import Counter
from pathlib import Path

import pytest
from samples import jpeg, kaggle, kaggle_download, make_folder, make_zip

from catsdogs.data import dataset, split, summary
from catsdogs.errors import CatsdogsError


def counts(path: Path, cache: Path) -> dict[str, int]:
    _, found = dataset.open_data(str(path), cache, 0)
    return dict(Counter(picture.label for picture in found.pictures))


def classes(*labels: str, count: int = 3) -> dict[str, bytes]:
    return {f"{label}/{n}.jpg": jpeg(label, n) for label in labels for n in range(count)}


def test_kaggles_download_is_read(tmp_path: Path) -> None:
    """Zip files in a zip file: the classes are in the names, and the test pictures have none."""
    _, found = dataset.open_data(
        str(kaggle_download(tmp_path / "dogs-vs-cats.zip")), tmp_path / "cache", 0
    )
    assert Counter(picture.label for picture in found.pictures) == {"cat": 10, "dog": 10}
    assert len(found.unlabelled) == 3


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (kaggle(3), {"cat": 3, "dog": 3}),
        (
            {name.removeprefix("train/"): content for name, content in kaggle(3).items()},
            {"cat": 3, "dog": 3},
        ),
        (classes("cats", "dogs", "größere Katzen"), {"cats": 3, "dogs": 3, "größere Katzen": 3}),
        (
            {f"PetImages/{name}": content for name, content in classes("Cat", "Dog").items()},
            {"Cat": 3, "Dog": 3},
        ),
        (
            {f"train/{n}s/{n}.{i}.jpg": jpeg(n, i) for n in ("cat", "dog") for i in range(3)},
            {"cats": 3, "dogs": 3},
        ),
        (
            classes("cat", "dog")
            | {"__MACOSX/cat/._1.jpg": b"x", "cat/.hidden.jpg": b"x", "a.txt": b"x"},
            {"cat": 3, "dog": 3},
        ),
    ],
    ids=[
        "kaggle",
        "kaggle-flat",
        "three-classes",
        "one-folder-down",
        "kaggle-names-in-class-folders",
        "litter",
    ],
)
@pytest.mark.parametrize("make", [make_zip, make_folder], ids=["zip", "folder"])
def test_layouts(
    tmp_path: Path, make: object, members: dict[str, bytes], expected: dict[str, int]
) -> None:
    """Each known layout gives the same classes from a zip file and from a folder."""
    assert callable(make)
    assert counts(make(tmp_path / "a set.zip", members), tmp_path / "cache") == expected


def test_broken_pictures_are_set_aside(tmp_path: Path) -> None:
    """A text file and a truncated picture are named and counted; the other pictures are used."""
    members = classes("cat", "dog") | {
        "cat/broken.jpg": jpeg("cat", 9)[:-300],
        "dog/notes.png": b"not a picture",
    }
    _, found = dataset.open_data(str(make_folder(tmp_path / "set", members)), tmp_path / "cache", 0)
    assert {one.name for one in found.aside} == {"cat/broken.jpg", "dog/notes.png"}
    assert len(found.pictures) == 6
    assert "2 set aside:" in summary.describe(found)


def test_a_file_under_two_classes_is_set_aside(tmp_path: Path) -> None:
    """If a cat and a dog have the same bytes, both are set aside, with the reason."""
    members = classes("cat", "dog") | {
        "cat/same.jpg": jpeg("cat", 50),
        "dog/same.jpg": jpeg("cat", 50),
    }
    _, found = dataset.open_data(str(make_folder(tmp_path / "set", members)), tmp_path / "cache", 0)
    assert {(one.name, one.reason) for one in found.aside} == {
        ("cat/same.jpg", "the same file has the classes cat and dog"),
        ("dog/same.jpg", "the same file has the classes cat and dog"),
    }


def test_a_second_run_reads_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data set is cached until a file changes."""
    folder = make_folder(tmp_path / "set", classes("cat", "dog"))
    assert counts(folder, tmp_path / "cache") == {"cat": 3, "dog": 3}
    with monkeypatch.context() as patch:
        patch.setattr(dataset, "look", lambda _: pytest.fail("read again"))
        assert counts(folder, tmp_path / "cache") == {"cat": 3, "dog": 3}
    (folder / "dog" / "new.jpg").write_bytes(jpeg("dog", 77))
    assert counts(folder, tmp_path / "cache") == {"cat": 3, "dog": 4}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"readme.txt": b"nothing"}, "no pictures"),
        (classes("cat"), "only one class, 'cat'"),
        (classes("cat", "dog") | {"../../evil.jpg": b"x"}, "leads outside"),
        (classes("cat", "dog") | {"/etc/evil.jpg": b"x"}, "leads outside"),
        (classes("cat", "dog") | {"dog\\..\\..\\evil.jpg": b"x"}, "leads outside"),
        (classes("cat", "dog") | {"bird/": b""}, "'bird' has no pictures"),
        (classes("cat", "dog") | {"bird/1.jpg": b"broken"}, "'bird' has no pictures"),
        (classes("cat", "dog") | {"bird/1.jpg": jpeg("bird", 1)}, "'bird' has only one picture"),
        ({"one.jpg": jpeg("cat", 1), "two.jpg": jpeg("cat", 2)}, "cannot find the class of"),
    ],
    ids=[
        "no-pictures",
        "one-class",
        "climbs",
        "absolute",
        "backslashes",
        "empty-class",
        "all-broken",
        "one-picture",
        "loose",
    ],
)
def test_bad_zip_files_are_refused_with_the_reason(
    tmp_path: Path, members: dict[str, bytes], message: str
) -> None:
    """Useless and hostile zip files are refused with the reason; nothing is written outside of the
    cache.
    """
    path = make_zip(tmp_path / "set.zip", members)
    with pytest.raises(CatsdogsError, match=message):
        split.split(dataset.open_data(str(path), tmp_path / "room" / "cache", 0)[1].pictures, 0)
    assert {entry.name for entry in tmp_path.iterdir()} <= {"set.zip", "room"}


def test_an_empty_class_folder_is_named(tmp_path: Path) -> None:
    """A class folder without pictures is an error, not one class fewer."""
    folder = make_folder(tmp_path / "set", classes("cat", "dog"))
    (folder / "bird").mkdir()
    with pytest.raises(CatsdogsError, match="'bird' has no pictures"):
        dataset.open_data(str(folder), tmp_path / "cache", 0)


def test_kaggles_download_zipped_once_more_is_read(tmp_path: Path) -> None:
    """Zip files are read three levels deep, and no deeper, because some contain themselves."""
    inner = kaggle_download(tmp_path / "dogs-vs-cats.zip").read_bytes()
    path = make_zip(tmp_path / "outer.zip", {"dogs-vs-cats.zip": inner})
    assert counts(path, tmp_path / "cache") == {"cat": 10, "dog": 10}
    deeper = make_zip(tmp_path / "deeper.zip", {"outer.zip": path.read_bytes()})
    with pytest.raises(CatsdogsError, match="no pictures in the data"):
        counts(deeper, tmp_path / "cache")


@pytest.mark.parametrize("inner", [False, True], ids=["picture", "inner"])
def test_a_locked_zip_file_is_refused(tmp_path: Path, inner: bool) -> None:
    """An encrypted zip file is refused, whether it contains pictures or an inner zip file."""
    members = (
        {"train.zip": make_zip(tmp_path / "train.zip", kaggle(3)).read_bytes()}
        if inner
        else kaggle(3)
    )
    path = make_zip(tmp_path / "set.zip", members)
    content = bytearray(path.read_bytes())
    # The flags of each entry in the listing are eight bytes after its signature.
    for found in re.finditer(rb"PK\x01\x02", content):
        content[found.start() + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(CatsdogsError, match="protected with a password"):
        counts(path, tmp_path / "cache")


@pytest.mark.parametrize("inner", [False, True], ids=["outer", "inner"])
def test_a_truncated_zip_file_is_refused(tmp_path: Path, inner: bool) -> None:
    """An incomplete download is refused, also inside another zip file."""
    path = make_zip(tmp_path / "train.zip", kaggle(3))
    path.write_bytes(path.read_bytes()[:-500])
    if inner:
        path = make_zip(tmp_path / "outer.zip", {"train.zip": path.read_bytes()})
    with pytest.raises(CatsdogsError, match="not a complete zip file"):
        dataset.open_data(str(path), tmp_path / "cache", 0)


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    """The error names the missing path."""
    with pytest.raises(CatsdogsError, match=r"no file or folder at `.*missing\.zip`"):
        dataset.open_data(str(tmp_path / "missing.zip"), tmp_path / "cache", 0)
