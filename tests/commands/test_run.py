"""`labcoat run` leaves to the program what comes after it."""

import pytest

from labcoat.cli import parser
from labcoat.commands import run
from labcoat.core.project import Project
from labcoat.levels import registry
from labcoat.levels.level import Level


class Recording:
    """A level that notes what it should run."""

    ran: list[str]

    def run_command(self, _project: Project, argv: list[str]) -> int:
        """Note the words, and return a status of its own."""
        self.ran = argv
        return 7


@pytest.mark.parametrize(
    ("argv", "level", "ran"),
    [
        (["python", "-c", "x", "--in", "y"], "venv", ["python", "-c", "x", "--in", "y"]),
        (["--in", "docker", "python", "--version"], "docker", ["python", "--version"]),
        (["--in=docker", "--", "python", "--", "-h"], "docker", ["python", "--", "-h"]),
        (["--", "--odd"], "venv", ["--odd"]),
        (["--shell", "a | b"], "venv", ["sh", "-c", "a | b"]),
    ],
)
def test_the_program_gets_its_own_options(
    monkeypatch: pytest.MonkeyPatch, argv: list[str], level: str, ran: list[str]
) -> None:
    """As with `uv run` and `docker run`; `--` before it is not needed."""
    recording = Recording()
    asked: list[str] = []

    def get_level(name: str) -> Level:
        asked.append(name)
        return recording  # type: ignore[return-value]

    monkeypatch.setattr(registry, "get_level", get_level)
    args = parser(["run", *argv]).parse_args(["run", *argv])
    assert run.run(args) == 7
    assert (asked, recording.ran) == ([level], ran)
