"""The image built and run by a real podman, with its own store."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.messages import engine as messages
from support.messages.image import ONLY_CONTENT
from support.workplace import NETWORK, SIX, Workplace, create_project

pytestmark = pytest.mark.docker  # the base image comes from docker
IMAGE = "localhost/labcoat-test/podman"
IDNA = """idna==3.10 \\
    --hash=sha256:12f65c9b470abda6dc35cf8e63cc574b1c52b11df2c86030af0ac09b01b13ea9 \\
    --hash=sha256:946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3
"""
# For containers without an init system, and processes that may not raise their limits.
SETTINGS = """[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[Path]:
    """A podman with the base image, isolated from the user's images."""
    if not (program := shutil.which("podman")):
        pytest.skip("podman is not installed")
    folder = tmp_path_factory.mktemp("podman")
    (folder / "containers.conf").write_text(SETTINGS)
    store = (
        f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/store"\nrunroot = "{folder}/run"\n'
    )
    (folder / "storage.conf").write_text(store)
    wrapper = folder / "podman"
    wrapper.write_text(
        f"#!/bin/sh\nCONTAINERS_CONF='{folder}/containers.conf' "
        f"CONTAINERS_STORAGE_CONF='{folder}/storage.conf' "
        f"PODMAN_IGNORE_CGROUPSV1_WARNING=1 exec '{program}' \"$@\"\n"
    )
    wrapper.chmod(0o755)
    with subprocess.Popen(["docker", "save", base_image], stdout=subprocess.PIPE) as saved:
        subprocess.run(
            [wrapper, "load", "--quiet"], stdin=saved.stdout, check=True, capture_output=True
        )
    tried = subprocess.run(
        [wrapper, "run", "--rm", NETWORK, base_image, "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        pytest.skip(f"podman cannot run a container: {tried.stderr.strip()}")
    yield wrapper
    subprocess.run([wrapper, "image", "rm", "--all", "--force"], check=False, capture_output=True)


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, repository: Path, base_image: str, podman: Path
) -> Workplace:
    """A project whose image podman built."""
    root = create_project(tmp_path_factory.mktemp("image") / "a project", repository)
    (root / ".python-version").write_text("3.11\n")
    (root / "requirements.txt").write_text(IDNA + SIX)
    environ = os.environ | {
        "PYTHONPATH": str(repository / "src/lib"),
        "LABCOAT_DOCKER": str(podman),
        "LABCOAT_IMAGE": IMAGE,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": NETWORK,
    }
    workplace = Workplace(root, environ)
    built = workplace.labcoat("image", "build")
    assert built.returncode == 0, built.stderr
    assert ONLY_CONTENT in built.stderr
    return workplace


def test_a_program_runs_with_the_locks_packages(place: Workplace) -> None:
    """Its output and exit status are forwarded."""
    ran = place.in_image("python main.py")
    assert (ran.stdout, ran.returncode) == ("six 1.17.0\n", 0), ran.stderr
    assert place.in_image("sh -c 'exit 7'").returncode == 7


def test_the_image_equals_the_lock(place: Workplace) -> None:
    """Prove reads every file in it, without a service of podman."""
    proof = place.labcoat("prove", "--only", "docker")
    assert proof.returncode == 0, proof.stderr
    assert "equal: lock, docker" in proof.stdout


def test_another_lock_gives_another_image(place: Workplace) -> None:
    """Although podman's cache ignores the lock that a RUN mounts."""
    both = place.in_image("python -c 'import idna, six; print(idna.__version__, six.__version__)'")
    (place.root / "requirements.txt").write_text(SIX)
    built = place.labcoat("image", "build")
    alone = place.in_image("python -c 'import idna'")
    assert both.stdout == "3.10 1.17.0\n", both.stderr
    assert built.returncode == 0, built.stderr
    assert "No module named 'idna'" in alone.stderr


def test_the_image_can_be_inspected(place: Workplace) -> None:
    """Packages, bill of materials and sizes are shown, and no secret is found."""
    assert "  six 1.17.0\n" in place.labcoat("image", "show").stdout
    assert '"pkg:pypi/six@1.17.0"' in place.labcoat("image", "sbom").stdout
    assert " six\n" in place.labcoat("image", "size").stdout
    audit = place.labcoat("image", "audit")
    assert (audit.returncode, audit.stdout) == (0, ""), audit.stderr


def test_two_builds_have_the_same_content(place: Workplace) -> None:
    """Their ids differ, because podman writes ids of containers into the settings."""
    verdict = place.labcoat("image", "verify")
    assert verdict.returncode == 0, verdict.stderr
    assert "layers   same" in verdict.stdout
    assert "content  same" in verdict.stdout


def test_changed_sources_match_the_image_lock(place: Workplace) -> None:
    """Nor is another id reported."""
    recorded = place.labcoat("image", "record")
    (place.root / "other.py").write_text("print('added')\n")
    built = place.labcoat("image", "build")
    (place.root / "image.lock.yaml").unlink()
    assert recorded.returncode == 0, recorded.stderr
    assert built.returncode == 0
    assert "image.lock.yaml" not in built.stderr


@pytest.mark.parametrize("words", [["build"], ["show"], ["size"]], ids=" ".join)
def test_an_invalid_image_name_is_refused(place: Workplace, words: list[str]) -> None:
    """Whatever command of podman comes first."""
    refused = place.labcoat("image", *words, LABCOAT_IMAGE="No/Such")
    assert refused.returncode == 1
    message = messages.INVALID_IMAGE_NAME.format("No/Such")
    assert refused.stderr.splitlines()[-2] == f"error: {message}"


@pytest.mark.parametrize("words", [["show"], ["size"], ["sbom"]], ids=" ".join)
def test_a_missing_image_is_an_error(place: Workplace, words: list[str]) -> None:
    """The hint names the target that builds it."""
    refused = place.labcoat("image", *words, LABCOAT_IMAGE="localhost/no-such")
    assert refused.stderr.splitlines()[-2:] == [
        f"error: {messages.NO_IMAGE.format('localhost/no-such')}",
        f"hint: {messages.BUILD_IT}",
    ]
