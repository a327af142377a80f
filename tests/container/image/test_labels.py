"""The labels of an image."""

import os
from pathlib import Path

import pytest

from labcoat.container.image.labels import LOCK, REVISION, image_labels, web_address
from labcoat.core import files
from labcoat.core.project import Project
from support.git_commands import git

TIME = 315532800  # seconds since 1970
SOURCE = "org.opencontainers.image.source"


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("https://github.com/a/b.git", "https://github.com/a/b"),
        ("https://user:token@github.com/a/b", "https://github.com/a/b"),
        ("git@github.com:a/b.git", "https://github.com/a/b"),
        ("ssh://git@host.example:2222/a/b.git", "https://host.example/a/b"),
        ("/srv/git/b.git", ""),
        ("file:///srv/git/b.git", ""),
        ("../b", ""),
        ("", ""),
    ],
)
def test_a_remote_becomes_a_public_url(remote: str, url: str) -> None:
    """Clones by ssh and by https with a token have the same source; a folder has none."""
    assert web_address(remote) == url


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in a repository with one commit."""
    (tmp_path / "requirements.txt").write_text("six==1.17.0\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one", "--date=2001-01-01T00:00:00Z")
    return Project(tmp_path)


def test_labels_name_lock_base_and_revision(project: Project) -> None:
    """A repository without a remote has no source label."""
    labels = image_labels(project, "python:3.11@sha256:abc", TIME)
    assert labels[LOCK] == files.text_digest(project.requirements.read_bytes())
    assert labels["org.opencontainers.image.base.name"] == "python:3.11"
    assert labels[REVISION] == git(project.root, "rev-parse", "HEAD")
    assert SOURCE not in labels


def test_uncommitted_changes_mark_the_revision(project: Project) -> None:
    """So that an image of changed files does not claim to be the commit's."""
    (project.root / "new").touch()
    assert image_labels(project, "b", TIME)[REVISION].endswith("-dirty")


def test_committing_the_image_lock_does_not_change_the_labels(project: Project) -> None:
    """It holds the image's id, which depends on the labels."""
    before = image_labels(project, "b", TIME)
    (project.root / "image.lock.yaml").write_text("image: x\n")
    assert image_labels(project, "b", TIME) == before
    git(project.root, "add", ".")
    git(project.root, "commit", "-qm", "record")
    assert image_labels(project, "b", TIME) == before


@pytest.mark.parametrize("setting", ["clean", "process"])
def test_no_filter_of_the_repository_is_run(project: Project, setting: str) -> None:
    """Where a file's date has changed, git compares its content, but runs no program for it."""
    root = project.root
    trap = root / ".git" / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{root}/.git/SPRUNG'\ncat\n")
    trap.chmod(0o755)
    (root / ".git/info/attributes").write_text("* filter=evil\n")
    git(root, "config", f"filter.evil.{setting}", str(trap))
    git(root, "config", "filter.evil.required", "true")
    os.utime(root / "Dockerfile", (1, 1))
    assert image_labels(project, "base", TIME)[REVISION]
    assert not (root / ".git/SPRUNG").exists()
