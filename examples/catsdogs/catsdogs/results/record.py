"""The record of a run: its scores, everything that produced them, and whether they are up to
date.
"""

import hashlib
import json
from collections.abc import Mapping
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
from catsdogs.training.calibration import CONFIDENCE, PROMISES
from catsdogs.training.lessons import Lesson

# The files whose sha256 the record holds.
RECORDED = (
    *(outputs.MODEL, outputs.CURVES, outputs.SPLIT),
    *(outputs.PREDICTIONS, outputs.TEST_PREDICTIONS, outputs.HEAD),
)


COMPUTED = ("accuracy", "interval", "base_rate", "balanced")  # of a score's counts


def produced_by(
    found: Data, network: Network, settings: Settings, lesson: Lesson
) -> dict[str, str]:
    """Return everything that determines the result."""
    return {
        "lesson": repr(lesson),
        "data": found.digest,
        "seed": str(settings.seed),
        "split": split_name(settings),
        "sure": f"{PROMISES} with {CONFIDENCE}",
        "program": _program(),
        **Sight(network).settings,
    }


def split_name(settings: Settings) -> str:
    """Return what determines the split: the preset's name, or the manifest's sha256, and which
    pictures stay in one part.
    """
    manifest = Path(settings.split)
    chosen = _digest(manifest) if manifest.is_file() else settings.split
    return f"{split.VERSION}, {chosen}, {settings.alike}"


def write(
    build: Path, produced_by: dict[str, str], scores: Scores, more: dict[str, Any], seconds: float
) -> None:
    """Write the scores, what produced them, and the sha256 of every file that was written."""

    def fields(score: Score | None) -> dict[str, Any] | None:
        return (
            {**{name: getattr(score, name) for name in COMPUTED}, **asdict(score)}
            if score
            else None
        )

    record = {
        "validation": fields(scores.validation),
        "test": fields(scores.test),
        "produced_by": produced_by,
        "made": {name: _digest(build / name) for name in RECORDED},
        "seconds": round(seconds, 1),
        **more,
    }
    with aside(build / outputs.RESULT) as room:
        room.write_text(json.dumps(record, indent=1) + "\n")


def read(build: Path, produced_by: dict[str, str]) -> Scores | None:
    """Return the scores of the last run if nothing that determines them has changed, and if all
    files that it wrote are unchanged.
    """
    try:
        record = json.loads((build / outputs.RESULT).read_text())
        same = record["produced_by"] == produced_by
        if same and all(_digest(build / name) == digest for name, digest in record["made"].items()):
            return scores(record)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def scores(record: Mapping[str, Any]) -> Scores:
    """Return the scores in a record."""
    return Scores(_score(record["validation"]), _score(record["test"]) if record["test"] else None)


def _score(record: Mapping[str, Any]) -> Score:
    fields = {name: value for name, value in record.items() if name not in COMPUTED}
    fields["confusion"] = tuple(map(tuple, fields["confusion"]))
    return Score(**fields)


def _program() -> str:
    """Return the sha256 of this program: if its code changes, results are out of date."""
    folders = (Path(__file__).parents[1], CONVOLUTIONS)
    paths = [path for folder in folders for path in sorted(folder.rglob("*"))]
    files = [path for path in paths if path.suffix in {".py", ".csv", ".html"}]
    return hashlib.sha256("".join(_digest(file) for file in files).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
