"""Markers are simplified for the one Python minor version of a lock, and mean the same for it."""

import pytest

from labcoat._vendor.packaging.markers import Marker
from labcoat.locking.markers import fold_marker

WINDOWS, CPYTHON = 'sys_platform == "win32"', 'implementation_name == "cpython"'


@pytest.mark.parametrize(
    ("marker", "folded"),
    [
        ("", ""),
        ("python_full_version < '3.12'", ""),
        ("python_version >= '3.12'", None),
        ("python_version < '3.12' and sys_platform == 'win32'", WINDOWS),
        ("python_version >= '3.12' or sys_platform == 'win32'", WINDOWS),
        ("python_version >= '3.12' and sys_platform == 'win32'", None),
        ("python_version < '3.12' or sys_platform == 'win32'", ""),
        ("python_full_version >= '3.11.4'", 'python_full_version >= "3.11.4"'),
        ("'3.12' > python_version and sys_platform == 'win32'", WINDOWS),
        (
            "(sys_platform == 'win32' or python_version > '3.12')"
            " and (implementation_name == 'cpython' or python_version > '3.12')",
            f"{WINDOWS} and {CPYTHON}",
        ),
        (
            "python_version < '3.12' and (sys_platform == 'win32' or implementation_name =="
            " 'cpython') and os_name == 'nt'",
            f'({WINDOWS} or {CPYTHON}) and os_name == "nt"',
        ),
        ("python_version in '3.10 3.11'", ""),
        ("not a marker", "not a marker"),
    ],
)
def test_a_marker_is_folded(marker: str, folded: str | None) -> None:
    """What is true or false for all of Python 3.11 disappears; the rest stays."""
    assert fold_marker(marker, "3.11") == folded
    if folded and marker != folded:
        for system in ("win32", "linux"):
            for patch in ("3.11.0", "3.11.9"):
                values = {
                    "python_version": "3.11",
                    "python_full_version": patch,
                    "sys_platform": system,
                    "os_name": "nt" if system == "win32" else "posix",
                }
                assert Marker(folded).evaluate(values) == Marker(marker).evaluate(values)
