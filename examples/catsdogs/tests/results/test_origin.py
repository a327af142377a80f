"""What a model was made of."""

import shlex
from pathlib import Path

import pytest

from catsdogs.data.dataset import Data
from catsdogs.results import origin
from catsdogs.results.choice import Chosen
from catsdogs.settings import settle


def chosen(lesson: str, produced_by: dict[str, str], **words: str) -> Chosen:
    """A model of this lesson, made with these settings."""
    record = {"lesson": lesson, "produced_by": produced_by}
    return Chosen(Path("build/model.keras"), record, settle("build", **words))


@pytest.mark.parametrize(
    ("lesson", "produced_by", "words", "ending"),
    [
        ("frozen", {}, {"views": "1", "split": "a b.csv"}, "SEED=0 SPLIT='a b.csv' VIEWS=1"),
        ("finetuned", {}, {"views": "2", "balance": "1"}, "SEED=0 VIEWS=2 BALANCE=1"),
        ("frozen", {}, {"views": "1", "winograd": "off"}, "VIEWS=1 WINOGRAD=off"),
        ("frozen", {}, {"classes": "top", "alike": "exact"}, "CLASSES=top ALIKE=exact VIEWS=0"),
        ("frozen", {"device": "GPU"}, {"views": "1", "winograd": "off"}, "VIEWS=1 GPU=1"),
    ],
    ids=["split", "balance", "convolutions", "folders", "gpu"],
)
def test_the_command_makes_the_model_again(
    lesson: str, produced_by: dict[str, str], words: dict[str, str], ending: str
) -> None:
    """It has every setting that is not empty, quoted for a shell."""
    line = origin.command(chosen(lesson, produced_by, data="my set.zip", weights="w.h5", **words))
    assert shlex.split(line)[1] == {"frozen": "train", "finetuned": "finetune"}[lesson]
    assert "DATA=my set.zip" in shlex.split(line)
    assert line.endswith(ending)


def test_the_origin_is_told_in_words() -> None:
    """Course, views, split and device have a line each; keys of the cache have none."""
    made = {"device": "GPU", "view": "0 of 1", "boundary": "pooled", "keras": "3"}
    told = dict(
        origin.produced_by(chosen("finetuned", made, views="2", balance="1"), Data((), (), ()))
    )
    assert told["training"].startswith("4 epochs, 32 pictures in a step, learning rate 3e-05; 2 v")
    assert told["training"].endswith("; balanced")
    assert told["split"] == "full, seed 0, near duplicates in one part"
    assert (told["device"], told["keras"]) == ("GPU", "3")
    assert "view" not in told
    assert "boundary" not in told
