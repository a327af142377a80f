"""`labcoat prove` finds whatever makes a virtual environment run other code, and never hangs."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.core.project import Project
from labcoat.inventory.inventory import read_distributions
from labcoat.levels.venv import VenvLevel
from labcoat.proof import prove, table
from support import Repository
from support.attacks import ATTACKS, Target

_SECONDS = 60


@pytest.fixture(scope="module")
def kept(shared_repo: Repository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the environment, to restore it from; the wheels are in the cache then."""
    shared_repo.labcoat("prove", "--only", "venv")
    copied = tmp_path_factory.mktemp("kept") / "venv"
    shutil.copytree(shared_repo.path / ".venv", copied, symlinks=True)
    return copied


@pytest.fixture
def target(
    shared_repo: Repository, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Target]:
    """The environment, restored afterwards; a command that hangs is a failure."""
    monkeypatch.chdir(shared_repo.path)
    for name, value in shared_repo.env.items():
        monkeypatch.setenv(name, value)
    before = set(shared_repo.path.iterdir())
    signal.alarm(_SECONDS)
    yield Target(shared_repo.path / ".venv")
    signal.alarm(0)
    for path in {shared_repo.path / ".venv", *(set(shared_repo.path.iterdir()) - before)}:
        os.system(f"rm -rf '{path}'")  # noqa: S605 - shutil.rmtree recurses too deeply
    shutil.copytree(kept, shared_repo.path / ".venv", symlinks=True)


def verdict() -> str:
    """Return what the proof of the environment says, and its differences."""
    return prove.check_levels(Project.here(), ["venv"]).verdict


@pytest.mark.parametrize("name", ATTACKS)
def test_an_environment_that_was_tampered_with_is_different(target: Target, name: str) -> None:
    ATTACKS[name](target)
    assert verdict() == "different"


def test_names_cannot_write_lines_of_output(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor can they end the proof with an error."""
    ATTACKS["a name with a line of output"](target)
    ATTACKS["a name that is not UTF-8"](target)
    proof = prove.check_levels(Project.here(), ["venv"])
    text = table.format_table(proof)
    assert "\nequal" not in text
    assert "\\xff.py belongs to no package" in text
    assert text.encode()
    assert proof.json_text.encode()


@pytest.mark.parametrize("name", [one for one in ATTACKS if "pipe" in one or "endless" in one])
def test_no_other_command_hangs(shared_repo: Repository, target: Target, name: str) -> None:
    """Whatever is in the environment, status and freeze end; so does make venv."""
    ATTACKS[name](target)
    project = Project.here()
    assert VenvLevel().read_state(project)
    if site := VenvLevel().site_packages(project):
        read_distributions(site)


def test_an_untouched_environment_is_equal(target: Target) -> None:
    assert verdict() == "equal"
