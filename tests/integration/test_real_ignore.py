"""The matcher agrees with real builds of random trees and ignore files."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerignore.matcher import PatternError
from support.real_builds import build, build_together

# In the suite always the same ones. A larger BUILDS tries others each time; many_builds.py, many.
BUILDS = int(os.environ.get("BUILDS", "300"))
NAMES = (
    "a",
    "b",
    "src",
    "venv",
    ".venv",
    ".env",
    "main.py",
    "m.pyc",
    "a.b",
    "ab",
    "x+y",
    "v1",
    "B",
    "é",
    "s p",
    "[x]",
    "a|b",
)
TREES = 12
AT_ONCE = 25  # contexts in one build

PIECES = (
    "*",
    "**",
    "?",
    "*.py",
    "*.pyc",
    "v*",
    "**a",
    "a**",
    "[a-b]",
    "[!a]",
    "[^a]",
    "a*",
    "*b*",
    ".*",
    ".",
    "..",
)
PIECES += (
    "\\a",
    "\\*",
    "a{2}",
    "*a|b",
    "a$",
    "(a)",
    "[a",
    "a]",
    "**c",
    "*[v",
    "\\w*",
    "?rc",
    "{a,b}",
    "^a",
    "[.-a]",
)
BEFORE = ("", "", "", "!", "!", "/", "./", "**/", "!/", "!**/", " ", "! ")
AFTER = ("", "", "", "/", "/**", "/*", " ", "//")

parts = st.lists(
    st.one_of(st.sampled_from(NAMES), st.sampled_from(PIECES)), min_size=1, max_size=3
).map("/".join)
lines = st.tuples(st.sampled_from(BEFORE), parts, st.sampled_from(AFTER)).map("".join)
ignore_files = st.lists(
    st.one_of(lines, st.just("*"), st.just("# a comment")), min_size=1, max_size=6
).map("\n".join)


def tree(root: Path, number: int) -> Path:
    """Fill `root` with one of the trees."""
    for index, name in enumerate(NAMES):
        if (index + number) % 3:
            (root / name).write_text("x")
            continue
        for inner in NAMES[(number + index) % 4 :: 3]:
            deep = root / name / inner / NAMES[(index * number) % len(NAMES)]
            deep.parent.mkdir(parents=True)
            deep.write_text("x")
            (root / name / f"{inner}.py").write_text("x")
    (root / "link").symlink_to("src")
    (root / "dangling").symlink_to("nowhere")
    return root


def our_answer(root: Path) -> set[str] | None:
    """Return the files that are sent; None if the build fails."""
    try:
        return set(BuildContext(root).sent_files())
    except PatternError:
        return None


def find_differences(roots: list[Path], texts: list[str]) -> list[str]:
    """Give each tree its ignore file; a line for each that BuildKit reads differently.

    One build answers for those that labcoat expects to succeed. The others are built one by one, as
    are all if that build fails.
    """
    for root, text in zip(roots, texts, strict=True):
        (root / ".dockerignore").write_bytes(text.encode())
    ours = [our_answer(root) for root in roots]
    good = [at for at, answer in enumerate(ours) if answer is not None]
    together = build_together([roots[at] for at in good]) if good else []
    theirs = dict(zip(good, together, strict=True)) if together is not None else {}
    found = []
    for at, answer in enumerate(ours):
        sent = theirs[at] if at in theirs else build_alone(roots[at])
        if answer != sent:
            found.append(f"{texts[at]!r}: {answer}, BuildKit {sent}")
    return found


def build_alone(root: Path) -> set[str] | None:
    """Return the files that BuildKit sends; None if the build fails."""
    built = build(root)
    return None if built.error else set(built.files)


def random_cases() -> list[tuple[int, str]]:
    """Return the number of a tree and an ignore file, BUILDS times."""
    cases = []

    @settings(
        max_examples=BUILDS,
        deadline=None,
        derandomize=BUILDS <= 300,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(number=st.integers(0, TREES - 1), ignore=ignore_files)
    def collect(number: int, ignore: str) -> None:
        cases.append((number, ignore))

    collect()
    return cases


@pytest.mark.docker
def test_real_builds_agree(tmp_path: Path) -> None:
    """On each file that `COPY . /` brings, and on whether the build fails."""
    cases = random_cases()
    assert len(cases) >= BUILDS
    roots: dict[tuple[int, int], Path] = {}
    for start in range(0, len(cases), AT_ONCE):
        some = cases[start : start + AT_ONCE]
        used: Counter[int] = Counter()
        chosen = []
        for number, _ in some:
            used[number] += 1
            key = number, used[number]
            if key not in roots:
                roots[key] = tmp_path / f"{number}.{used[number]}"
                roots[key].mkdir()
                tree(roots[key], number)
            chosen.append(roots[key])
        assert find_differences(chosen, [ignore for _, ignore in some]) == []


@pytest.mark.docker
def test_emptied_files(tmp_path: Path) -> None:
    """A file that BuildKit lists, and then does not open, arrives empty.

    Only the first time: BuildKit keeps the contents of earlier builds. So it has its own test.
    """
    (tmp_path / "d").mkdir()
    for name in ("d/f", "d/g", "x"):
        (tmp_path / name).write_text("full")
    (tmp_path / ".dockerignore").write_text("d\n!d/f\nd*\n")
    described = BuildContext(tmp_path)
    built = build(tmp_path)
    empty = described.matcher.find_emptied(described.sent_files())
    assert set(empty) == {"d/f"}
    assert {path for path, size in built.files.items() if not size} == {"d/f"}
