"""Levels are found by name, complete, and imported only when they are asked for."""

import subprocess
import sys

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.levels import registry
from labcoat.levels.level import Level
from support import REPOSITORY


@pytest.mark.parametrize("name", registry.level_names())
def test_each_name_gives_a_complete_level(name: str) -> None:
    """A class that lacks a method could not be instantiated."""
    level = registry.get_level(name)
    assert type(level).__name__ == f"{name.capitalize()}Level"
    assert level.recreate_command.startswith("make ")


def test_incomplete_level_is_rejected() -> None:
    """What a level must implement has no default."""

    class Incomplete(Level):
        recreate_command = "make incomplete"

    with pytest.raises(TypeError, match="read_inventory"):
        Incomplete()  # type: ignore[abstract]


def test_unknown_name_lists_the_levels() -> None:
    with pytest.raises(LabcoatError, match="unknown level of isolation `vnev`") as caught:
        registry.get_level("vnev")
    assert caught.value.status == 2
    assert "Did you mean `venv`?" in caught.value.hint
    assert "none, venv, conda, docker" in caught.value.hint


def test_only_the_level_that_is_asked_for_is_imported() -> None:
    """`labcoat run` in the virtual environment loads neither conda.py nor docker.py."""
    code = (
        "import sys; from labcoat.levels import registry; registry.get_level('venv');"
        "names = {f'labcoat.levels.{name}' for name in registry.level_names()};"
        "print(*sorted(names & set(sys.modules)))"
    )
    words = [sys.executable, "-c", code]
    environ = {"PYTHONPATH": str(REPOSITORY / "src/lib")}
    ended = subprocess.run(words, env=environ, capture_output=True, text=True, check=True)
    assert ended.stdout == "labcoat.levels.venv\n"
