"""A path written as a pattern matches that path, what is below it, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcoat.container.dockerignore.escape import docker_pattern
from support.trees import sent

NAMES = [
    *("a", "a b", "a*b", "a?b", "[x]", "a\\b", "!a", "#a", "a|b", "{a}", "(a)", "a+b", "^a", "a$"),
    *("a.b", "venv/x", "é", " a", "a ", "a\tb", "\udcff", "a\x7f"),
]


@pytest.mark.parametrize("name", NAMES)
def test_pattern_matches_its_path(name: str) -> None:
    """By itself and, without a separator, at any depth after `**/`."""
    ignore = docker_pattern(name).encode("utf-8", "surrogateescape")
    assert sent(ignore, [f"{name}/f", "other"]) == {"other"}
    assert sent(b"**/" + ignore, [f"deep/{name}/f", "other"]) == {"other"}


@given(st.text(st.sampled_from("ab.*?[]\\|^$(){}+-!# "), min_size=1, max_size=6))
def test_pattern_of_a_printable_name_matches_no_other(name: str) -> None:
    plain = "a-plain-name"
    if name.strip() == name and name not in (".", ".."):
        assert sent(docker_pattern(name).encode(), [name, f"x{name}", plain]) == {f"x{name}", plain}
