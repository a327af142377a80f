"""The image is built by a real engine from the lock, reproducibly and as recorded."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from support.messages import engine
from support.messages import image as messages
from support.workplace import IMAGE, NETWORK, SIX, Workplace, create_project, docker

pytestmark = pytest.mark.docker


def test_nothing_changed_builds_nothing(place: Workplace, tmp_path: Path, repository: Path) -> None:
    """The second build prints only the image's name, and it is the same image.

    Its steps are no other test's: BuildKit makes a build wait for one without cache that does the
    same steps at that time, and then reports them.
    """
    root = create_project(tmp_path / "own steps", repository)
    (root / ".python-version").write_text("3.11\n")
    dockerfile = root / "Dockerfile"
    base = "FROM ${BASE_IMAGE} AS base\n"
    text = dockerfile.read_text()
    assert text.count(base) == 1
    dockerfile.write_text(text.replace(base, f"{base}ENV BUILT_BY={IMAGE}\n"))
    name = f"{IMAGE}-own-steps"
    own = Workplace(root, {**place.environ, "LABCOAT_IMAGE": name})
    built = own.labcoat("image", "build")
    assert built.returncode == 0, built.stderr
    before = docker("image", "inspect", "--format", "{{.Id}}", name)
    again = own.labcoat("image", "build")
    after = docker("image", "inspect", "--format", "{{.Id}}", name)
    docker("image", "rm", "--force", name)
    assert again.returncode == 0
    assert again.stderr.splitlines() == [
        f"labcoat: image {name} {before.removeprefix('sha256:')[:12]}"
    ]
    assert after == before


PASSWORD = "pl4nted-passw0rd"  # noqa: S105
SECRETS = {
    "PIP_INDEX_URL": f"https://user:{PASSWORD}@pypi.org/simple",
    "PIP_CONFIG_FILE": "/dev/null",
    "HTTPS_PROXY": "",
}


def test_credentials_and_certificates_reach_the_build_but_not_the_image(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """Layers, history and settings of the image do not contain them."""
    root = create_project(tmp_path / "secret", repository)
    bundle = tmp_path / "certificates, own.pem"
    bundle.write_text("pl4nted-certificate")
    step = (
        "RUN --mount=type=secret,id=certificates --mount=type=secret,id=settings \\\n"
        "    grep -q pl4[n]ted-passw0rd /run/secrets/settings && "
        "grep -q pl4[n]ted-certificate /run/secrets/certificates\n"
    )
    (root / "Dockerfile").write_text(f"ARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\n{step}")
    name = f"{IMAGE}-secret"
    built = Workplace(root, place.environ).labcoat(
        "image", "build", **SECRETS, LABCOAT_IMAGE=name, LABCOAT_CA_BUNDLE=str(bundle)
    )
    assert built.returncode == 0, built.stderr
    saved = subprocess.run(["docker", "save", name], check=True, capture_output=True).stdout
    docker("image", "rm", "--force", name)
    assert b"pl4nted" not in saved
    assert "pl4nted" not in built.stderr


BAD = {
    "no docker": (
        {"LABCOAT_DOCKER": "no-such-docker"},
        engine.COMMAND_NOT_FOUND.format("no-such-docker"),
        "LABCOAT_DOCKER",
    ),
    "engine elsewhere": (
        {"DOCKER_HOST": "unix:///no/such.sock"},
        engine.NO_ENGINE,
        "unset DOCKER_HOST",
    ),
    "no context": ({"DOCKER_CONTEXT": "nope"}, engine.NO_CONTEXT.format("nope"), "DOCKER_CONTEXT"),
    "no such base": (
        {"LABCOAT_BASE_IMAGE": "labcoat-test/absent:1"},
        engine.BASE_UNRESOLVED.format("labcoat-test/absent:1"),
        "LABCOAT_BASE_IMAGE",
    ),
    "gone digest": (
        {"LABCOAT_BASE_IMAGE": f"localhost:1/a@sha256:{'0' * 64}"},
        engine.BASE_UNRESOLVED.format(f"localhost:1/a@sha256:{'0' * 64}"),
        "LABCOAT_BASE_IMAGE",
    ),
    "bad base name": (
        {"LABCOAT_BASE_IMAGE": "No/Such"},
        engine.INVALID_IMAGE_NAME.format("No/Such"),
        "LABCOAT_BASE_IMAGE",
    ),
    "bad image name": (
        {"LABCOAT_IMAGE": "No/Such"},
        engine.INVALID_IMAGE_NAME.format("No/Such"),
        "LABCOAT_IMAGE",
    ),
    "bad flag": (
        {"LABCOAT_DOCKER_FLAGS": "--netwrk=host"},
        engine.UNKNOWN_OPTION.format("--netwrk"),
        "LABCOAT_DOCKER_FLAGS",
    ),
    "no bundle": (
        {"LABCOAT_CA_BUNDLE": "absent.pem"},
        engine.NO_BUNDLE.partition("`")[0],
        "LABCOAT_CA_BUNDLE",
    ),
    "no lock": (
        {"LABCOAT_REQUIREMENTS": "absent.txt"},
        messages.NO_FILE.format("absent.txt"),
        "make requirements",
    ),
}


@pytest.mark.parametrize(("settings", "message", "hint"), BAD.values(), ids=BAD.keys())
def test_a_failed_build_prints_an_error_and_a_hint(
    place: Workplace, settings: dict[str, str], message: str, hint: str
) -> None:
    """The existing image is unchanged."""
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    built = place.labcoat("image", "build", **settings)
    error_line, hint_line = built.stderr.splitlines()[-2:]
    assert built.returncode == 1
    assert error_line.startswith(f"error: {message}")
    assert hint_line.startswith("hint: ")
    assert hint in hint_line
    assert "Traceback" not in built.stderr
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "RUN echo unknown flag: --foo && exit 1",
            engine.BUILD_FAILED.format("unknown flag: --foo"),
        ),
        (
            "RUN echo error during connect: x && exit 1",
            engine.BUILD_FAILED.format("error during connect: x"),
        ),
        ("COPY --foo . .", engine.UNPARSABLE_DOCKERFILE.partition(" on line")[0]),
    ],
)
def test_output_of_a_program_is_not_taken_for_an_error_of_docker(
    place: Workplace, line: str, message: str
) -> None:
    """Nor is a flag of an instruction taken for an option of the build."""
    before = (place.root / "Dockerfile").read_text()
    (place.root / "Dockerfile").write_text(f"{before}{line}\n")
    built = place.labcoat("image", "build")
    (place.root / "Dockerfile").write_text(before)
    assert f"\nerror: {message}" in f"\n{built.stderr}"


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--in", "docker", "true"],
        ["image", "push"],
        *(["image", word] for word in ("verify", "record", "show", "size", "audit", "sbom")),
    ],
    ids=" ".join,
)
def test_every_command_refuses_an_invalid_image_name(place: Workplace, words: list[str]) -> None:
    """Before anything is built or run."""
    done = place.labcoat(*words, LABCOAT_IMAGE="No/Such")
    error_line, hint_line = done.stderr.splitlines()[-2:]
    assert done.returncode == 1
    assert error_line == f"error: {engine.INVALID_IMAGE_NAME.format('No/Such')}"
    assert "LABCOAT_IMAGE" in hint_line


def test_an_image_of_another_lock_is_not_pushed(place: Workplace) -> None:
    """It has other packages than the repository's lock."""
    lock = place.root / "requirements.txt"
    lock.write_text(SIX + "# moved\n")
    pushed = place.labcoat("image", "push")
    lock.write_text(SIX)
    assert pushed.returncode == 1
    assert "requirements.txt" in pushed.stderr.splitlines()[-2]


def test_a_base_of_another_python_is_refused(place: Workplace) -> None:
    """All levels have the same minor version."""
    version = place.root / ".python-version"
    version.write_text("3.12\n")
    built = place.labcoat("image", "build")
    version.write_text("3.11\n")
    assert built.returncode == 1
    assert engine.BASE_IMAGE_HAS.format("Python 3.11, not 3.12") in built.stderr.splitlines()[-2]


def test_a_file_with_another_hash_is_refused(place: Workplace) -> None:
    """The build stops, and the existing image is unchanged."""
    lock = place.root / "requirements.txt"
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    lock.write_text(re.sub(r"sha256:\w{4}", "sha256:0000", SIX))
    built = place.labcoat("image", "build")
    lock.write_text(SIX)
    assert built.returncode == 1
    assert "six==1.17.0" in built.stderr.splitlines()[-2]
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before


def test_a_killed_build_leaves_the_image_unchanged(place: Workplace) -> None:
    """The tag moves to the new image only when it is complete; the next build works."""
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    words = place.words("image", "build")
    environ = {**place.environ, "LABCOAT_DOCKER_FLAGS": f"{NETWORK} --no-cache"}
    with subprocess.Popen(
        words, cwd=place.root, env=environ, stderr=subprocess.PIPE, start_new_session=True
    ) as building:
        assert building.stderr is not None
        assert building.stderr.readline()
        os.killpg(building.pid, signal.SIGKILL)
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before
    again = place.labcoat("image", "build")
    assert again.returncode == 0, again.stderr
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before
