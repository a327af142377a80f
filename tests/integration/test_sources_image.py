"""Directories and commits in an image: built in, of the same bytes, and proved."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import BASE_PYTHON, Index, Repository
from support.messages import proof
from support.messages import sources as messages
from support.session import unique_name
from support.source_packages import commit, write_package

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the base image's Python is 3.11"),
]
IMAGE = unique_name("labcoat-test/sources")
SETUP = """from setuptools import Extension, setup
setup(name="fast", version="0.2", py_modules=["slow"], install_requires=["gamma"],
      ext_modules=[Extension("fast", ["fast.c"])])
"""
MODULE = """#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", "", -1, methods};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
"""


@pytest.fixture(scope="module")
def setuptools(
    network: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, bytes]:
    """Name and content of a wheel of setuptools."""
    folder = tmp_path_factory.mktemp("setuptools")
    words = [BASE_PYTHON, "-m", "pip", "download", "-q", "--no-deps", "setuptools==75.8.0"]
    env = {**network, "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    subprocess.run([*words, "-d", folder], env=env, check=True)
    wheel = next(folder.glob("*.whl"))
    return wheel.name, wheel.read_bytes()


def publish(index: Index, wheel: tuple[str, bytes]) -> None:
    """Publish a wheel of setuptools."""
    index.publish("setuptools", index.folder / "files" / wheel[0], wheel[1])


def write_extension(folder: Path) -> None:
    """Write a package that has a setup.py alone, and a module in C."""
    folder.mkdir(parents=True)
    (folder / "setup.py").write_text(SETUP)
    (folder / "fast.c").write_text(MODULE)
    (folder / "slow.py").write_text("value = 1\n")


@pytest.fixture
def image(
    repo: Repository, base_image: str, repository: Path, tools_layer: None
) -> Iterator[Repository]:
    """A repository with labcoat's Dockerfile."""
    templates = repository / "src/lib/labcoat/scaffold/templates"
    for name, target in (("Dockerfile", "Dockerfile"), ("dockerignore", ".dockerignore")):
        shutil.copy(templates / name, repo.path / target)
    shutil.copy(templates / "install-lock.sh", repo.path)
    repo.env |= {
        "LABCOAT_IMAGE": IMAGE,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": "--network=host",
    }
    yield repo
    subprocess.run(["docker", "image", "rm", "--force", IMAGE], capture_output=True, check=False)


def test_sources_are_built_into_the_image(
    image: Repository, index: Index, setuptools: tuple[str, bytes], tmp_path: Path
) -> None:
    """A commit, a package in C with setup.py alone, and one that needs both."""
    publish(index, setuptools)
    colour = write_package(tmp_path / "colour", "colour", ["alpha<2"])
    commit(colour)
    write_extension(image.path / "libs/fast")
    write_package(image.path / "libs/one", "one", ["fast", "colour"])
    text = f"-e libs/one\n-e ./libs/fast\ncolour @ git+file://{colour}@main\n"
    image.write(requirements__in=text)
    commit(image.path)
    image.make("venv")
    image.make("docker")
    assert messages.EQUAL_WITH_IMAGE in (table := image.make("prove"))
    assert "fast: built, compared by its sources, digest" in table
    code = "import fast, one, colour, gamma; print(fast.answer(), one.__file__, colour.__file__)"
    ran = image.make("run", "IN=docker", f"CMD=python -c '{code}'")
    site = "/opt/venv/lib/python3.11/site-packages"
    assert f"42 {site}/one.py {site}/colour.py\n" in ran
    assert "1\n" in image.make("run", "IN=docker", "CMD=one")
    assert image.python("import fast; print(fast.answer())") == "42\n"
    # A change of source: no new lock, no new environment, another image.
    locked = (image.path / "requirements.sources.txt").read_bytes()
    (image.path / "libs/one/src/one.py").write_text("value = 2\ndef main(): print(value)\n")
    assert "Nothing to be done" in image.make("venv")
    assert "other sources" in image.make("status")
    table = image.make("prove", fails=True)
    assert "docker: one was built from other sources than the project has now" in table
    assert proof.EDITED.format(path="one.py", package="one") not in table
    image.make("docker")
    assert messages.EQUAL_WITH_IMAGE in image.make("prove")
    assert "2\n" in image.make("run", "IN=docker", "CMD=one")
    assert (image.path / "requirements.sources.txt").read_bytes() == locked


def test_a_missing_compiler_is_named(
    repo: Repository, index: Index, setuptools: tuple[str, bytes], tmp_path: Path
) -> None:
    """A package in C can be locked without a compiler, and not be installed."""
    publish(index, setuptools)
    write_extension(repo.path / "fast")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "make", "git", "env", "ls", "uname", "dirname", "readlink"):
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    said = repo.write(requirements__in="-e ./fast\n").make(
        "venv", fails=True, PATH=str(programs), CC="gcc"
    )
    assert messages.NO_COMPILER.format(place="./fast", program="gcc") in said


def test_builders_without_labcoat_install_sources_too(image: Repository) -> None:
    """Where the builder is sent the folder, as by `docker build .`, the image builds them."""
    write_package(image.path / "libs/one", "one", ["gamma"])
    image.write(requirements__in="-e libs/one\n").make("venv")
    image.make("docker", LABCOAT_DOCKER_FLAGS="--network=host --target=image")
    assert messages.EQUAL_WITH_IMAGE in image.make("prove")
    code = "import one, gamma; print(one.__file__)"
    words = ["docker", "run", "--rm", "--network=none", IMAGE, "python", "-c", code]
    ran = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert ran == "/opt/venv/lib/python3.11/site-packages/one.py\n"
    text = (image.path / "Dockerfile").read_text().replace("sh /opt/install-lock.sh project", ":")
    (image.path / "Dockerfile").write_text(text)
    assert messages.NOT_IN_IMAGE.format(name="one") in image.make("docker", fails=True)
