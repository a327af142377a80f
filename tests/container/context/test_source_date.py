"""All files of an image have the time of the last commit that changes what it is built from."""

from pathlib import Path

import pytest

from labcoat.container.context.source_date import source_date
from labcoat.core.project import Project
from support.repositories import git, repository


def test_last_commit_of_lock_or_dockerfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit of other files changes neither the time nor, through it, the layer of packages."""
    repository(tmp_path, {"requirements.txt": "six==1.17.0\n", "Dockerfile": "FROM scratch\n"})
    before = source_date(Project(tmp_path))
    assert before == int(git(tmp_path, "log", "-1", "--format=%ct"))
    (tmp_path / "other").touch()
    git(tmp_path, "add", ".")
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{before + 60} +0000")
    git(tmp_path, "commit", "-qm", "two")
    assert source_date(Project(tmp_path)) == before


def test_time_outside_a_repository_is_fixed(tmp_path: Path) -> None:
    """A folder outside any repository has the same time every day."""
    (tmp_path / "requirements.txt").touch()
    assert source_date(Project(tmp_path)) == 315532800


def test_time_of_a_repository_without_commits_is_fixed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "requirements.txt").touch()
    assert source_date(Project(tmp_path)) == 315532800
