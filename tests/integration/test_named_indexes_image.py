"""A project with PyTorch's packages from an index of their own: lock, environment, image, proof."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from support import BASE_PYTHON, INCLUDE, Repository, wheel
from support.listed_index import ListedIndex
from support.session import unique_name

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the base image's Python is 3.11"),
]
IMAGE = unique_name("labcoat-test/indexes")
PASSWORD = "not-in-any-layer"  # noqa: S105
CODE = "import torch, six_origin, colorama; print(torch.version, six_origin.index)"


def publish(index: ListedIndex, name: str, version: str, *requires: str) -> None:
    """Publish a wheel that tells where it comes from."""
    file = f"{name}-{version}-py3-none-any.whl"
    data = wheel(name, version, requires, {f"{name}_origin.py": "index = 'pytorch'\n"})
    index.contents[file] = data
    listed = {"filename": file, "url": f"/files/{file}", "yanked": False}
    hashes = {"sha256": sha256(data).hexdigest()}
    index.listings.setdefault(name, []).append({**listed, "hashes": hashes})


@dataclass(frozen=True)
class Built:
    """The project with its image, and the index that has a password."""

    repo: Repository
    index: ListedIndex


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory,
    network: dict[str, str],
    base_image: str,
    repository: Path,
) -> Iterator[Built]:
    """The default index is the real one, which has another six of the same version."""
    index = ListedIndex(speaks_json=False, password=PASSWORD)
    publish(index, "torch", "2.4.0+cpu", "six")
    publish(index, "six", "1.17.0")
    path = tmp_path_factory.mktemp("named") / "project"
    path.mkdir()
    include = os.path.relpath(INCLUDE, path).replace(" ", "\\ ")
    (path / "Makefile").write_text(f"include {include}\n")
    (path / "requirements.in").write_text("torch==2.4.0\ncolorama==0.4.6\n")
    url = index.url.replace("//", "//me:${PYTORCH_TOKEN}@")
    (path / "pyproject.toml").write_text(
        f'[tool.labcoat.indexes.pytorch]\nurl = "{url}"\npackages = ["torch*", "six"]\n'
    )
    templates = repository / "src/lib/labcoat/scaffold/templates"
    for name, target in (("Dockerfile", "Dockerfile"), ("dockerignore", ".dockerignore")):
        shutil.copy(templates / name, path / target)
    shutil.copy(templates / "install-lock.sh", path)
    env = {
        **{name: os.environ[name] for name in ("HOME", "TMPDIR", "PATH")},
        **network,
        "LANG": "C.UTF-8",
        "LABCOAT_LOCKER": "uv",
        "LABCOAT_PYTHON": str(BASE_PYTHON),
        "LABCOAT_IMAGE": IMAGE,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": "--network=host",
        "PYTORCH_TOKEN": PASSWORD,
    }
    repo = Repository(path, env)
    repo.make("venv", "docker")
    yield Built(repo, index)
    subprocess.run(["docker", "image", "rm", "--force", IMAGE], check=False, capture_output=True)
    index.stop()


def test_every_level_has_the_files_of_the_packages_index(built: Built) -> None:
    """The same files in the environment and the image, and not those of the default index."""
    assert "equal: lock, venv, docker" in built.repo.make("prove")
    assert built.repo.python(CODE).strip() == "2.4.0+cpu pytorch"
    command = f"CMD=python -c '{CODE}'"
    assert "2.4.0+cpu pytorch" in built.repo.make("run", command, "IN=docker")


def test_no_file_and_no_layer_has_the_password(built: Built) -> None:
    """Nor the image's history."""
    history = ["docker", "history", "--no-trunc", IMAGE]
    for words in (history, ["docker", "save", IMAGE]):
        done = subprocess.run(words, check=True, capture_output=True)
        assert PASSWORD.encode() not in done.stdout
    for file in built.repo.path.rglob("*"):
        if file.is_file():
            assert PASSWORD.encode() not in file.read_bytes(), file


def test_docker_build_needs_the_addresses_in_the_dockerfile(built: Built, base_image: str) -> None:
    """Without labcoat, an ARG INDEXES has them; else the error says so."""
    file = built.repo.path / "Dockerfile"
    text = file.read_text()
    url = built.index.url.replace("//", f"//me:{PASSWORD}@")

    def build(*words: str) -> "subprocess.CompletedProcess[str]":
        command = ["docker", "build", "--network=host", "--target=large", *words, "."]
        command[2:2] = ["--progress=plain", f"--build-arg=BASE_IMAGE={base_image}"]
        return subprocess.run(
            command, cwd=built.repo.path, capture_output=True, text=True, check=False
        )

    failed = build("--build-arg=LOCKED=one")
    assert failed.returncode
    assert "the address of the index pytorch is not known" in failed.stderr
    line = "FROM base AS tools\n"
    file.write_text(text.replace(line, f'{line}ARG INDEXES="other=x pytorch={url}"\n'))
    done = build("--build-arg=LOCKED=two")
    file.write_text(text)
    assert done.returncode == 0, done.stderr


def test_a_script_of_an_earlier_labcoat_is_named(built: Built) -> None:
    """It would look for the packages on the default index."""
    script = built.repo.path / "install-lock.sh"
    text = script.read_text()
    script.write_text(text.replace("INDEXES", "OTHERS"))
    said = built.repo.make("docker", fails=True)
    script.write_text(text)
    assert "an earlier labcoat wrote `install-lock.sh`" in said
