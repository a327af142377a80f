"""Variables and quotes in a Dockerfile are expanded as BuildKit's shell lexer does."""

import pytest

from labcoat.container.dockerfile.expansion import ExpansionError, expand_variables
from labcoat.container.dockerfile.parser import (
    DockerfileError,
    assigned_variables,
    parse_dockerfile,
)

VALUES = {"A": "one", "B": "", "P": "src/lib/a.py.bak", "WITH_SPACE": "a b", "1": "first"}
WORDS = {
    "plain": ("a/b", "a/b"),
    "variable": ("$A/x", "one/x"),
    "braces": ("${A}x", "onex"),
    "longest-name": ("$Ax", ""),
    "unset": ("x$NONE", "x"),
    "empty": ("x${B}", "x"),
    "digit": ("$1$10", "firstfirst0"),
    "lone-dollar": ("a$", "a$"),
    "dollar-before-punctuation": ("$/x", "$/x"),
    "escaped-dollar": (r"\$A", "$A"),
    "single-quotes": ("'$A b'", "$A b"),
    "double-quotes": ('"$A b"', "one b"),
    "backslash-in-double-quotes": (r'"\$A \" \\ \x"', r"$A " + '" ' + r"\ \x"),
    "value-with-a-space": ("$WITH_SPACE", "a b"),
    "default-of-unset": ("${NONE:-x}", "x"),
    "default-of-empty": ("${B:-x}", "x"),
    "default-without-colon": ("${B-x}", ""),
    "default-of-a-set-one": ("${A:-x}", "one"),
    "default-that-expands": ("${NONE:-${A}/y}", "one/y"),
    "default-in-quotes": ('${NONE:-"a } b"}', "a } b"),
    "alternative": ("${A:+x}", "x"),
    "alternative-of-empty": ("${B:+x}", ""),
    "alternative-without-colon": ("${B+x}", "x"),
    "required": ("${A:?text}", "one"),
    "shortest-prefix": ("${P#*/}", "lib/a.py.bak"),
    "longest-prefix": ("${P##*/}", "a.py.bak"),
    "shortest-suffix": ("${P%.*}", "src/lib/a.py"),
    "longest-suffix": ("${P%%.*}", "src/lib/a"),
    "no-such-suffix": ("${P%.x}", "src/lib/a.py.bak"),
    "replace-first": ("${P/a/b}", "src/lib/b.py.bak"),
    "replace-all": ("${P//a/b}", "src/lib/b.py.bbk"),
    "replace-with-nothing": ("${P/.bak}", "src/lib/a.py"),
}


@pytest.mark.parametrize(("word", "expected"), WORDS.values(), ids=WORDS.keys())
def test_expand_variables(word: str, expected: str) -> None:
    assert expand_variables(word, VALUES) == expected


MALFORMED = {
    "open-single-quote": ("'a", "single-quote"),
    "open-double-quote": ('"a', "double-quote"),
    "open-brace": ("${A", "bad substitution"),
    "no-name": ("${}", "bad substitution"),
    "unknown-operator": ("${A!x}", "bad substitution"),
    "required-but-unset": ("${NONE:?must be set}", "NONE: must be set"),
    "required-but-empty": ("${B:?}", "B: not allowed to be unset"),
}


@pytest.mark.parametrize(("word", "why"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_words(word: str, why: str) -> None:
    with pytest.raises(ExpansionError, match=why):
        expand_variables(word, VALUES)


BASES = {
    "default": ("ARG A=one\nFROM $A", {}, "one"),
    "build-argument": ("ARG A=one\nFROM $A", {"A": "two"}, "two"),
    "argument-of-an-argument": ("ARG A=one\nARG B=x/$A\nFROM $B", {}, "x/one"),
    "without-a-default": ("ARG A\nFROM a$A", {}, "a"),
    "set-by-the-builder": ("FROM on-$TARGETARCH", {}, "on-amd64"),
    "set-by-the-builder-for-another-platform": (
        "FROM on-$TARGETARCH",
        {"TARGETARCH": "arm64"},
        "on-arm64",
    ),
    "build-argument-that-is-not-declared": ("FROM a$A", {"A": "two"}, "a"),
}


@pytest.mark.parametrize(("text", "arguments", "base"), BASES.values(), ids=BASES.keys())
def test_variables_in_from(text: str, arguments: dict[str, str], base: str) -> None:
    """Only the ARGs before the first FROM, and those that the builder sets, count there."""
    assert parse_dockerfile(text, arguments).stages[0].base == base


SET = {
    "env": ("ENV A=one B=$V", {"A": "one", "B": "v"}),
    "env-in-quotes": ("ENV A=\"a b\" B='$V'", {"A": "a b", "B": "$V"}),
    "env-of-the-old-form": ("ENV A  $V w", {"A": "v w"}),
    "env-of-the-old-form-after-a-tab": ("ENV A\t$V", {"A": "v"}),
    "env-sees-the-values-before-it": ("ENV V=x W=$V", {"V": "x", "W": "v"}),
    "arg": ("ARG A=$V", {"A": "v"}),
    "arg-without-a-value": ("ARG A", {}),
    "arg-from-before-the-first-from": ("ARG GLOBAL", {"GLOBAL": "g"}),
    "arg-that-is-given": ("ARG GIVEN=x", {"GIVEN": "y"}),
    "arg-over-one-before-the-first-from": ("ARG GLOBAL=x", {"GLOBAL": "x"}),
    "several-args": ("ARG A=1 B=$A", {"A": "1", "B": "1"}),
}


@pytest.mark.parametrize(("line", "expected"), SET.values(), ids=SET.keys())
def test_variables_that_a_stage_sets(line: str, expected: dict[str, str]) -> None:
    """All words of an ENV see the values before it, those of an ARG also each other."""
    parsed = parse_dockerfile(f"ARG GLOBAL=g\nFROM scratch\n{line}", {"GIVEN": "y"})
    stage = parsed.stages[0]
    assert assigned_variables(stage.instructions[0], {"V": "v"}, stage) == expected


def test_malformed_word_names_its_line() -> None:
    with pytest.raises(DockerfileError, match="line 2: bad substitution"):
        parse_dockerfile("ARG A=one\nFROM ${A")
