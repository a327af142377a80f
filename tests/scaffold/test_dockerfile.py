"""A project without a Dockerfile gets labcoat's; a project with one keeps it."""

import os
from pathlib import Path

import pytest

from labcoat.core import originals
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import read_settings
from labcoat.scaffold import dockerfile


def test_a_project_without_one_gets_both_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The templates are copied unchanged, and a message names them."""
    dockerfile.provide_dockerfile(Project(tmp_path))
    assert (tmp_path / "Dockerfile").read_bytes() == (
        dockerfile.TEMPLATES / "Dockerfile"
    ).read_bytes()
    assert (tmp_path / ".dockerignore").read_bytes() == (
        dockerfile.TEMPLATES / "dockerignore"
    ).read_bytes()
    assert (tmp_path / "install-lock.sh").read_bytes() == (
        dockerfile.TEMPLATES / "install-lock.sh"
    ).read_bytes()
    assert "wrote Dockerfile, .dockerignore, install-lock.sh" in capsys.readouterr().err


def test_a_pipe_is_named(tmp_path: Path) -> None:
    """It would block whoever reads it."""
    os.mkfifo(tmp_path / "Dockerfile")
    for look in (dockerfile.missing_files, dockerfile.installs_itself):
        with pytest.raises(LabcoatError, match="cannot read `Dockerfile`: not a regular file"):
            look(tmp_path)


def test_existing_files_stay(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("mine\n")
    dockerfile.provide_dockerfile(Project(tmp_path))
    assert (tmp_path / ".dockerignore").read_text() == "mine\n"
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / ".dockerignore").unlink()
    dockerfile.provide_dockerfile(Project(tmp_path))
    assert (tmp_path / "Dockerfile").read_text() == "FROM scratch\n"
    assert not (tmp_path / ".dockerignore").exists()


def test_a_dockerfile_that_runs_the_script_gets_it(tmp_path: Path) -> None:
    """If the script is missing, only the script is written."""
    template = (dockerfile.TEMPLATES / "Dockerfile").read_text(encoding="utf-8")
    (tmp_path / "Dockerfile").write_text(template)
    dockerfile.provide_dockerfile(Project(tmp_path))
    assert (tmp_path / "install-lock.sh").exists()
    assert not (tmp_path / ".dockerignore").exists()


def test_one_beside_the_projects_own(tmp_path: Path) -> None:
    """The flags name labcoat.Dockerfile: it gets an ignore file of its own, and nothing changes."""
    (tmp_path / "Dockerfile").write_text("FROM python:3.9\nRUN pip install six\n")
    (tmp_path / ".dockerignore").write_text("*\n!app\n")
    assert dockerfile.installs_itself(tmp_path)
    flags = {"DOCKER_FLAGS": "--network=host --file=labcoat.Dockerfile"}
    project = Project(tmp_path, read_settings({f"LABCOAT_{k}": v for k, v in flags.items()}))
    dockerfile.provide_dockerfile(project)
    template = (dockerfile.TEMPLATES / "Dockerfile").read_text()
    assert (tmp_path / "labcoat.Dockerfile").read_text() == template
    assert "**/.venv" in (tmp_path / "labcoat.Dockerfile.dockerignore").read_text()
    assert (tmp_path / "install-lock.sh").exists()
    assert (tmp_path / ".dockerignore").read_text() == "*\n!app\n"
    assert (tmp_path / "Dockerfile").read_text().startswith("FROM python:3.9")


def test_files_written_for_a_build_are_undone_with_the_rest(tmp_path: Path) -> None:
    """`labcoat init` has written others before."""
    project = Project(tmp_path)
    originals.record_step(project.state, {"Makefile": (None, b"x")})
    (tmp_path / "Makefile").write_text("x")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    settings = read_settings({"LABCOAT_DOCKER_FLAGS": f"--file={dockerfile.BESIDE}"})
    dockerfile.provide_dockerfile(Project(tmp_path, settings))
    assert (tmp_path / dockerfile.BESIDE).exists()
    originals.undo_steps(tmp_path, project.state)
    assert {each.name for each in tmp_path.iterdir()} <= {"Dockerfile", ".labcoat"}
