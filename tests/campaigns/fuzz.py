"""Fuzz the files that labcoat reads: `python tests/campaigns/fuzz.py MINUTES [SEED]`.

Each round runs the fuzz tests of the suite with other examples, which its seed decides. To repeat a
failed round: `FUZZ=200 python -m pytest tests/lint/test_fuzz.py --hypothesis-seed=SEED`. The suite
itself has forty fixed examples of each.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = 200  # of each test in a round


def run_round(seed: int, examples: int) -> bool:
    """Run the fuzz tests with this seed; whether they pass. What fails is printed."""
    words = ["-q", "-x", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "tests/lint/test_fuzz.py"],
        cwd=REPOSITORY,
        env={**os.environ, "FUZZ": str(examples), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        print(f"seed {seed}:\n{ended.stdout}", flush=True)
    return ended.returncode == 0


def main(minutes: float, seed: int = 1, examples: int = EXAMPLES) -> int:
    """Run rounds until the time is over; exit status 1 where one failed."""
    end = time.monotonic() + 60 * minutes
    rounds = failed = 0
    while not rounds or time.monotonic() < end:
        failed += not run_round(seed + rounds, examples)
        rounds += 1
        print(f"\r{rounds} rounds, {failed} failed", end="", file=sys.stderr, flush=True)
    print(f"\n{rounds} rounds of {examples} examples a test (first seed {seed}), {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 1))
