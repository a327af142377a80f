"""Compare ignore files with BuildKit: `python tests/campaigns/many_builds.py 5000 [seed [done]]`.

They are random, and 25 are compared in one build, as in the suite. With `done`, it continues after
as many ignore files of that seed.
"""

import random
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src" / "lib")]

from integration.test_real_ignore import (  # noqa: E402
    AFTER,
    AT_ONCE,
    BEFORE,
    NAMES,
    PIECES,
    find_differences,
    tree,
)


def random_ignore_file(chance: random.Random) -> str:
    """Return a few lines, some of them odd."""
    parts = (*NAMES, *PIECES)
    lines = [
        chance.choice(BEFORE)
        + "/".join(chance.choice(parts) for _ in range(chance.randint(1, 3)))
        + chance.choice(AFTER)
        for _ in range(chance.randint(1, 6))
    ]
    if chance.random() < 0.3:
        lines.insert(0, "*")
    return "\n".join(lines)


def main(count: int, seed: int, done: int = 0) -> int:
    """Try the ignore files from `done` to `count`. Return 1 if BuildKit reads one differently."""
    chance = random.Random(seed)  # noqa: S311 - random patterns, no secrets
    wrong = tried = 0
    with tempfile.TemporaryDirectory() as folder:
        roots = [Path(folder) / f"t{at}" for at in range(AT_ONCE)]
        for at, root in enumerate(roots):
            root.mkdir()
            tree(root, at % 12)
        while tried < count:
            texts = [random_ignore_file(chance) for _ in roots]
            if tried < done:
                tried += len(roots)
                continue
            for difference in find_differences(roots, texts):
                wrong += 1
                print(difference, flush=True)
            tried += len(roots)
            print(f"\r{tried} of {count}, {wrong} differ", end="", file=sys.stderr, flush=True)
    print(f"\n{tried - done} ignore files (seed {seed}), {wrong} read differently by BuildKit")
    return int(wrong > 0)


if __name__ == "__main__":
    words = [int(each) for each in sys.argv[1:]]
    sys.exit(main(words[0], *(words[1:] or [1])))
