"""Measure rates of alternatives, in turns."""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """Work per second, and per second of processor time, which depends less on other programs."""

    second: float
    processor: float


def rate(call: Callable[[], int]) -> Rate:
    """Return the rate of what `call` counts."""
    started = time.perf_counter(), time.process_time()
    count = call()
    return Rate(
        count / (time.perf_counter() - started[0]), count / (time.process_time() - started[1])
    )


def alternate(sides: dict[str, Callable[[], int]], rounds: int) -> dict[str, Rate]:
    """Return the median rate of each side. Every round runs each side once."""
    rates: dict[str, list[Rate]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            last = rate(call)
            rates[name].append(last)
            print(
                f"  {name}: {last.second:.4g} a second, {last.processor:.4g} a processor's second",
                file=sys.stderr,
                flush=True,
            )
    return {
        name: Rate(
            statistics.median(one.second for one in found),
            statistics.median(one.processor for one in found),
        )
        for name, found in rates.items()
    }


def compare_rates(one: Rate, other: Rate) -> tuple[float, str]:
    """Return how many times as fast `one` is as `other`, and a text with the ratios."""
    ratio = one.second / other.second
    return (
        ratio,
        f"{ratio:.2f} times as fast, {one.processor / other.processor:.2f} times in processor time",
    )
