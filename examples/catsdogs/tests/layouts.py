"""Data sets as other people have them: each with its classes, and how many pictures each has."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from samples import jpeg, make_folder, make_tar, make_zip

from catsdogs.data import dataset
from catsdogs.data.dataset import Data

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


# Each layout, with the classes and numbers that somebody would name.
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
