"""The same commands on each level of isolation: their outputs are equal, or named."""

import json
from collections.abc import Iterator

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.proof.outputs import proof_runs
from support import Repository


@pytest.fixture
def made(shared_repo: Repository) -> Iterator[Repository]:
    """A repository with an environment, and with outputs of its own that have to stay."""
    shared_repo.env["LABCOAT_DOCKER"] = "no-such-docker"
    shared_repo.write(out__txt="mine")
    yield shared_repo
    assert (shared_repo.path / "out.txt").read_text() == "mine"


def prove(repo: Repository, setting: str, levels: str = "venv,none", **expected: bool) -> str:
    """What prove says of the results, with the lock's differences on a person's own Python left aside."""
    return repo.labcoat("prove", "--only", levels, LABCOAT_PROVE_RUNS=setting, **expected)  # type: ignore[arg-type]


def test_equal_outputs_are_equal(made: Repository) -> None:
    """Each output's digest is in the proof; a folder is an output too, and one that was there is not taken for the new one."""
    said = prove(
        made, "mkdir -p o; echo a >o/b; test ! -e out.txt; echo 1 >out.txt -> o out.txt", "venv"
    )
    assert "equal: lock, venv" in said
    proof = json.loads((made.path / ".labcoat/proof.json").read_text())
    assert [result["output"] for result in proof["results"]] == ["o", "out.txt"]
    assert (made.path / ".labcoat/runs/venv/o/b").read_text() == "a\n"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('echo "$VIRTUAL_ENV" >out.txt -> out.txt', "none: out.txt is not the one of venv"),
        ("true -> out.txt", "venv: out.txt: was not written"),
        ("exit 3 -> out.txt", "venv: out.txt: its command ended with 3"),
        (
            "echo 1 >out.txt -> out.txt ;; date +%s%N >two -> two",
            "none: two is not the one of venv",
        ),
    ],
    ids=["different", "not-written", "failed", "the-second"],
)
def test_what_differs_is_named(made: Repository, setting: str, said: str) -> None:
    """An output that is another, missing or of a command that failed."""
    assert said in prove(made, setting, fails=True)


def test_outputs_that_are_no_longer_as_in_a_proof_are_named(made: Repository) -> None:
    """An earlier proof holds the outputs' digests too."""
    setting = "cat input.txt >out.txt -> out.txt"
    made.write(input__txt="one")
    prove(made, setting, "venv")
    proof = made.path / ".labcoat/proof.json"
    kept = proof.rename(made.path / "kept.json")
    assert "equal" in made.labcoat(
        "prove", "--only", "venv", "--against", str(kept), LABCOAT_PROVE_RUNS=setting
    )
    made.write(input__txt="two")
    said = made.labcoat(
        "prove", "--only", "venv", "--against", str(kept), LABCOAT_PROVE_RUNS=setting, fails=True
    )
    assert "venv: out.txt is not as in the proof" in said


def test_a_command_without_outputs_and_one_outside_are_refused(made: Repository) -> None:
    """Nothing is run then."""
    assert "does not say what 'echo hello' writes" in prove(made, "echo hello", "venv", fails=True)
    assert "../out is not inside the project" in prove(
        made, "touch ../out -> ../out", "venv", fails=True
    )
    assert not (made.path.parent / "out").exists()


def test_a_setting_is_read() -> None:
    """The last arrow parts a command from its outputs; runs are parted by two semicolons."""
    first, second = proof_runs(" a -> b; c -> d e ;; f->g ;;")
    assert (first.command, first.outputs) == ("a -> b; c", ("d", "e"))
    assert (second.command, second.outputs) == ("f", ("g",))
    with pytest.raises(LabcoatError):
        proof_runs("-> x")
