"""Find the class in the name of a picture, and what the name of a folder says."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

T = TypeVar("T")

# Kaggle's names, `cat.0.jpg`, also of copies, and others with a number: `cat_12.jpg`, `cat (3).png`
KAGGLE_NAME = re.compile(r"(?P<label>[^.]+)\.\d+( - Copy)?( ?\(\d+\))?\.[^.]+")
WORD_NAME = re.compile(r"(?P<label>[^.]*?[^\W\d_][^.]*?)[ ._-]*\(?\d+\)?(\.[^.]+)?")
NUMBER_NAME = re.compile(r"\d+(\.[^.]+)?")
# Folders whose names say when or how pictures were made, not what they show
NO_CLASS = re.compile(
    r"((19|20)\d\d|(fold|batch|session|camera|cam|images?|imgs?|masks?|photos?|pictures?)[ _-]?\d*)"
)
FEW = 20  # pictures elsewhere are exceptions if they are at most one, or one in so many
SET = r"([ _-]?(set|data|images?|imgs?|pictures?|photos?))?[ _-]?\d*"
PART_NAMES = {
    "training": re.compile(rf"(train|training){SET}"),
    "validation": re.compile(rf"(val|valid|validation|dev){SET}"),
    "test": re.compile(
        rf"(test|testing|(single[ _-]?)?(pred|predict|predictions?)|unlabell?ed){SET}"
    ),
}


@dataclass(frozen=True)
class Named:
    """The classes that the names of pictures give, the pictures without one, and whether the names
    are Kaggle's.
    """

    labels: dict[str, str]
    rest: list[str]
    kaggles: bool

    @property
    def classes(self) -> set[str]:
        """The classes."""
        return set(self.labels.values())

    @property
    def clear(self) -> bool:
        """Whether the names say what the classes are: Kaggle's, two classes, few exceptions."""
        return self.kaggles and len(self.classes) > 1 and few(self.rest, len(self.labels))


def by_name(names: Iterable[str]) -> Named:
    """Find the classes in Kaggle's names or, if most are others, in words that precede numbers."""
    names = list(names)
    labels, words = (_matched(names, pattern) for pattern in (KAGGLE_NAME, WORD_NAME))
    kaggles = 2 * len(labels) > len(names)
    if kaggles:  # `cat (1).jpg` beside `cat.1.jpg` is a cat too
        known = set(labels.values())
        labels = {name: word for name, word in words.items() if word in known} | labels
    else:
        labels = words
    return Named(labels, [name for name in names if name not in labels], kaggles)


def _matched(names: list[str], pattern: re.Pattern[str]) -> dict[str, str]:
    matches = ((name, pattern.fullmatch(PurePosixPath(name).name)) for name in names)
    return {name: composed(match["label"].rstrip()) for name, match in matches if match}


def numbered(names: Iterable[str]) -> bool:
    """Return whether all names are numbers, as those of Kaggle's pictures to predict."""
    return all(NUMBER_NAME.fullmatch(PurePosixPath(name).name) for name in names)


def composed(label: str) -> str:
    """Return a name with composed letters: macOS writes `ö` as two code points, others as one.

    A name that is not in UTF-8 is read as Windows and old systems write it.
    """
    try:
        label.encode()
    except UnicodeEncodeError:
        label = label.encode(errors="surrogateescape").decode("cp1252", errors="replace")
    return unicodedata.normalize("NFC", label)


def part_of(folder: str) -> str:
    """Return the part that a folder's name stands for: training, validation or test, or nothing."""
    return next((part for part, names in PART_NAMES.items() if names.fullmatch(folder.lower())), "")


def says_nothing(folder: str) -> bool:
    """Return whether a folder's name is a year, `fold1`, `images` or the like, not a class."""
    return bool(NO_CLASS.fullmatch(folder.lower()))


def without_prefix(folders: Mapping[str, T]) -> dict[str, T]:
    """Return `folders` without what precedes the part in all names: `seg_train` and `seg_test`."""
    first = next(iter(folders), "")
    for separator in re.finditer("[ _-]", first) if len(folders) > 1 else ():
        prefix = first[: separator.end()]
        if all(name.startswith(prefix) and part_of(name[len(prefix) :]) for name in folders):
            return {name[len(prefix) :]: folder for name, folder in folders.items()}
    return dict(folders)


def few(names: list[str], others: int) -> bool:
    """Return whether `names` are exceptions among so many others."""
    return len(names) <= max(1, others // FEW)


def one_line(text: str) -> str:
    """Return a name on one line: a folder's name may contain line breaks."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
