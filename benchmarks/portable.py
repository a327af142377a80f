"""What LABCOAT_PORTABLE=1 costs: processor time of NumPy functions, without and with it.

Usage: python benchmarks/portable.py PYTHON, a Python that has NumPy.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src/lib"))
from labcoat.core.declared_variables import portable_variables

PROGRAM = """
import json, time, numpy as np
rng = np.random.default_rng(0)
a, v = rng.standard_normal((1500, 1500)), rng.standard_normal(4_000_000)
def best(f):
    found = []
    for _ in range(5):
        start = time.process_time()
        f()
        found.append(time.process_time() - start)
    return min(found)
print(json.dumps({"matrix product": best(lambda: a @ a), "exp": best(lambda: np.exp(v)),
                  "sum": best(lambda: v.sum()), "sort": best(lambda: np.sort(v))}))
"""


def measure(python: str, variables: dict[str, str]) -> dict[str, float]:
    """Return the seconds of processor time of each function."""
    pinned = portable_variables()
    environ = {name: value for name, value in os.environ.items() if name not in pinned}
    done = subprocess.run(
        [python, "-c", PROGRAM], env={**environ, **variables}, capture_output=True, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    """Print both times and their ratio for each function."""
    before, after = (measure(sys.argv[1], one) for one in ({}, portable_variables()))
    for name, seconds in before.items():
        print(f"{name:<16}{seconds:8.3f} s {after[name]:8.3f} s {after[name] / seconds:6.1f}")


if __name__ == "__main__":
    main()
