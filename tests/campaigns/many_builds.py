"""Compare ignore files with BuildKit: `python tests/campaigns/many_builds.py 5000 [seed]`.

They are random, and many are compared in one build. Each ignore file has its own context
(`--build-context`), which BuildKit reads like that of a build, so that one build answers for 25. An
ignore file that labcoat expects to fail is built by itself, as are all of a build that fails.
"""

import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src" / "lib")]

from integration.test_real_ignore import AFTER, BEFORE, NAMES, PIECES, our_answer, tree  # noqa: E402
from support.real_builds import build, export_image, read_export  # noqa: E402

AT_ONCE = 25


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


def build_together(roots: list[Path]) -> list[set[str]] | None:
    """Return the files that BuildKit sends from each context; None if the build fails."""
    dockerfile = "FROM scratch\n" + "".join(
        f"COPY --from=c{at} . /{at}/\n" for at in range(len(roots))
    )
    contexts = [f"--build-context=c{at}={root}" for at, root in enumerate(roots)]
    with tempfile.TemporaryDirectory() as empty:
        done = export_image(dockerfile, *contexts, empty)
    if done.returncode:
        return None
    found: list[set[str]] = [set() for _ in roots]
    for path in read_export(done.stdout):
        number, _, inner = path.partition("/")
        found[int(number)].add(inner)
    return found


def build_alone(root: Path) -> set[str] | None:
    """Return the files that BuildKit sends from one context; None if the build fails."""
    result = build(root)
    return None if result.error else set(result.files)


def find_differences(roots: list[Path], texts: list[str]) -> Iterator[tuple[Path, str]]:
    """Yield the contexts, with their ignore files, that BuildKit reads differently."""
    for root, text in zip(roots, texts, strict=True):
        (root / ".dockerignore").write_bytes(text.encode())
    ours = [our_answer(root) for root in roots]
    good = [at for at, answer in enumerate(ours) if answer is not None]
    together = build_together([roots[at] for at in good]) if good else []
    theirs = dict(zip(good, together, strict=True)) if together is not None else {}
    for at, answer in enumerate(ours):
        if answer != (theirs[at] if at in theirs else build_alone(roots[at])):
            yield roots[at], texts[at]


def main(count: int, seed: int) -> int:
    """Try `count` ignore files. Return 1 if BuildKit reads one of them differently."""
    chance = random.Random(seed)  # noqa: S311 - random patterns, no secrets
    wrong = tried = 0
    with tempfile.TemporaryDirectory() as folder:
        roots = [Path(folder) / f"t{at}" for at in range(AT_ONCE)]
        for at, root in enumerate(roots):
            root.mkdir()
            tree(root, at % 12)
        while tried < count:
            texts = [random_ignore_file(chance) for _ in roots]
            for root, text in find_differences(roots, texts):
                wrong += 1
                print(f"{root.name}: {text!r}", flush=True)
            tried += len(roots)
            print(f"\r{tried} of {count}, {wrong} differ", end="", file=sys.stderr, flush=True)
    print(f"\n{tried} ignore files (seed {seed}), {wrong} read differently by BuildKit")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 1))
