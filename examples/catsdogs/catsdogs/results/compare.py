"""Compare lessons on the same pictures: run each once, and cache its result."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from catsdogs.data import summary
from catsdogs.data.dataset import Data
from catsdogs.data.manifest import TEST, VALIDATION, Row
from catsdogs.data.sources import Source
from catsdogs.network import features
from catsdogs.network.features import Sight
from catsdogs.network.model import CONVOLUTIONS, Network
from catsdogs.results import evaluation, plan
from catsdogs.results.plan import Clock, Task
from catsdogs.results.predictions import Predictions
from catsdogs.results.statistics import wilson
from catsdogs.support import terminal
from catsdogs.support.atomic import aside
from catsdogs.training import calibration, learn
from catsdogs.training.head import Floats, log_loss
from catsdogs.training.learn import Material

FOLDER = "lessons"
# The modules that affect the numbers: if their code changes, lessons are run again.
DECIDE = (
    *("data/pictures", "data/views", "network/backbones", "network/engine", "network/features"),
    *("network/model", "training/calibration", "training/head", "training/learn"),
    *("training/models", "training/steps"),
)


@dataclass(frozen=True)
class Result:
    """A lesson's result at `size` px: for each of `pictures`, the sha256 of those it was tested
    with, whether the prediction was right; and summary numbers. 0 folds are the split.
    """

    lesson: str
    title: str
    published: str
    size: int
    folds: int
    pictures: list[str]
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

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95% confidence interval."""
        return wilson(sum(self.right), len(self.right))


@dataclass(frozen=True)
class Outcome:
    """What is kept of a lesson on one split: logits of validation and test, `(views, n, classes)`,
    the number of trained parameters, and the seconds that training took.
    """

    validation: Floats
    test: Floats
    trainable: int
    seconds: float


def run(
    tasks: Sequence[Task],
    source: Source,
    found: Data,
    shown: Callable[[Sequence[Result]], object] = lambda _: None,
) -> list[Result]:
    """Return every task's result. Call `shown` with those so far whenever one is new.

    Results are kept, and the outcome on each split is until then: an interrupted run resumes with
    the split that it was interrupted on.
    """
    divisions = {task: plan.divide(task, found.pictures) for task in tasks}
    paths = {task: _path(task, found, divisions[task]) for task in tasks}
    results = {task: result for task in tasks if (result := _kept(paths[task]))}
    missing = [task for task in tasks if task not in results]
    works = {
        (task, place): plan.training_work(task, rows)
        for task in missing
        for place, rows in enumerate(divisions[task])
        if not _part(paths[task], place).exists()
    }
    computed = {
        size: plan.features_work(members, found.pictures)
        for size in dict.fromkeys(task.settings.size for task in missing)
        if (members := [task for task in missing if task.settings.size == size])
    }
    clock = Clock([*works.values(), *computed.values()])
    how = f"of {tasks[0].folds} folds, the first of which tests some"
    how = how if tasks[0].folds else tasks[0].settings.split
    terminal.print_notes(summary.understood(found, divisions[tasks[0]][0], how))
    if missing:
        terminal.print_notes(
            [f"{len(missing)} of {len(tasks)} results to compute, in about {clock}"]
        )
    for size, work in computed.items():
        members = [task for task in missing if task.settings.size == size]
        started = time.monotonic()
        _prepare(members, source, found)
        clock.finish(work, time.monotonic() - started if work else 0.0)
        for task in members:
            material = Material(source, found.pictures, found.classes, task.settings.cache)
            outcomes = []
            for place, rows in enumerate(divisions[task]):
                if work := works.get((task, place), 0.0):
                    of = f", fold {place + 1} of {task.folds}" if task.folds else ""
                    terminal.print_notes([f"{task.name}{of}; about {clock} left"])
                started = time.monotonic()
                outcomes.append(_outcome(task, material, rows, _part(paths[task], place)))
                clock.finish(work, time.monotonic() - started if work else 0.0)
            results[task] = _result(task, outcomes, divisions[task], found.classes)
            _save(results[task], paths[task], len(outcomes))
            shown([results[task] for task in tasks if task in results])
    return [results[task] for task in tasks]


def _prepare(tasks: Sequence[Task], source: Source, found: Data) -> None:
    """Compute the frozen outputs of all tasks of one size together: one pass serves many."""
    sights = [
        sight
        for task in tasks
        for sight in learn.sights(task.lesson, task.settings.network(task.lesson.preprocessing))
    ]
    features.prepare(source, found.pictures, sights, tasks[0].settings.cache)


def _part(path: Path, place: int) -> Path:
    """Return the file that keeps the outcome on one split until the whole result is kept."""
    return path.with_suffix(f".{place}.npz")


def _outcome(task: Task, material: Material, rows: Sequence[Row], path: Path) -> Outcome:
    """Return the outcome that is kept in `path`, or train, and keep it."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            return Outcome(
                kept["validation"], kept["test"], int(kept["trainable"]), float(kept["seconds"])
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        pass  # missing or damaged
    network = task.settings.network(task.lesson.preprocessing)
    learned = learn.learn(task.lesson, material, rows, network)
    made = Outcome(learned.validation, learned.test, learned.trainable, learned.seconds)
    with aside(path) as room, room.open("wb") as file:
        np.savez(file, **asdict(made))
    return made


def _result(
    task: Task, outcomes: Sequence[Outcome], divisions: list[list[Row]], classes: list[str]
) -> Result:
    """Score the predictions for the test parts of all splits together."""
    tests = [[row for row in rows if row.part == TEST] for rows in divisions]
    labels = np.concatenate([learn.labels(rows, classes) for rows in tests])
    warmth = [_temperature(place, outcomes, divisions, classes) for place in range(len(divisions))]
    answers = np.concatenate(
        [calibration.answers(one.test, warm) for one, warm in zip(outcomes, warmth, strict=True)]
    )
    pictures = [row.sha256 for rows in tests for row in rows]
    order = np.argsort(pictures, kind="stable")
    right = answers.argmax(axis=1) == labels
    return Result(
        task.lesson.name,
        task.lesson.title,
        task.lesson.published,
        task.settings.size,
        task.folds,
        [pictures[place] for place in order],
        right[order].tolist(),
        log_loss(answers, labels),
        _calibration_error(answers, labels, classes),
        outcomes[0].trainable,
        round(sum(one.seconds for one in outcomes), 1),
        float(np.mean(warmth)),
    )


def _temperature(
    place: int, outcomes: Sequence[Outcome], divisions: list[list[Row]], classes: list[str]
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


def _path(task: Task, found: Data, divisions: list[list[Row]]) -> Path:
    """Return the file of a result, which is named by everything that determines it."""
    network = task.settings.network(task.lesson.preprocessing)
    made_by = _made_by(task, network, found, divisions)
    name = f"{task.lesson.name}-{_digest(json.dumps(made_by))[:16]}.json"
    return task.settings.build / FOLDER / name


def _made_by(
    task: Task, network: Network, found: Data, divisions: list[list[Row]]
) -> Mapping[str, str]:
    package = Path(__file__).parents[1]
    deciding = [package / f"{name}.py" for name in DECIDE]
    deciding += sorted(CONVOLUTIONS.glob("*.py"))
    return {
        "lesson": repr(task.lesson),
        "data": found.digest,
        "seed": str(task.settings.seed),
        "division": _digest(
            json.dumps([[(row.sha256, row.part) for row in rows] for rows in divisions])
        ),
        "program": _digest("".join(path.read_text() for path in deciding)),
        **Sight(network).settings,
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _save(result: Result, path: Path, parts: int) -> None:
    """Write the result, which makes the outcomes on its splits unnecessary."""
    with aside(path) as room:
        room.write_text(json.dumps(asdict(result)) + "\n")
    for place in range(parts):
        _part(path, place).unlink(missing_ok=True)


def _kept(path: Path) -> Result | None:
    try:
        return Result(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
