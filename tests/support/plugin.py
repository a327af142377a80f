"""Choose, group and order tests, and list the skipped ones; for toolkit and example."""

import collections
import gc
import os
import random

import pytest

# A fixture, and the mark of the tests that use it, be it through another fixture.
MARKS = {
    "network": "network",  # a package index on the internet
    "index": "index",  # a package index on the loopback, and mostly make and uv, which take seconds
    "shared_repo": "index",
}
# Objects that are made before garbage is looked for, and of generations. Thousands of collected
# tests live to the end: to go through them again and again takes time.
GARBAGE = 50_000, 20, 50
LONGEST_NAME = 200  # characters of a parameter that are its test's name as they are


def pytest_collection() -> None:
    """Look for garbage less often."""
    gc.set_threshold(*GARBAGE)


def pytest_collection_finish() -> None:
    """Leave what has been collected out of every later search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests with what they need, group those that share a fixture, and shuffle.

    SHUFFLE is the seed of the order.
    """
    for item in items:
        for name in {MARKS[fixture] for fixture in fixtures_of(item) if fixture in MARKS}:
            item.add_marker(getattr(pytest.mark, name))
        if config.pluginmanager.hasplugin("xdist") and (group := group_of(item)):
            item.add_marker(pytest.mark.xdist_group(group))
    if seed := os.environ.get("SHUFFLE"):
        shuffle(items, seed)
    elif hasattr(config, "workerinput"):
        put_long_ones_first(items)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a long value by its kind and length: workers send a test's name with each report."""
    if not isinstance(val, str | bytes) or len(val) <= LONGEST_NAME:
        return None  # pytest's own
    return f"{type(val).__name__} of {len(val)}"


def put_long_ones_first(items: list[pytest.Item]) -> None:
    """Put the longest first, so that the workers end at about the same time."""
    groups = [group_of(item) or item.nodeid for item in items]
    sizes = collections.Counter(groups)
    needs: dict[str, int] = {}
    for group, item in zip(groups, items, strict=True):
        marks = {mark.name for mark in item.iter_markers()}
        weight = 2 * len(marks & {"docker", "network"}) + len(marks & {"index"})
        needs[group] = max(needs.get(group, 0), weight)
    order = {
        id(item): (-needs[group], -sizes[group]) for group, item in zip(groups, items, strict=True)
    }
    items.sort(key=lambda item: order[id(item)])


def shuffle(items: list[pytest.Item], seed: str) -> None:
    """Put modules, and the tests within each, in a random order; shared fixtures stay shared."""
    chance = random.Random(seed)  # noqa: S311
    paths = sorted({item.path for item in items})
    chance.shuffle(paths)
    order = {path: number for number, path in enumerate(paths)}
    chance.shuffle(items)
    items.sort(key=lambda item: order[item.path])


def fixtures_of(item: pytest.Item) -> frozenset[str]:
    """The names of all fixtures that a test uses, those of its fixtures among them."""
    return frozenset(getattr(item, "fixturenames", ()))


def group_of(item: pytest.Item) -> str:
    """Return the group of tests that share a fixture and so a worker; empty if there is none."""
    info = getattr(item, "_fixtureinfo", None)
    if info is None:
        return ""
    scopes = {
        definitions[-1].scope for definitions in info.name2fixturedefs.values() if definitions
    }
    shares = bool(scopes & {"module", "class", "package"})
    return f"{item.path.parent.name}.{item.path.stem}" if shares else ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that were left out at the end, a line for each file and reason."""
    left_out = collections.Counter(
        (report.nodeid.partition("::")[0], report.longrepr[2].removeprefix("Skipped: "))
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for (file, reason), number in sorted(left_out.items()):
        terminalreporter.line(f"left out: {number} of {file} ({reason})")
