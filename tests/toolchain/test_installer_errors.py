"""Output of pip and uv becomes an error and a hint."""

from pathlib import Path

import pytest

from labcoat.toolchain.installer_errors import explain_installer_error

WHEEL = (
    "https://example.org/packages/26/a1/tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl"
    " (from an index)"
)


@pytest.mark.parametrize(
    ("parent", "asks"),
    [
        pytest.param(
            f"LinkCandidate('{WHEEL}')", "tensorflow 2.21.0", id="a wheel for one platform"
        ),
        pytest.param(
            "LinkCandidate('https://example.org/alpha_1-1.0-py3-none-any.whl')",
            "alpha_1 1.0",
            id="a pure wheel",
        ),
        pytest.param(
            "LinkCandidate('https://example.org/al-pha-1.0b2.tar.gz')",
            "al-pha 1.0b2",
            id="a source archive",
        ),
        pytest.param("None", "requirements.in", id="requirements.in"),
    ],
)
def test_a_conflict_names_the_releases(tmp_path: Path, parent: str, asks: str) -> None:
    """pip-tools prints the exception's text; each side is named with the release that needs it."""
    sides = [
        ("numpy<1.20", "LinkCandidate('https://example.org/other-3.0-py3-none-any.whl')"),
        ("numpy>=1.26.0", parent),
    ]
    rows = ", ".join(
        f"RequirementInformation(requirement=SpecifierRequirement('{one}'), parent={by})"
        for one, by in sides
    )
    failure = explain_installer_error(
        f"resolvelib.ResolutionImpossible: [{rows}]\n", "could not be locked", tmp_path / "log"
    )
    assert failure.message == (
        f"requirements conflict: other 3.0 needs numpy<1.20, {asks} needs numpy>=1.26.0"
    )
