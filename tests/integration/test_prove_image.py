"""An image is asked by its own Python what it holds, and held against the lock and the environment."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from support import Repository

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the base image's Python is 3.11"),
]
IMAGE = f"labcoat-test/prove-{os.getpid()}"  # tests of another clone may run at the same time


def docker(*words: str, given: str = "") -> str:
    return subprocess.run(
        ["docker", *words], input=given, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def built(shared_repo: Repository, base_image: str, repository: "object") -> Iterator[Repository]:
    """A repository with an environment and an image of one lock."""
    templates = f"{repository}/src/lib/labcoat/scaffold/templates"
    shutil.copy(f"{templates}/Dockerfile", shared_repo.path)
    shutil.copy(f"{templates}/dockerignore", shared_repo.path / ".dockerignore")
    shared_repo.env |= {
        "LABCOAT_IMAGE": IMAGE,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": "--network=host",
    }
    shared_repo.make("docker")
    yield shared_repo
    docker("image", "rm", "--force", IMAGE)


def test_lock_environment_and_image_are_equal(built: Repository) -> None:
    """One digest for all three, and the image's id in the proof."""
    assert "equal: lock, venv, docker" in built.make("prove")
    proof = json.loads((built.path / ".labcoat/proof.json").read_text())
    assert len({row["digest"] for row in proof["rungs"]}) == 1
    assert proof["rungs"][2]["identity"] == docker("image", "inspect", "--format", "{{.Id}}", IMAGE)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("echo '# edited' >>$SITE/alpha.py", "alpha.py of alpha was edited"),
        ("rm $SITE/beta.py", "beta.py of beta was removed"),
        ("echo 'x = 1' >$SITE/sitecustomize.py", "sitecustomize.py belongs to no package"),
        (
            "sed -i 's/^Version: .*/Version: 9/' $SITE/beta-1.5.dist-info/METADATA",
            "beta is 9, locked is 1.5",
        ),
        (
            "sed -i 's/main())/main() or 3)/' /opt/venv/bin/alpha",
            "{prefix}/bin/alpha of alpha was edited",
        ),
        ("mkdir $SITE/delta-1.dist-info", "delta 1 is there and not locked"),
    ],
    ids=["edited", "removed", "stray", "version", "program", "added"],
)
def test_what_was_done_to_an_image_is_found(built: Repository, line: str, said: str) -> None:
    """A layer on top that changes a package is named."""
    steps = f"FROM {IMAGE}\nUSER 0\nRUN SITE=/opt/venv/lib/python3.11/site-packages; {line}\n"
    docker("build", "--quiet", "--tag", f"{IMAGE}-tampered", "-", given=steps)
    try:
        ended = built.labcoat(
            "prove", "--only", "docker", fails=True, LABCOAT_IMAGE=f"{IMAGE}-tampered"
        )
    finally:
        docker("image", "rm", "--force", f"{IMAGE}-tampered")
    assert f"docker: {said}" in ended


def test_an_image_of_another_lock_is_said(built: Repository) -> None:
    """What differs is named, and that the image was made from another lock."""
    lock = built.path / "requirements.txt"
    before = lock.read_text()
    lock.write_text(before.replace("alpha==2.0", "alpha==1.0"))
    said = built.labcoat("prove", "--only", "docker", fails=True)
    lock.write_text(before)
    assert "stale: requirements.txt has changed" in said
    assert "docker: alpha is 2.0, locked is 1.0" in said


def test_an_engine_that_is_not_there_is_said_and_the_rest_is_proved(built: Repository) -> None:
    """Without an engine the image is not looked at; asked for by name, that is status 2's failure."""
    said = built.labcoat("prove", LABCOAT_DOCKER="no-such-docker")
    assert "docker is not looked at" in said
    assert "equal: lock, venv\n" in said
    assert "command `no-such-docker` not found" in built.labcoat(
        "prove", "--only", "docker", fails=True, LABCOAT_DOCKER="no-such-docker"
    )
