"""Which tests run, where and in which order follows from their fixtures."""

import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

from support import Index, plugin


@pytest.fixture(scope="module")
def shared() -> object:
    """Return what all tests of this module share."""
    return object()


def marks(request: pytest.FixtureRequest) -> set[str]:
    """Return the names of the marks of the test that runs."""
    return {mark.name for mark in request.node.iter_markers()} & {"docker", "network", "index"}


def test_a_loopback_index_marks_its_test(index: Index, request: pytest.FixtureRequest) -> None:
    """`make test-fast` leaves out what uses the package index of the tests."""
    assert marks(request) == {"index"}


def test_no_fixture_no_mark(request: pytest.FixtureRequest) -> None:
    """`make test-fast` runs what needs nothing."""
    assert marks(request) == set()
    assert plugin.group_of(request.node) == ""


def test_what_shares_a_fixture_stays_together(
    shared: object, request: pytest.FixtureRequest
) -> None:
    """A module's fixture is made on one worker."""
    assert plugin.group_of(request.node) == "integration.test_choice"


def test_a_shuffle_keeps_modules_together() -> None:
    """The seed decides the order of the modules and of the tests in each."""
    items = [SimpleNamespace(path=Path(name), number=n) for name in "abcdef" for n in range(9)]
    orders = []
    for seed in ("1", "1", "2"):
        shuffled = list(items)
        plugin.shuffle(shuffled, seed)  # type: ignore[arg-type]
        orders.append([(item.path.name, item.number) for item in shuffled])
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2]) == [(i.path.name, i.number) for i in items]
    names = [name for name, _ in orders[0]]
    changes = sum(a != b for a, b in itertools.pairwise(names))
    assert changes == len(set(names)) - 1
    assert names != sorted(names)
