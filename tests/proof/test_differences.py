"""Differences between an environment and its wheels, on inventories written here."""

import pytest

from labcoat.inventory.file_finding import FileFinding
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


@pytest.mark.parametrize("misstated", [True, False])
def test_only_a_record_that_the_wheel_has_otherwise_was_edited(misstated: bool) -> None:
    """A wheel's own RECORD may have another digest of a file."""
    inventory = Inventory(PYTHON, (Contents("odd", "1.0", (), {"odd.py": "one"}, ("odd.py",)),), ())
    pins = {"odd": Pin("odd", "1.0", "", frozenset())}
    environment = differences.InstalledEnvironment("venv", inventory, pins)
    wheel = Wheel(
        "odd-1.0-py3-none-any.whl",
        {"odd.py": "one"},
        misstated=frozenset({"odd.py"} if misstated else ()),
    )
    found = differences.compare_contents(environment, {"odd": wheel})
    assert [one.path for one in found] == ([] if misstated else ["RECORD"])


def test_edited_module_is_named_once() -> None:
    """Its byte code, of the source as it was, is not a second difference; that of another is."""
    contents = Contents("alpha", "1.0", (), {"a/b.py": "other", "a/c.py": "one"})
    findings = [
        FileFinding("byte-code", f"a/__pycache__/{name}.cpython-311.opt-1.pyc", "is forged")
        for name in ("b", "c")
    ]
    inventory = Inventory(PYTHON, (contents,), (), findings=tuple(findings))
    pins = {"alpha": Pin("alpha", "1.0", "", frozenset())}
    environment = differences.InstalledEnvironment("docker", inventory, pins)
    wheel = Wheel("alpha-1.0-py3-none-any.whl", {"a/b.py": "one", "a/c.py": "one"}, frozenset())
    found = differences.compare_contents(environment, {"alpha": wheel})
    assert [(one.kind, one.path) for one in found] == [
        ("edited", "a/b.py"),
        ("byte-code", "a/__pycache__/c.cpython-311.opt-1.pyc"),
    ]
