"""How far along a long task is, on stderr: a bar on a terminal, a line every ten seconds
elsewhere.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

WIDTH = 30  # characters of the bar
ON_TERMINAL, ELSEWHERE = 0.1, 10.0  # seconds between two reports
WORTH_A_LINE = 1.0  # seconds: what took less is not reported


def line(doing: str, done: int, total: int, seconds: float) -> str:
    """One report: what is being done, how much of it, how fast, and how long it will still take."""
    rate = done / seconds if seconds > 0 else 0.0
    left = (
        f", {clock((total - done) / rate)} left"
        if rate and done < total
        else f", took {clock(seconds)}"
    )
    return f"{doing}: {done} of {total}, {rate:.1f} a second{left}"


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds, `3:07`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def bar(done: int, total: int) -> str:
    """The share that is done, as a bar of `WIDTH` characters."""
    full = WIDTH * done // max(total, 1)
    return "[" + "#" * full + "-" * (WIDTH - full) + "]"


def track(items: Iterable[tuple[T, int]], total: int, doing: str) -> Iterator[T]:
    """Each item of `(item, weight)`, while reporting the weight that has passed out of `total`."""
    terminal = sys.stderr.isatty()
    report = _on_terminal if terminal else _elsewhere
    pause = ON_TERMINAL if terminal else ELSEWHERE
    started = reported = time.monotonic()
    done = 0
    try:
        for item, weight in items:
            done += weight
            now = time.monotonic()
            if now - reported >= pause or (done >= total and now - started >= WORTH_A_LINE):
                reported = now
                report(done, total, line(doing, done, total, now - started))
            yield item
    finally:
        if terminal and reported > started:
            print(file=sys.stderr)


def _on_terminal(done: int, total: int, text: str) -> None:
    print(f"\r\033[K{bar(done, total)} {text}", end="", file=sys.stderr, flush=True)


# The same shape as the other.
def _elsewhere(done: int, total: int, text: str) -> None:  # noqa: ARG001
    print(text, file=sys.stderr, flush=True)
