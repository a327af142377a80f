"""Pictures to predict: what files, folders and archives have, in batches."""

import os
from pathlib import Path

import numpy as np
import pytest
from samples import jpeg, make_folder, make_zip

from catsdogs.data import asked
from catsdogs.errors import CatsdogsError
from catsdogs.results import predict
from catsdogs.results.bundle import Note
from catsdogs.results.predict import Answer


class Model:
    """A model that finds the mean of red and of blue, and remembers how it was called."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def predict_on_batch(self, pixels: np.ndarray) -> np.ndarray:
        """Return two numbers for each picture."""
        self.calls.append(len(pixels))
        means = pixels.mean(axis=(1, 2))[:, [0, 2]]
        return means / means.sum(axis=1, keepdims=True)


def test_pictures_go_through_the_network_in_batches(tmp_path: Path) -> None:
    """There is one call for a batch, with all views; files that cannot be read have a reason, and
    everything stays in order. No more than a few batches are read in advance.
    """
    labels = ["cat", "dog", "dog", "cat", "cat", "dog"] * 7
    read: list[int] = []

    def reading(number: int) -> bytes:
        read.append(number)
        return b"x" if number % 10 == 3 else jpeg(labels[number], number)

    for each, calls in ((1, [8, 8, 8, 8, 8, 2]), (4, [8] * 21)):
        read.clear()
        model, note = Model(), Note(["cat", "dog"], 16, views=each)
        reads = ((str(n), lambda n=n: reading(n)) for n in range(len(labels)))
        found = []
        for name, seen in predict.predictions(model, note, reads):
            found.append((name, seen))
            assert len(read) <= len(found) + (predict.THREADS + 2) * predict.BATCH
        assert model.calls == calls
        assert [name for name, _ in found] == list(map(str, range(len(labels))))
        assert all(
            seen == "not a picture" if number % 10 == 3 else seen.argmax() == (label == "dog")
            for number, (label, (_, seen)) in enumerate(zip(labels, found, strict=True))
        )


def test_folders_and_archives_stand_for_their_pictures(tmp_path: Path) -> None:
    """What is found is counted, and what is passed over too. A file is taken as it is."""
    members = {"b/2.jpg": b"", "b/1.JFIF": b"", "no suffix": jpeg("cat", 1), "notes.txt": b"x"}
    make_folder(tmp_path / "set", members | {"film.mov": b"x", ".hidden.jpg": b"x"})
    make_zip(tmp_path / "set.zip", {"a\\1.jpg": jpeg("cat", 2), "Thumbs.db": b"x", "x.csv": b""})
    names = [str(tmp_path / name) for name in ("set/", "set.zip", "missing.jpg")]
    found = asked.find(names, tmp_path / "cache")
    assert [one.name.removeprefix(f"{tmp_path}/") for one in found.pictures] == [
        "set/b/1.JFIF", "set/b/2.jpg", "set/no suffix", "set.zip/a/1.jpg", "missing.jpg",
    ]  # fmt: skip
    assert predict.found_line(found) == (
        "5 pictures found; 3 other files passed over: 1 .mov, 1 .txt, 1 .csv"
    )
    assert found.pictures[3].read() == jpeg("cat", 2)
    given = [Answer("set/1.jpg", "cat", 0.9), Answer("2.jpg", "dog", 0.6, sure=False),
             Answer("3.jpg", reason="damaged")]  # fmt: skip
    assert predict.summed(given) == "1 cat, 1 dog; not sure of 1; 1 not readable"
    predict.write(given, found.others[:1], tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_text().splitlines() == [
        "path,class,probability,sure,reason",
        "set/1.jpg,cat,0.900000,yes,",
        "2.jpg,dog,0.600000,no,",
        "3.jpg,,,,damaged",
        f'{tmp_path}/set/film.mov,,,,"not a picture, passed over"',
    ]


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    """It is named, with what it has instead."""
    make_folder(tmp_path, {"notes.txt": b"x"})
    with pytest.raises(CatsdogsError, match=r"no pictures in `.*`, only 1 other files such as"):
        asked.find([str(tmp_path)], tmp_path / "cache")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("http://localhost/cat.jpg", "a URL, not a file: download it first"),
        ("missing", "no such file or directory"),
        ("pipe", "not a file"),
        ("x" * 5000, "file name too long"),
        ("a\0b", "cannot be read"),
    ],
)
def test_what_cannot_be_read_has_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    """No name stops the others, and reading a pipe does not wait for ever."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    (one,) = asked.find([name], tmp_path / "cache").pictures
    model, note = Model(), Note(["cat", "dog"], 16)
    ((_, seen),) = predict.predictions(model, note, [(one.name, one.read)])
    assert seen == reason
    assert not model.calls


def test_a_line_has_no_control_characters() -> None:
    """A name may have line breaks, or bytes that are no letters."""
    assert predict.line(Answer("a\n\udcffb.jpg", "cat", 0.5)) == "a??b.jpg: cat 0.5000"
