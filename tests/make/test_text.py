"""The include's text has only what GNU Make 3.81, which macOS ships, understands."""

import re

import pytest

from labcoat.core.settings import DEFAULTS
from support import INCLUDE

TEXT = INCLUDE.read_text()
CODE = "\n".join(line for line in TEXT.splitlines() if not line.startswith("#"))

# What came after 3.81, or what an include may not do to those who include it.
BANNED = {
    ".ONESHELL": r"\.ONESHELL",
    ".SHELLFLAGS": r"\.SHELLFLAGS",
    "define NAME =": r"^\s*define\s+\S+\s*[:+?]?=",
    "!=": r"^[\w.-]+\s*!=",
    "::= or :::=": r"::+=",
    "$(file …)": r"\$[({]file\s",
    "&: grouped targets": r"&:",
    ".EXTRA_PREREQS": r"\.EXTRA_PREREQS",
    "$(let …)": r"\$[({]let\s",
    "$(intcmp …)": r"\$[({]intcmp\s",
    "undefine": r"^\s*(override\s+)?undefine\b",
    "private": r"^\s*private\b|:\s*private\b",
    # The include's own recipes begin with a tab; 3.81 has no other prefix to restore.
    ".RECIPEPREFIX": r"^\.RECIPEPREFIX *[:?+]?= *[^\s$]",
    ".WAIT": r"\.WAIT",
    "--output-sync, --trace, --eval": r"--(output-sync|trace|eval)\b",
    "else ifeq on one line after a function's parenthesis": r"^\s*else\s+ifn?(?:eq|def)\b",
    "SHELL": r"^\s*(export\s+|override\s+)?SHELL\s*[:?+]?=",
    "MAKEFLAGS": r"\bMAKEFLAGS\s*[:?+]?=",
    ".SUFFIXES": r"\.SUFFIXES",
    ".NOTPARALLEL": r"\.NOTPARALLEL",
    "export": r"^\s*export\b",
    "$(shell …), which would run each time make starts": r"\$[({]shell\s",
    "sed -i, grep -P, sha256sum, gawk": r"sed -i|grep -P|sha256sum|gawk",
    "if in a recipe": r"^\t.*(?<!\$\()\bif\b",
}


@pytest.mark.parametrize(
    "pattern", [pytest.param(pattern, id=name) for name, pattern in BANNED.items()]
)
def test_the_include_does_without(pattern: str) -> None:
    """What 3.81 lacks, and what would change the including makefile, is not in the include."""
    assert not re.findall(pattern, CODE, re.MULTILINE)


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(each, id=name)
        for name, each in BANNED.items()
        if not name.startswith("$(shell")
    ],
)
def test_labcoat_mk_does_without_too(pattern: str) -> None:
    """The file that `labcoat init` writes asks the installed labcoat once, and has no more."""
    path = INCLUDE.parent / "labcoat/scaffold/templates/labcoat.mk"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert not re.findall(pattern, "\n".join(lines), re.MULTILINE)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (BANNED["!="], "now != date"),
        (BANNED["::= or :::="], "a ::= b"),
        (BANNED["define NAME ="], "define X ="),
        (BANNED["private"], "t: private A := b"),
        (BANNED["$(shell …), which would run each time make starts"], "a := $(shell date)"),
        (BANNED["if in a recipe"], "\tif true; then x; fi"),
    ],
)
def test_the_ban_finds_what_it_is_for(pattern: str, line: str) -> None:
    """A pattern that never matches would ban nothing."""
    assert re.search(pattern, line, re.MULTILINE)


def test_a_recipe_is_at_most_three_lines() -> None:
    """Whatever is longer is logic, and belongs to the helper."""
    recipes = re.findall(r"(?:^\t.*\n)+", TEXT, re.MULTILINE)
    assert recipes
    assert max(recipe.count("\n") for recipe in recipes) <= 3


def test_no_value_carries_a_trailing_comment() -> None:
    """make keeps the spaces before a comment in the value."""
    assert not re.findall(r"^[\w.]+\s*[:?+]?=.*\s#.*$", CODE, re.MULTILINE)


def test_settings_are_the_helper_s() -> None:
    """Each setting is in the include once, documented, listed, and with the helper's default."""
    declared = dict(re.findall(r"^## .+\n(LABCOAT_\w+) \?=[ ]*(.*)$", TEXT, re.MULTILINE))
    assert declared.keys() == DEFAULTS.keys()
    literal = {name: value for name, value in declared.items() if "$" not in value}
    assert literal == {name: DEFAULTS[name] for name in literal}
    listed = re.search(r"^_labcoat_public := ((?:.*\\\n)*.*)$", TEXT, re.MULTILINE)
    assert listed is not None
    assert sorted(listed[1].replace("\\\n", " ").split()) == sorted(DEFAULTS)


def test_every_variable_is_the_include_s_own() -> None:
    """Variables are named LABCOAT_ (public) or _labcoat_ (private), to avoid conflicts.

    Three of make's own are set for the length of the include, and restored.
    """
    names = re.findall(r"^(?:override )?([A-Za-z_.]\w*)\s*[:?+]?=", CODE, re.MULTILINE)
    assert {name for name in names if not name.startswith(("LABCOAT_", "_labcoat"))} == {
        ".DEFAULT_GOAL",
        "MAKEFILE_LIST",
        ".RECIPEPREFIX",
    }
