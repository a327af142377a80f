"""Show the progress of a long task on stderr: tqdm's bar on a terminal, some lines elsewhere."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

T = TypeVar("T")

ON_TERMINAL, ELSEWHERE = 0.1, 10.0  # seconds between two reports
WORTH_A_LINE = 1.0  # seconds: shorter tasks are not reported
LINE = "{desc}: {n_fmt} of {total_fmt}, {rate_fmt}, {elapsed} elapsed, {remaining} left"


class Bar(tqdm):  # type: ignore[misc, type-arg, unused-ignore]
    """A bar that is redrawn in place, without tqdm's thread that watches for stalled bars."""

    monitor_interval = 0


class Lines(Bar):
    """A line for every report, for logs and pipes, which cannot redraw one."""

    reported = 0
    disable = False

    @staticmethod
    def status_printer(file: Any) -> Callable[[str], None]:
        """Return a function that prints a report."""
        return lambda text: print(text, file=file, flush=True) if text else None

    def close(self) -> None:
        """End with a last report, without the empty line that follows a bar."""
        state = self.format_dict
        if state["n"] > self.reported and state["elapsed"] >= WORTH_A_LINE:
            self.display()
        self.disable = True

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Print a report, and remember how much was done."""
        self.reported = self.format_dict["n"]
        return bool(super().display(msg, pos))


def track(
    items: Iterable[tuple[T, int]], total: int, doing: str, unit: str = " pictures"
) -> Iterator[T]:
    """Yield each item of `(item, weight)`, and report the sum of weights so far out of `total`."""
    if sys.stderr.isatty():
        bar = Bar(mininterval=ON_TERMINAL, **_options(total, doing, unit), dynamic_ncols=True)
    else:
        bar = Lines(mininterval=ELSEWHERE, **_options(total, doing, unit), bar_format=LINE)
    with bar:
        for item, weight in items:
            bar.update(weight)
            yield item


def _options(total: int, doing: str, unit: str) -> dict[str, Any]:
    """Return the options of both kinds of report. Bytes are shown as kB, MB and so on."""
    return {
        "total": total,
        "desc": doing,
        "unit": unit,
        "unit_scale": unit == "B",
        "delay": WORTH_A_LINE,
        "miniters": 1,
        "file": sys.stderr,
    }
