"""The mistake of many lessons: pictures divided by 255 for a network that expects something else.

It costs several points on photographs, and nothing on pictures that any network distinguishes. So
the features of 400 of Kaggle's photographs come with the example, with VGG16's own preprocessing
and with the mistake: `extras/package_features.py` made them.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catsdogs.results import statistics
from catsdogs.support.atomic import aside
from catsdogs.training import head

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PACKAGED = Path(__file__).with_name("mistake.npz")
FOLDS = 5
CLEAR = 0.05  # a smaller p-value than this is a difference


@dataclass(frozen=True)
class Pair:
    """Features of the same `n` pictures, `(n, features)`, with the right preprocessing and with the
    mistake; and the index of each picture's class, `(n,)`.
    """

    right: NDArray[np.float32]
    scaled: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Compared:
    """Which of `n` pictures each of two heads predicts correctly, `(n,)`; `of` names them."""

    right: NDArray[np.bool_]
    scaled: NDArray[np.bool_]
    of: str

    @property
    def p(self) -> float:
        """The p-value of McNemar's test of the two heads."""
        only_right = int((self.right & ~self.scaled).sum())
        return statistics.mcnemar(only_right, int((self.scaled & ~self.right).sum()))

    @property
    def shows(self) -> bool:
        """Whether the mistake costs accuracy that is no chance."""
        return bool(self.right.sum() > self.scaled.sum()) and self.p < CLEAR

    def lines(self) -> list[str]:
        """Return a line for each head, and one about the difference."""
        ways = (("right preprocessing", self.right), ("divided by 255", self.scaled))
        points = 100 * (self.right.mean() - self.scaled.mean())
        return [
            *(
                f"{name}: {hits.mean():.4f}, 95% interval {low:.4f} to {high:.4f}, "
                f"{hits.sum()} of {len(hits)} {self.of}"
                for name, hits in ways
                for low, high in [statistics.wilson(int(hits.sum()), len(hits))]
            ),
            f"the mistake costs {points:.1f} points (p = {self.p:.2g})"
            if self.shows
            else f"these pictures do not show what the mistake costs (p = {self.p:.2g})",
        ]


def packaged() -> Pair:
    """Return the features of photographs that come with the example."""
    with np.load(PACKAGED) as kept:
        right, scaled = (kept[name].astype(np.float32) for name in ("right", "scaled"))
        return Pair(right, scaled, kept["labels"].astype(np.int64))


def save(pair: Pair, digests: NDArray[np.uint8], target: Path) -> None:
    """Write a pair with 16 bits a number, and the pictures' sha256, `(n, 32)`."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        right=pair.right.astype(np.float16),
        scaled=pair.scaled.astype(np.float16),
        labels=pair.labels.astype(np.uint8),
        digests=digests,
    )
    with aside(target) as room:
        room.write_bytes(buffer.getvalue())


def compare(pair: Pair, of: str = "photographs") -> Compared:
    """Train a head on each kind of features, and test both with the same pictures.

    Every picture is tested with, in one of up to `FOLDS` folds.
    """
    places = np.empty(len(pair.labels), dtype=np.int64)
    counts = np.bincount(pair.labels)
    for label, count in enumerate(counts):
        places[pair.labels == label] = np.arange(count)
    fold = places % min(FOLDS, max(2, int(counts.min())))
    hits = []
    for seen in (pair.right, pair.scaled):
        answers = np.empty_like(pair.labels)
        for number in range(int(fold.max()) + 1):
            tested = fold == number
            fitted = head.fit_only(head.Part(seen[~tested], pair.labels[~tested]), len(counts))
            answers[tested] = fitted.probabilities(seen[tested]).argmax(axis=1)
        hits.append(answers == pair.labels)
    return Compared(hits[0], hits[1], of)


def draw(compared: Compared, axes: "Axes") -> None:
    """Draw both accuracies with their 95% intervals."""
    ways = (
        ("right preprocessing", compared.right, "tab:blue"),
        ("divided by 255", compared.scaled, "tab:red"),
    )
    for place, (_, hits, color) in enumerate(ways):
        low, high = statistics.wilson(int(hits.sum()), len(hits))
        share = float(hits.mean())
        axes.errorbar(
            share, place, xerr=[[share - low], [high - share]], fmt="o", color=color, capsize=4
        )
        axes.annotate(
            f"{share:.4f}",
            (share, place),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            color=color,
        )
    axes.set_yticks(range(len(ways)), [name for name, _, _ in ways])
    axes.set_ylim(len(ways) - 0.5, -0.6)
    axes.set_xlabel(f"accuracy and its 95% interval, {len(compared.right)} {compared.of}")
    axes.spines[["top", "right"]].set_visible(False)
