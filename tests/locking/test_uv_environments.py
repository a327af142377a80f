"""Which platforms a lock leaves out when uv finds no solution for one of them."""

import pytest

from labcoat.locking import platforms, uv_environments
from labcoat.locking.platforms import Platform

_HERE = Platform("Linux x86-64", "linux", "x86_64")
_OUTPUT = "error: No solution found when resolving dependencies for split (markers: {})\n  cause: x"


@pytest.mark.parametrize(
    ("markers", "fails"),
    [
        ("platform_machine == 's390x' and sys_platform == 'linux'", True),
        ("platform_machine == 'aarch64' and sys_platform == 'linux'", True),
        ("platform_machine != 's390x' and sys_platform == 'linux'", False),
        ("platform_machine == 'x86_64' and sys_platform == 'linux'", False),
        ("sys_platform == 'win32'", False),
    ],
)
def test_part_of_another_processor_is_left_out(
    monkeypatch: pytest.MonkeyPatch, markers: str, fails: bool
) -> None:
    """A dependency's marker can make uv solve for a processor that no lock is for."""
    monkeypatch.setattr(platforms, "this_machine", lambda: _HERE)
    output = _OUTPUT.format(markers)
    found = uv_environments.fails_elsewhere(output, "3.11", platforms.SYSTEMS)
    assert found is fails
