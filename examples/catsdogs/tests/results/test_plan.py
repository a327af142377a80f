"""The plan of `make lessons`: sizes, folds, and the time it takes."""

from pathlib import Path

import numpy as np
import pytest
from samples import jpeg, make_folder

from catsdogs.data.dataset import Data
from catsdogs.data.manifest import TEST, TRAINING, Row
from catsdogs.errors import CatsdogsError
from catsdogs.network import features
from catsdogs.results import compare, plan
from catsdogs.results.compare import Outcome
from catsdogs.settings import Settings, settle
from catsdogs.training import learn
from catsdogs.training.lessons import LESSONS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures of each of two classes."""
    members = {f"{label}/{n}.jpg": jpeg(label, n) for label in ("cat", "dog") for n in range(12)}
    return make_folder(tmp_path_factory.mktemp("plan") / "set", members)


def opened(folder: Path, build: Path, **words: str) -> tuple[Settings, Data]:
    settings = settle(str(build), data=str(folder), weights="random", **words)
    return settings, settings.opened()[1]


def test_one_command_runs_each_lesson_where_it_can_be_measured(
    folder: Path, tmp_path: Path
) -> None:
    """Nine lessons at 150 px, those from scratch on the split, and the six others at 224 px too;
    what the user chose holds for all.
    """
    settings, found = opened(folder, tmp_path)
    names = [*LESSONS]
    tasks = plan.plan(settings, LESSONS.values(), found, sized=False, folds=None)
    assert [(one.lesson.name, one.settings.size, one.folds) for one in tasks] == [
        *((name, 150, 0) for name in names[:3]),
        *((name, 150, 5) for name in names[3:]),
        *((name, 224, 5) for name in names[3:]),
    ]
    tasks = plan.plan(settings, LESSONS.values(), found, sized=True, folds=2)
    assert [(one.settings.size, one.folds) for one in tasks] == [(224, 2)] * 9
    settings, found = opened(folder, tmp_path, split="chollet", views="3", balance="1")
    tasks = plan.plan(settings, LESSONS.values(), found, sized=True, folds=None)
    assert {one.folds for one in tasks} == {0}
    views = {one.lesson.name: one.lesson.views for one in tasks}
    assert (views["frozen"], views["frozen-augmented"]) == (1, 3)
    assert all(one.lesson.balance for one in tasks)


def test_an_error_counts_the_pictures(tmp_path: Path) -> None:
    """It names the class that has too few distinct pictures, and how many of its files are
    copies.
    """
    members = {f"cat/{n}.jpg": jpeg("cat", n % 3) for n in range(9)}
    members |= {f"dog/{n}.jpg": jpeg("dog", n % 4) for n in range(9)}
    settings, found = opened(make_folder(tmp_path / "set", members), tmp_path)
    (task,) = plan.plan(settings, [LESSONS["frozen"]], found, sized=True, folds=5)
    with pytest.raises(CatsdogsError, match=r"5 distinct .* 'dog' has 4 \(of 9 files\)"):
        plan.divide(task, found.pictures)


def test_an_interrupted_run_resumes_with_its_split(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was trained on the first folds is not trained again, and the time that is left is
    estimated; the result is that of a run without an interruption.
    """
    settings, _ = opened(folder, tmp_path, size="32")
    source, found = settings.opened()
    tasks = plan.plan(settings, [LESSONS["frozen"]], found, sized=True, folds=3)
    trained: list[int] = []

    def learn_until(most: int) -> None:
        def learned(_: object, __: object, rows: list[Row], ___: object) -> learn.Learned:
            if len(trained) == most:
                raise KeyboardInterrupt
            trained.append(len(rows))
            digests = [row.sha256 for row in rows if row.part == TEST]
            logits = [[int(one[:4], 16) / 2**16, int(one[4:8], 16) / 2**16] for one in digests]
            return learn.Learned(np.zeros((1, 0, 2)), np.array([logits]), {}, 7, 0.5)

        monkeypatch.setattr(learn, "learn", learned)

    monkeypatch.setattr(features, "prepare", lambda *_: None)
    shown: list[int] = []
    learn_until(2)
    with pytest.raises(KeyboardInterrupt):
        compare.run(tasks, source, found)
    learn_until(99)
    (result,) = compare.run(tasks, source, found, lambda some: shown.append(len(some)))
    assert len(trained) == 3
    assert shown == [1]
    said = capsys.readouterr().err
    assert "1 of 1 results to compute, in about 1 min" in said
    assert said.count("frozen, 32 px, fold 3 of 3; about 1 min left") == 2
    (kept,) = (tmp_path / compare.FOLDER).iterdir()
    kept.unlink()
    assert compare.run(tasks, source, found) == [result]
    assert len(trained) == 6
    assert result.pictures == sorted(result.pictures)
    assert len(result.right) == 24


def test_a_damaged_outcome_is_computed_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that a full disk has cut is ignored."""
    settings, found = opened(folder, tmp_path, size="32")
    (task,) = plan.plan(settings, [LESSONS["frozen"]], found, sized=True, folds=3)
    fresh = learn.Learned(np.zeros((1, 0, 2)), np.ones((1, 4, 2)), {}, 7, 0.5)
    monkeypatch.setattr(learn, "learn", lambda *_: fresh)
    path = tmp_path / "one.0.npz"
    path.write_bytes(b"PK\x03\x04 cut")
    for _ in range(2):
        found_now = compare._outcome(task, None, [], path)
        assert isinstance(found_now, Outcome)
        assert (found_now.trainable, found_now.test.shape) == (7, (1, 4, 2))
        monkeypatch.setattr(learn, "learn", lambda *_: pytest.fail("trained again"))


def test_the_estimate_follows_the_work() -> None:
    """Before anything is done it comes from the arithmetic, later from how long that took."""
    clock = plan.Clock([600.0, 600.0])
    clock.finish(600.0, 5400.0)
    assert str(clock) == "1 h 30 min"
    settings = settle("build", data="x", size="224")
    rows = [Row("p", "0", "cat", TRAINING)] * 1000
    works = {
        name: plan.training_work(plan.Task(LESSONS[name], settings, 5), rows)
        for name in ("frozen", "classes", "finetuned", "finetuned-two")
    }
    assert sorted(works, key=works.__getitem__) == [*works]
