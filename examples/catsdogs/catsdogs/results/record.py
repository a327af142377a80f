"""The record of a run: what came out, what produced it, and whether it is still so."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from catsdogs.data import split
from catsdogs.data.dataset import Data
from catsdogs.network.features import Sight
from catsdogs.network.model import CONVOLUTIONS, Network
from catsdogs.results import outputs
from catsdogs.results.score import Score, Scores
from catsdogs.settings import Settings
from catsdogs.support.atomic import aside
from catsdogs.training.calibration import SURE
from catsdogs.training.lessons import Lesson

# The files whose sha256 the record holds.
RECORDED = (
    *(outputs.MODEL, outputs.CURVES, outputs.SPLIT),
    *(outputs.PREDICTIONS, outputs.TEST_PREDICTIONS, outputs.HEAD),
)


def produced_by(
    found: Data, network: Network, settings: Settings, lesson: Lesson
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


def write(
    build: Path, produced_by: dict[str, str], scores: Scores, more: dict[str, Any], seconds: float
) -> None:
    """Write what came out, what produced it, and the sha256 of every file that was written."""

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
        "made": {name: _digest(build / name) for name in RECORDED},
        "seconds": round(seconds, 1),
        **more,
    }
    with aside(build / outputs.RESULT) as room:
        room.write_text(json.dumps(record, indent=1) + "\n")


def read(build: Path, produced_by: dict[str, str]) -> Scores | None:
    """The scores of the last run, if it was of the very same and all that it made is still there
    and whole.
    """
    try:
        record = json.loads((build / outputs.RESULT).read_text())
        same = record["produced_by"] == produced_by
        if same and all(_digest(build / name) == digest for name, digest in record["made"].items()):
            return Scores(
                _told(record["validation"]), _told(record["test"]) if record["test"] else None
            )
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _told(record: dict[str, Any]) -> Score:
    fields = {name: value for name, value in record.items() if name not in {"accuracy", "interval"}}
    score = Score(**fields)
    # As it was recorded: SciPy, which computes it, takes most of a second to import.
    vars(score)["interval"] = tuple(record["interval"])
    return score


def _program() -> str:
    """Return sha256 of this program: with other code, nothing counts as unchanged."""
    folders = (Path(__file__).parents[1], CONVOLUTIONS)
    paths = [path for folder in folders for path in sorted(folder.rglob("*"))]
    files = [path for path in paths if path.suffix in {".py", ".csv", ".html"}]
    return hashlib.sha256("".join(_digest(file) for file in files).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
