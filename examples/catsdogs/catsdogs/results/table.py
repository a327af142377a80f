"""Write the lessons' results as one table, in Markdown and CSV, and as a chart."""

import csv
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from catsdogs.results.compare import Result
from catsdogs.results.statistics import mcnemar
from catsdogs.support.atomic import aside

TABLE, LINES, CHART = "lessons.md", "lessons.csv", "lessons.png"
FILES = {"table": TABLE, "numbers": LINES, "chart": CHART}
SHOWN = "Comment"  # the text chunk of the chart's file that holds a digest of what is drawn
COLOURS = ("#4477aa", "#ee6677", "#228833")  # of the sizes
PUBLISHED = "#888888"
APART = 0.44  # rows between the sizes of a lesson


def write(results: Sequence[Result], about: str, build: Path) -> list[str]:
    """Write the table as Markdown, CSV and a chart; return the table's lines."""
    rows = [
        _row(result, before) for result, before in zip(results, [None, *results[:-1]], strict=True)
    ]
    header = list(rows[0])
    lines = [
        f"| {' | '.join(header)} |",
        "|" + "---|" * len(header),
        *(f"| {' | '.join(row.values())} |" for row in rows),
    ]
    with aside(build / TABLE) as room:
        room.write_text("\n".join([about, "", *lines, ""]), encoding="utf-8")
    with aside(build / LINES) as room, room.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    _draw(results, about, build / CHART)
    return lines


def _row(result: Result, before: Result | None) -> Mapping[str, str]:
    low, high = result.interval
    p = _p(before, result) if before and before.size == result.size else None
    return {
        "lesson": result.title,
        "size": f"{result.size} px",
        "tested with": f"{len(result.right):,}, "
        + (f"{result.folds} folds" if result.folds else "the split"),
        "accuracy": f"{result.accuracy:.4f}",
        "95% interval": f"{low:.4f} to {high:.4f}",
        "p, against the line above": "" if p is None else f"{p:.3g}",
        "log-loss": f"{result.loss:.4f}",
        "calibration error": f"{result.calibration_error:.4f}",
        "trained parameters": f"{result.trainable:,}",
        "minutes of training": f"{result.seconds / 60:.1f}",
        "published": result.published,
    }


def _p(first: Result, second: Result) -> float | None:
    """Return the p-value of the difference between two lessons, on the pictures that both were
    tested with, if there are any.
    """
    known = dict(zip(first.pictures, first.right, strict=True))
    pairs = [
        (known[picture], right)
        for picture, right in zip(second.pictures, second.right, strict=True)
        if picture in known
    ]
    if not pairs:
        return None
    return mcnemar(
        sum(one and not other for one, other in pairs),
        sum(other and not one for one, other in pairs),
    )


def _draw(results: Sequence[Result], about: str, target: Path) -> None:
    """Draw each lesson's accuracy with its interval, unless the chart shows the same already.

    A lesson has one row, with a colour for each size, and grey crosses at the published accuracies.
    Importing matplotlib takes longer than everything else if nothing is trained.
    """
    drawn = [[one.title, one.size, one.accuracy, one.interval, one.published] for one in results]
    shown = hashlib.sha256(
        (json.dumps([about, drawn]) + Path(__file__).read_text()).encode()
    ).hexdigest()
    if _shown(target) == shown:
        return
    from matplotlib.figure import Figure

    titles = list(dict.fromkeys(result.title for result in results))
    sizes = sorted({result.size for result in results})
    figure = Figure(figsize=(8, 1.6 + 0.55 * len(titles)), dpi=130, layout="constrained")
    axes = figure.subplots()
    for number, size in enumerate(sizes):
        colour = COLOURS[number % len(COLOURS)]
        shift = (number - (len(sizes) - 1) / 2) * APART
        members = [result for result in results if result.size == size]
        places = [titles.index(result.title) + shift for result in members]
        for result, place in zip(members, places, strict=True):
            axes.plot(result.interval, [place, place], color=colour, linewidth=3, alpha=0.4)
            axes.annotate(
                f"{result.accuracy:.3f}",
                (result.interval[0], place),
                xytext=(-4, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=8,
                color=colour,
            )
        accuracies = [result.accuracy for result in members]
        axes.plot(accuracies, places, "o", color=colour, label=f"{size} px, 95% interval")
    published = {result.title: re.findall(r"0\.\d+", result.published) for result in results}
    crosses = [(float(one), titles.index(title)) for title in titles for one in published[title]]
    if crosses:
        axes.plot(*zip(*crosses, strict=True), "x", color=PUBLISHED, label="published")
    axes.set_yticks(range(len(titles)), titles)
    axes.invert_yaxis()
    axes.margins(x=0.1, y=0.06)
    axes.set_xlabel("accuracy")
    axes.set_title(about, fontsize=9)
    axes.grid(axis="x", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower left")
    with aside(target) as room:
        figure.savefig(room, metadata={"Software": None, SHOWN: shown})


def _shown(chart: Path) -> str:
    """Return the digest of what a chart shows, or nothing if it is missing or damaged."""
    try:
        with Image.open(chart) as image:
            image.load()
            return str(image.info.get(SHOWN, ""))
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for a damaged PNG
        return ""
