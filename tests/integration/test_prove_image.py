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


@pytest.fixture(scope="module")
def tampered(built: Repository) -> Iterator[str]:
    """What the proof prints of an image with layers on top that change files and settings."""
    steps = f"""FROM {IMAGE} AS own
FROM {IMAGE}
ENV PYTHONPATH=/evil LD_AUDIT=/x.so PATH=/evil:$PATH
USER 0
ENTRYPOINT ["/evil"]
RUN cd /opt/venv/lib/python3.11/site-packages; L=/usr/lib/python3.11; \\
 chgrp 1000 beta.py $L/email; chmod g+w beta.py $L/email; \\
 echo '# edited' >>alpha.py; echo 'x = 1' >sitecustomize.py; mkdir delta-1.dist-info simplejson; \\
 sed -i 's/main())/main() or 3)/' ../../../bin/alpha; \\
 sed -i 's/^Version: .*/Version: 9/' beta-1.5.dist-info/METADATA; mkfifo alpha.pipe; \\
 mkdir -p ../../python3.10/site-packages; sed -i s/false/true/ /opt/venv/pyvenv.cfg; \\
 echo 'x = 2' >/tmp/beta.py; python3 -m compileall -q --invalidation-mode unchecked-hash /tmp; \\
 mv /tmp/__pycache__/beta.cpython-311.pyc __pycache__; rm -r /tmp/*; \\
 echo 'x = 1' >>$L/json/decoder.py; echo >$L/usercustomize.py; echo PK >/usr/lib/python311.zip; \\
 printf '#!/bin/sh\\nexec /usr/bin/python3 "$@"\\n' >/usr/local/bin/python3; \\
 rm ../../../bin/python3; cp /usr/local/bin/python3 ../../../bin; chmod 755 ../../../bin/python3
COPY --from=own /etc/hostname /etc/ld.so.preload
"""
    steps = steps.replace("COPY --from=own /etc/hostname", "COPY --from=own /etc/os-release")
    docker("build", "--quiet", "--tag", f"{IMAGE}-tampered", "-", given=steps)
    try:
        yield (
            built.labcoat(
                "prove", "--only", "docker", fails=True, LABCOAT_IMAGE=f"{IMAGE}-tampered"
            )
            + (built.path / ".labcoat/proof.json").read_text()
        )
    finally:
        docker("image", "rm", "--force", f"{IMAGE}-tampered")


@pytest.mark.parametrize(
    "expected",
    [
        edited("alpha.py"),
        edited("bin/alpha"),
        messages.VERSION.format(package="beta", version="9", locked="1.5"),
        messages.ADDED.format(package="delta", version="1"),
        "variable PYTHONPATH is",
        "variable LD_AUDIT is",
        "variable PATH is",
        "USER is",
        "ENTRYPOINT is",
        "the image has",
    ],
)
def test_tampering_in_an_image_is_reported(tampered: str, expected: str) -> None:
    """Settings and layers come from the engine, files from its export."""
    assert f"docker: {expected}" in tampered


@pytest.mark.parametrize(
    ("kind", "path", "detail"),
    [
        ("empty", "simplejson/", ""),
        ("special", "alpha.pipe", "a pipe"),
        ("mode", "beta.py", "can be changed by a group"),
        ("base", "/usr/lib/python3.11/email", "is not the base image's"),
        ("stray", "{prefix}/lib/python3.10/", ""),
        ("stray", "sitecustomize.py", ""),
        ("start", "", "`/opt/venv/bin/python` starts a file in the environment itself"),
        ("setting", "{prefix}/pyvenv.cfg", "sets `include-system-site-packages = true`"),
        ("byte-code", "__pycache__/beta.cpython-311.pyc", "is not what its source compiles to"),
        ("base", "/usr/lib/python3.11/json/decoder.py", "is not the base image's"),
        ("base", "/usr/lib/python3.11/usercustomize.py", "is not in the base image"),
        ("base", "/usr/lib/python311.zip", "is not in the base image"),
        ("base", "/usr/local/bin/python3", "is not in the base image"),
        ("base", "/etc/ld.so.preload", "is not in the base image"),
    ],
)
def test_planted_file_in_an_image_is_reported(
    tampered: str, kind: str, path: str, detail: str
) -> None:
    """In the environment, and around it: the base image has other files.

    A Python of this machine compiles, since the image's is not the base's; its release is named.
    """
    proof = json.loads(tampered[tampered.index('{\n "labcoat"') :])
    found = [
        (each["kind"], each["path"], each["detail"].partition(" in Python ")[0])
        for each in proof["differences"]
    ]
    assert (kind, path, detail) in found


def test_steps_of_the_projects_own_are_no_difference(built: Repository) -> None:
    """A program, a library, and byte code that Python wrote: none decides which code runs."""
    dockerfile = built.path / "Dockerfile"
    before = dockerfile.read_text()
    step = "RUN python3 -c 'import json' && mkdir /srv/x && touch /usr/local/lib/libx.so /usr/bin/x"
    image = f"{IMAGE}-own"
    dockerfile.write_text(before.replace("AS image\n", f"AS image\n{step}\n", 1))
    try:
        built.make("docker", LABCOAT_IMAGE=image)
        ended = built.labcoat("prove", "--only", "docker", LABCOAT_IMAGE=image)
    finally:
        dockerfile.write_text(before)
        docker("image", "rm", "--force", image)
    assert messages.EQUAL.format(names="lock, docker") in ended


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ('export) docker "$@" | head -c 3000000; exit 1', "the engine's archive ends early"),
        ('export) docker "$@" | head -c 3000000', "the engine's archive ends early"),
        ("create) echo 'content digest not found' >&2; exit 1", "content digest not found"),
        (
            "export) echo 'Cannot connect to the Docker daemon' >&2; exit 1",
            "cannot connect to the Docker engine",
        ),
    ],
    ids=["cut", "cut quietly", "half pulled", "stopped"],
)
def test_engine_that_fails_is_named(built: Repository, fault: str, expected: str) -> None:
    """And no container is left."""
    engine = built.path.parent / "engine"
    engine.write_text(f'#!/bin/sh\ncase "$1" in\n{fault} ;;\n*) exec docker "$@" ;;\nesac\n')
    engine.chmod(0o755)
    before = docker("ps", "--all", "--quiet", "--filter", f"ancestor={IMAGE}")
    ended = built.labcoat("prove", "--only", "docker", fails=True, LABCOAT_DOCKER=str(engine))
    assert expected in ended
    assert docker("ps", "--all", "--quiet", "--filter", f"ancestor={IMAGE}") == before


def test_image_without_python_is_named(built: Repository) -> None:
    """Nor has it a shell."""
    image = f"{IMAGE}-empty"
    docker(
        "build",
        "--quiet",
        "--tag",
        image,
        "-",
        given=f"FROM scratch\nCOPY --from={IMAGE} /etc/passwd /\n",
    )
    try:
        ended = built.labcoat("prove", "--only", "docker", fails=True, LABCOAT_IMAGE=image)
    finally:
        docker("image", "rm", "--force", image)
    assert f"cannot read the packages of image `{image}`: no `python3` is on its PATH" in ended


def test_image_on_top_of_labcoats_is_not_fresh(built: Repository) -> None:
    """It has the label with the lock's digest, whether it was built or committed, or moved here."""
    assert "fresh" in built.labcoat("status")
    docker("tag", IMAGE, f"{IMAGE}-kept")
    container = docker("create", IMAGE)
    known = built.path / ".labcoat/images.json"
    before = known.read_text()
    try:
        docker("commit", "--change", "USER 0", container, IMAGE)
        refused = built.labcoat("run", "--in", "docker", "true", fails=True)
        assert f"image `{IMAGE}` is not the one that `make docker` built last" in refused
        known.unlink()  # as after `docker pull` in a new clone
        assert "is not what the Dockerfile builds: USER is `0`" in built.labcoat("status")
        on_top = f"FROM {IMAGE}-kept\nRUN true\n"
        docker("build", "--quiet", "--tag", IMAGE, "-", given=on_top)
        # Nor does a base image that is not on this machine hide a step.
        output = built.labcoat("status", LABCOAT_BASE_IMAGE="none.invalid/python:3.11")
        assert "the image has the step `RUN /bin/sh -c true # buildkit` where its Dock" in output
        docker("tag", f"{IMAGE}-kept", IMAGE)
        built.labcoat("run", "--in", "docker", "true")
    finally:
        docker("rm", container)
        docker("tag", f"{IMAGE}-kept", IMAGE)
        docker("image", "rm", f"{IMAGE}-kept")
        known.write_text(before)


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
