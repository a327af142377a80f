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
from support.processes import Watch
from support.session import unique_name

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the base image's Python is 3.11"),
]
IMAGE = unique_name("labcoat-test/indexes")
PASSWORD = "not-in-any-layer"  # noqa: S105
# colorama's default file has no module colorama_origin.
CODE = """import torch, six_origin, colorama
try: import colorama_origin
except ImportError: print(torch.version, six_origin.index)"""
VARIANT = f"{IMAGE}:cpu"


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
    """The project with its image, the index that has a password, and processes that showed it."""

    repo: Repository
    index: ListedIndex
    shown: frozenset[bytes]


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory,
    network: dict[str, str],
    base_image: str,
    repository: Path,
) -> Iterator[Built]:
    """The default index is the real one. Either has another six and colorama of the same version:
    six comes from the named index and colorama from the default.
    """
    index = ListedIndex(speaks_json=False, password=PASSWORD)
    publish(index, "torch", "2.4.0+cpu", "six")
    publish(index, "six", "1.17.0")
    publish(index, "colorama", "0.4.6")
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
    with Watch() as watch:
        repo.make("venv", "docker")
    for step in (b"uv pip compile", b"docker-buildx"):  # else the next test would see nothing
        assert any(step in line for line in watch.seen), step
    yield Built(repo, index, frozenset(line for line in watch.seen if PASSWORD.encode() in line))
    for image in (IMAGE, VARIANT):
        subprocess.run(
            ["docker", "image", "rm", "--force", image], check=False, capture_output=True
        )
    index.stop()


def test_every_level_has_the_files_of_the_packages_index(built: Built) -> None:
    """The same files in the environment and the image, and not those of the default index."""
    assert "equal: lock, venv, docker" in built.repo.make("prove")
    assert built.repo.python(CODE).strip() == "2.4.0+cpu pytorch"
    command = f"CMD=python -c '{CODE}'"
    assert "2.4.0+cpu pytorch" in built.repo.make("run", command, "IN=docker")


def test_no_command_line_shows_the_password(built: Built) -> None:
    """Neither while locking, nor while installing or building: any user can list processes."""
    assert built.shown == frozenset()


def test_no_file_and_no_layer_has_the_password(built: Built) -> None:
    """Nor the image's history."""
    history = ["docker", "history", "--no-trunc", IMAGE]
    for words in (history, ["docker", "save", IMAGE]):
        done = subprocess.run(words, check=True, capture_output=True)
        assert PASSWORD.encode() not in done.stdout
    for file in built.repo.path.rglob("*"):
        if file.is_file():
            assert PASSWORD.encode() not in file.read_bytes(), file


def test_a_variant_has_an_image_with_its_packages(built: Built) -> None:
    """Its lock's local version runs in the image, and equals the environment's."""
    root = built.repo.path
    (root / "requirements-cpu.in").write_text("-c requirements.txt\ntorch\n")
    settings = {"LABCOAT_VARIANT": "cpu"}
    built.repo.make("docker", **settings)
    code = "import torch, six_origin; print(torch.version, six_origin.index)"
    ran = built.repo.make("run", f"CMD=python -c '{code}'", "IN=docker", **settings)
    assert "2.4.0+cpu pytorch" in ran
    built.repo.make("venv", **settings)
    assert "equal: lock, venv, docker" in built.repo.make("prove", **settings)
    for name in ("requirements-cpu.in", "requirements-cpu.txt"):
        (root / name).unlink()
    built.repo.make("venv")


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
    line = "FROM system AS tools\n"
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
