"""Which Python a project asks for: the decision."""

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.toolchain.python_choice import (
    OWN,
    NamedPython,
    PythonChoice,
    PythonRange,
    allows,
    choose_python,
)

PIN = NamedPython("3.12", ".python-version", "3.12.4")


def choose(
    *named: NamedPython,
    setting: NamedPython | None = None,
    ranges: str = "",
    here: tuple[str, ...] = ("3.14", "3.11", "3.9"),
) -> PythonChoice:
    """Choose among these Pythons; labcoat's own is 3.11."""
    given = [PythonRange(ranges, "pyproject.toml")] if ranges else []
    return choose_python(setting, named, given, "3.11", lambda: here)


def test_without_sources_it_is_labcoats_own() -> None:
    """Nothing else is known."""
    assert choose() == PythonChoice("3.11", OWN)


@pytest.mark.parametrize(
    ("ranges", "minor"),
    [
        pytest.param(">=3.8", "3.11", id="labcoat's own is allowed"),
        pytest.param(">=3.12", "3.14", id="the newest of this machine"),
        pytest.param("~=3.8, <3.11", "3.9", id="below"),
        pytest.param(">=3.12,<3.14", "3.13", id="none of this machine"),
        pytest.param(">=3.12,<3.14,!=3.13.*", "3.12", id="an excluded minor"),
        pytest.param(">3.14", "3.14", id="later releases of a minor"),
        pytest.param("3.9.5", "3.9", id="a release alone"),
        pytest.param("3.13", "3.13", id="a minor alone"),
    ],
)
def test_a_range_chooses(ranges: str, minor: str) -> None:
    """labcoat's own Python, else the newest of this machine, else the newest usual one."""
    assert choose(ranges=ranges) == PythonChoice(minor, "pyproject.toml")


def test_a_usual_python_comes_before_the_newest() -> None:
    """The newest two may still lack wheels."""
    here = ("3.15", "3.14", "3.12", "3.11")
    assert choose(ranges=">=3.12", here=here).minor == "3.12"


def test_the_most_exact_of_two_pins_counts() -> None:
    """A file with the minor agrees with one that names a release of it."""
    assert choose(NamedPython("3.12", "runtime.txt"), PIN) == PythonChoice(
        "3.12", ".python-version", "3.12.4"
    )


@pytest.mark.parametrize("version", ["3.10", "3.12.9"])
def test_pins_that_contradict_each_other_are_named(version: str) -> None:
    """Both files, with what they ask for."""
    minor = ".".join(version.split(".")[:2])
    other = NamedPython(minor, "runtime.txt", version if version != minor else "")
    with pytest.raises(LabcoatError) as raised:
        choose(PIN, other)
    assert raised.value.message == (
        f"`.python-version` asks for Python 3.12.4, and `runtime.txt` for {version}"
    )


def test_a_pin_outside_of_a_range_is_named() -> None:
    """Both files; LABCOAT_PYTHON is obeyed, with a note."""
    with pytest.raises(LabcoatError) as raised:
        choose(PIN, ranges=">=3.13")
    assert "`.python-version`" in raised.value.message
    assert "`pyproject.toml` excludes" in raised.value.message
    setting = NamedPython("3.8", "LABCOAT_PYTHON")
    found = choose(PIN, setting=setting, ranges=">=3.13")
    assert (found.minor, found.source) == ("3.8", "LABCOAT_PYTHON")
    assert "pyproject.toml" in found.note


@pytest.mark.parametrize("ranges", ["<3.8", ">=4", ">=3.9,<3.9"])
def test_a_range_without_a_supported_python_is_an_error(ranges: str) -> None:
    """It names the range and the file."""
    with pytest.raises(LabcoatError, match="no Python that labcoat supports"):
        choose(ranges=ranges)


def test_a_python_that_is_too_old_is_an_error() -> None:
    """3.7 is below what the installers support."""
    with pytest.raises(LabcoatError, match=r"supports 3\.8 and newer"):
        choose(NamedPython("3.7", "runtime.txt"))


def test_an_invalid_range_is_named() -> None:
    """With its file."""
    with pytest.raises(LabcoatError, match=r"invalid Python version `>=three` in `setup.cfg`"):
        allows(PythonRange(">=three", "setup.cfg"), "3.11")


@pytest.mark.parametrize("text", [">=3.9", " >=3.9.0 ", ">=3.9,<4", ">= 3.9, < 3.11"])
def test_common_ranges_need_no_parser(text: str) -> None:
    """They mean what packaging says."""
    from labcoat._vendor.packaging.specifiers import SpecifierSet

    for minor in range(8, 16):
        expected = SpecifierSet(text).contains(f"3.{minor}.1")
        assert allows(PythonRange(text, "pyproject.toml"), f"3.{minor}") == expected
