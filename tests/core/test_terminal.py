"""What labcoat writes to a terminal, with and without colour."""

from pathlib import Path

import pytest

from labcoat.core import terminal

TTY = "\033[31merror:\033[0m no lock\n\033[36mhint:\033[0m Run `make requirements`\n"
PLAIN = "error: no lock\nhint: Run `make requirements`\n"


@pytest.mark.parametrize(
    ("no_colour", "force_colour", "expected"),
    [("", "", PLAIN), ("", "1", TTY), ("1", "1", PLAIN), ("1", "", PLAIN)],
    ids=["pipe", "FORCE_COLOR", "both", "NO_COLOR"],
)
def test_errors_are_coloured_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    no_colour: str,
    force_colour: str,
    expected: str,
) -> None:
    """NO_COLOR wins over FORCE_COLOR, and both over whether the stream is a terminal."""
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setenv("FORCE_COLOR", force_colour)
    terminal.print_error("no lock", "Run `make requirements`")
    assert capsys.readouterr().err == expected


def test_an_empty_hint_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """The error or warning stands alone."""
    terminal.print_error("interrupted")
    terminal.print_warning("no engine")
    assert capsys.readouterr().err == "error: interrupted\nwarning: no engine\n"


def test_long_lists_are_shortened() -> None:
    """The number of the rest is at the end."""
    assert terminal.join_some(["a", "b"]) == "a, b"
    assert terminal.join_some(["a", "b", "c", "d"], most=2) == "a, b and 2 more"


def test_controls_are_written_as_numbers() -> None:
    """A name cannot move the cursor, or turn the direction of writing."""
    assert terminal.escape_control("a\033[1m\u202eb\udcff") == r"a\x1b[1m\u202eb\xff"


def test_targets_of_the_makefile_here_are_the_owners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where labcoat was not started by make, which passes LABCOAT_OWN."""
    (tmp_path / "Makefile").write_text("LABCOAT_OWN := venv\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABCOAT_OWN", raising=False)
    terminal.print_warning("x", "Run `make venv` or `make venvs`")
    assert "hint: Run `make labcoat-venv` or `make venvs`" in capsys.readouterr().err


def test_targets_of_a_makefile_without_labcoat_will_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`labcoat init` gives advice before its include, and LABCOAT_OWN, are written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABCOAT_OWN", raising=False)
    (tmp_path / "Makefile").write_text("requirements:\n\tpip-compile\n")
    text = "`make requirements`, then `make venv`"
    assert terminal.name_targets(text) == "`make labcoat-requirements`, then `make venv`"


def test_errors_cannot_act_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A name of a file may have any character; line breaks of a message stay."""
    terminal.print_error("no `a\x1b[2J`\nand more")
    assert capsys.readouterr().err == "error: no `a\\x1b[2J`\nand more\n"
