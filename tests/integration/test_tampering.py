"""`labcoat prove` finds two hundred random changes in an environment, and nothing else."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import BASE_PYTHON, Index, Repository
from support.session import unique_name

TAMPER = Path(__file__).parents[1] / "support" / "tamper.py"
COUNT = 200
IMAGE = unique_name("labcoat-test/tampering")


@pytest.fixture
def many(repo: Repository, index: Index) -> Repository:
    """A repository whose lock has a few hundred files."""
    index.add(
        "many",
        "1.0",
        files={
            f"many_{number // 20}/part_{number}.py": f"value = {number}\n" for number in range(240)
        },
    )
    for number in range(6):
        index.add(f"small{number}", "1.0")
    repo.env["UV_LINK_MODE"] = "copy"
    repo.env["LABCOAT_DOCKER"] = "no-such-docker"
    return repo.write(
        requirements__in="alpha\nmany\n" + "".join(f"small{number}\n" for number in range(6))
    )


def found(repo: Repository, level: str) -> Iterator[str]:
    """Return the differences in the proof, in the form of tamper.py's output."""
    repo.labcoat("prove", "--only", level, fails=True)
    proof = json.loads((repo.path / ".labcoat/proof.json").read_text())
    for one in proof["differences"]:
        yield f"{one['kind']} {one['package']} {one['path']}"


def test_all_are_found_in_a_virtual_environment(many: Repository) -> None:
    """Edits with and without RECORD, removed and added files, and changed versions."""
    many.make("venv")
    many.labcoat("prove")
    site = next(many.path.glob(".venv/lib/python*/site-packages"))
    words = [BASE_PYTHON, TAMPER, site, str(COUNT)]
    done = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(done) == COUNT
    assert sorted(found(many, "venv")) == sorted(done)


@pytest.mark.docker
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the base image's Python is 3.11")
def test_all_are_found_in_an_image(many: Repository, base_image: str, repository: Path) -> None:
    """The changes are in a layer on top of the image."""
    many.env |= {
        "LABCOAT_IMAGE": IMAGE,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": "--network=host",
    }
    many.env["LABCOAT_DOCKER"] = "docker"
    many.make("docker")
    try:
        many.labcoat("prove", "--only", "docker")
        shutil.copy(TAMPER, many.path / "tamper.py")
        (many.path / ".dockerignore").unlink()
        line = f"python /tamper.py /opt/venv/lib/python3.11/site-packages {COUNT} >/done"
        (many.path / "tampering").write_text(
            f"FROM {IMAGE}\nUSER 0\nCOPY tamper.py /\nRUN {line}\n"
        )
        docker(
            "build",
            "--quiet",
            "--tag",
            IMAGE,
            "--file",
            str(many.path / "tampering"),
            str(many.path),
        )
        done = docker("run", "--rm", IMAGE, "cat", "/done").splitlines()
        assert len(done) == COUNT
        # So do the image's user, its layers, what the program wrote elsewhere, and the byte code of
        # sources that were edited or removed.
        changed = ["setting  USER", "setting  the image"]
        listed = list(found(many, "docker"))
        assert "base  /done" in listed
        follow = {"base", "byte-code", "sourceless"}
        others = [one for one in listed if one.partition(" ")[0] not in follow]
        assert sorted(others) == sorted([*done, *changed])
    finally:
        docker("image", "rm", "--force", IMAGE)


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout
