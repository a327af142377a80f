"""LABCOAT_ENV and LABCOAT_PORTABLE give programs the same variables on every level."""

import pytest

from labcoat.core.declared_variables import portable_variables
from support import Repository

SHOW = 'echo "$A-$B-$OMP_NUM_THREADS-$OPENBLAS_CORETYPE"'


def test_declared_variables_reach_a_program(repo: Repository) -> None:
    """LABCOAT_ENV comes after what LABCOAT_PORTABLE sets."""
    run = ("run", "--in", "none", "--shell", SHOW)
    assert "1-two words--" in repo.labcoat(*run, LABCOAT_ENV="A=1 B='two words'")
    output = repo.labcoat(*run, LABCOAT_PORTABLE="1", LABCOAT_ENV="OMP_NUM_THREADS=3")
    assert f"--3-{portable_variables()['OPENBLAS_CORETYPE']}" in output


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("A", "invalid LABCOAT_ENV `A`: it is not NAME=VALUE"),
        ("A-B=1", "invalid LABCOAT_ENV `A-B=1`: it is not NAME=VALUE"),
        ("A='1", "invalid LABCOAT_ENV `A='1`: no closing quotation"),
        ("LD_PRELOAD=/x.so", "LABCOAT_ENV cannot set `LD_PRELOAD`: it decides which code runs"),
        ("PYTHONPATH=x", "LABCOAT_ENV cannot set `PYTHONPATH`: it decides which code runs"),
    ],
)
def test_invalid_variables_are_refused(repo: Repository, value: str, expected: str) -> None:
    assert expected in repo.labcoat("run", "--in", "none", "true", fails=True, LABCOAT_ENV=value)


def test_portable_choices_depend_on_the_machine() -> None:
    assert portable_variables("aarch64")["OPENBLAS_CORETYPE"] == "ARMV8"
    assert portable_variables("x86_64")["PYTHONHASHSEED"] == "0"
