"""Draw loss and accuracy over the course of training."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from catsdogs.support.atomic import aside

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW = 12  # steps or epochs that have a tick each
TRAINING_COLOUR, VALIDATION_COLOUR = "#4477aa", "#cc6633"  # safe for colour-blind readers


def draw(
    history: Mapping[str, Sequence[float]],
    interval: tuple[float, float],
    title: str,
    target: Path,
    step: str = "step",
) -> None:
    """Write the curves in `history` (`loss`, `accuracy`, `val_loss`, `val_accuracy`, one value a
    step) as PNG.

    `interval` is that of the final validation accuracy, and is drawn as a band.
    """
    from matplotlib.figure import Figure  # without pyplot: no window, no state

    figure = Figure(figsize=(10, 4.2), dpi=150, layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    figure.suptitle(title, fontsize=12)
    curve(loss, history["loss"], history["val_loss"], "loss (cross-entropy)", step)
    loss.set_ylim(bottom=0)
    curve(accuracy, history["accuracy"], history["val_accuracy"], "accuracy", step)
    accuracy.axhspan(
        *interval, color=VALIDATION_COLOUR, alpha=0.12, linewidth=0, label="95% interval at the end"
    )
    accuracy.legend(frameon=False, loc="lower right")
    accuracy.set_ylim(top=1.005)
    with aside(target) as room:
        figure.savefig(room, metadata={"Software": None})


def curve(
    axes: "Axes",
    training: Sequence[float],
    validation: Sequence[float],
    name: str,
    step: str = "step",
) -> None:
    """Draw both lines, by step or epoch, on `axes`."""
    steps = range(1, len(training) + 1)
    axes.plot(steps, training, color=TRAINING_COLOUR, label="training")
    axes.plot(steps, validation, color=VALIDATION_COLOUR, label="validation")
    if len(training) > FEW:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:.0f}")
    else:
        axes.set_xticks(list(steps))
    axes.set_xlabel(step)
    axes.set_ylabel(name)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
