"""Time `labcoat init` on a repository of 10,000 files with real contents, without a network."""

import itertools
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from side_by_side import INCLUDE, PYTHON, environment

FILES, NOTEBOOKS, TEXTS = 10_000, 200, 800
ROUNDS, MOST_SECONDS = 7, 2.0
NO_INDEX = "http://127.0.0.1:9/simple"  # refuses connections at once
IMPORTS = ("numpy", "pandas", "sklearn", "requests", "yaml", "cv2", "torch", "matplotlib.pyplot")


def write_repository(root: Path, files: int) -> None:
    """Write sources of the standard library under other names, notebooks with pictures, texts."""
    library = sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py"))
    library = [path for path in library if "site-packages" not in path.parts]
    chance = random.Random(1)  # noqa: S311
    sources = files - NOTEBOOKS - TEXTS
    for at, path in zip(range(sources), itertools.cycle(library), strict=False):
        content = path.read_bytes()
        if at % 10 == 0:
            content = f"import {chance.choice(IMPORTS)}\n".encode() + content
        target = root / f"src/part{at // 500}/group{at // 25 % 20}/m{at}_{path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for at in range(NOTEBOOKS):
        lines = library[at].read_text(encoding="utf-8", errors="replace").splitlines(True)
        picture = chance.randbytes(60_000).hex()
        outputs = [{"output_type": "display_data", "data": {"image/png": picture}}]
        cells = [
            {"cell_type": "code", "source": lines[first : first + 20], "outputs": outputs[:first]}
            for first in range(0, min(len(lines), 200), 20)
        ]
        target = root / f"notebooks/n{at}.ipynb"
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    for at in range(TEXTS):
        target = root / f"data/set{at // 100}/table{at}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("a,b,c\n" + "1,2,3\n" * 2_000, encoding="utf-8")
    unneeded = shutil.ignore_patterns("__pycache__")
    shutil.copytree(INCLUDE.parent, root / "tools", ignore=unneeded)
    (root / "requirements.txt").write_text("numpy>=1.26\npandas\nrequests\n", encoding="utf-8")
    identity = ["-c", "user.name=b", "-c", "user.email=b@b", "-c", "gc.auto=0"]
    for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *words], cwd=root, check=True, env=environment())


def time_init(root: Path) -> tuple[float, float]:
    """Return the seconds of one `labcoat init`, and of the processor. Exit if it fails."""
    unset = ("UV_", "PYTHONDONTWRITEBYTECODE")  # an installed labcoat has its byte code
    kept = {name: value for name, value in environment().items() if not name.startswith(unset)}
    env = kept | {"PIP_INDEX_URL": NO_INDEX, "PIP_CONFIG_FILE": os.devnull}
    words = [PYTHON, root / "tools/labcoat", "init", "--dry-run"]
    start, before = time.perf_counter(), os.times()
    ended = subprocess.run(words, cwd=root, env=env, capture_output=True, text=True, check=False)
    took = time.perf_counter() - start
    if ended.returncode:
        sys.exit(f"labcoat init failed with status {ended.returncode}:\n{ended.stderr}")
    after = os.times()
    return took, sum(after[2:4]) - sum(before[2:4])


def main() -> int:
    """Create the repository, time init on it, and print the median and whether it is met."""
    files = int(sys.argv[1]) if sys.argv[1:] else FILES
    with tempfile.TemporaryDirectory(prefix="labcoat-init-") as name:
        root = Path(name) / "repository"
        root.mkdir()
        write_repository(root, files)
        times = [time_init(root) for _ in range(ROUNDS)]
    median = statistics.median(took for took, _ in times)
    used = statistics.median(used for _, used in times)
    is_met = median <= MOST_SECONDS
    verdict = "met" if is_met else "MISSED"
    print(f"labcoat init, {files} files: {median:.2f} s, fastest {min(times)[0]:.2f} s,", end=" ")
    print(f"{used:.2f} s of the processor", end=" ")
    print(f"(asked: at most {MOST_SECONDS:g} s) {verdict}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
