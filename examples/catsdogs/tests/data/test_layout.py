"""The folders and names of data sets, as other people have them."""

import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from samples import jpeg, make_folder, make_tar, make_zip

from catsdogs.data import dataset, pictures, split, summary
from catsdogs.data.dataset import Data
from catsdogs.data.labels import one_line
from catsdogs.data.layout import understand
from catsdogs.errors import CatsdogsError

Members = dict[str, bytes]
SIDE = 12  # px: pictures are small, as only their places matter


def some(*folders: str, count: int = 3) -> Members:
    """`count` pictures in each folder."""
    return {f"{folder}/{n}.jpg": jpeg(folder, n, SIDE) for folder in folders for n in range(count)}


def masks(*folders: str) -> Members:
    """A mask for each picture of `some` in a folder of the same name."""
    return {name.replace(".jpg", ".png"): data for name, data in some(*folders).items()}


def kaggles(folder: str = "", *, count: int = 3) -> Members:
    """`count` pictures of each class, named as Kaggle's."""
    return {
        f"{folder}{label}.{n}.jpg": jpeg(f"{folder}{label}", n, SIDE)
        for label in ("cat", "dog")
        for n in range(count)
    }


def numbers(folder: str = "", count: int = 3) -> Members:
    """`count` pictures with numbers as names."""
    return {f"{folder}{n}.jpg": jpeg(folder, 50 + n, SIDE) for n in range(count)}


def zipped(members: Members, room: Path) -> bytes:
    return make_zip(room / "inner.zip", members).read_bytes()


def opened(path: Path, **how: str) -> Data:
    _, found = dataset.open_data(str(path), path.parent / "cache", 0, **how)
    return found


def counts(found: Data) -> dict[str, int]:
    """The number of pictures of each class; of those without one under an empty name."""
    return dict(Counter(picture.label for picture in found.pictures + found.unlabelled))


def heic() -> bytes:
    """The beginning of a HEIC file."""
    return b"\0\0\0\x18ftypheic" + bytes(100)


def linked(room: Path) -> Path:
    """Folders and files that are links, out of the set and back into it."""
    make_folder(room / "elsewhere", some("dogs"))
    root = make_folder(room / "set", some("cats"))
    (root / "dogs").symlink_to(room / "elsewhere/dogs")
    (root / "cats/again").symlink_to("..")
    (root / "all").mkdir()
    (root / "all/cats").symlink_to("../cats")
    (root / "cats/9.jpg").symlink_to("../dogs/0.jpg")
    (root / "all/one.jpg").write_bytes(jpeg("bird", 1, SIDE))
    (root / "all/two.jpg").write_bytes(jpeg("bird", 2, SIDE))
    return root


def read_only(room: Path) -> Path:
    """A set that cannot be written to, not even by its owner."""
    root = make_folder(room / "set", some("cats", "dogs"))
    for path in [*root.rglob("*"), root]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    return root


def folder(members: Members) -> Callable[[Path], Path]:
    return lambda room: make_folder(room / "set", members)


def archive(members: Members) -> Callable[[Path], Path]:
    return lambda room: make_zip(room / "set.zip", members)


def spread(classes: dict[str, int]) -> Members:
    return {k: v for name, count in classes.items() for k, v in some(name, count=count).items()}


# Each layout, with the classes and numbers that a person would name.
LAYOUTS: dict[str, tuple[Callable[[Path], Path], dict[str, int]]] = {
    "nested": (
        folder(some("cats/2019/jan", "cats/2020", "dogs", "dogs/old/a/b")),
        {"cats": 6, "dogs": 6},
    ),
    "pre-split": (
        folder(some(*(f"{part}/{x}" for part in ("train", "validation", "test") for x in "ab"))),
        {"a": 9, "b": 9},
    ),
    "pre-split-below-a-folder": (
        archive(some("set/train/cats", "set/train/dogs", "set/val/cats", "set/val/dogs")),
        {"cats": 6, "dogs": 6},
    ),
    "training-and-pictures-to-predict": (
        folder(some("train/cats", "train/dogs") | numbers("test/")),
        {"cats": 3, "dogs": 3, "": 3},
    ),
    "unpacked-twice": (
        folder(kaggles("train/train/") | numbers("test1/test1/")),
        {"cat": 3, "dog": 3, "": 3},
    ),
    "three-classes": (folder(some("cats", "dogs", "frogs")), {"cats": 3, "dogs": 3, "frogs": 3}),
    "classes-with-names-of-parts": (
        folder(some("train", "test tubes", "test", "img", "bus")),
        {"train": 3, "test tubes": 3, "test": 3, "img": 3, "bus": 3},
    ),
    "masks-beside-pictures": (
        folder(some("images/cats", "images/dogs") | masks("masks/cats", "masks/dogs")),
        {"cats": 3, "dogs": 3},
    ),
    "masks-among-pictures": (
        folder({f"{x}/{x} ({n}){end}.png": jpeg(x + end, n, SIDE) for x in ("benign", "normal")
                for n in range(3) for end in ("", "_mask", "_mask_1")}),
        {"benign": 3, "normal": 3},
    ),
    "masks-are-what-is-shown": (
        folder(some("mask", "no_mask")), {"mask": 3, "no_mask": 3}
    ),
    "numbers-in-a-test-class": (folder(some("cat", "dog", "test1")), dict.fromkeys(
        ("cat", "dog", "test1"), 3
    )),
    "kaggles-names-in-a-class": (
        folder(kaggles("pets/") | some("cars")),
        {"pets": 6, "cars": 3},
    ),
    "one-stray-file": (
        folder(some("cats", "dogs") | {"stray.jpg": jpeg("x", 1, SIDE)}),
        {"cats": 3, "dogs": 3},
    ),
    "one-stray-file-among-kaggles": (
        folder(kaggles("train/") | {"train/stray.jpg": jpeg("x", 1, SIDE)}),
        {"cat": 3, "dog": 3},
    ),
    "flat-with-numbers": (
        archive(kaggles() | numbers("test1/")),
        {"cat": 3, "dog": 3, "": 3},
    ),
    "PetImages": (
        archive(
            some("PetImages/Cat", "PetImages/Dog")
            | {"PetImages/Cat/Thumbs.db": b"x", "readme[1].txt": b"x", "PetImages/Cat/666.jpg": b""}
        ),
        {"Cat": 3, "Dog": 3},
    ),
    "zip-in-zip": (
        lambda room: make_zip(
            room / "set.zip",
            {
                "train.zip": zipped(kaggles("train/"), room),
                "test1.zip": zipped(numbers("test1/"), room),
                "sampleSubmission.csv": b"id,label\n",
            },
        ),
        {"cat": 3, "dog": 3, "": 3},
    ),
    "a-zip-of-each-class": (
        lambda room: make_zip(
            room / "set.zip",
            {
                "pets/cats.zip": zipped(numbers(), room),
                "pets/dogs.zip": zipped(numbers("dogs/"), room),
            },
        ),
        {"cats": 3, "dogs": 3},
    ),
    "backslashes": (
        archive(
            {name.replace("/", "\\"): data for name, data in some("pets/cats", "pets/dogs").items()}
            | {"pets\\": b"", "pets\\cats\\": b""}
        ),
        {"cats": 3, "dogs": 3},
    ),
    "look-alikes": (
        folder({f"{x}/{n}.jpg": jpeg(x, 1, SIDE + n) for x in ("cats", "dogs") for n in range(9)}),
        {"cats": 9, "dogs": 9},
    ),
    "imbalance": (folder(spread({"cats": 95, "dogs": 5})), {"cats": 95, "dogs": 5}),
    "unicode": (
        folder(
            some("Hunde 🐕", "größere Katzen", "猫")
            | {"gro\u0308ßere Katzen/decomposed.jpg": jpeg("z", 1, SIDE)}
        ),
        {"Hunde 🐕": 3, "größere Katzen": 4, "猫": 3},
    ),
    "not-in-unicode": (
        folder(some("cats", os.fsdecode("V\u00f6gel".encode("latin-1")))),
        {"cats": 3, "Vögel": 3},
    ),
    "links": (linked, {"all": 2, "cats": 3, "dogs": 2}),
    "read-only": (read_only, {"cats": 3, "dogs": 3}),
    "__MACOSX": (
        archive(
            some("pets/cats", "pets/dogs")
            | {f"__MACOSX/pets/cats/._{n}.jpg": b"\0\5\26\7" for n in range(3)}
            | {"pets/.DS_Store": b"x", "pets/@eaDir/cats/1.jpg": jpeg("x", 3, SIDE)}
        ),
        {"cats": 3, "dogs": 3},
    ),
    "suffixes": (
        folder(
            some("dogs")
            | {f"cats/{n}": jpeg("cats", k, SIDE) for k, n in enumerate(("1", "2.jpe", "3.JFIF"))}
            | {"cats/readme": b"no picture", "cats/4.jpg!d": jpeg("cats", 9, SIDE)}
        ),
        {"cats": 4, "dogs": 3},
    ),
    "folders-with-a-prefix": (
        folder(
            some(*(f"seg_{x}/seg_{x}/{y}" for x in ("train", "test") for y in ("sea", "ice")))
            | numbers("seg_pred/seg_pred/")
        ),
        {"ice": 6, "sea": 6, "": 3},
    ),
    "a-folder-to-predict": (
        folder(
            some(*(f"dataset/{x}_set/{y}" for x in ("training", "test") for y in ("cats", "dogs")))
            | {f"dataset/single_prediction/cat_or_dog_{n}.jpg": jpeg("x", n, SIDE) for n in (1, 2)}
        ),
        {"cats": 6, "dogs": 6, "": 2},
    ),
    "copies-among-kaggles": (
        folder(
            kaggles("train/")
            | {f"train/cat ({n}).jpg": jpeg("c", n, SIDE) for n in range(2)}
            | {"train/dog.1 (2).jpg": jpeg("d", 1, SIDE), "train/dog.2 - Copy.jpg": jpeg("d", 2, 9)}
        ),
        {"cat": 5, "dog": 5},
    ),
    "a-compressed-tar": (
        lambda room: make_tar(room / "set.tgz", some("pets/cats", "pets/dogs"), "w:gz"),
        {"cats": 3, "dogs": 3},
    ),
    "damage": (
        folder(
            some("cats", "dogs")
            | {"cats/zero.jpg": b"", "dogs/cut.jpg": jpeg("x", 1, 60)[:300]}
            | {"cats/page.jpg": b"<!DOCTYPE html>", "dogs/line\nbreak.jpg": b"x"}
        ),
        {"cats": 3, "dogs": 3},
    ),
    "numbers-with-the-same-folders": (
        folder(some(*(f"{digit}/{x}" for digit in (0, 1) for x in ("light", "dark")))),
        {"0": 6, "1": 6},
    ),
    "other-folders": (
        folder(some("cats", "dogs") | {"labels/1.txt": b"0 1 1", "docs/a/readme.md": b"x"}),
        {"cats": 3, "dogs": 3},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_classes_are_those_that_a_person_would_name(tmp_path: Path, name: str) -> None:
    """Every layout gives its classes, and as many pictures of each as there are; nothing in the
    data is changed. Each can be split.
    """
    make, expected = LAYOUTS[name]
    path = make(tmp_path)
    before = sorted(path.rglob("*"))
    found = opened(path)
    assert counts(found) == expected
    assert sorted(path.rglob("*")) == before
    rows = split.divide(found.pictures, 0)
    assert Counter(row.label for row in rows) == {
        label: count for label, count in expected.items() if label
    }
    lines = summary.understood(found, rows, "")
    assert len(lines) == 2
    assert all(any(one_line(row.path) in line for row in rows) for line in lines)


PARTS = ("train/cats", "train/dogs", "test/cats", "test/dogs")


@pytest.mark.parametrize(
    ("members", "message", "hint"),
    [
        (
            some("train/cats", "train/dogs", "test/cats", "test/birds"),
            r"the folders 'test', 'train', or the folders in them: the folders in 'test' are "
            r"'birds', 'cats', and those to train on 'cats', 'dogs'",
            "`CLASSES=top` for the first, or `CLASSES=parts` for the second",
        ),
        (
            some(*PARTS, "extra"),
            r"top folders 'extra', 'test', 'train', or 'cats', 'dogs' in 'train'",
            "`CLASSES=top` for the top folders. Otherwise move 'extra' elsewhere",
        ),
        (
            kaggles("train/") | some("test1", "extra"),
            r"top folders 'extra', 'test1', 'train', or 'cat', 'dog' in 'train'",
            "`CLASSES=top`",
        ),
        (some("train", "test"), "nothing says what they show", "`CLASSES=top`"),
        (
            some("cats", "dogs") | numbers(),
            r"the class of '0\.jpg' and 2 other pictures beside the folders 'cats', 'dogs'",
            "`CLASSES=top` to leave them out",
        ),
        (
            {f"{x}_{n}.jpg": b"" for x in ("cat", "dog") for n in range(3)},
            r"their names may say 'cat', 'dog', or nothing",
            "`CLASSES=names` if they do",
        ),
        (
            numbers(),
            r"the class of '0\.jpg' and 2 other pictures in one folder",
            "folder per class",
        ),
        (
            some(*(f"{year}/{x}" for year in (2019, 2020) for x in ("cats", "dogs"))),
            r"the folders '2019', '2020', or the folders in them: all have 'cats', 'dogs'",
            "`CLASSES=top` for the first, or `CLASSES=last` for the second",
        ),
        (
            {f"images/{x}_{n}.jpg": b"" for x in ("american_bulldog", "Bombay") for n in range(3)},
            r"their names may say 'Bombay', 'american_bulldog', or nothing",
            "`CLASSES=names` if they do",
        ),
    ],
    ids=[
        "other-classes",
        "beside",
        "kaggles-beside",
        "parts-only",
        "loose",
        "words",
        "numbers",
        "years",
        "words-in-a-folder",
    ],
)
def test_what_can_be_meant_in_two_ways_is_refused(
    members: Members, message: str, hint: str
) -> None:
    """The error gives the readings, and the setting that decides."""
    with pytest.raises(CatsdogsError, match=message) as caught:
        understand(members, [])
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("members", "how", "expected"),
    [
        (some(*PARTS, "extra"), "top", {"extra": 3, "train": 6, "test": 6}),
        (some("train/cats", "train/dogs", "test/birds", "test/cats"), "parts",
         {"cats": 6, "dogs": 3, "birds": 3}),
        ({f"{x}_{n}.jpg": b"" for x in ("cat", "dog") for n in range(3)} | numbers("test/"),
         "names", {"cat": 3, "dog": 3, "": 3}),
        (some("a/cats", "a/dogs", "b/cats"), "last", {"cats": 6, "dogs": 3}),
    ],
    ids=["top", "parts", "names", "last"],
)  # fmt: skip
def test_a_setting_decides(members: Members, how: str, expected: dict[str, int]) -> None:
    """CLASSES= tells where the classes are."""
    layout = understand(members, [], how)
    assert Counter(layout.labels.values()) == expected
    with pytest.raises(CatsdogsError, match="invalid value `CLASSES=up`"):
        understand(members, [], "up")


def test_the_authors_split_is_used(tmp_path: Path) -> None:
    """Folders train, validation and test with the same classes are the split, unless another is
    chosen. A missing validation part comes out of the training part.
    """
    members = some(*(f"{part}/{x}" for part in ("train", "valid", "test") for x in "ab"), count=5)
    path = make_folder(tmp_path / "set", members)
    found = opened(path)
    rows = split.divide(found.pictures, 0)
    assert {(row.path.split("/")[0], row.part) for row in rows} == {
        ("train", "training"), ("valid", "validation"), ("test", "test"),
    }  # fmt: skip
    assert (
        split.divide(found.pictures, 0, "folders")
        == rows
        != split.divide(found.pictures, 0, "full")
    )
    lines = summary.understood(found, rows, "")
    assert lines[0].startswith("classes are the folders in train, validation and test: `valid/b/")
    assert "the split is the folders': `test/a/" in lines[1]

    for name in members:
        if name.startswith("valid/"):
            (path / name).unlink()
    without = opened(path)
    rows = split.divide(without.pictures, 0)
    assert Counter((row.path.split("/")[0], row.part) for row in rows) == {
        ("train", "training"): 8, ("train", "validation"): 2, ("test", "test"): 10,
    }  # fmt: skip
    moved = path / "train/a/0.jpg"
    moved.rename(path / "test/a/moved.jpg")
    assert opened(path).digest != without.digest  # a model of the other split is out of date
    with pytest.raises(CatsdogsError, match="`SPLIT=folders` needs folders train, validation"):
        split.divide(opened(make_folder(tmp_path / "new", some("a", "b"))).pictures, 0, "folders")


def test_heic_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pillow-heif, a class of nothing but HEIC is an error that names the package; among
    other pictures they are set aside.
    """
    only = {f"{x}/{n}.heic": heic() for x in ("cats", "dogs") for n in range(3)}
    with pytest.raises(
        CatsdogsError, match="'cats' has no pictures: HEIC, which needs `pillow-heif`: add it"
    ):
        opened(make_folder(tmp_path / "only", only))
    path = make_folder(tmp_path / "some", some("cats", "dogs") | {"cats/x.HEIC": heic()})
    assert [one.name for one in opened(path).aside] == ["cats/x.HEIC"]
    # Once pillow-heif is installed, the pictures are read again.
    monkeypatch.setattr(pictures, "readers", lambda: "-heic")
    monkeypatch.setattr(pictures, "decode", lambda _: Image.new("RGB", (9, 9)))
    assert not opened(path).aside


def test_other_files_are_counted_and_listed(tmp_path: Path) -> None:
    """Files that are no pictures are counted by suffix, and named in build/set-aside.csv."""
    members = some("cats", "dogs") | {"cats/1.mov": b"x", "notes.txt": b"x", "dogs/2.MOV": b"x"}
    members |= {"stray.jpg": jpeg("x", 1, SIDE)}
    found = opened(make_folder(tmp_path / "set", members))
    lines = summary.describe(found)
    assert "3 other files passed over: 2 .mov, 1 .txt" in lines
    assert "  stray.jpg: not in the folder of a class" in lines
    summary.write_aside(found, tmp_path / "aside.csv")
    assert (tmp_path / "aside.csv").read_text().splitlines()[1:] == [
        "stray.jpg,not in the folder of a class",
        'cats/1.mov,"not a picture, passed over"',
        'dogs/2.MOV,"not a picture, passed over"',
        'notes.txt,"not a picture, passed over"',
    ]


def test_many_classes_take_one_line(tmp_path: Path) -> None:
    """Of many classes the smallest and the largest are named."""
    classes = {f"bird {n}": 3 for n in range(30)}
    members = spread(classes)
    found = opened(make_folder(tmp_path / "set", members))
    assert summary.describe(found)[0] == "90 pictures of 30 classes, 3 of each"
    found = opened(make_folder(tmp_path / "set", spread({"bird 7": 5, "bird 8": 4})))
    assert summary.describe(found)[0] == (
        "93 pictures of 30 classes, from 3 of bird 0 to 5 of bird 7"
    )


def test_a_table_of_labels_is_named(tmp_path: Path) -> None:
    """A folder of pictures with a table of their labels is one class, and the hint names the table.
    An archive that is not read is named too.
    """
    members = {f"images/{n:08x}.jpg": jpeg("x", n, SIDE) for n in range(3)}
    for table, hint in (("labels.csv", "`labels.csv` are not read"), ("a.mov", "separate folder$")):
        with pytest.raises(CatsdogsError, match="only one class, 'images'") as caught:
            opened(make_folder(tmp_path / table, members | {table: b"id,label"}))
        assert re.search(hint, caught.value.hint)
    with pytest.raises(CatsdogsError, match=r"such as 'pets\.7z'") as caught:
        opened(make_folder(tmp_path / "packed", {"a.txt": b"", "pets.7z": b"7z"}))
    assert caught.value.hint.startswith("Unpack it")


@pytest.mark.parametrize(
    ("members", "folders"),
    [
        (some("cats"), ["dogs"]),
        (some("cats/2019", "cats/2020"), ["dogs"]),
        (some("cats", "birds") | {"dogs/1.mov": b"x"}, []),
        (some("train/cats", "train/birds", "test/cats", "test/birds"), ["train/dogs"]),
    ],
    ids=["one-left", "nested", "films", "in-a-part"],
)
@pytest.mark.parametrize("kind", ["folder", "zip", "backslashes"])
def test_an_empty_class_is_named(
    tmp_path: Path, kind: str, members: Members, folders: list[str]
) -> None:
    """A folder without pictures beside those of classes is an error, not one class fewer."""
    if kind == "folder":
        path = make_folder(tmp_path / "set", members)
        for name in folders:
            (path / name).mkdir()
    else:
        members = members | {f"{name}/": b"" for name in folders}
        if kind == "backslashes":
            members = {name.replace("/", "\\"): data for name, data in members.items()}
        path = make_zip(tmp_path / "set.zip", members)
    with pytest.raises(CatsdogsError, match="the class 'dogs' has no pictures"):
        opened(path)
