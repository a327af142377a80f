"""Draw the report's charts as SVG."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from catsdogs.results import curves
from catsdogs.results.curves import TRAINING_COLOUR, VALIDATION_COLOUR
from catsdogs.results.evaluation import Bin, Roc

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (
    TRAINING_COLOUR,
    VALIDATION_COLOUR,
    "#228833",
    "#aa3377",
    "#66ccee",
    "#ccbb44",
    "#888888",
)


def course(training: Sequence[float], validation: Sequence[float], name: str) -> bytes:
    """Draw a number over the course of training, for the training and the validation part."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 3.6), layout="constrained")
    curves.curve(figure.subplots(), training, validation, name)
    return _svg(figure)


def roc(classes: Sequence[str], found: Sequence[Roc]) -> bytes:
    """Draw an ROC curve for each class, or one for two classes, whose curves mirror each other."""
    figure, axes = _square("false positive rate", "true positive rate")
    shown = list(zip(classes, found, strict=True))[: 1 if len(classes) == 2 else len(COLOURS)]
    for (name, curve), colour in zip(shown, COLOURS, strict=False):
        axes.plot(
            curve.false_positive,
            curve.true_positive,
            color=colour,
            label=f"{name}, area {curve.area:.4f}",
        )
    axes.legend(frameon=False, loc="lower right")
    return _svg(figure)


def reliability(bins: Sequence[Bin]) -> bytes:
    """Draw accuracy against confidence; larger dots are more pictures."""
    figure, axes = _square("confidence", "accuracy")
    axes.plot(
        [one.confidence for one in bins], [one.accuracy for one in bins], color=VALIDATION_COLOUR
    )
    largest = max(one.count for one in bins)
    for one in bins:
        axes.scatter(
            one.confidence,
            one.accuracy,
            s=20 + 180 * one.count / largest,
            color=VALIDATION_COLOUR,
            alpha=0.7,
        )
    return _svg(figure)


def _square(across: str, upwards: str) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--")
    axes.set_xlabel(across)
    axes.set_ylabel(upwards)
    axes.set_aspect("equal")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: "Figure") -> bytes:
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "catsdogs"}):  # the same chart gives the same file
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
