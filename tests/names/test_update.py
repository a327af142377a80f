"""The tables are what update.py makes of its pinned sources."""

import re
from pathlib import Path

import labcoat.names
from labcoat.names import update

FOLDER = Path(labcoat.names.__file__).parent


def test_every_source_is_pinned_and_has_its_licence() -> None:
    text = update.PINS.read_text()
    wheels = re.findall(r"^([\w-]+)==\S+ --hash=sha256:[0-9a-f]{64}$", text, re.MULTILINE)
    assert len(wheels) == 2
    for name in (*wheels, "parselmouth"):
        assert (FOLDER / f"LICENSE.{name.replace('-', '_')}").read_text().strip()
    assert update._COMMIT.search(text)


def test_packages_of_the_same_name_need_no_entry() -> None:
    recipes = [
        {"import_name": "a", "pypi_name": "python-a"},
        {"import_name": "b", "pypi_name": "b"},
        {"import_name": "c", "pypi_name": "c-long"},
        {"import_name": "c", "pypi_name": "c-x"},
    ]
    found = update._module_names(recipes, {"b": "other", "d": "python_d", "a": "third"})
    assert found == {"a": "python-a", "c": "c-x", "d": "python-d"}


def test_packages_that_are_on_pypi_are_told_from_their_family() -> None:
    table = {"libc": [], "libpy": ["LibPy"], "tool": None, "pytorch": ["torch"], "six": ["six"]}
    found = update._conda_names([table])
    assert found["on PyPI"] == "libpy"
    assert found["not on PyPI"] == "tool"
    assert found["renamed"] == {"pytorch": "torch"}
