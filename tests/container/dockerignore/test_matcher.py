"""The matcher gives the builders' own answers.

Covers matcher and compiled_pattern. How lines are read is in test_parser.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcoat.container.dockerignore.matcher import Matcher, PatternError, Semantics
from labcoat.container.dockerignore.parser import parse_ignore_file
from support.trees import sent

VECTORS = json.loads((Path(__file__).parent / "data" / "ignore.json").read_text())
RANDOM = json.loads((Path(__file__).parent / "data" / "random.json").read_text())
TREE = sorted({*RANDOM["tree"], *(row["path"] for row in VECTORS)})
COLUMNS = {Semantics.BUILDKIT: "docker_buildkit", Semantics.DOCKER_20_10: "docker_buildkit_20_10"}


def answer(ignore: bytes, path: str, semantics: Semantics) -> bool | str:
    """Whether `path` is ignored, or "ERR" where the build fails."""
    try:
        return path not in sent(ignore, TREE, semantics)
    except PatternError:
        return "ERR"


@pytest.mark.parametrize("semantics", Semantics)
@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row['ignore_latin1']!r}:{row['path']}")
def test_observed_answers(row: dict[str, Any], semantics: Semantics) -> None:
    """Each answer is the one that a real builder gave."""
    observed = row[COLUMNS[semantics]]
    expected = "ERR" if isinstance(observed, str) else observed
    assert answer(row["ignore_latin1"].encode("latin-1"), row["path"], semantics) == expected


def test_random_ignore_files() -> None:
    """2,500 ignore files, odder than users write, get the answers that BuildKit gave."""
    wrong = []
    for case in RANDOM["cases"]:
        try:
            ignored = sorted(set(RANDOM["tree"]) - sent(case["ignore"].encode(), RANDOM["tree"]))
        except PatternError:
            ignored = ["error"]
        expected = (
            ["error"]
            if case.get("error")
            else sorted(RANDOM["tree"][index] for index in case["ignored"])
        )
        if ignored != expected:
            wrong.append((case["ignore"], ignored, expected))
    assert wrong == []


def test_bytes_that_are_not_utf_8() -> None:
    """They are sent as U+FFFD, which matches in a regular expression, and no name exactly."""
    assert sent(b"\xff\n", ["\udcff", "\ufffd"]) == {"\udcff"}
    assert sent(b"[\xff]\n", ["\udcff", "\ufffd"]) == set()
    assert sent(b"\xff*\n", ["\udcffa", "b"]) == {"b"}


def test_files_that_arrive_empty() -> None:
    """BuildKit lists some files and then does not open them."""
    matcher = Matcher(parse_ignore_file(b"d\n!d/f\nd*\n"))
    assert sent(b"d\n!d/f\nd*\n", ["d/f", "d/g"]) == {"d/f"}
    assert matcher.find_emptied(["d/f"]) == ["d/f"]
    assert not Matcher(parse_ignore_file(b"d\n!d/f\n")).find_emptied(["d/f"])


PATTERNS = st.lists(
    st.sampled_from([*"ab.*?/[]|\\{}-", "**", ".py", "[co]"]), min_size=1, max_size=6
).map("".join)
PATHS = st.lists(st.sampled_from([*"ab./-", ".py", "c", "o"]), min_size=1, max_size=6).map("".join)


@given(st.lists(PATTERNS, max_size=4), st.lists(PATHS, min_size=1, max_size=9))
def test_files_filtered_together_or_alone(patterns: list[str], paths: list[str]) -> None:
    try:
        together = Matcher(parse_ignore_file("\n".join(patterns).encode()))
        # With a negation, each path is matched by itself.
        alone = Matcher(parse_ignore_file("\n".join([*patterns, "!never"]).encode()))
        expected = alone.filter_files(paths)
    except PatternError:
        return
    assert together.filter_files(paths) == expected
