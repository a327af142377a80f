"""Records behave as dataclasses do, and no command has to wait for a dataclass."""

import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labcoat.core.records import MutableRecord, Record, as_dict, field, replace
from support.repositories import LABCOAT, write


class Point(Record):
    """With each kind of field."""

    x: int
    y: int = 0
    names: list[str] = field(default_factory=list)
    note: str = field(default="", compare=False)


class Named(Point):
    """With a field more."""

    name: str = "here"


class Count(MutableRecord):
    """With fields that can be set."""

    seen: set[str] = field(default_factory=set)
    left: int = 3
    shows: Callable[[int], str] = lambda number: f"{number} left"


@dataclasses.dataclass(frozen=True)
class AsDataclass:
    """What Point is to be like."""

    x: int
    y: int = 0
    names: list[str] = dataclasses.field(default_factory=list)
    note: str = dataclasses.field(default="", compare=False)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((1,), {}),
        ((1, 2, ["a"], "b"), {}),
        ((), {"y": 4, "x": 3}),
        ((1,), {"note": "c"}),
        ((), {}),
        ((1, 2, [], "", 5), {}),
        ((1,), {"x": 1}),
        ((1,), {"z": 1}),
    ],
    ids=["first", "all", "named", "mixed", "none", "too many", "twice", "unknown"],
)
def test_made_as_a_dataclass_is(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    try:
        expected = AsDataclass(*values, **named)
    except TypeError:
        with pytest.raises(TypeError):
            Point(*values, **named)
        return
    made = Point(*values, **named)
    assert as_dict(made) == dataclasses.asdict(expected)
    assert repr(made) == repr(expected).replace("AsDataclass", "Point")
    assert replace(made, y=7) == Point(made.x, 7, made.names)


def test_equal_records_have_the_same_class_and_values() -> None:
    assert Point(1, note="a") == Point(1, note="b")
    assert Point(1) != Point(2)
    assert Point(1) != Named(1)
    assert Point(1) != (1, 0, [], "")


def test_a_hash_is_that_of_the_values() -> None:
    assert len({Point(1, 2, (), "a"), Point(1, 2, (), "b"), Point(2, 2, ())}) == 2  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        hash(Point(1))  # it has a list
    with pytest.raises(TypeError):
        hash(Count())


def test_a_record_cannot_be_changed() -> None:
    one = Point(1)
    with pytest.raises(AttributeError, match=r"Point\.x cannot be set"):
        one.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"Point\.x cannot be removed"):
        del one.x
    assert one == Point(1)


def test_a_mutable_record_shares_no_default() -> None:
    one, other = Count(), Count()
    one.seen.add("a")
    one.left -= 1
    assert (one, other) == (Count({"a"}, 2), Count())


def test_a_function_as_a_default_stays_one() -> None:
    assert Count().shows(3) == "3 left"


def test_a_class_adds_its_fields_to_those_of_the_one_it_extends() -> None:
    assert Named(1, 2, [], "", "there") == Named(name="there", x=1, y=2)


def test_it_can_be_copied_by_pickle() -> None:
    assert pickle.loads(pickle.dumps(Named(1, 2))) == Named(1, 2)  # noqa: S301


@pytest.mark.parametrize("words", [["lock", "--only", "python"], ["check"], ["status"]])
def test_no_command_waits_for_a_dataclass(tmp_path: Path, words: list[str]) -> None:
    """`dataclasses` imports `inspect`, and both take longer than all records together."""
    root = write(tmp_path / "project", {"requirements.txt": ""})
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LABCOAT_CACHE": str(tmp_path / "c")}
    command = [sys.executable, "-ISX", "importtime", LABCOAT, *words]
    ended = subprocess.run(
        command, cwd=root, env=environ, capture_output=True, text=True, check=False
    )
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "labcoat.core.records" in imported
    assert not {"dataclasses", "inspect"} & imported
