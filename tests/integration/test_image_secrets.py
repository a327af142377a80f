"""No way to a builder passes the look for secrets."""

import shutil
import subprocess

import pytest

from support.workplace import IMAGE, NETWORK, Workplace, docker

pytestmark = pytest.mark.docker


@pytest.mark.parametrize("words", [["build"], ["verify"], ["push"]], ids=" ".join)
def test_a_secret_that_would_reach_the_image_stops_the_build(
    place: Workplace, words: list[str]
) -> None:
    """Before anything is built, with the file's name; one that .dockerignore names does not matter."""
    ignored, planted = place.root / "kaggle.json", place.root / "data.json"
    ignored.write_text("{}")
    fine = place.labcoat("image", "build")
    planted.write_text("-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n")
    refused = place.labcoat(
        "image", *words, LABCOAT_PLATFORMS="linux/amd64" if words == ["push"] else ""
    )
    for path in (ignored, planted):
        path.unlink()
    assert fine.returncode == 0, fine.stderr
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-2:] == [
        "labcoat: A secret would reach the image: data.json.",
        "  Name it in .dockerignore (make fix does that), and build again.",
    ]


@pytest.mark.parametrize("flag", ["-f {}", "-f{}", "--file {}", "--file={}", "-qf {}"])
def test_the_dockerfile_that_a_flag_names_is_the_one_that_is_looked_through(
    place: Workplace, flag: str
) -> None:
    """It takes a secret that the project's own Dockerfile would leave behind."""
    planted = place.root / "docker/train.pem"
    planted.parent.mkdir(exist_ok=True)
    planted.write_text("-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n")
    (place.root / "docker/train").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY docker/train.pem /etc/\n"
    )
    (place.root / "docker/train.dockerignore").write_text("")
    refused = place.labcoat(
        "image", "build", LABCOAT_DOCKER_FLAGS=f"{NETWORK} {flag.format('docker/train')}"
    )
    fine = place.labcoat("image", "build")
    shutil.rmtree(planted.parent)
    assert (
        refused.stderr.splitlines()[-2]
        == "labcoat: A secret would reach the image: docker/train.pem."
    )
    assert fine.returncode == 0, fine.stderr


def test_a_base_that_has_its_children_copy_a_secret_is_refused(
    place: Workplace, base_image: str
) -> None:
    """ONBUILD is asked of the image itself."""
    base, planted = f"{IMAGE}-onbuild", place.root / "data.json"
    subprocess.run(
        ["docker", "build", "-q", "-t", base, "-"],
        input=f"FROM {base_image}\nONBUILD COPY data.json /everything/\n",
        text=True,
        check=True,
        capture_output=True,
    )
    planted.write_text("-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n")
    mine = place.root / "mine"
    mine.write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY main.py /\n")
    refused = place.labcoat(
        "image", "build", LABCOAT_BASE_IMAGE=base, LABCOAT_DOCKER_FLAGS=f"{NETWORK} -f mine"
    )
    planted.unlink()
    mine.unlink()
    docker("image", "rm", "--force", base)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-2] == "labcoat: A secret would reach the image: data.json."
