"""`labcoat prove` runs the same commands on each level and compares their outputs."""

import json
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.proof import outputs
from labcoat.proof.numbers import compare_outputs
from labcoat.proof.outputs import output_digest, parse_proof_runs
from support import Repository
from support.messages import proof as messages


@pytest.fixture
def made(shared_repo: Repository) -> Iterator[Repository]:
    """A repository with an environment, and with an output that has to stay."""
    shared_repo.env["LABCOAT_DOCKER"] = "no-such-docker"
    shared_repo.write(out__txt="mine")
    yield shared_repo
    assert (shared_repo.path / "out.txt").read_text() == "mine"


def prove(repo: Repository, setting: str, levels: str = "venv,none", **expected: bool) -> str:
    """Run prove with these commands; the user's own Python differs from the lock anyway."""
    return repo.labcoat("prove", "--only", levels, LABCOAT_PROVE_RUNS=setting, **expected)  # type: ignore[arg-type]


def test_equal_outputs_are_equal(made: Repository) -> None:
    """A directory is an output too. An output that existed before does not count as the new one."""
    output = prove(
        made, "mkdir -p o; echo a >o/b; test ! -e out.txt; echo 1 >out.txt -> o out.txt", "venv"
    )
    assert messages.EQUAL.format(names="lock, venv") in output
    proof = json.loads((made.path / ".labcoat/proof.json").read_text())
    assert [result["output"] for result in proof["results"]] == ["o", "out.txt"]
    assert (made.path / ".labcoat/runs/venv/o/b").read_text() == "a\n"


def test_differing_outputs_are_reported(made: Repository) -> None:
    """Of several commands: one gives another output, one writes nothing, and one fails."""
    setting = (
        'echo "$VIRTUAL_ENV" >different; echo 1 >same -> different same ;; true -> missing'
        " ;; exit 3 -> failed"
    )
    output = prove(made, setting, fails=True)
    assert messages.OUTPUT_DIFFERS.format(level="none", path="different", first="venv") in output
    assert messages.OUTPUT_DIFFERS.format(level="none", path="same", first="venv") not in output
    assert messages.OUTPUT_MISSING.format(level="venv", path="missing") in output
    assert messages.COMMAND_FAILED.format(level="venv", path="failed", status=3) in output


def test_outputs_are_compared_with_an_earlier_proof(made: Repository) -> None:
    setting = "cat input.txt >out.txt -> out.txt"
    made.write(input__txt="one")
    prove(made, setting, "venv")
    proof = made.path / ".labcoat/proof.json"
    kept = proof.rename(made.path / "kept.json")
    assert "equal" in made.labcoat(
        "prove", "--only", "venv", "--against", str(kept), LABCOAT_PROVE_RUNS=setting
    )
    made.write(input__txt="two")
    output = made.labcoat(
        "prove", "--only", "venv", "--against", str(kept), LABCOAT_PROVE_RUNS=setting, fails=True
    )
    assert messages.CHANGED.format(level="venv", name="out.txt") in output


def test_commands_with_no_outputs_or_outputs_outside_are_refused(made: Repository) -> None:
    """No command runs then."""
    output = prove(made, "echo hello", "venv", fails=True)
    assert messages.NO_OUTPUTS.format(command="echo hello") in output
    output = prove(made, "touch ../out -> ../out", "venv", fails=True)
    assert messages.OUTSIDE.format(path="../out") in output
    assert not (made.path.parent / "out").exists()


def test_setting_is_parsed() -> None:
    """The last arrow separates a command from its outputs, two semicolons separate runs."""
    first, second = parse_proof_runs(" a -> b; c -> d e ;; f->g ;;")
    assert (first.command, first.outputs) == ("a -> b; c", ("d", "e"))
    assert (second.command, second.outputs) == ("f", ("g",))
    with pytest.raises(LabcoatError):
        parse_proof_runs("-> x")


def test_output_that_is_no_file_has_no_digest(tmp_path: Path) -> None:
    """A pipe would be waited for, and a link in a circle is nothing."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    assert output_digest(tmp_path / "pipe") == "is neither a file nor a directory"
    assert output_digest(tmp_path / "circle") == "was not written"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").write_text("1")
    assert output_digest(tmp_path / "folder").startswith("sha256:")


def test_large_output_is_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 2 GB, without its bytes in memory. Progress names one that takes seconds."""
    large = tmp_path / "large.npy"
    with large.open("wb") as file:
        file.truncate(1 << 27)  # sparse, so that it takes no space
    tracemalloc.start()
    try:
        assert output_digest(large).startswith("sha256:")
        assert compare_outputs(large, large) is None
        assert tracemalloc.get_traced_memory()[1] < 1 << 23
        assert not capsys.readouterr().err
        monkeypatch.setattr(outputs, "_LARGE", 1 << 26)
        output_digest(large)
        assert "reading large.npy (0.1 GB)" in capsys.readouterr().err
    finally:
        tracemalloc.stop()
