"""Report a run as one self-contained HTML page: without network, scripts, or other files."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from catsdogs.data import pictures, summary
from catsdogs.data.dataset import Data
from catsdogs.data.sources import Source
from catsdogs.errors import CatsdogsError
from catsdogs.results import (
    bundle,
    charts,
    evaluation,
    gradcam,
    origin,
    predictions,
    record,
    words,
)
from catsdogs.results.choice import Chosen
from catsdogs.results.evaluation import Bin
from catsdogs.results.outputs import PREDICTIONS, REPORT, TEST_PREDICTIONS
from catsdogs.results.predictions import Predictions
from catsdogs.results.score import Score, Scores
from catsdogs.results.statistics import wilson
from catsdogs.results.words import one_line
from catsdogs.support.atomic import aside
from catsdogs.training import lessons

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
class Subject:
    """A model to report on, the source of its pictures, and its data."""

    chosen: Chosen
    source: Source
    found: Data


def write(subject: Subject) -> Path:
    """Write the page about a model beside the model; return its path."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    chosen = subject.chosen
    scores = record.scores(chosen.record)
    file = TEST_PREDICTIONS if scores.test else PREDICTIONS
    answers = _found_again(predictions.read(chosen.folder / file), subject)
    target = chosen.folder / REPORT
    templates = Environment(
        loader=FileSystemLoader(TEMPLATE.parent), autoescape=True, undefined=StrictUndefined
    )
    page = templates.get_template(TEMPLATE.name).render(_parts(subject, answers, scores))
    with aside(target) as room:
        room.write_text(page, encoding="utf-8", errors="replace")
    return target


def _found_again(answers: Predictions, subject: Subject) -> Predictions:
    """Return the predictions with the names that the pictures have now.

    Raise `CatsdogsError` if some are not in the data.
    """
    names = {picture.digest: picture.name for picture in subject.found.pictures}
    lost = [
        name
        for name, digest in zip(answers.names, answers.digests, strict=True)
        if digest not in names
    ]
    if lost:
        raise CatsdogsError(
            f"`{subject.chosen.settings.data}` lacks {len(lost)} of the {len(answers.names)} "
            f"pictures that the model was tested with, such as `{lost[0]}`",
            "Set `DATA=` to the pictures that it was made of, or run `make train` again",
        )
    return replace(answers, names=[names[digest] for digest in answers.digests])


def _parts(subject: Subject, answers: Predictions, scores: Scores) -> dict[str, Any]:
    """Return the template's variables, as plain text: Jinja escapes all of them."""
    classes = answers.classes
    made = subject.chosen.record
    main = scores.test or scores.validation
    error = evaluation.calibration_error(evaluation.reliability(answers))
    bins = evaluation.equal_bins(answers)
    lesson = lessons.LESSONS[subject.chosen.lesson]
    return {
        "title": " or ".join(classes) if len(classes) < 4 else f"{len(classes)} classes",
        "lesson": lesson.title,
        "network": origin.network(subject.chosen),
        "part": "test" if scores.test else "validation",
        "tested": bool(scores.test),
        "main": _numbers(main),
        "validation": _numbers(scores.validation),
        "base": one_line(classes[main.most_common]),
        "base_line": words.base_rate(main, classes),
        "in_words": words.in_words(main, classes),
        "per_class": _per_class(main, classes),
        "sure": words.sure(main, made),
        "calibration": f"{error:.4f}",
        "step": lesson.step,
        "curves": [_course(made["history"], name, lesson.step) for name in ("loss", "accuracy")],
        "classes": classes,
        "confusion": main.confusion,
        "roc": _roc(answers),
        "bins": [_bin_row(one) for one in bins],
        "reliability": Picture(
            charts.reliability(bins),
            SVG,
            f"Accuracy and confidence in {len(bins)} bins. They differ by {error:.4f} on average.",
        ),
        "mistakes": _mistakes(subject.source, answers),
        "looked": _looked(subject, answers),
        "data": [line.strip() for line in summary.describe(subject.found)],
        "changed": subject.found.digest != made["produced_by"]["data"],
        "produced_by": origin.produced_by(subject.chosen, subject.found),
        "command": origin.command(subject.chosen),
    }


def _numbers(score: Score) -> dict[str, str]:
    low, high = score.interval
    return {
        "accuracy": f"{score.accuracy:.2%}",
        "interval": f"{low:.2%} to {high:.2%}",
        "right": f"{score.right} of {score.total}",
        "balanced": f"{score.balanced:.2%}",
        "base": f"{score.base_rate:.2%}",
        "loss": f"{score.loss:.4f}",
    }


def _per_class(score: Score, classes: list[str]) -> list[tuple[str, ...]]:
    rows = []
    for name, (right, total) in zip(classes, score.by_class, strict=True):
        low, high = wilson(right, total)
        share = f"{right / total:.2%}" if total else "–"
        rows.append((name, f"{right} of {total}", share, f"{low:.2%} to {high:.2%}"))
    return rows


def _bin_row(one: Bin) -> tuple[str, ...]:
    low, high = one.interval
    return (
        f"{one.low:.4f} to {one.high:.4f}",
        str(one.count),
        f"{one.confidence:.4f}",
        f"{one.accuracy:.4f}",
        f"{low:.4f} to {high:.4f}",
    )


def _course(history: Mapping[str, Sequence[float]], name: str, step: str) -> Picture:
    training, validation = history[name], history[f"val_{name}"]
    text = (
        f"The {name} by {step}: at the end {training[-1]:.4f} in training, {validation[-1]:.4f} "
        "in validation."
    )
    return Picture(charts.course(training, validation, name, step), SVG, text)


def _roc(answers: Predictions) -> Picture:
    curves = [evaluation.roc(answers, index) for index in range(len(answers.classes))]
    areas = ", ".join(
        f"{name} {curve.area:.4f}" for name, curve in zip(answers.classes, curves, strict=True)
    )
    others = [int((answers.labels != index).sum()) for index in range(len(curves))]
    drawn = charts.roc(answers.classes, curves, others)
    return Picture(drawn, SVG, f"ROC curves. Areas under them: {areas}.")


def _mistakes(source: Source, answers: Predictions) -> list[Figure]:
    figures = []
    for row in evaluation.worst(answers, MISTAKES):
        name, label = answers.names[row], answers.classes[answers.labels[row]]
        about = f"labelled {label}, predicted {_prediction(answers, row)}"
        image = pictures.decode(source.read(name))
        figures.append(Figure(name, about, _photograph(image, f"{name}: {about}")))
    return figures


def _looked(subject: Subject, answers: Predictions) -> list[Figure]:
    """Return some pictures with their heat maps."""
    network, note = bundle.load(subject.chosen.model)
    explain = gradcam.explainer(network, subject.chosen.settings.seed)
    figures = []
    for row in evaluation.examples(answers, EXPLAINED):
        name, about = answers.names[row], f"predicted {_prediction(answers, row)}"
        image = pictures.decode(subject.source.read(name))
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
