"""environment.yml holds the lock and what users have added to it."""

from typing import Any

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.levels.environment_yml import merge_environment_yml
from support.messages import levels as messages

PIP = ["--require-hashes", "alpha==2.0 --hash=sha256:00"]


def test_it_is_written_from_nothing() -> None:
    """Python's minor version, pip, the conda packages, and the lock in the pip section."""
    assert merge_environment_yml({}, "mine", "3.12", ["hdf5>=1.14"], PIP) == {
        "name": "mine",
        "channels": ["conda-forge"],
        "dependencies": ["python=3.12", "pip", "hdf5>=1.14", {"pip": PIP}],
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"name": "theirs"}, {"name": "theirs"}),
        ({"channels": ["mine", "conda-forge"]}, {"channels": ["mine", "conda-forge"]}),
        ({"variables": {"A": "1"}}, {"variables": {"A": "1"}}),
        (
            {"dependencies": ["git-lfs"]},
            {"dependencies": ["python=3.12", "pip", "git-lfs", {"pip": PIP}]},
        ),
        (
            {"dependencies": ["python=3.9", "pip=20"]},
            {"dependencies": ["python=3.12", "pip", {"pip": PIP}]},
        ),
        ({"dependencies": None}, {"dependencies": ["python=3.12", "pip", {"pip": PIP}]}),
        (
            {"dependencies": [{"pip": ["old==1 --hash=sha256:11"]}]},
            {"dependencies": ["python=3.12", "pip", {"pip": PIP}]},
        ),
    ],
    ids=[
        "name",
        "channels",
        "variables",
        "a-package",
        "another-python",
        "no-dependencies",
        "an-older-lock",
    ],
)
def test_what_users_added_stays(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Python, pip and the lock's section follow the project."""
    found = merge_environment_yml(before, "mine", "3.12", [], PIP)
    assert {key: found[key] for key in after} == after


def test_merging_twice_changes_nothing() -> None:
    once = merge_environment_yml(
        {"dependencies": ["git-lfs"]}, "mine", "3.12", ["conda-forge::hdf5"], PIP
    )
    assert merge_environment_yml(once, "mine", "3.12", ["conda-forge::hdf5"], PIP) == once


def test_line_for_pip_without_a_hash_is_refused() -> None:
    """It would make pip refuse all other lines."""
    with pytest.raises(LabcoatError, match=messages.PIP_UNLOCKED.format(line="pandas")):
        merge_environment_yml({"dependencies": [{"pip": ["pandas"]}]}, "mine", "3.12", [], PIP)
