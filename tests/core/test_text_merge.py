"""A change is taken out of a text that was edited since, or left where that is not certain."""

import pytest

from labcoat.core.text_merge import merge_undo

BEFORE = "a\nb\nc"
AFTER = "a\nb\nc\n\ninclude x\n"


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        (AFTER, BEFORE),
        (f"new\n{AFTER}", f"new\n{BEFORE}"),
        ("a\nB\nc\n\ninclude x\n", "a\nB\nc"),
        (f"{AFTER}more:\n", "a\nb\ncmore:\n"),
        ("a\nb\nc\n\ninclude y\n", None),
        ("", None),
    ],
    ids=["same", "line before", "line changed", "line after", "labcoat's changed", "emptied"],
)
def test_only_the_change_is_taken_out(current: str, expected: str | None) -> None:
    assert merge_undo(BEFORE, AFTER, current) == expected


def test_lines_that_were_removed_come_back() -> None:
    assert merge_undo("a\nold\nb\n", "a\nb\n", "0\na\nb\n1\n") == "0\na\nold\nb\n1\n"
