"""Which installed Python stands for one that is not run."""

from pathlib import Path

import pytest

from labcoat.core.records import replace
from labcoat.toolchain import base_interpreters, installed_pythons
from labcoat.toolchain.installed_pythons import Interpreter
from labcoat.toolchain.interpreters import own_interpreter


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """labcoat's own release, and another of its minor version that PATH has."""
    own = own_interpreter()
    names = [own.version, f"{own.minor}.99"]
    other = replace(own, version=names[1], executable=Path("/elsewhere/python"))

    def ask(path: Path) -> Interpreter:
        assert path == other.executable
        return other

    monkeypatch.setattr(
        installed_pythons, "list_candidates", lambda: [(own.minor, other.executable)]
    )
    monkeypatch.setattr(installed_pythons, "ask_interpreter", ask)
    return names


def test_the_same_release_comes_before_labcoats_own(releases: list[str]) -> None:
    """Releases of a minor version compile a few sources otherwise."""
    own, other = releases
    minor = own_interpreter().minor
    asked = [own, other, minor, f"{minor}.98", "3.1.0"]
    found = [base_interpreters.find_release(each, ()) for each in asked]
    assert [each and each.version for each in found] == [own, other, own, own, None]


def test_one_in_a_folder_that_is_not_trusted_is_not_asked(releases: list[str]) -> None:
    """It is part of what is judged."""
    found = base_interpreters.find_release(releases[1], (Path("/elsewhere"),))
    assert found == own_interpreter()
