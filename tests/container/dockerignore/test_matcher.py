"""The matcher gives the builders' own answers."""

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
    """Every answer that a real builder gave is given."""
    observed = row[COLUMNS[semantics]]
    expected = "ERR" if isinstance(observed, str) else observed
    assert answer(row["ignore_latin1"].encode("latin-1"), row["path"], semantics) == expected


def test_made_up_ignore_files() -> None:
    """2,500 ignore files, odder than what people write, are all read as BuildKit read them."""
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


MALFORMED = {
    "bare-sign": (b"venv\n!\n", 2),
    "sign-and-slash": (b"!/\n", 1),
    "open-bracket": (b"a\nb\n[\n", 3),
    "backwards-range": (b"[z-a]\n", 1),
    "trailing-backslash": (b"venv\\\n", 1),
    "long-line": (b"\n" + b"a" * 65536, 2),
    "form-feed": (b"a\fb\n", 1),
    "tab": (b"a\tb\n", 1),
    "delete": (b"a\x7fb\n", 1),
    "control-behind-a-slash": (b"x\n/\x0bsrc\n", 2),
    "control-before-a-slash": (b"a\t/\n", 1),
    "nothing-but-a-control": (b"/\f/\n", 1),
}


@pytest.mark.parametrize(("data", "line"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_patterns_are_named(data: bytes, line: int) -> None:
    """What fails a build is an error that names its line."""
    with pytest.raises(PatternError) as caught:
        sent(data, TREE)
    assert caught.value.line == line


def test_control_characters_travel_with_other_scripts() -> None:
    """One character outside ASCII makes BuildKit encode all patterns, so that a form feed passes."""
    assert "é.txt" not in sent("é.txt\na\fb\n".encode(), TREE)


def test_bytes_that_are_no_text() -> None:
    """A byte that is not UTF-8 travels as U+FFFD: it matches where a regular expression reads names, and no name exactly."""
    assert sent(b"\xff\n", ["\udcff", "\ufffd"]) == {"\udcff"}
    assert sent(b"[\xff]\n", ["\udcff", "\ufffd"]) == set()
    assert sent(b"\xff*\n", ["\udcffa", "b"]) == {"b"}


def test_longest_line() -> None:
    """A line of 64 KiB less one byte is read."""
    assert len(parse_ignore_file(b"a" * 65535 + b"\nx")) == 2


def test_emptied_files_are_known() -> None:
    """A file that BuildKit lists and then cannot open arrives with nothing in it."""
    matcher = Matcher(parse_ignore_file(b"d\n!d/f\nd*\n"))
    assert sent(b"d\n!d/f\nd*\n", ["d/f", "d/g"]) == {"d/f"}
    assert matcher.arrives_empty("d/f")
    assert not Matcher(parse_ignore_file(b"d\n!d/f\n")).arrives_empty("d/f")


HANGING = ("*a" * 30 + "b", "**/" * 30 + "b", "*a" * 12 + "{2}b", "a{2,900}" * 6 + "*a{2,900}*b")


@pytest.mark.parametrize("pattern", HANGING, ids=range(len(HANGING)))
def test_matching_takes_polynomial_time(pattern: str) -> None:
    """Patterns over which a backtracking matcher would brood for ever are answered."""
    path = "/".join(["a" * 200] * 10)
    assert sent(pattern.encode(), [path]) == {path}


PATTERNS = st.lists(
    st.sampled_from([*"ab.*?/[]|\\{}-", "**", ".py", "[co]"]), min_size=1, max_size=6
).map("".join)
PATHS = st.lists(st.sampled_from([*"ab./-", ".py", "c", "o"]), min_size=1, max_size=6).map("".join)


@given(st.lists(PATTERNS, max_size=4), st.lists(PATHS, min_size=1, max_size=9))
def test_files_asked_about_together_get_the_answers_they_get_alone(
    patterns: list[str], paths: list[str]
) -> None:
    try:
        together = Matcher(parse_ignore_file("\n".join(patterns).encode()))
        alone = Matcher(
            parse_ignore_file("\n".join([*patterns, "!never"]).encode())
        )  # with a negation each path is tried by itself
        expected = alone.filter_files(paths)
    except PatternError:
        return
    assert together.filter_files(paths) == expected
