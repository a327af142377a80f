"""YAML of compose files and workflows: texts as people write them, and lines that are wrong."""

import contextlib
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labcoat._vendor import yaml as copied
from labcoat.lint.repository import build_files
from labcoat.lint.repository.build_files import YamlError, load_yaml


@pytest.fixture(params=["copy", "tools"], autouse=True)
def parser(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tools_environment: Path
) -> Iterator[None]:
    """labcoat's copy of PyYAML, and that of its tools, which has a parser in C."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    if request.param == "copy":
        monkeypatch.setattr(build_files, "import_yaml", lambda: copied)
    else:
        monkeypatch.setenv("LABCOAT_CACHE", str(tools_environment.parent.parent))
        build_files.import_yaml.cache_clear()
        assert hasattr(build_files.import_yaml(), "CSafeLoader")
    load_yaml.cache_clear()
    yield
    load_yaml.cache_clear()


READ: dict[str, Any] = {
    "a: 1 # one\nb:\n  - x\n  - y: z\n    w: v\nc:\n- d\n": {
        "a": "1",
        "b": ["x", {"y": "z", "w": "v"}],
        "c": ["d"],
    },
    "'a b': \"c\\n\\\"d\\u0041\"\n\"e\" : 'it''s'\n": {"a b": 'c\n"dA', "e": "it's"},
    "a: {b: [c, 'd, e', {f: g}], h: , \"i\":j}\n": {
        "a": {"b": ["c", "d, e", {"f": "g"}], "h": None, "i": "j"}
    },
    "a: [\n  b, # the first\n  c\n]\nd: e\n": {"a": ["b", "c"], "d": "e"},
    "a: |\n  x: y\n\n   z\nb: >-\n  p\n  q\nc: |2\n   r\n": {
        "a": "x: y\n\n z\n",
        "b": "p q",
        "c": " r\n",
    },
    "a: &x\n  b: c\nd:\n  <<: *x\n  e: f\ng: [*x]\nh: {<<: *x, b: i}\n": {
        "a": {"b": "c"},
        "d": {"b": "c", "e": "f"},
        "g": [{"b": "c"}],
        "h": {"b": "i"},
    },
    "a: !reference [b, c]\nd: !override\n  e: f\n": {"a": ["b", "c"], "d": {"e": "f"}},
    "a: b\n  c\nd: http://x:80/y#z\ne:\n": {"a": "b c", "d": "http://x:80/y#z", "e": None},
    "a: ~\nb: null\n": {"a": None, "b": None},  # PyYAML's plainest loader keeps these
    "- - a\n  - b\n-\n  c: d\n- \n": [["a", "b"], {"c": "d"}, None],
    "\ufeff%YAML 1.2\n---\na: b\n...\n": {"a": "b"},
}


@pytest.mark.parametrize(("text", "expected"), READ.items(), ids=range(len(READ)))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_reading(text: str, expected: object, end: str) -> None:
    """Every scalar is a text, and lines may end as on Windows."""
    assert load_yaml(text.replace("\n", end)) == expected


MALFORMED = {
    "a:\n\tb: c\n": 2,
    "a: b\n c: d\n": 2,
    "a:\n    b: c\n  d: e\n": 3,
    "a: b: c\n": 1,
    "a: *b\n": 1,
    "a: 'b\nc: d\n": 1,
    "a: [b\n": 1,
    "a: {b: c]\n": 1,
    "a: {{ b }}\n": 1,
    "a: [,]\n": 1,
    "a: 'b' c\n": 1,
    "a:\n- b\nc\n": 3,
    "- a\nb: c\n": 2,
    "a: @b\n": 1,
    "a: " + "[" * 100_000: 1,
    "- " * 100_000: 1,
}


@pytest.mark.parametrize(("text", "line"), MALFORMED.items(), ids=range(len(MALFORMED)))
def test_malformed(text: str, line: int) -> None:
    """An error names the line."""
    with pytest.raises(YamlError) as caught:
        load_yaml(text)
    assert caught.value.line == line


def test_damaged_texts_never_raise_anything_else() -> None:
    """They are read, or refused."""
    chance = random.Random(7)  # noqa: S311
    texts = [*READ, *(text for text in MALFORMED if len(text) < 100)]
    for _ in range(1000):
        text = list(chance.choice(texts))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(text))
            text[at : at + chance.randrange(3)] = chance.choice("{}[]&*!|>'\"#%@`:-,?\n\t \\a")
        with contextlib.suppress(YamlError):
            load_yaml("".join(text))
