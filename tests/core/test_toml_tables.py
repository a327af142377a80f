"""Tables are found in what TOML says, and what is no table is an empty one."""

import pytest

from labcoat.core.toml_tables import find_table

DATA = {"tool": {"uv": {"sources": {"a": 1}}, "poetry": ["no table"], "pdm": "text"}}


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ((), DATA),
        (("tool", "uv", "sources"), {"a": 1}),
        (("tool", "uv", "sources", "a"), {}),
        (("tool", "uv", "sources", "a", "b"), {}),
        (("tool", "poetry"), {}),
        (("tool", "poetry", "group"), {}),
        (("tool", "pdm", "dev-dependencies"), {}),
        (("project",), {}),
    ],
)
def test_tables(keys: tuple[str, ...], found: object) -> None:
    assert find_table(DATA, *keys) == found


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_what_is_no_table_is_an_empty_one(value: object) -> None:
    assert find_table(value) == {}
