"""A small, fixed part of each campaign: the programs start, and find what they look for."""

from pathlib import Path

import pytest

from campaigns import mutations

MODULE = Path("src/lib/labcoat/core/path_filter.py")


def test_each_fault_is_one_change_that_can_be_compiled() -> None:
    """Every condition, number and `not` gives a fault, and each fault changes the module."""
    source = b"def f(a, b):\n    return a + 1 if not a < b and True else (b is None)\n"
    found = [fault.put(source) for fault in mutations.faults(MODULE, source)]
    assert len(set(found)) == len(found) == 8
    assert source not in found
    for text in found:
        compile(text, "fault", "exec")


def test_a_fault_is_noticed(repository: Path, tmp_path: Path) -> None:
    """A module turned into nothing fails its tests; as it is, it passes them."""
    root = mutations.copied(tmp_path / "copy")
    nearest = mutations.tests_of(root, MODULE)[:1]
    assert not mutations.is_noticed(root, nearest)
    (root / MODULE).write_text("")
    assert mutations.is_noticed(root, nearest)


@pytest.mark.parametrize("name", ["fuzz", "many_builds", "mutations"])
def test_each_says_how_it_is_called(name: str, repository: Path) -> None:
    """Its docstring has the command, which takes a seed."""
    docstring = (repository / f"tests/campaigns/{name}.py").read_text().split('"""')[1]
    assert f"`python tests/campaigns/{name}.py " in docstring
    assert "seed" in docstring.lower()
