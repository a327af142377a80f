"""From data to a trained model, and the record of what came out and what produced it."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from catsdogs.data import corrections, dataset, split, summary
from catsdogs.data.split import Row
from catsdogs.network import model
from catsdogs.network.features import Sight
from catsdogs.results import bundle, curves, predictions
from catsdogs.results.statistics import wilson
from catsdogs.settings import Settings
from catsdogs.support.atomic import aside
from catsdogs.training import calibration, head, learn
from catsdogs.training.calibration import SURE
from catsdogs.training.head import Floats
from catsdogs.training.lessons import Lesson

MODEL, CURVES, SPLIT, RESULT = "model.keras", "curves.png", "split.csv", "result.json"
ASIDE, ALIKE, HEAD = "set-aside.csv", "alike.csv", "head.npy"
PREDICTIONS, TEST_PREDICTIONS = "predictions.csv", "test-predictions.csv"


@dataclass(frozen=True)
class Score:
    """How many pictures of a part are named rightly, and the mean log-loss over them.

    Then the same two counts with the labels that are known to be wrong put right: pictures that
    show neither class or both are left out. Last, of how many pictures the model is sure, and how
    many of these are named rightly.
    """

    right: int
    total: int
    loss: float
    trusted_right: int
    trusted_total: int
    sure: int = 0
    sure_right: int = 0

    @property
    def accuracy(self) -> float:
        """The share that is named rightly."""
        return self.right / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracy's 95% confidence interval."""
        return wilson(self.right, self.total)


@dataclass(frozen=True)
class Scores:
    """The score on the validation part, which had a say in temperature and threshold, and on the
    test part, which had none.
    """

    validation: Score
    test: Score | None


def run(settings: Settings, lesson: Lesson) -> tuple[Scores, list[str]]:
    """Train what `settings` and `lesson` say; scores, and lines about the data. Where nothing has
    changed, nothing is done.
    """
    started = time.monotonic()
    network = settings.network(lesson.preprocessing)
    source, found = dataset.open_data(settings.data, settings.cache, settings.seed)
    produced_by = _produced_by(found, network, settings, lesson)
    about = summary.describe(found)
    kept = _kept(settings.build, produced_by)
    if kept:
        return kept, [*about, "Nothing has changed since this was trained."]

    rows = split.divide(found.pictures, settings.seed, settings.split)
    about.append(split.describe(rows))
    split.write(rows, settings.build / SPLIT)
    summary.write_aside(found, settings.build / ASIDE)
    summary.write_alike(found, settings.build / ALIKE)
    learned = learn.learn(
        lesson, learn.Material(source, found.pictures, found.classes, settings.cache), rows, network
    )
    if learned.head is None:
        raise ValueError(f"{lesson.name} leaves no model behind")
    parts = {
        part: [row for row in rows if row.part == part] for part in (split.VALIDATION, split.TEST)
    }
    warmth, threshold = learn.calibrated(
        learned, learn.labels(parts[split.VALIDATION], found.classes)
    )
    answers = {
        split.VALIDATION: calibration.answers(learned.validation, warmth),
        split.TEST: calibration.answers(learned.test, warmth),
    }
    scored = {
        part: _score(answers[part], members, found.classes, threshold)
        for part, members in parts.items()
        if members
    }
    scores = Scores(scored[split.VALIDATION], scored.get(split.TEST))
    predictions.write(
        parts[split.VALIDATION],
        found.classes,
        answers[split.VALIDATION],
        settings.build / PREDICTIONS,
    )
    predictions.write(
        parts[split.TEST], found.classes, answers[split.TEST], settings.build / TEST_PREDICTIONS
    )
    curves.draw(
        learned.history,
        scores.validation.interval,
        _title(scores.validation, found),
        settings.build / CURVES,
    )
    fitted = learned.head.cooled(warmth)
    head.save(fitted, settings.build / HEAD)
    whole = model.whole(network, fitted, learned.trained)
    note = bundle.Note(found.classes, settings.size, threshold, lesson.views)
    bundle.save(whole, note, settings.build / MODEL)
    calibrated = {"temperature": warmth, "threshold": threshold}
    _record(
        settings.build,
        produced_by,
        scores,
        {"history": learned.history, **calibrated},
        time.monotonic() - started,
    )
    return scores, about


def last_lines(scores: Scores, build: Path) -> list[str]:
    """What a run ends with: the accuracies, and where the model and the picture are."""
    validation = scores.validation
    low, high = validation.interval
    return [
        *(_test_lines(scores.test) if scores.test else []),
        *_corrected(validation, "validation"),
        f"validation accuracy {validation.accuracy:.4f}, 95% interval {low:.4f} to {high:.4f}, "
        f"{validation.right} of {validation.total} pictures",
        f"model  {build / MODEL}",
        f"curves {build / CURVES}",
    ]


def _test_lines(test: Score) -> list[str]:
    low, high = test.interval
    sure = f"sure of {test.sure} of them, and right about {test.sure_right}"
    others = 'the others are answered with "not sure"'
    return [
        f"test accuracy {test.accuracy:.4f}, 95% interval {low:.4f} to {high:.4f}, {test.right} "
        f"of {test.total} pictures",
        *_corrected(test, "test"),
        f"  {sure}; {others}",
    ]


def _corrected(score: Score, part: str) -> list[str]:
    """The score with corrected labels, where there are any to correct."""
    if (score.right, score.total) == (score.trusted_right, score.trusted_total):
        return []
    return [
        f"  {score.trusted_right} of {score.trusted_total} in {part} where labels that are known "
        "to be wrong are corrected"
    ]


def _score(answers: Floats, rows: Sequence[Row], classes: list[str], threshold: float) -> Score:
    labels = learn.labels(rows, classes)
    given = answers.argmax(axis=1)
    corrected = corrections.corrected(rows)
    trusted = [place for place in range(len(rows)) if corrected.get(place, "as given") != ""]
    right = [classes[given[place]] == corrected.get(place, rows[place].label) for place in trusted]
    sure = answers.max(axis=1) >= threshold
    hits = given == labels
    loss = head.log_loss(answers, labels)
    return Score(
        int(hits.sum()),
        len(rows),
        loss,
        sum(right),
        len(trusted),
        int(sure.sum()),
        int((hits & sure).sum()),
    )


def _title(score: Score, found: dataset.Data) -> str:
    low, high = score.interval
    names = (
        " or ".join(found.classes) if len(found.classes) < 4 else f"{len(found.classes)} classes"
    )
    return (
        f"{names}: validation accuracy {score.accuracy:.3f} ({low:.3f} to {high:.3f}, "
        f"{score.total} pictures)"
    )


def _produced_by(
    found: dataset.Data, network: model.Network, settings: Settings, lesson: Lesson
) -> dict[str, str]:
    """Everything that determines the result."""
    manifest = Path(settings.split)
    return {
        "lesson": repr(lesson),
        "data": found.digest,
        "seed": str(settings.seed),
        "split": f"{split.VERSION}, {_digest(manifest) if manifest.is_file() else settings.split}",
        "sure": str(SURE),
        "program": _program(),
        **Sight(network).settings,
    }


def _record(
    build: Path, produced_by: dict[str, str], scores: Scores, more: dict[str, Any], seconds: float
) -> None:
    def told(score: Score | None) -> dict[str, Any] | None:
        return (
            {"accuracy": score.accuracy, "interval": score.interval, **asdict(score)}
            if score
            else None
        )

    record = {
        "validation": told(scores.validation),
        "test": told(scores.test),
        "produced_by": produced_by,
        "made": {
            name: _digest(build / name)
            for name in (MODEL, CURVES, SPLIT, PREDICTIONS, TEST_PREDICTIONS, HEAD)
        },
        "seconds": round(seconds, 1),
        **more,
    }
    with aside(build / RESULT) as room:
        room.write_text(json.dumps(record, indent=1) + "\n")


def _kept(build: Path, produced_by: dict[str, str]) -> Scores | None:
    """The scores of the last run, if it was of the very same and all that it made is still there
    and whole.
    """
    try:
        record = json.loads((build / RESULT).read_text())
        same = record["produced_by"] == produced_by
        if same and all(_digest(build / name) == digest for name, digest in record["made"].items()):
            return Scores(
                _told(record["validation"]), _told(record["test"]) if record["test"] else None
            )
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _told(record: dict[str, Any]) -> Score:
    return Score(
        **{name: value for name, value in record.items() if name not in {"accuracy", "interval"}}
    )


def _program() -> str:
    """sha256 of this package: with other code, nothing counts as unchanged."""
    files = sorted(
        path for path in Path(__file__).parent.rglob("*") if path.suffix in {".py", ".csv", ".html"}
    )
    return hashlib.sha256("".join(_digest(file) for file in files).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
