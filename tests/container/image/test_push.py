"""A pushed image can be pulled and built on by digest; a refused push is explained."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labcoat.container.context.preflight import refuse_secrets
from labcoat.container.image.build import plan_build
from labcoat.container.image.labels import BASE
from labcoat.container.image.push import push_image
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from support.messages import engine
from support.messages import image as messages

pytestmark = pytest.mark.docker
USER, PASSWORD = "me", "wr1te"
# The output of `htpasswd -nbB` for the two.
USERS = "me:$2b$05$NfaiQ5YHWiLVIeebRR2C7u2HjkgXd2dfNtpgPClZ4tS72BFe539T6\n"


def docker(*words: str, folder: Path | None = None) -> str:
    return subprocess.run(
        ["docker", *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def image(base_image: str) -> Iterator[Callable[[str], str]]:
    """A function that tags the base image with another name during the test."""
    names = []

    def tag_base(name: str) -> str:
        docker("tag", base_image, name)
        names.append(name)
        return name

    yield tag_base
    docker("image", "rm", "-f", *names)


def project(root: Path, image: str, **settings: str) -> Project:
    return Project(
        root,
        {**DEFAULTS, "LABCOAT_IMAGE": image, **{f"LABCOAT_{n}": v for n, v in settings.items()}},
    )


def test_a_pushed_image_can_be_pulled_and_built_on_by_digest(
    registry: str, image: Callable[[str], str], tmp_path: Path
) -> None:
    """The name that push returns is valid everywhere."""
    name = image(f"{registry}/team/project:1")
    by_digest = push_image(project(tmp_path, name))
    assert by_digest.startswith(f"{registry}/team/project@sha256:")
    docker("pull", "-q", by_digest)
    (tmp_path / "Dockerfile").write_text(f"FROM {by_digest}\n")
    derived = f"{registry}/team/derived"
    docker("build", "-q", "--provenance=false", "-t", derived, ".", folder=tmp_path)
    layers = [
        docker("image", "inspect", "-f", "{{.RootFS.Layers}}", each) for each in (name, derived)
    ]
    docker("image", "rm", "-f", derived, by_digest)
    assert layers[0] == layers[1]


def test_pushing_the_base_elsewhere_does_not_change_the_labels(
    registry: str, image: Callable[[str], str], base_image: str, tmp_path: Path
) -> None:
    """The engine then has a second digest for it, under another name."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n")
    mine = project(tmp_path, "labcoat-test/elsewhere", BASE_IMAGE=base_image)
    before = plan_build(mine).labels
    docker("push", "-q", image(f"{registry}/elsewhere/base"))
    assert plan_build(mine).labels == before


@pytest.mark.parametrize("pinned", [False, True], ids=["by tag", "by digest"])
def test_a_base_is_pulled_to_read_its_triggers(
    registry: str,
    base_image: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    pinned: bool,
) -> None:
    """What ONBUILD copies is checked before the first build."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\nONBUILD COPY .env /\n")
    base = f"{registry}/onbuild/base:1"
    docker("build", "-q", "--provenance=false", "-t", base, ".", folder=tmp_path)
    by_digest = push_image(project(tmp_path, base))
    docker("image", "rm", "-f", base, by_digest)
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n")
    (tmp_path / ".env").write_text("PASSWORD=a1b2c3d4\n")
    name = by_digest if pinned else base
    plan = plan_build(project(tmp_path, "labcoat-test/fetched", BASE_IMAGE=name))
    assert messages.FETCHING_BASE.format(name) in capsys.readouterr().err
    docker("image", "rm", "-f", name)
    with pytest.raises(LabcoatError, match=r"(?i)a secret would reach the image: `?\.env"):
        refuse_secrets(plan.context)


def test_an_unused_base_is_not_pulled(base_image: str, tmp_path: Path) -> None:
    """A custom Dockerfile may build on another image."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\n")
    plan = plan_build(project(tmp_path, "labcoat-test/own", BASE_IMAGE="localhost:9/never"))
    assert plan.labels[BASE] == ""


def test_a_denied_push_has_the_login_command_as_its_hint(
    start_registry: Callable[[str], str],
    image: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After the login the push succeeds."""
    users = tmp_path / "users"
    users.write_text(USERS)
    address = start_registry(f"auth: {{htpasswd: {{realm: test, path: '{users}'}}}}\n")
    name = image(f"{address}/team/project")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))  # keeps the user's logins
    with pytest.raises(LabcoatError, match=messages.PUSH_DENIED.format(address)) as caught:
        push_image(project(tmp_path, name))
    assert f"docker login {address}" in caught.value.hint
    login = ["docker", "login", "--username", USER, "--password-stdin", address]
    subprocess.run(login, input=PASSWORD, text=True, check=True, capture_output=True)
    assert push_image(project(tmp_path, name)).startswith(f"{address}/team/project@sha256:")


def test_an_unreachable_registry_is_named(image: Callable[[str], str], tmp_path: Path) -> None:
    """By its address."""
    with pytest.raises(LabcoatError, match=messages.NO_REGISTRY.format("localhost:9")):
        push_image(project(tmp_path, image("localhost:9/team/project")))


def test_an_image_that_is_not_built_is_an_error(registry: str, tmp_path: Path) -> None:
    """The hint names the target that builds it."""
    name = f"{registry}/never/built"
    with pytest.raises(LabcoatError, match=engine.NO_IMAGE.format(name)) as caught:
        push_image(project(tmp_path, name))
    assert "make docker" in caught.value.hint


def test_a_builder_of_one_platform_is_an_error(
    registry: str, base_image: str, tmp_path: Path
) -> None:
    """The engine's default builder has one platform; the hint creates another builder."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n")
    several = project(
        tmp_path, f"{registry}/a/b", PLATFORMS="linux/amd64,linux/arm64", BASE_IMAGE=base_image
    )
    with pytest.raises(LabcoatError, match=messages.ONE_PLATFORM) as caught:
        push_image(several)
    assert "docker buildx create" in caught.value.hint


@pytest.fixture
def buildable(registry: str, base_image: str, tmp_path: Path) -> Iterator[Callable[[str], Project]]:
    """A function that returns a project for platforms, with one layer on the base image."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY requirements.txt /\n"
    )
    name = f"{registry}/several/platforms"
    yield lambda platforms: project(tmp_path, name, PLATFORMS=platforms, BASE_IMAGE=base_image)
    subprocess.run(["docker", "image", "rm", "-f", name], capture_output=True, check=False)


def test_one_platform_is_pushed_by_the_default_builder(
    buildable: Callable[[str], Project],
) -> None:
    """The digest is the registry's, as this builder does not print it."""
    by_digest = push_image(buildable(f"linux/{docker('version', '--format', '{{.Server.Arch}}')}"))
    assert "@sha256:" in by_digest
    docker("pull", "-q", by_digest)
    docker("image", "rm", "-f", by_digest)


def test_an_invalid_platform_is_refused(buildable: Callable[[str], Project]) -> None:
    """The hint has the form."""
    with pytest.raises(LabcoatError, match=messages.INVALID_PLATFORM) as caught:
        push_image(buildable("amd46"))
    assert "linux/amd64" in caught.value.hint


def test_a_failed_build_is_not_reported_as_a_failed_push(
    buildable: Callable[[str], Project], tmp_path: Path
) -> None:
    """The message names the missing file."""
    mine = buildable(f"linux/{docker('version', '--format', '{{.Server.Arch}}')}")
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY absent.txt /\n")
    with pytest.raises(LabcoatError, match=engine.NOT_IN_CONTEXT.format("absent.txt")):
        push_image(mine)
