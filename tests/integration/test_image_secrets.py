"""Every command that builds refuses secrets in the image."""

import re
import shutil
import subprocess

import pytest

from support.workplace import IMAGE, NETWORK, Workplace, docker

pytestmark = pytest.mark.docker
REFUSAL = r"(?i)error: a secret would reach the image: `?{}\b"


@pytest.mark.parametrize("words", [["build"], ["verify"], ["push"]], ids=" ".join)
def test_a_secret_stops_the_build(place: Workplace, words: list[str]) -> None:
    """The message has the file's name; a file in .dockerignore is allowed."""
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
    error_line, hint_line = refused.stderr.splitlines()[-2:]
    assert re.match(REFUSAL.format("data.json"), error_line)
    assert ".dockerignore" in hint_line


@pytest.mark.parametrize("flag", ["-f {}", "-f{}", "--file {}", "--file={}", "-qf {}"])
def test_the_dockerfile_in_the_flags_is_checked(place: Workplace, flag: str) -> None:
    """It copies a secret that the project's Dockerfile does not."""
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
    assert re.match(REFUSAL.format("docker/train.pem"), refused.stderr.splitlines()[-2])
    assert fine.returncode == 0, fine.stderr


def test_a_base_with_onbuild_that_copies_a_secret_is_refused(
    place: Workplace, base_image: str
) -> None:
    """The ONBUILD instructions come from the image."""
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
    assert re.match(REFUSAL.format("data.json"), refused.stderr.splitlines()[-2])
