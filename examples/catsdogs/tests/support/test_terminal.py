"""Errors as the user sees them."""

import io
import sys

import pytest

from catsdogs.__main__ import main
from catsdogs.support import terminal


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def test_an_error_is_two_plain_lines_in_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal there is no colour; the exit status is 1."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert main(["predict"]) == 1
    assert capsys.readouterr().err == (
        "error: nothing to predict\n"
        "hint: Name the pictures: `make predict FILES='cat.jpg dog.jpg'`\n"
    )


def test_an_error_without_a_hint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty hint prints nothing."""
    terminal.print_error("broken")
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("environment", "terminals", "files"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
    ],
    ids=["unset", "NO_COLOR", "FORCE_COLOR", "both", "dumb"],
)
def test_colour_follows_the_terminal_and_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], terminals: bool, files: bool
) -> None:
    """NO_COLOR wins over FORCE_COLOR, and both over the kind of stream."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for stream, coloured in ((Terminal(), terminals), (io.StringIO(), files)):
        monkeypatch.setattr(sys, "stderr", stream)
        terminal.print_error("broken", "Fix it")
        plain, colour = "error: broken\nhint: Fix it\n", "\033[31merror:\033[0m broken\n"
        assert stream.getvalue().startswith(colour if coloured else plain)
