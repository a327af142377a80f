"""Thousands of made-up ignore files held against BuildKit, many to a build: `python tests/campaigns/many_builds.py 5000 [seed]`.

Each ignore file has a context of its own (`--build-context`), which BuildKit reads as it reads a build's; so one build answers
for twenty-five. One that labcoat says fails is built by itself, as is every one of a build that fails.
"""

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src" / "lib")]

from integration.test_real_ignore import AFTER, BEFORE, NAMES, PIECES, our_answer, tree  # noqa: E402
from support.real_builds import build, read  # noqa: E402 - the folder of the tests, whoever starts this

AT_ONCE = 25


def ignore_file(chance: random.Random) -> str:
    """A few lines, odd but not only."""
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


def built(roots: list[Path]) -> list[set[str]] | None:
    """What BuildKit takes of each context; None where it fails on one of them."""
    dockerfile = "FROM scratch\n" + "".join(
        f"COPY --from=c{at} . /{at}/\n" for at in range(len(roots))
    )
    contexts = [f"--build-context=c{at}={root}" for at, root in enumerate(roots)]
    with tempfile.TemporaryDirectory() as empty:
        command = [
            "docker",
            "build",
            "--quiet",
            "--no-cache",
            "--file=-",
            "--output=type=tar,dest=-",
            *contexts,
            empty,
        ]
        done = subprocess.run(command, input=dockerfile.encode(), capture_output=True, check=False)
    if done.returncode:
        return None
    found: list[set[str]] = [set() for _ in roots]
    for path in read(done.stdout):
        number, _, inner = path.partition("/")
        found[int(number)].add(inner)
    return found


def alone(root: Path) -> set[str] | None:
    """What BuildKit takes of one context by itself; None where it fails."""
    result = build(root)
    return None if result.error else set(result.files)


def differences(roots: list[Path], texts: list[str]) -> Iterator[tuple[Path, str]]:
    """The contexts, with their ignore files, of which BuildKit makes something else."""
    for root, text in zip(roots, texts, strict=True):
        (root / ".dockerignore").write_bytes(text.encode())
    ours = [our_answer(root) for root in roots]
    good = [at for at, answer in enumerate(ours) if answer is not None]
    together = built([roots[at] for at in good]) if good else []
    theirs = dict(zip(good, together, strict=True)) if together is not None else {}
    for at, answer in enumerate(ours):
        if answer != (theirs[at] if at in theirs else alone(roots[at])):
            yield roots[at], texts[at]


def main(count: int, seed: int) -> int:
    """Try `count` ignore files; exit status 1 where one is read otherwise."""
    chance = random.Random(seed)  # noqa: S311 - made-up patterns, no secrets
    wrong = tried = 0
    with tempfile.TemporaryDirectory() as folder:
        roots = [Path(folder) / f"t{at}" for at in range(AT_ONCE)]
        for at, root in enumerate(roots):
            root.mkdir()
            tree(root, at % 12)
        while tried < count:
            texts = [ignore_file(chance) for _ in roots]
            for root, text in differences(roots, texts):
                wrong += 1
                print(f"{root.name}: {text!r}", flush=True)
            tried += len(roots)
            print(f"\r{tried} of {count}, {wrong} differ", end="", file=sys.stderr, flush=True)
    print(f"\n{tried} ignore files (seed {seed}), {wrong} read otherwise by BuildKit")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 1))
