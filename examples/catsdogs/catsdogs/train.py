"""From data to a trained model, and the record of what came out and what produced it."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from . import bundle, corrections, curves, data, features, head, model, predictions, split
from .atomic import aside
from .cache import Rows
from .features import Sight
from .head import Floats, Part
from .settings import Settings
from .statistics import wilson

MODEL, CURVES, SPLIT, RESULT = "model.keras", "curves.png", "split.csv", "result.json"
ASIDE, ALIKE, PREDICTIONS, HEAD = "set-aside.csv", "alike.csv", "predictions.csv", "head.npy"


@dataclass(frozen=True)
class Score:
    """How many of the validation pictures are named rightly, and the mean log-loss over them.

    Then the same two counts without the pictures whose labels are known to be wrong.
    """

    right: int
    total: int
    loss: float
    trusted_right: int
    trusted_total: int

    @property
    def accuracy(self) -> float:
        """The share that is named rightly."""
        return self.right / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracy's 95% confidence interval."""
        return wilson(self.right, self.total)


def run(settings: Settings) -> tuple[Score, list[str]]:
    """Train on what `settings` say; the score, and lines about the data. Where nothing has changed, nothing is done."""
    started = time.monotonic()
    source, found = data.open_data(settings.data, settings.cache, settings.seed)
    network = settings.network()
    produced_by = _produced_by(found, network, settings)
    about = data.describe(found)
    kept = _kept(settings.build, produced_by)
    if kept:
        return kept, [*about, "Nothing has changed since this was trained."]

    rows = split.split(found.pictures, settings.seed)
    split.write(rows, settings.build / SPLIT)
    data.write_aside(found, settings.build / ASIDE)
    data.write_alike(found, settings.build / ALIKE)
    seen = features.compute(source, found.pictures, Sight(network), settings.cache)
    training, validation = (_part(rows, part, seen, found.classes) for part in (split.TRAINING, split.VALIDATION))
    fitted, history = head.fit(training, validation, len(found.classes))
    probabilities = fitted.probabilities(validation.features)
    kept_back = [row for row in rows if row.part == split.VALIDATION]
    score = _score(probabilities, validation, corrections.wrong(kept_back))
    predictions.write(kept_back, found.classes, probabilities, settings.build / PREDICTIONS)
    curves.draw(history, score.interval, _title(score, found), settings.build / CURVES)
    head.save(fitted, settings.build / HEAD)
    whole = model.whole(network, fitted)
    bundle.save(whole, bundle.Note(found.classes, settings.size), settings.build / MODEL)
    _record(settings.build, produced_by, score, history, time.monotonic() - started)
    return score, about


def last_lines(score: Score, build: Path) -> list[str]:
    """What a run ends with: the accuracy, and where the model and the picture are."""
    low, high = score.interval
    known = score.total - score.trusted_total
    beside = [f"{score.trusted_right} of {score.trusted_total} without {known} that are known to be labelled wrongly"]
    return [
        *(beside if known else []),
        f"validation accuracy {score.accuracy:.4f}, 95% interval {low:.4f} to {high:.4f}, "
        f"{score.right} of {score.total} pictures",
        f"model  {build / MODEL}",
        f"curves {build / CURVES}",
    ]


def _part(rows: Sequence[split.Row], part: str, seen: Rows, classes: list[str]) -> Part:
    members = [row for row in rows if row.part == part]
    labels = np.array([classes.index(row.label) for row in members], dtype=np.int64)
    return Part(seen.of(row.sha256 for row in members), labels)


def _score(probabilities: Floats, validation: Part, wrong: set[int]) -> Score:
    hits = probabilities.argmax(axis=1) == validation.labels
    trusted = np.array([place not in wrong for place in range(len(hits))])
    loss = head.log_loss(probabilities, validation.labels)
    return Score(int(hits.sum()), len(hits), loss, int(hits[trusted].sum()), int(trusted.sum()))


def _title(score: Score, found: data.Data) -> str:
    low, high = score.interval
    names = " or ".join(found.classes) if len(found.classes) < 4 else f"{len(found.classes)} classes"
    return f"{names}: validation accuracy {score.accuracy:.3f} ({low:.3f} to {high:.3f}, {score.total} pictures)"


def _produced_by(found: data.Data, network: model.Network, settings: Settings) -> dict[str, str]:
    """Everything that determines the result."""
    return {
        "data": found.digest,
        "seed": str(settings.seed),
        "split": f"{split.VERSION}, share {split.SHARE}",
        "program": _program(),
        **Sight(network).settings,
    }


def _record(build: Path, produced_by: dict[str, str], score: Score, history: Any, seconds: float) -> None:
    record = {
        "validation": {
            "accuracy": score.accuracy,
            "interval": score.interval,
            "right": score.right,
            "total": score.total,
            "loss": score.loss,
            "trusted_right": score.trusted_right,
            "trusted_total": score.trusted_total,
        },
        "produced_by": produced_by,
        "made": {name: _digest(build / name) for name in (MODEL, CURVES, SPLIT, PREDICTIONS, HEAD)},
        "seconds": round(seconds, 1),
        "history": history,
    }
    with aside(build / RESULT) as room:
        room.write_text(json.dumps(record, indent=1) + "\n")


def _kept(build: Path, produced_by: dict[str, str]) -> Score | None:
    """The score of the last run, if it was of the very same and all that it made is still there and whole."""
    try:
        record = json.loads((build / RESULT).read_text())
        same = record["produced_by"] == produced_by
        if same and all(_digest(build / name) == digest for name, digest in record["made"].items()):
            return Score(**{field.name: record["validation"][field.name] for field in fields(Score)})
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _program() -> str:
    """sha256 of this package: with other code, nothing counts as unchanged."""
    files = sorted(Path(__file__).parent.glob("*.*"))
    return hashlib.sha256("".join(_digest(file) for file in files).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
