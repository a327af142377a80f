"""Differences between an environment and its wheels, on inventories written here."""

import pytest

from labcoat.inventory.inventory import Contents, InterpreterFacts, Inventory
from labcoat.inventory.wheel_contents import Wheel
from labcoat.locking.requirements_file import Pin
from labcoat.proof import differences

SHARED = "shared/program.so"
PYTHON = InterpreterFacts("3.11.7", "cpython-311", "linux-x86_64", {})


@pytest.mark.parametrize(("second", "expected"), [(True, [SHARED, SHARED]), (False, [])])
def test_the_mode_of_a_shared_file_is_that_of_either_wheel(
    second: bool, expected: list[str]
) -> None:
    """opencv-python and opencv-contrib-python bring a library, executable in one of them; pip
    installs either last.
    """
    contents = [Contents(name, "1.0", (), {SHARED: "one"}) for name in ("first", "second")]
    inventory = Inventory(PYTHON, tuple(contents), (), executable=frozenset())
    pins = {one.name: Pin(one.name, "1.0", "", frozenset()) for one in contents}
    environment = differences.InstalledEnvironment("venv", inventory, pins)
    known = {
        one.name: Wheel(
            f"{one.name}-1.0-py3-none-any.whl",
            {SHARED: "one"},
            frozenset({SHARED} if second or one.name == "first" else ()),
        )
        for one in contents
    }
    found = list(differences.compare_contents(environment, known))
    assert [one.path for one in found if one.kind == "mode"] == expected
