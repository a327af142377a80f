"""What an image says of itself."""

import subprocess
from pathlib import Path

import pytest

from labcoat.container.image.labels import LOCK, REVISION, image_labels, web_address
from labcoat.core import files
from labcoat.core.project import Project

TIME = 315532800
SOURCE = "org.opencontainers.image.source"


@pytest.mark.parametrize(
    ("remote", "address"),
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
def test_a_remote_becomes_an_address_for_anybody(remote: str, address: str) -> None:
    """Two clones, one by ssh and one by https with a token, say the same source; a folder is no source."""
    assert web_address(remote) == address


def git(root: Path, *words: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    return subprocess.run(
        ["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in a repository of one commit."""
    (tmp_path / "requirements.txt").write_text("six==1.17.0\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one", "--date=2001-01-01T00:00:00Z")
    return Project(tmp_path)


def test_labels_name_lock_base_and_revision(project: Project) -> None:
    """The lock's digest, the base's name and the commit are there; a repository without a remote has no source."""
    made = image_labels(project, "python:3.11@sha256:abc", TIME)
    assert made[LOCK] == files.text_digest(project.requirements.read_bytes())
    assert made["org.opencontainers.image.base.name"] == "python:3.11"
    assert made[REVISION] == git(project.root, "rev-parse", "HEAD")
    assert SOURCE not in made


def test_what_is_not_committed_marks_the_revision(project: Project) -> None:
    """An image of changed files does not claim to be the commit's."""
    (project.root / "new").touch()
    assert image_labels(project, "b", TIME)[REVISION].endswith("-dirty")


def test_the_record_of_the_image_does_not_change_it(project: Project) -> None:
    """image.lock.yaml names the image, so committing it leaves the labels as they are."""
    before = image_labels(project, "b", TIME)
    (project.root / "image.lock.yaml").write_text("image: x\n")
    assert image_labels(project, "b", TIME) == before
    git(project.root, "add", ".")
    git(project.root, "commit", "-qm", "record")
    assert image_labels(project, "b", TIME) == before
