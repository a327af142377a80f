"""Report a run as one self-contained HTML page: without network, scripts, or other files."""

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
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
MISTAKES = 12  # shown
EXPLAINED = 6  # pictures with a heat map; at most two of them are mistakes
THUMBNAIL = 240  # px
SVG = "image/svg+xml"
TEMPLATE = Path(__file__).with_name("report.html")


@dataclass(frozen=True)
class Picture:
    """A picture in the page: its bytes, MIME type, and alternative text."""

    content: bytes
    kind: str
    text: str

    @property
    def base64(self) -> str:
        """The bytes as text, for a data URL."""
        return base64.b64encode(self.content).decode()


@dataclass(frozen=True)
class Figure:
    """A photograph with its name, a line about it, and its heat map if there is one."""

    name: str
    about: str
    picture: Picture
    heat: Picture | None = None


@dataclass(frozen=True)
class Run:
    """A finished run: its settings, the source of its pictures, its data, and its score."""

    settings: Settings
    source: Source
    found: Data
    score: Score


def write(run: Run) -> Path:
    """Write the page from what the run left in its build folder; return its path."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    answers = predictions.read(run.settings.build / PREDICTIONS)
    record = json.loads((run.settings.build / RESULT).read_text())
    target = run.settings.build / REPORT
    templates = Environment(
        loader=FileSystemLoader(TEMPLATE.parent), autoescape=True, undefined=StrictUndefined
    )
    page = templates.get_template(TEMPLATE.name).render(_parts(run, answers, record))
    with aside(target) as room:
        room.write_text(page, encoding="utf-8", errors="replace")
    return target


def _parts(run: Run, answers: Predictions, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's variables, as plain text: Jinja escapes all of them."""
    low, high = run.score.interval
    classes = answers.classes
    bins = evaluation.reliability(answers)
    error = evaluation.calibration_error(bins)
    return {
        "title": " or ".join(classes) if len(classes) < 4 else f"{len(classes)} classes",
        "accuracy": f"{run.score.accuracy:.2%}",
        "interval": f"{low:.2%} to {high:.2%}",
        "right": f"{run.score.right} of {run.score.total}",
        "loss": f"{run.score.loss:.4f}",
        "calibration": f"{error:.4f}",
        "curves": [_course(record["history"], name) for name in ("loss", "accuracy")],
        "classes": classes,
        "confusion": evaluation.confusion(answers).tolist(),
        "roc": _roc(answers),
        "reliability": Picture(
            charts.reliability(bins),
            SVG,
            f"Accuracy by confidence. They differ by {error:.4f} on average.",
        ),
        "mistakes": _mistakes(run.source, answers),
        "looked": _looked(run, answers),
        "data": [line.strip() for line in summary.describe(run.found)],
        "produced_by": [*record["produced_by"].items(), ("environment", engine.environment())],
        "command": _command(run.settings),
    }


def _course(history: Mapping[str, Sequence[float]], name: str) -> Picture:
    training, validation = history[name], history[f"val_{name}"]
    text = (
        f"The {name} by step: at the end {training[-1]:.4f} in training, {validation[-1]:.4f} "
        "in validation."
    )
    return Picture(charts.course(training, validation, name), SVG, text)


def _roc(answers: Predictions) -> Picture:
    curves = [evaluation.roc(answers, index) for index in range(len(answers.classes))]
    areas = ", ".join(
        f"{name} {curve.area:.4f}" for name, curve in zip(answers.classes, curves, strict=True)
    )
    drawn = charts.roc(answers.classes, curves)
    return Picture(drawn, SVG, f"ROC curves. Areas under them: {areas}.")


def _mistakes(source: Source, answers: Predictions) -> list[Figure]:
    figures = []
    for row in evaluation.worst(answers, MISTAKES):
        name, label = answers.names[row], answers.classes[answers.labels[row]]
        about = f"labelled {label}, predicted {_prediction(answers, row)}"
        image = pictures.decode(source.read(name))
        figures.append(Figure(name, about, _photograph(image, f"{name}: {about}")))
    return figures


def _looked(run: Run, answers: Predictions) -> list[Figure]:
    """Return some pictures with their heat maps."""
    network, note = bundle.load(run.settings.build / MODEL)
    explain = gradcam.explainer(network, run.settings.seed)
    figures = []
    for row in evaluation.examples(answers, EXPLAINED):
        name, about = answers.names[row], f"predicted {_prediction(answers, row)}"
        image = pictures.decode(run.source.read(name))
        found = explain(np.asarray(pictures.square(image, note.size)), int(answers.answers[row]))
        heat = _photograph(
            gradcam.overlay(_thumbnail(image), found),
            f"The same picture as a heat map: the evidence is mostly {gradcam.place(found)}",
        )
        figures.append(Figure(name, about, _photograph(image, f"{name}, {about}"), heat))
    return figures


def _prediction(answers: Predictions, row: int) -> str:
    return f"{answers.classes[answers.answers[row]]} {answers.confidence[row]:.3f}"


def _thumbnail(image: Image.Image) -> Image.Image:
    small = image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return small


def _photograph(image: Image.Image, text: str) -> Picture:
    buffer = io.BytesIO()
    _thumbnail(image).save(buffer, "JPEG", quality=80)
    return Picture(buffer.getvalue(), "image/jpeg", text)


def _command(settings: Settings) -> str:
    return (
        f"make report DATA='{settings.data}' WEIGHTS='{settings.weights}' "
        f"SIZE={settings.size} SEED={settings.seed}{'' if settings.winograd else ' WINOGRAD=off'}"
    )
