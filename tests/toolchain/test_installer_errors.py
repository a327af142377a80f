"""Output of pip and uv becomes an error and a hint."""

from pathlib import Path

import pytest

from labcoat.toolchain.installer_errors import explain_installer_error

WHEEL = (
    "https://example.org/packages/26/a1/"
    "tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl (from an index)"
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


@pytest.mark.parametrize("says", ["two>=1.0,<2 has no", "all versions of two have\n      no"])
def test_the_package_without_wheels_is_named(tmp_path: Path, says: str) -> None:
    output = f"  × No solution found when resolving:\n  ╰─▶ Because one needs two and {says} usable"
    failure = explain_installer_error(f"{output} wheels, stop.\n", "otherwise", tmp_path / "log")
    assert failure.message == "two has no wheel for this Python and platform"


@pytest.mark.parametrize(
    "output",
    [
        "In `--require-hashes` mode, all requirements must have a hash, but none were provided",
        "Hashes are required in --require-hashes mode, but they are missing from some",
    ],
    ids=["uv", "pip"],
)
def test_a_lock_with_hashes_on_some_lines_is_named(tmp_path: Path, output: str) -> None:
    failure = explain_installer_error(f"error: {output}\n", "otherwise", tmp_path / "log")
    assert failure.message == "the lock has packages without hashes"


@pytest.mark.parametrize(
    "output",
    [
        "ERROR: For req: up==1.0. The wheel '/t/x/up-1.0-py3-none-any.whl' has a file"
        " '/env/lib/../../up.txt' trying to install outside the target directory '/env/lib'",
        "ERROR: For req: up==1.0. Unknown scheme key used in /t/x/up-1.0-py3-none-any.whl:"
        " .. (for file 'up-1.0.data/../../up.txt').",
        "ERROR: For req: up==1.0. Unexpected file in /t/x/up-1.0-py3-none-any.whl:"
        " 'up-1.0.data/scripts/../../x.txt'.",
    ],
    ids=["outside", "scheme", "unexpected"],
)
def test_a_wheel_that_leaves_its_environment_is_named(tmp_path: Path, output: str) -> None:
    """In each of the ways in which pip refuses one."""
    failure = explain_installer_error(output, "could not be installed", tmp_path / "log")
    assert failure.message == (
        "the wheel up-1.0-py3-none-any.whl would write files outside of the environment"
    )


def test_a_build_that_installs_from_another_index_is_named(tmp_path: Path) -> None:
    output = """Failed to build `alpha-cu12==1.0`
    subprocess.CalledProcessError: Command '['/b/pip', 'install', '--extra-index-url',
    """
    failure = explain_installer_error(output, "otherwise", tmp_path / "log")
    assert failure.message == (
        "cannot build alpha-cu12 from source: its build installs packages from another index"
    )


def test_requirement_that_a_lock_below_excludes_is_named(tmp_path: Path) -> None:
    """pip names no constraints among the causes of a conflict."""
    output = (
        "ERROR: Cannot install -r pyproject.toml (line 2) because these package versions have"
        " conflicting dependencies.\nresolvers.ResolutionImpossible: [RequirementInformation("
        "requirement=SpecifierRequirement('alpha~=6.0'), parent=LinkCandidate("
        "'https://files.example/beta-9.1-py3-none-any.whl (from https://x/beta/)'))]\n"
        "pip.DistributionNotFound: ResolutionImpossible: for help visit https://pip.example\n"
    )
    error = explain_installer_error(output, "cannot lock", tmp_path / "log")
    assert error.message.startswith("requirements conflict: beta 9.1 needs alpha~=6.0, and the")
    assert "the first lock too" in error.hint


def test_download_that_was_cut_off_is_no_fault_of_an_input(tmp_path: Path) -> None:
    """pip's own sentence stands in a box above the exception."""
    output = "Traceback (most recent call last):\n<IncompleteDownloadError: incomplete-download>\n"
    error = explain_installer_error(output, "cannot lock", tmp_path / "log")
    assert error.message == "a download was cut off before its end"


@pytest.mark.parametrize("word", ["error: ", "  cause: ", "ValueError: ", ""])
def test_an_unknown_reason_has_no_word_for_an_error_before_it(tmp_path: Path, word: str) -> None:
    """labcoat's own line begins with `error:` already."""
    failure = explain_installer_error(f"{word}no such thing\n", "cannot lock", tmp_path / "log")
    assert failure.message == "cannot lock: no such thing"
