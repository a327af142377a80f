"""Compare lessons on the same pictures: run each once, cache its result, and write one table."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from catsdogs.data import split, summary
from catsdogs.data.dataset import Data
from catsdogs.data.manifest import TEST, VALIDATION, Row
from catsdogs.errors import CatsdogsError
from catsdogs.network.features import Sight
from catsdogs.network.model import CONVOLUTIONS, Network
from catsdogs.results import evaluation
from catsdogs.results.predictions import Predictions
from catsdogs.results.statistics import mcnemar, wilson
from catsdogs.settings import Settings
from catsdogs.support import terminal
from catsdogs.support.atomic import aside
from catsdogs.training import calibration, learn
from catsdogs.training.head import Floats, log_loss
from catsdogs.training.learn import Learned, Material
from catsdogs.training.lessons import Lesson

FOLDER, TABLE, LINES, CHART = "lessons", "lessons.md", "lessons.csv", "lessons.png"
SHOWN = "Comment"  # the text chunk of the chart's file that holds a digest of what is drawn
# The modules that affect the numbers: if their code changes, lessons are run again.
DECIDE = (
    *("data/pictures", "data/split", "data/views", "network/backbones", "network/engine"),
    *("network/features", "network/model", "training/calibration", "training/head"),
    *("training/learn", "training/models", "training/steps"),
)


@dataclass(frozen=True)
class Result:
    """A lesson's result: for each test picture, in the order of sha256, whether the prediction was
    right; and summary numbers.
    """

    lesson: str
    title: str
    published: str
    right: list[bool]
    loss: float
    calibration_error: float
    trainable: int
    seconds: float  # of training, without computing the frozen features
    temperature: float

    @property
    def accuracy(self) -> float:
        """The share of right predictions."""
        return sum(self.right) / len(self.right)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Its 95% confidence interval."""
        return wilson(sum(self.right), len(self.right))


def run(settings: Settings, lessons: Sequence[Lesson], folds: int) -> list[Result]:
    """Return every lesson's result on the test part of the split, or on each of `folds` folds."""
    networks = [settings.network(lesson.preprocessing) for lesson in lessons]
    source, found = settings.opened()
    material = Material(source, found.pictures, found.classes, settings.cache)
    divisions = divide(found, settings, folds)
    how = f"of {folds} folds, the first of which tests some" if folds else settings.split
    terminal.print_notes(summary.understood(found, divisions[0], how))
    results = []
    for lesson, network in zip(lessons, networks, strict=True):
        made_by = _made_by(lesson, network, found, settings, divisions)
        path = settings.build / FOLDER / f"{lesson.name}-{_digest(json.dumps(made_by))[:16]}.json"
        results.append(_kept(path) or _learned(lesson, network, material, divisions, path))
    return results


def divide(found: Data, settings: Settings, folds: int) -> list[list[Row]]:
    """Return the splits that a lesson is run on.

    Raise `CatsdogsError` if one of them has no picture to test with, or none of a class to train
    on.
    """
    if folds:
        divisions = split.folds(found.pictures, settings.seed, folds)
        if not all(map(_tested, divisions)) or any(
            split.untaught(rows, found.pictures) for rows in divisions
        ):
            raise CatsdogsError(
                f"`FOLDS={folds}` leaves a part without pictures to test with, or a class without "
                "pictures to train on",
                f"Set `DATA=` to at least {folds} pictures of each class that look different, or "
                "use a smaller `FOLDS=`",
            )
        return divisions
    rows = split.divide(found.pictures, settings.seed, settings.split)
    how = split.chosen(found.pictures, settings.split)
    if not _tested(rows):
        raise CatsdogsError(
            f"`SPLIT={how}` leaves no picture to test with",
            f"Set `DATA=` to at least {split.TESTABLE} pictures of each class that look "
            "different, choose another `SPLIT=`, or use `FOLDS=2`",
        )
    return [rows]


def _tested(rows: list[Row]) -> bool:
    return any(row.part == TEST for row in rows)


def _learned(
    lesson: Lesson, network: Network, material: Material, divisions: list[list[Row]], path: Path
) -> Result:
    """Run the lesson on each split, and save the result."""
    outcomes = [learn.learn(lesson, material, rows, network) for rows in divisions]
    tests = [[row for row in rows if row.part == TEST] for rows in divisions]
    known = [learn.labels(rows, material.classes) for rows in tests]
    warmth = [
        _temperature(place, outcomes, divisions, material.classes)
        for place in range(len(divisions))
    ]
    answers = np.concatenate(
        [calibration.answers(one.test, warm) for one, warm in zip(outcomes, warmth, strict=True)]
    )
    labels = np.concatenate(known)
    order = np.argsort([row.sha256 for rows in tests for row in rows], kind="stable")
    right = answers.argmax(axis=1) == labels
    result = Result(
        lesson.name,
        lesson.title,
        lesson.published,
        right[order].tolist(),
        log_loss(answers, labels),
        _calibration_error(answers, labels, material.classes),
        outcomes[0].trainable,
        round(sum(one.seconds for one in outcomes), 1),
        float(np.mean(warmth)),
    )
    with aside(path) as room:
        room.write_text(json.dumps({**asdict(result), "interval": result.interval}) + "\n")
    return result


def _temperature(
    place: int, outcomes: list[Learned], divisions: list[list[Row]], classes: list[str]
) -> float:
    """Return the temperature from the validation part or, without one, from all other splits'
    predictions for their test parts.
    """
    if outcomes[place].validation.shape[1]:
        rows = [row for row in divisions[place] if row.part == VALIDATION]
        return calibration.temperature(outcomes[place].validation, learn.labels(rows, classes))
    others = [other for other in range(len(outcomes)) if other != place]
    rows = [row for other in others for row in divisions[other] if row.part == TEST]
    logits = np.concatenate([outcomes[other].test for other in others], axis=1)
    return calibration.temperature(logits, learn.labels(rows, classes))


def _calibration_error(answers: Floats, labels: np.ndarray, classes: list[str]) -> float:
    names = [str(place) for place in range(len(labels))]
    return evaluation.calibration_error(
        evaluation.reliability(Predictions(classes, names, labels, answers))
    )


def _made_by(
    lesson: Lesson, network: Network, found: Data, settings: Settings, divisions: list[list[Row]]
) -> dict[str, str]:
    """Everything that determines a result."""
    package = Path(__file__).parents[1]
    deciding = [package / f"{name}.py" for name in DECIDE]
    deciding += sorted(CONVOLUTIONS.glob("*.py"))
    return {
        "lesson": repr(lesson),
        "data": found.digest,
        "seed": str(settings.seed),
        "division": _digest(
            json.dumps([[(row.sha256, row.part) for row in rows] for rows in divisions])
        ),
        "program": _digest("".join(path.read_text() for path in deciding)),
        **Sight(network).settings,
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(path: Path) -> Result | None:
    try:
        record = json.loads(path.read_text())
        interval = tuple(record.pop("interval"))
        result = Result(**record)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # Not computed again: importing SciPy takes most of a second.
    vars(result)["interval"] = interval
    return result


def write(results: Sequence[Result], about: str, build: Path) -> list[str]:
    """Write the table as Markdown, CSV and a chart; return the table's lines."""
    rows = [
        _row(result, before) for result, before in zip(results, [None, *results[:-1]], strict=True)
    ]
    header = list(rows[0])
    lines = [
        f"| {' | '.join(header)} |",
        "|" + "---|" * len(header),
        *(f"| {' | '.join(row.values())} |" for row in rows),
    ]
    with aside(build / TABLE) as room:
        room.write_text("\n".join([about, "", *lines, ""]), encoding="utf-8")
    with aside(build / LINES) as room, room.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    _draw(results, about, build / CHART)
    return lines


def _row(result: Result, before: Result | None) -> Mapping[str, str]:
    low, high = result.interval
    return {
        "lesson": result.title,
        "accuracy": f"{result.accuracy:.4f}",
        "95% interval": f"{low:.4f} to {high:.4f}",
        "p, against the line above": f"{_p(before, result):.3g}" if before else "",
        "log-loss": f"{result.loss:.4f}",
        "calibration error": f"{result.calibration_error:.4f}",
        "trained parameters": f"{result.trainable:,}",
        "minutes of training": f"{result.seconds / 60:.1f}",
        "published": result.published,
    }


def _p(first: Result, second: Result) -> float:
    """Return the p-value of the difference between two lessons on the same pictures."""
    pairs = list(zip(first.right, second.right, strict=True))
    return mcnemar(
        sum(one and not other for one, other in pairs),
        sum(other and not one for one, other in pairs),
    )


def _draw(results: Sequence[Result], about: str, target: Path) -> None:
    """Draw each lesson's accuracy with its interval, unless the chart shows the same already.

    Importing matplotlib takes longer than everything else if nothing is trained.
    """
    drawn = [[result.title, result.accuracy, result.interval] for result in results]
    shown = _digest(json.dumps([about, drawn]) + Path(__file__).read_text())
    if _shown(target) == shown:
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.2 + 0.45 * len(results)), dpi=130, layout="constrained")
    axes = figure.subplots()
    for place, result in enumerate(results):
        low, high = result.interval
        axes.plot([low, high], [place, place], color="#4477aa", linewidth=3, alpha=0.5)
        axes.plot(result.accuracy, place, "o", color="#4477aa")
        axes.annotate(
            f"{result.accuracy:.3f}",
            (result.accuracy, place),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
        )
    axes.set_yticks(range(len(results)), [result.title for result in results])
    axes.invert_yaxis()
    axes.margins(y=0.08)
    axes.set_xlabel("accuracy, with its 95% interval")
    axes.set_title(about, fontsize=9)
    axes.grid(axis="x", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    with aside(target) as room:
        figure.savefig(room, metadata={"Software": None, SHOWN: shown})


def _shown(chart: Path) -> str:
    """Return the digest of what a chart shows, or nothing if it is missing or damaged."""
    try:
        with Image.open(chart) as image:
            image.load()
            return str(image.info.get(SHOWN, ""))
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for a damaged PNG
        return ""
