"""The byte code of programs goes with its environment."""

import shutil
from pathlib import Path

import pytest

from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from labcoat.levels import byte_code


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "project/.venv").mkdir(parents=True)
    return Project(tmp_path / "project", DEFAULTS)


def kept(project: Project, environment: Path) -> Path:
    """Byte code of a program in `environment`, as Python writes it on a first run."""
    folder = byte_code.byte_code_folder(project, environment)
    byte_code.record_environment(folder, environment)
    file = folder / str(environment).removeprefix("/") / "a.cpython-311.pyc"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"code")
    return file


def test_it_stays_with_its_environment_and_goes_when_that_is_gone(
    project: Project, tmp_path: Path
) -> None:
    other = tmp_path / "another project" / ".venv"
    other.mkdir(parents=True)
    files = [kept(project, project.venv), kept(project, other)]
    byte_code.remove_abandoned(project)
    assert all(file.exists() for file in files)
    shutil.rmtree(other.parent)
    byte_code.remove_abandoned(project)
    assert [file.exists() for file in files] == [True, False]
    assert len(list((tmp_path / "cache/programs").iterdir())) == 2  # its directory, and its record


def test_byte_code_without_a_record_goes(project: Project) -> None:
    """Earlier versions wrote none."""
    file = kept(project, project.venv)
    record = byte_code.byte_code_folder(project, project.venv).with_suffix(".path")
    record.unlink()
    byte_code.remove_abandoned(project)
    assert not file.exists()


def test_a_cache_that_is_not_there_is_no_error(project: Project, tmp_path: Path) -> None:
    byte_code.remove_abandoned(project)
    assert not (tmp_path / "cache").exists()
