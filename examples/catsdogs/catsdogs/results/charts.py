"""Draw the report's charts as SVG."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

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

ROOM_FOR_GUESSING = 0.5  # true positive rates below which the ROC chart begins at 0


def course(
    training: Sequence[float], validation: Sequence[float], name: str, step: str = "step"
) -> bytes:
    """Draw a number over the course of training, for the training and the validation part."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 3.6), layout="constrained")
    curves.curve(figure.subplots(), training, validation, name, step)
    return _svg(figure)


def roc(classes: Sequence[str], found: Sequence[Roc], others: Sequence[int]) -> bytes:
    """Draw an ROC curve for each class, or one for two classes, whose curves mirror each other.

    The axis of false positives is logarithmic: the curve of a good model is in the corner of a
    linear one. It begins where one of the pictures of `others`, the number of pictures that are not
    of the class, would be half a picture.
    """
    figure, axes = _axes("false positive rate, logarithmic", "true positive rate")
    shown = list(zip(classes, found, others, strict=True))
    shown = shown[: 1 if len(classes) == 2 else len(COLOURS)]
    least = min(0.5 / max(1, count) for _, _, count in shown)
    lowest = 1.0
    for (name, curve, _), colour in zip(shown, COLOURS, strict=False):
        across = np.maximum(curve.false_positive, least)
        axes.plot(
            across,
            curve.true_positive,
            color=colour,
            drawstyle="steps-post",
            label=f"{name}, area {curve.area:.4f}",
        )
        visible = curve.true_positive[curve.false_positive <= least]
        lowest = min(lowest, float(visible.max(initial=0.0)))
    axes.set_xscale("log")
    axes.set_xlim(least, 1)
    bottom = max(0.0, 1 - 1.3 * (1 - lowest)) if lowest < 1 else 0.9
    if bottom < ROOM_FOR_GUESSING:
        chance = np.geomspace(least, 1, 100)
        axes.plot(chance, chance, color="#999999", linewidth=1, linestyle="--", label="guessing")
        bottom = 0.0
    axes.set_ylim(bottom, 1 + (1 - bottom) * 0.03)
    axes.legend(frameon=False, loc="lower right")
    return _svg(figure)


def reliability(bins: Sequence[Bin]) -> bytes:
    """Draw the accuracy and its interval beside the confidence, for each bin of equal counts."""
    figure, axes = _axes("mean confidence in each bin, and its number of pictures", "accuracy")
    places = range(len(bins))
    accuracy = [one.accuracy for one in bins]
    ends = [one.interval for one in bins]
    axes.errorbar(
        places,
        accuracy,
        yerr=[
            [share - low for share, (low, _) in zip(accuracy, ends, strict=True)],
            [high - share for share, (_, high) in zip(accuracy, ends, strict=True)],
        ],
        fmt="o",
        color=VALIDATION_COLOUR,
        capsize=3,
        label="accuracy, 95% interval",
    )
    axes.plot(
        places,
        [one.confidence for one in bins],
        linestyle="none",
        marker="_",
        markersize=18,
        markeredgewidth=2,
        color=TRAINING_COLOUR,
        label="confidence",
    )
    axes.set_xticks(
        places, [f"{_confidence(one.confidence)}\n{one.count}" for one in bins], fontsize=8
    )
    axes.set_xlim(-0.6, len(bins) - 0.4)
    bottom = min([low for low, _ in ends] + [one.confidence for one in bins])
    axes.set_ylim(max(0.0, bottom - 0.03 * (1 - bottom)), 1 + (1 - bottom) * 0.03)
    axes.legend(frameon=False, loc="lower right")
    return _svg(figure)


def _confidence(share: float) -> str:
    """Return as many digits as distinguish a confidence from 1."""
    return f"{share:.2f}" if share < 0.985 else f"{share:.3f}" if share < 0.9985 else ">.998"


def _axes(across: str, upwards: str) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(across)
    axes.set_ylabel(upwards)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: "Figure") -> bytes:
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "catsdogs"}):  # the same chart gives the same file
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
