"""`labcoat prove` compares an image with the lock and the environment."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from support import Repository
from support.messages import proof as messages
from support.session import unique_name

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the base image's Python is 3.11"),
]
IMAGE = unique_name("labcoat-test/prove")


def edited(path: str) -> str:
    """Return what the proof reports of an edited file of alpha."""
    return messages.EDITED.format(path=path, package="alpha")


def docker(*words: str, given: str = "") -> str:
    return subprocess.run(
        ["docker", *words], input=given, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def built(
    shared_repo: Repository, base_image: str, repository: "object", tools_layer: None
) -> Iterator[Repository]:
    """A repository with an environment and an image from one lock."""
    templates = f"{repository}/src/lib/labcoat/scaffold/templates"
    shutil.copy(f"{templates}/Dockerfile", shared_repo.path)
    shutil.copy(f"{templates}/install-lock.sh", shared_repo.path)
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
    """They have the same digest, and the proof has the image's id."""
    assert messages.EQUAL.format(names="lock, venv, docker") in built.make("prove")
    proof = json.loads((built.path / ".labcoat/proof.json").read_text())
    assert len({row["digest"] for row in proof["rungs"]}) == 1
    assert proof["rungs"][2]["identity"] == docker("image", "inspect", "--format", "{{.Id}}", IMAGE)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("echo '# edited' >>$SITE/alpha.py", edited("alpha.py")),
        ("rm $SITE/beta.py", messages.REMOVED.format(path="beta.py", package="beta")),
        ("echo 'x = 1' >$SITE/sitecustomize.py", messages.STRAY.format(path="sitecustomize.py")),
        (
            "sed -i 's/^Version: .*/Version: 9/' $SITE/beta-1.5.dist-info/METADATA",
            messages.VERSION.format(package="beta", version="9", locked="1.5"),
        ),
        (
            "sed -i 's/main())/main() or 3)/' /opt/venv/bin/alpha",
            edited("{prefix}/bin/alpha"),
        ),
        ("mkdir $SITE/delta-1.dist-info", messages.ADDED.format(package="delta", version="1")),
    ],
    ids=["edited", "removed", "stray", "version", "program", "added"],
)
def test_tampering_in_an_image_is_reported(built: Repository, line: str, expected: str) -> None:
    """A layer on top of the image changes a package."""
    steps = f"FROM {IMAGE}\nUSER 0\nRUN SITE=/opt/venv/lib/python3.11/site-packages; {line}\n"
    docker("build", "--quiet", "--tag", f"{IMAGE}-tampered", "-", given=steps)
    try:
        ended = built.labcoat(
            "prove", "--only", "docker", fails=True, LABCOAT_IMAGE=f"{IMAGE}-tampered"
        )
    finally:
        docker("image", "rm", "--force", f"{IMAGE}-tampered")
    assert f"docker: {expected}" in ended


def test_settings_of_an_image_are_read_from_the_engine(built: Repository) -> None:
    """The label says that it is from this lock; variables, user and a layer on top are found."""
    steps = (
        f"FROM {IMAGE}\nENV PYTHONPATH=/evil LD_AUDIT=/x.so PATH=/evil:$PATH\nUSER 0\n"
        'ENTRYPOINT ["/evil"]\nCOPY --from=0 /etc/hostname /usr/lib/sitecustomize.py\n'
    )
    steps = f"FROM {IMAGE}\n{steps}"
    docker("build", "--quiet", "--tag", f"{IMAGE}-tampered", "-", given=steps)
    try:
        ended = built.labcoat(
            "prove", "--only", "docker", fails=True, LABCOAT_IMAGE=f"{IMAGE}-tampered"
        )
    finally:
        docker("image", "rm", "--force", f"{IMAGE}-tampered")
    for name in ("variable PYTHONPATH", "variable LD_AUDIT", "variable PATH", "USER", "ENTRYPOINT"):
        assert f"docker: {name} is" in ended
    assert "docker: the image has" in ended


def test_image_from_another_lock_is_called_stale(built: Repository) -> None:
    """What differs is named too."""
    lock = built.path / "requirements.txt"
    before = lock.read_text()
    lock.write_text(before.replace("alpha==2.0", "alpha==1.0"))
    output = built.labcoat("prove", "--only", "docker", fails=True)
    lock.write_text(before)
    assert messages.STALE.format(file="requirements.txt") in output
    assert (
        f"docker: {messages.VERSION.format(package='alpha', version='2.0', locked='1.0')}" in output
    )


def test_without_an_engine_the_image_is_not_checked(built: Repository) -> None:
    """A warning says so; with `--only docker` it is an error."""
    output = built.labcoat("prove", LABCOAT_DOCKER="no-such-docker")
    assert messages.NOT_CHECKED.format(level="docker") in output
    assert messages.EQUAL.format(names="lock, venv\n") in output
    assert "command `no-such-docker` not found" in built.labcoat(
        "prove", "--only", "docker", fails=True, LABCOAT_DOCKER="no-such-docker"
    )
