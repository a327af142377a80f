"""The folders and names of data sets, as other people have them."""

import re
from collections import Counter
from pathlib import Path

import pytest
from layouts import LAYOUTS, SIDE, Members, counts, heic, kaggles, numbers, opened, some, spread
from PIL import Image
from samples import jpeg, make_folder, make_zip

from catsdogs.data import pictures, split, summary
from catsdogs.data.labels import one_line
from catsdogs.data.layout import understand
from catsdogs.errors import CatsdogsError


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
