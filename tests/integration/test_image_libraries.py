"""An image without libraries that its packages need: each command names library and package."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import Index, Repository
from support.elf_files import elf_bytes
from support.messages import levels
from support.messages import proof as messages
from support.session import unique_name
from support.workplace import docker

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the base image's Python is 3.11"),
]
IMAGE = unique_name("labcoat-test/libraries")
MODULE = "omega_parts/_fast.so"
FILES = {
    MODULE: elf_bytes(["libopenal.so.1", "libomega-own.so", "libc.so.6"], symbol="PyInit__fast"),
    "omega_parts/libomega-own.so": elf_bytes(["libnone-at-all.so.7"]),
    "omega_parts/plugins/libplug.so": elf_bytes(["libglfw.so.3"]),
    "omega_parts/cut.so": elf_bytes(["libc.so.6"])[:90],
}


@pytest.fixture(scope="module")
def built(
    shared_repo: Repository,
    shared_index: Index,
    base_image: str,
    repository: Path,
    tools_layer: None,
) -> Iterator[tuple[Repository, str]]:
    """A repository with an image of such a package, and what `make docker` printed."""
    repo = shared_repo
    templates = f"{repository}/src/lib/labcoat/scaffold/templates"
    shutil.copy(f"{templates}/Dockerfile", repo.path)
    shutil.copy(f"{templates}/install-lock.sh", repo.path)
    shutil.copy(f"{templates}/dockerignore", repo.path / ".dockerignore")
    shared_index.add("omega", "1.0", files=FILES)
    (repo.path / "requirements.in").write_text("alpha\nomega\n")
    repo.env |= {
        "LABCOAT_IMAGE": IMAGE,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": "--network=host",
    }
    yield repo, repo.make("docker")
    docker("image", "rm", "--force", IMAGE)


def test_the_build_warns_of_what_imports_miss(built: tuple[Repository, str]) -> None:
    """And warns again, without reading the image again, while it stays the same."""
    repo, printed = built
    expected = levels.IMAGE_LACKS.format(
        image=IMAGE, libraries="libnone-at-all.so.7 (omega), libopenal.so.1 (omega)"
    )
    assert expected in printed
    assert "Add the line `libopenal1` to `apt.txt`, then run `make docker`" in printed
    state = repo.path / ".labcoat/libraries.json"
    state.write_text(state.read_text().replace("libopenal.so.1", "libremembered.so.1"))
    assert "libremembered.so.1 (omega)" in repo.make("docker")
    state.unlink()
    repo.make("docker")


def test_the_loader_of_the_image_agrees(built: tuple[Repository, str]) -> None:
    site = "/opt/venv/lib/python3.11/site-packages"
    line = f"import ctypes; ctypes.CDLL('{site}/{MODULE}')"
    words = ["docker", "run", "--rm", IMAGE, "python", "-c", line]
    failed = subprocess.run(words, capture_output=True, text=True, check=False).stderr
    assert "libopenal.so.1: cannot open shared object file" in failed


def test_the_proof_names_library_wheel_and_package(
    built: tuple[Repository, str], tmp_path: Path
) -> None:
    repo = built[0]
    repo.make("venv")
    logged, engine = tmp_path / "log", tmp_path / "docker"
    engine.write_text(f'#!/bin/sh\necho "$@" >>{logged}\nexec docker "$@"\n')
    engine.chmod(0o755)
    printed = repo.labcoat("prove", "--only", "docker", fails=True, LABCOAT_DOCKER=str(engine))
    calls = logged.read_text().splitlines()
    own = [IMAGE, docker("image", "inspect", "--format", "{{.Id}}", IMAGE)]
    uses = [line.split()[0] for line in calls if any(one in line.split() for one in own)]
    assert (uses.count("create"), uses.count("run")) == (1, 0)  # it is exported once, never run
    assert not any(line.startswith("cp ") for line in calls)  # nor is its byte code read again
    library = messages.LIBRARY.format(
        package="omega", library="libopenal.so.1", debian="libopenal1", path=MODULE
    )
    unknown = messages.UNKNOWN_LIBRARY.format(
        package="omega", library="libnone-at-all.so.7", path="omega_parts/libomega-own.so"
    )
    assert f"docker: {library}" in printed
    assert f"docker: {unknown}" in printed
    assert messages.ADD_LINES.format(lines="line `libopenal1`") in printed
    assert messages.OPTIONAL_LIBRARY.format(libraries="libglfw.so.3 (libglfw3)") in printed
    damage = messages.DAMAGED_OBJECT.format(
        path="omega_parts/cut.so", package="omega", reason="it is truncated"
    )
    assert damage in printed
    assert "2 differences" in printed
    proof = json.loads((repo.path / ".labcoat/proof.json").read_text())
    assert proof["system_packages"] == {"docker": ["libopenal1"]}


def test_the_check_and_its_fix_need_no_engine(built: tuple[Repository, str]) -> None:
    repo = built[0]
    offline = {"LABCOAT_DOCKER": "no-such-docker", "http_proxy": "http://127.0.0.1:9"}
    printed = repo.labcoat("check", "--select", "REQ006", fails=True, **offline)
    assert "`omega` needs `libopenal.so.1`, which the image lacks" in printed
    assert "`omega` needs `libnone-at-all.so.7`, which the image lacks" in printed
    repo.labcoat("check", "--fix", "--select", "REQ006", fails=True, **offline)
    assert (repo.path / "apt.txt").read_text() == "libopenal1\n"
    (repo.path / "apt.txt").unlink()


def test_the_doctor_names_what_this_machine_misses(built: tuple[Repository, str]) -> None:
    built[0].make("venv")
    printed = built[0].labcoat("doctor")
    assert "libraries  venv: omega needs libnone-at-all.so.7, which is missing" in printed


def test_a_system_that_is_not_debian_gets_no_package(built: tuple[Repository, str]) -> None:
    """The libraries are named all the same."""
    steps = f"FROM {IMAGE}\nUSER 0\nRUN rm /etc/os-release && echo ID=alpine >/etc/os-release\n"
    words = ["docker", "build", "--quiet", "--tag", f"{IMAGE}-other", "-"]
    subprocess.run(words, input=steps, check=True, capture_output=True, text=True)
    try:
        printed = built[0].labcoat(
            "prove", "--only", "docker", fails=True, LABCOAT_IMAGE=f"{IMAGE}-other"
        )
    finally:
        docker("image", "rm", "--force", f"{IMAGE}-other")
    expected = messages.UNKNOWN_LIBRARY.format(
        package="omega", library="libopenal.so.1", path=MODULE
    )
    assert f"docker: {expected}" in printed
    assert "apt.txt" not in printed
