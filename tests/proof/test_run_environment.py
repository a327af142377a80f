"""The commands of a proof run with the same variables in any shell."""

import pytest

from labcoat.proof.run_environment import run_variables, warn_of_ignored
from support import Repository
from support.messages import proof as messages

DECIDING = {
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "AVX2",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "7",
}


def test_variables_are_the_same_in_any_shell() -> None:
    plain = {"PATH": "/bin", "HOME": "/h", "LABCOAT_IMAGE": "i", "DOCKER_HOST": "unix:///s"}
    shell = {**plain, **DECIDING, "LD_PRELOAD": "x", "BASH_ENV": "x", "TZ": "Asia/Tokyo"}
    assert run_variables(shell) == run_variables(plain)
    assert run_variables(plain) == {**plain, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def test_ignored_variables_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_ignored({"PATH": "/bin", "LANG": "C", "TZ": "UTC"})
    assert capsys.readouterr().err == ""
    warn_of_ignored(DECIDING)
    assert messages.IGNORED_VARIABLES in capsys.readouterr().err


def test_commands_do_not_get_the_variables(shared_repo: Repository) -> None:
    command = 'echo "$OPENBLAS_CORETYPE,$PYTHONHASHSEED,$LC_ALL,$TZ" >seen -> seen'
    output = shared_repo.labcoat(
        "prove", "--only", "venv", LABCOAT_PROVE_RUNS=command, LABCOAT_DOCKER="none", **DECIDING
    )
    assert messages.IGNORED_VARIABLES in output
    assert (shared_repo.path / ".labcoat/runs/venv/seen").read_text() == ",,C.UTF-8,UTC\n"
