"""A run in one HTML page that needs nothing else: no network, no script, no file beside it."""

import base64
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from PIL import Image

from catsdogs.data import pictures, summary
from catsdogs.data.dataset import Data
from catsdogs.data.sources import Source
from catsdogs.network import engine
from catsdogs.results import bundle, charts, evaluation, gradcam, predictions
from catsdogs.results.outputs import MODEL, PREDICTIONS, RESULT
from catsdogs.results.predictions import Predictions
from catsdogs.results.score import Score
from catsdogs.settings import Settings
from catsdogs.support.atomic import aside

REPORT = "report.html"
MISTAKES = 12  # that are shown
EXPLAINED = 6  # pictures on which it is shown where the network looked; two at most are mistakes
THUMBNAIL = 240  # px
TEMPLATE = Path(__file__).with_name("report.html")


@dataclass(frozen=True)
class Run:
    """A finished run: what was asked for, where the pictures lie, what they are, and how good the
    model is.
    """

    settings: Settings
    source: Source
    found: Data
    score: Score


def write(run: Run) -> Path:
    """Write the page from what the run left in its build folder; its path."""
    answers = predictions.read(run.settings.build / PREDICTIONS)
    record = json.loads((run.settings.build / RESULT).read_text())
    target = run.settings.build / REPORT
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(_parts(run, answers, record))
    with aside(target) as room:
        room.write_text(page, encoding="utf-8", errors="replace")
    return target


def _parts(run: Run, answers: Predictions, record: Mapping[str, Any]) -> dict[str, str]:
    low, high = run.score.interval
    bins = evaluation.reliability(answers)
    curves = [evaluation.roc(answers, index) for index in range(len(answers.classes))]
    areas = ", ".join(
        f"{name} {curve.area:.4f}" for name, curve in zip(answers.classes, curves, strict=True)
    )
    error = evaluation.calibration_error(bins)
    return {
        "title": escape(
            " or ".join(answers.classes)
            if len(answers.classes) < 4
            else f"{len(answers.classes)} classes"
        ),
        "accuracy": f"{run.score.accuracy:.2%}",
        "interval": f"{low:.2%} to {high:.2%}",
        "right": f"{run.score.right} of {run.score.total}",
        "loss": f"{run.score.loss:.4f}",
        "calibration": f"{error:.4f}",
        "curves": "".join(_course(record["history"], name) for name in ("loss", "accuracy")),
        "confusion": _confusion(answers),
        "roc": _image(
            charts.roc(answers.classes, curves),
            "image/svg+xml",
            f"ROC curves. Areas under them: {areas}.",
        ),
        "reliability": _image(
            charts.reliability(bins),
            "image/svg+xml",
            f"Accuracy by confidence. They differ by {error:.4f} on average.",
        ),
        "mistakes": _mistakes(run.source, answers),
        "looked": _looked(run, answers),
        "data": "\n".join(
            f"<li>{escape(line.strip())}</li>" for line in summary.describe(run.found)
        ),
        "produced_by": _table(
            [*record["produced_by"].items(), ("environment", engine.environment())]
        ),
        "command": escape(_command(run.settings)),
    }


def _image(content: bytes, kind: str, text: str) -> str:
    encoded = base64.b64encode(content).decode()
    return f'<img src="data:{kind};base64,{encoded}" alt="{escape(text, quote=True)}">'


def _course(history: Mapping[str, Sequence[float]], name: str) -> str:
    training, validation = history[name], history[f"val_{name}"]
    text = (
        f"The {name} by step: at the end {training[-1]:.4f} in training, {validation[-1]:.4f} "
        "in validation."
    )
    return f"<div>{_image(charts.course(training, validation, name), 'image/svg+xml', text)}</div>"


def _confusion(answers: Predictions) -> str:
    table = evaluation.confusion(answers)
    header = "".join(f'<th scope="col">{escape(name)}</th>' for name in answers.classes)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{_cells(counts, row)}</tr>'
        for row, (name, counts) in enumerate(zip(answers.classes, table.tolist(), strict=True))
    )
    head = f"<thead><tr><td>is, was taken for</td>{header}</tr></thead>"
    return f'<table class="numbers">{head}<tbody>{rows}</tbody></table>'


def _cells(counts: Sequence[int], right: int) -> str:
    """One row of the table, of which the column `right` holds the right answers."""
    kinds = (
        "right" if column == right else "wrong" if count else ""
        for column, count in enumerate(counts)
    )
    return "".join(
        f'<td class="{kind}">{count}</td>' for kind, count in zip(kinds, counts, strict=True)
    )


def _mistakes(source: Source, answers: Predictions) -> str:
    rows = evaluation.worst(answers, MISTAKES)
    if not rows:
        return "<p>There are none.</p>"
    return f'<div class="pictures">{"".join(_mistake(source, answers, row) for row in rows)}</div>'


def _mistake(source: Source, answers: Predictions, row: int) -> str:
    name, label = answers.names[row], answers.classes[answers.labels[row]]
    said = _said(answers, row)
    shown = _photograph(
        pictures.decode(source.read(name)), f"{name}: labelled {label}, taken for {said}"
    )
    return f"<figure>{shown}{_caption(name, f'labelled {label}, taken for {said}')}</figure>"


def _looked(run: Run, answers: Predictions) -> str:
    """Some pictures, and where the network saw what speaks for its answer."""
    network, note = bundle.load(run.settings.build / MODEL)
    heat = gradcam.explainer(network, run.settings.seed)
    figures = []
    for row in evaluation.examples(answers, EXPLAINED):
        name, said = answers.names[row], _said(answers, row)
        image = pictures.decode(run.source.read(name))
        found = heat(np.asarray(pictures.square(image, note.size)), int(answers.answers[row]))
        over = gradcam.overlay(_thumbnail(image), found)
        shown = _photograph(image, f"{name}, taken for {said}")
        seen = _photograph(
            over, f"The same picture: what speaks for it is mostly {gradcam.place(found)}"
        )
        figures.append(
            f'<figure class="pair">{shown}{seen}{_caption(name, f"taken for {said}")}</figure>'
        )
    return f'<div class="pairs">{"".join(figures)}</div>'


def _said(answers: Predictions, row: int) -> str:
    return f"{answers.classes[answers.answers[row]]} {answers.confidence[row]:.3f}"


def _caption(name: str, about: str) -> str:
    return f"<figcaption>{escape(name)}<br>{escape(about)}</figcaption>"


def _thumbnail(image: Image.Image) -> Image.Image:
    small = image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return small


def _photograph(image: Image.Image, text: str) -> str:
    buffer = io.BytesIO()
    _thumbnail(image).save(buffer, "JPEG", quality=80)
    return _image(buffer.getvalue(), "image/jpeg", text)


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = (
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table><tbody>{''.join(lines)}</tbody></table>"


def _command(settings: Settings) -> str:
    return (
        f"make report DATA='{settings.data}' WEIGHTS='{settings.weights}' "
        f"SIZE={settings.size} SEED={settings.seed}{'' if settings.winograd else ' WINOGRAD=off'}"
    )
