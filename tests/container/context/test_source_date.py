"""All files of an image have the time of the last commit that changes what it is built from."""

import subprocess
from pathlib import Path

from labcoat.container.context.source_date import source_date
from labcoat.core.project import Project


def git(root: Path, *words: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    return subprocess.run(
        ["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_last_commit_of_lock_or_dockerfile(tmp_path: Path) -> None:
    """A commit of other files changes neither the time nor, through it, the layer of packages."""
    (tmp_path / "requirements.txt").write_text("six==1.17.0\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one", "--date=2001-01-01T00:00:00Z")
    before = source_date(Project(tmp_path))
    assert before == int(git(tmp_path, "log", "-1", "--format=%ct"))
    (tmp_path / "other").touch()
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "core.commentChar=#", "commit", "-qm", "two")
    assert source_date(Project(tmp_path)) == before


def test_time_outside_a_repository_is_fixed(tmp_path: Path) -> None:
    """A folder outside any repository has the same time every day."""
    (tmp_path / "requirements.txt").touch()
    assert source_date(Project(tmp_path)) == 315532800


def test_time_of_a_repository_without_commits_is_fixed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "requirements.txt").touch()
    assert source_date(Project(tmp_path)) == 315532800
