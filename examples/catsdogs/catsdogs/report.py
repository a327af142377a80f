"""A run in one HTML page that needs nothing else: no network, no script, no file beside it."""

import base64
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from . import charts, data, evaluation, pictures, predictions
from .atomic import aside
from .data import Data
from .predictions import Predictions
from .settings import Settings
from .sources import Source
from .train import CURVES, PREDICTIONS, RESULT, Score

REPORT = "report.html"
MISTAKES = 12  # that are shown
THUMBNAIL = 240  # px
TEMPLATE = Path(__file__).with_name("report.html")


@dataclass(frozen=True)
class Run:
    """A finished run: what was asked for, where the pictures lie, what they are, and how good the model is."""

    settings: Settings
    source: Source
    found: Data
    score: Score


def write(run: Run) -> Path:
    """Write the page from what the run left in its build folder; its path."""
    answers = predictions.read(run.settings.build / PREDICTIONS)
    record = json.loads((run.settings.build / RESULT).read_text())
    target = run.settings.build / REPORT
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(_parts(run, answers, record["produced_by"]))
    with aside(target) as room:
        room.write_text(page, encoding="utf-8", errors="replace")
    return target


def _parts(run: Run, answers: Predictions, produced_by: Mapping[str, str]) -> dict[str, str]:
    low, high = run.score.interval
    bins = evaluation.reliability(answers)
    curves = [evaluation.roc(answers, index) for index in range(len(answers.classes))]
    areas = ", ".join(f"{name} {curve.area:.4f}" for name, curve in zip(answers.classes, curves, strict=True))
    error = evaluation.calibration_error(bins)
    return {
        "title": escape(" or ".join(answers.classes) if len(answers.classes) < 4 else f"{len(answers.classes)} classes"),
        "accuracy": f"{run.score.accuracy:.2%}",
        "interval": f"{low:.2%} to {high:.2%}",
        "right": f"{run.score.right} of {run.score.total}",
        "loss": f"{run.score.loss:.4f}",
        "calibration": f"{error:.4f}",
        "curves": _image(
            (run.settings.build / CURVES).read_bytes(),
            "image/png",
            f"Loss and accuracy by step. Validation ends with a loss of {run.score.loss:.4f}, accuracy {run.score.accuracy:.4f}.",
        ),
        "confusion": _confusion(answers),
        "roc": _image(charts.roc(answers.classes, curves), "image/svg+xml", f"ROC curves. Areas under them: {areas}."),
        "reliability": _image(
            charts.reliability(bins), "image/svg+xml", f"Accuracy by confidence. They differ by {error:.4f} on average."
        ),
        "mistakes": _mistakes(run.source, answers),
        "data": "\n".join(f"<li>{escape(line.strip())}</li>" for line in data.describe(run.found)),
        "produced_by": _table(produced_by.items()),
        "command": escape(_command(run.settings)),
    }


def _image(content: bytes, kind: str, text: str) -> str:
    encoded = base64.b64encode(content).decode()
    return f'<img src="data:{kind};base64,{encoded}" alt="{escape(text, quote=True)}">'


def _confusion(answers: Predictions) -> str:
    table = evaluation.confusion(answers)
    header = "".join(f'<th scope="col">{escape(name)}</th>' for name in answers.classes)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{_cells(counts, row)}</tr>'
        for row, (name, counts) in enumerate(zip(answers.classes, table.tolist(), strict=True))
    )
    return f'<table class="numbers"><thead><tr><td>is, was taken for</td>{header}</tr></thead><tbody>{rows}</tbody></table>'


def _cells(counts: Sequence[int], right: int) -> str:
    """One row of the table, of which the column `right` holds the right answers."""
    kinds = ("right" if column == right else "wrong" if count else "" for column, count in enumerate(counts))
    return "".join(f'<td class="{kind}">{count}</td>' for kind, count in zip(kinds, counts, strict=True))


def _mistakes(source: Source, answers: Predictions) -> str:
    rows = evaluation.worst(answers, MISTAKES)
    if not rows:
        return "<p>There are none.</p>"
    return f'<div class="pictures">{"".join(_mistake(source, answers, row) for row in rows)}</div>'


def _mistake(source: Source, answers: Predictions, row: int) -> str:
    name, label = answers.names[row], answers.classes[answers.labels[row]]
    said = f"{answers.classes[answers.answers[row]]} {answers.confidence[row]:.3f}"
    image = pictures.decode(source.read(name))
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    shown = _image(buffer.getvalue(), "image/jpeg", f"{name}: labelled {label}, taken for {said}")
    return (
        f"<figure>{shown}<figcaption>{escape(name)}<br>labelled {escape(label)}, taken for {escape(said)}</figcaption></figure>"
    )


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = (f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows)
    return f"<table><tbody>{''.join(lines)}</tbody></table>"


def _command(settings: Settings) -> str:
    return f"make report DATA='{settings.data}' WEIGHTS='{settings.weights}' SIZE={settings.size} SEED={settings.seed}"
