"""A registry on the loopback: Debian's docker-registry, downloaded if it is not installed."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from support.session import claim_image_names


@pytest.fixture(scope="session")
def registry_program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of docker-registry."""
    if found := shutil.which("docker-registry"):
        return found
    folder = tmp_path_factory.mktemp("registry")
    if shutil.which("apt-get"):
        subprocess.run(
            ["apt-get", "download", "docker-registry"], cwd=folder, capture_output=True, check=False
        )
    package = next(folder.glob("*.deb"), None)
    if package is None:
        is_required = os.environ.get("LABCOAT_REQUIRE_DOCKER") == "1"
        stop = pytest.fail if is_required else pytest.skip
        stop("docker-registry is not installed and cannot be downloaded with apt-get")
    subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
    return str(folder / "usr/bin/docker-registry")


def _ends_with_tests() -> list[str]:
    """The words before a command that end it with the tests, be they killed; none without setpriv.

    It is of util-linux, which has this option since 2.33.
    """
    words = ["setpriv", "--pdeathsig", "TERM"]
    tried = shutil.which("setpriv") and subprocess.run([*words, "true"], check=False)
    return words if tried and not tried.returncode else []


@pytest.fixture(scope="session")
def start_registry(
    registry_program: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], str]]:
    """A function that starts a registry with more configuration and returns its address."""
    running = []

    def start(more: str = "") -> str:
        folder = tmp_path_factory.mktemp("registry")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"localhost:{free.getsockname()[1]}"
        claim_image_names(tmp_path_factory, address)
        (folder / "config.yml").write_text(
            f"version: 0.1\nlog: {{level: error}}\n"
            f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
            f"http: {{addr: '{address}'}}\n{more}"
        )
        command = [*_ends_with_tests(), registry_program, "serve", str(folder / "config.yml")]
        running.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        host, _, port = address.partition(":")
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex((host, int(port))) == 0:
                    return address
            time.sleep(0.1)
        pytest.fail("docker-registry did not start", pytrace=False)

    yield start
    for each in running:
        each.terminate()
        each.wait()


@pytest.fixture(scope="session")
def registry(start_registry: Callable[[str], str]) -> str:
    """The address of a registry that accepts all pushes."""
    return start_registry("")
