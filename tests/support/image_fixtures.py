"""The project whose image the tests build, run and inspect."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from support.session import unique_name
from support.workplace import IMAGE, NETWORK, Workplace, create_project, docker


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, repository: Path, base_image: str
) -> Iterator[Workplace]:
    """A project with an awkward path, and its image."""
    root = create_project(tmp_path_factory.mktemp("image") / "my pröject, a:b", repository)
    environ = os.environ | {
        "PYTHONPATH": str(repository / "src/lib"),
        "LABCOAT_IMAGE": IMAGE,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": NETWORK,
    }
    (root / ".python-version").write_text("3.11\n")
    workplace = Workplace(root, environ)
    built = workplace.labcoat("image", "build")
    assert built.returncode == 0, built.stderr
    assert workplace.in_image("true").returncode == 0  # creates the tools' environment, once
    yield workplace
    docker("image", "rm", "--force", IMAGE)


@pytest.fixture(scope="module")
def inspected(place: Workplace) -> Mapping[str, str]:
    """What `docker image inspect` prints about the image."""
    form = "{{.Config.User}}\t{{json .Config.Labels}}\t{{json .Config.Env}}\t{{.Created}}"
    user, labels, env, created = docker("image", "inspect", "--format", form, IMAGE).split("\t")
    return {"user": user, "labels": labels, "env": env, "created": created}


@pytest.fixture(scope="session")
def tools_layer(
    tmp_path_factory: pytest.TempPathFactory,
    repository: Path,
    network: dict[str, str],
    base_image: str,
) -> None:
    """The image's first step in the builder's cache: the stand-in index has no uv to install."""
    folder = tmp_path_factory.mktemp("tools-layer")
    (folder / "requirements.txt").touch()
    image = unique_name("labcoat-test/tools-layer")
    settings = {
        "LABCOAT_IMAGE": image,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": NETWORK,
    }
    subprocess.run(
        [sys.executable, repository / "src/lib/labcoat", "image", "build"],
        cwd=folder,
        env=os.environ | network | settings,
        check=True,
        capture_output=True,
    )
    docker("image", "rm", "--force", image)
