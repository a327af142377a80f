"""Measure whole runs of the catsdogs example, each in a new process.

Import this after the example's folder is on `sys.path`.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from catsdogs.support.atomic import aside

EXAMPLE = Path(__file__).resolve().parent.parent / "examples/catsdogs"
# getrusage's peak would be the parent's if that was higher.
PEAK = (
    "import sys; from catsdogs.__main__ import main; status = main(sys.argv[1:]); "
    "print(*[line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line]); "
    "sys.exit(status)"
)


def time_second_run(data: Path, weights: str, size: int, room: Path) -> tuple[float, float]:
    """Return the seconds of a lesson's first run in `room`, and of the second."""
    settings = ["--data", data, "--weights", weights, "--size", size]
    taken = []
    for _ in range(2):
        started = time.perf_counter()
        _python(["-m", "catsdogs", "lessons", *settings, "--lessons", "frozen"], room)
        taken.append(time.perf_counter() - started)
    return taken[0], taken[1]


def measure_memory(count: int, room: Path) -> tuple[int, int]:
    """Return the peak memory in MiB of extracting features from a tenth of `count` small pictures,
    and from all of them.
    """
    found = []
    for number in (count // 10, count):
        data = room / f"many-{number}"
        _draw(data, number)
        settings = ["--data", data, "--weights", "random", "--size", 32]
        words = ["-c", PEAK, "features", *settings, "--build", room / f"b{number}"]
        found.append(int(_python(words, room).splitlines()[-1]) // 1024)
    return found[0], found[1]


def _draw(folder: Path, count: int) -> None:
    """Draw `count` small pictures of two classes, all different."""
    random = np.random.default_rng(0)
    with aside(folder) as target:
        for number in range(count):
            path = target / ("light" if number % 2 else "dark") / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            noise = random.integers(0, 128, (48, 48, 3)) + 127 * (number % 2)
            Image.fromarray(noise.astype(np.uint8)).save(path, quality=80)


def _python(words: list[Any], room: Path) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=room,
        env=os.environ | {"PYTHONPATH": str(EXAMPLE)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout
