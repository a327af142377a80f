"""The image by podman: a real one, with a store of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.workplace import NETWORK, SIX, Workplace, laid_out

pytestmark = pytest.mark.docker  # which the base image comes from
IMAGE = "localhost/labcoat-test/podman"
IDNA = """idna==3.10 \\
    --hash=sha256:12f65c9b470abda6dc35cf8e63cc574b1c52b11df2c86030af0ac09b01b13ea9 \\
    --hash=sha256:946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3
"""
# What an engine without an init system can do, and a process that may not raise its limits.
SETTINGS = """[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[Path]:
    """A podman that has the base image, and nothing to do with the person's own images."""
    if not (program := shutil.which("podman")):
        pytest.skip("there is no podman")
    folder = tmp_path_factory.mktemp("podman")
    (folder / "containers.conf").write_text(SETTINGS)
    store = (
        f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/store"\nrunroot = "{folder}/run"\n'
    )
    (folder / "storage.conf").write_text(store)
    mine = folder / "podman"
    told = f"CONTAINERS_CONF='{folder}/containers.conf' CONTAINERS_STORAGE_CONF='{folder}/storage.conf'"
    mine.write_text(
        f"#!/bin/sh\n{told} PODMAN_IGNORE_CGROUPSV1_WARNING=1 exec '{program}' \"$@\"\n"
    )
    mine.chmod(0o755)
    with subprocess.Popen(["docker", "save", base_image], stdout=subprocess.PIPE) as saved:
        subprocess.run(
            [mine, "load", "--quiet"], stdin=saved.stdout, check=True, capture_output=True
        )
    tried = subprocess.run(
        [mine, "run", "--rm", NETWORK, base_image, "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        pytest.skip(f"podman runs no container here: {tried.stderr.strip()}")
    yield mine
    subprocess.run([mine, "image", "rm", "--all", "--force"], check=False, capture_output=True)


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, repository: Path, base_image: str, podman: Path
) -> Workplace:
    """A project whose image podman has built."""
    root = laid_out(tmp_path_factory.mktemp("image") / "a project", repository)
    (root / ".python-version").write_text("3.11\n")
    environ = os.environ | {
        "PYTHONPATH": str(repository / "src/lib"),
        "LABCOAT_DOCKER": str(podman),
        "LABCOAT_IMAGE": IMAGE,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": NETWORK,
    }
    made = Workplace(root, environ)
    built = made.labcoat("image", "build")
    assert built.returncode == 0, built.stderr
    assert "only the contents of two builds can be equal" in built.stderr
    return made


def test_it_runs_with_the_locks_packages(place: Workplace) -> None:
    """Its output and exit status are the program's, and so is standard input."""
    said = place.in_image("python main.py")
    assert (said.stdout, said.returncode) == ("six 1.17.0\n", 0), said.stderr
    assert place.in_image("sh -c 'exit 7'").returncode == 7


def test_it_holds_what_the_lock_says(place: Workplace) -> None:
    """The proof reads every file in it; no service of podman's is needed for that."""
    proof = place.labcoat("prove", "--only", "docker")
    assert proof.returncode == 0, proof.stderr
    assert "equal: lock, docker" in proof.stdout


def test_another_lock_is_another_image(place: Workplace) -> None:
    """Podman's cache does not look at what a RUN has mounted, and would give the packages of the lock before."""
    lock = place.root / "requirements.txt"
    lock.write_text(IDNA + SIX)
    built = place.labcoat("image", "build")
    both = place.in_image("python -c 'import idna, six; print(idna.__version__, six.__version__)'")
    lock.write_text(SIX)
    again = place.labcoat("image", "build")
    alone = place.in_image("python -c 'import idna'")
    assert both.stdout == "3.10 1.17.0\n", built.stderr + both.stderr
    assert again.returncode == 0, again.stderr
    assert "No module named 'idna'" in alone.stderr


def test_what_is_in_it_can_be_seen(place: Workplace) -> None:
    """Packages, a bill of materials, bytes; no secret is found."""
    assert "  six 1.17.0\n" in place.labcoat("image", "show").stdout
    assert '"pkg:pypi/six@1.17.0"' in place.labcoat("image", "sbom").stdout
    assert " six\n" in place.labcoat("image", "size").stdout
    audit = place.labcoat("image", "audit")
    assert (audit.returncode, audit.stdout) == (0, ""), audit.stderr


def test_two_builds_have_one_content(place: Workplace) -> None:
    """Their ids differ, as podman writes those of its containers into the settings; that is said, and no failure."""
    verdict = place.labcoat("image", "verify")
    assert verdict.returncode == 0, verdict.stderr
    assert "layers   same" in verdict.stdout
    assert "content  same" in verdict.stdout


def test_it_is_held_against_its_record(place: Workplace) -> None:
    """A change of source alone is no departure; nor is another id."""
    recorded = place.labcoat("image", "record")
    (place.root / "main.py").write_text("print('changed')\n")
    built = place.labcoat("image", "build")
    (place.root / "image.lock.yaml").unlink()
    assert recorded.returncode == 0, recorded.stderr
    assert built.returncode == 0
    assert "image.lock.yaml" not in built.stderr


@pytest.mark.parametrize("words", [["build"], ["show"], ["size"]], ids=" ".join)
def test_what_is_no_image_name_is_said(place: Workplace, words: list[str]) -> None:
    """In two lines, whatever podman is asked first."""
    refused = place.labcoat("image", *words, LABCOAT_IMAGE="No/Such")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-2] == "labcoat: No/Such is no name for an image."


@pytest.mark.parametrize("words", [["show"], ["size"], ["sbom"]], ids=" ".join)
def test_an_image_that_is_not_there_is_said(place: Workplace, words: list[str]) -> None:
    """With what builds it."""
    refused = place.labcoat("image", *words, LABCOAT_IMAGE="localhost/no-such")
    assert refused.stderr.splitlines()[-2:] == [
        "labcoat: There is no image localhost/no-such.",
        "  make docker builds it.",
    ]
