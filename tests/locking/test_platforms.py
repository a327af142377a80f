"""Which releases have a wheel for which platform."""

import pytest

from labcoat.locking.platforms import PLATFORMS, ReleaseFiles, missing_wheels
from labcoat.locking.requirements_file import Pin

ALL = {platform.name for platform in PLATFORMS}
LINUX, MACOS = {"Linux x86-64", "Linux arm64"}, {"macOS x86-64", "macOS arm64"}


@pytest.mark.parametrize(
    ("wheels", "runs_on"),
    [
        pytest.param(["py3-none-any"], ALL, id="pure Python"),
        pytest.param(["py2.py3-none-any"], ALL, id="Python 2 and 3"),
        pytest.param(["cp311-cp311-manylinux_2_17_x86_64"], {"Linux x86-64"}, id="Linux"),
        pytest.param(
            ["cp311-cp311-manylinux2014_aarch64.manylinux_2_17_aarch64"],
            {"Linux arm64"},
            id="several tags",
        ),
        pytest.param(["cp311-cp311-macosx_11_0_universal2"], MACOS, id="universal"),
        pytest.param(["cp38-abi3-win_amd64"], {"Windows x86-64"}, id="the stable ABI"),
        pytest.param(["cp312-abi3-win_amd64"], set(), id="a later stable ABI"),
        pytest.param(["cp311-cp311-manylinux_2_39_x86_64"], set(), id="a newer C library"),
        pytest.param(["cp311-cp311-musllinux_1_2_x86_64"], set(), id="musl"),
        pytest.param(["cp312-cp312-manylinux_2_17_x86_64"], set(), id="another Python"),
        pytest.param(["cp311-cp311t-win_amd64"], set(), id="free-threaded"),
        pytest.param(
            ["py3-none-manylinux1_x86_64", "py3-none-win_amd64"],
            {"Linux x86-64", "Windows x86-64"},
            id="two wheels",
        ),
        pytest.param(["1-py3-none-any"], ALL, id="a build number"),
    ],
)
def test_wheels_run_where_their_tags_say(wheels: list[str], runs_on: set[str]) -> None:
    """A release is missing on every platform that accepts none of its wheels."""
    names = tuple(f"six-1.0-{tags}.whl" for tags in wheels)
    missing = missing_wheels(
        [Pin("six", "1.0", "", frozenset())], {("six", "1.0"): ReleaseFiles(names)}, "3.11"
    )
    assert missing == {name: ["six 1.0"] for name in ALL - runs_on}


def test_markers_and_source_archives_count() -> None:
    """A release that a platform does not need, or that may be built, is not missing."""
    wheel = ReleaseFiles(("a-1-py3-none-win_amd64.whl",))
    pins = [
        Pin("a", "1", "sys_platform == 'win32'", frozenset()),
        Pin("b", "1", "", frozenset()),
        Pin("c", "1", "sys_platform == 'darwin'", frozenset()),
    ]
    files = {("a", "1"): wheel, ("b", "1"): ReleaseFiles((), has_source=True), ("c", "1"): wheel}
    assert missing_wheels(pins, files, "3.11") == {name: ["c 1"] for name in MACOS}
