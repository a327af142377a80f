"""List what `check` finds in repositories, with each line, to judge how much of it is true.

Run `python tests/campaigns/precision.py FOLDER… [--sample COUNT] [--seed SEED] [--rules PREFIX]`.
Each FOLDER is the work tree of a repository. The program prints how often each rule finds an error,
a warning or a note, then the errors and warnings, each with its line of the file: all of them, or a
random sample of COUNT that SEED chooses. Precision is the part of them that are true.
"""

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

LABCOAT = Path(__file__).parents[2] / "src" / "lib" / "labcoat"
SEVERITIES = ("error", "warning", "note")
WIDTH = 160  # characters of a line of a file


def check(folder: Path) -> list[dict[str, Any]]:
    """Return the findings of `check` in the repository at `folder`; print what fails."""
    command = [sys.executable, str(LABCOAT), "check", "--format", "json", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode not in (0, 1):
        print(f"{folder.name}: exit {done.returncode}: {done.stderr.strip()}")
        return []
    found: list[dict[str, Any]] = json.loads(done.stdout)[0]["findings"]
    return found


def line_of(folder: Path, finding: dict[str, Any]) -> str:
    """Return the line of the file that a finding is about; empty for the whole file."""
    path = folder / finding["path"]
    if not finding["line"] or not path.is_file():
        return ""
    lines = path.read_text(errors="replace").split("\n")
    return "\n".join(lines[finding["line"] - 1 : finding["line"]]).strip()[:WIDTH]


def main() -> int:
    """Print the table and the findings."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rules", default="")
    args = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    serious = []
    for folder in args.folders:
        for finding in check(folder):
            if not finding["rule"].startswith(args.rules):
                continue
            counts[finding["rule"], finding["severity"]] += 1
            if finding["severity"] != "note":
                serious.append((folder, finding))
    print("rule     " + " ".join(f"{each:>8}" for each in SEVERITIES))
    for rule in sorted({rule for rule, _ in counts}):
        print(f"{rule:8} " + " ".join(f"{counts[rule, each]:8}" for each in SEVERITIES))
    total = [sum(n for (_, kind), n in counts.items() if kind == each) for each in SEVERITIES]
    print("all      " + " ".join(f"{each:8}" for each in total))
    if args.sample and args.sample < len(serious):
        chance = random.Random(args.seed)  # noqa: S311 - a sample, no secret
        serious = sorted(chance.sample(serious, args.sample), key=serious.index)
    for number, (folder, finding) in enumerate(serious, 1):
        where = f"{finding['path']}:{finding['line'] or 0}"
        print(f"\n{number}. {folder.name}: {finding['rule']} {finding['severity']} {where}")
        print(f"  {finding['message']}")
        if line := line_of(folder, finding):
            print(f"  > {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
