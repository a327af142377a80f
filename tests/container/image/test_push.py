"""The image in a registry: pushed, pulled by digest, built upon by digest; and each way that a push is refused."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labcoat.container.context.preflight import refuse_secrets
from labcoat.container.image.build import plan_build
from labcoat.container.image.labels import BASE
from labcoat.container.image.push import push_image, registry_of
from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project

pytestmark = pytest.mark.docker
PERSON, PASSWORD = "me", "wr1te"
# What `htpasswd -nbB` makes of the two.
USERS = "me:$2b$05$NfaiQ5YHWiLVIeebRR2C7u2HjkgXd2dfNtpgPClZ4tS72BFe539T6\n"


def docker(*words: str, folder: Path | None = None) -> str:
    return subprocess.run(
        ["docker", *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def image(base_image: str) -> Iterator[Callable[[str], str]]:
    """Gives the base another name, for as long as the test runs."""
    names = []

    def named(name: str) -> str:
        docker("tag", base_image, name)
        names.append(name)
        return name

    yield named
    docker("image", "rm", "-f", *names)


def project(root: Path, image: str, **settings: str) -> Project:
    return Project(
        root,
        {**DEFAULTS, "LABCOAT_IMAGE": image, **{f"LABCOAT_{n}": v for n, v in settings.items()}},
    )


def test_a_pushed_image_is_pulled_and_built_upon_by_its_digest(
    registry: str, image: Callable[[str], str], tmp_path: Path
) -> None:
    """What push prints names the same image for everybody."""
    name = image(f"{registry}/team/project:1")
    by_digest = push_image(project(tmp_path, name))
    assert by_digest.startswith(f"{registry}/team/project@sha256:")
    docker("pull", "-q", by_digest)
    (tmp_path / "Dockerfile").write_text(f"FROM {by_digest}\n")
    made = f"{registry}/team/derived"
    docker("build", "-q", "--provenance=false", "-t", made, ".", folder=tmp_path)
    layers = [docker("image", "inspect", "-f", "{{.RootFS.Layers}}", each) for each in (name, made)]
    docker("image", "rm", "-f", made, by_digest)
    assert layers[0] == layers[1]


def test_a_base_that_was_pushed_elsewhere_is_the_same_base(
    registry: str, image: Callable[[str], str], base_image: str, tmp_path: Path
) -> None:
    """The engine then knows it by another digest too, which is none of its own name; the image's labels stay."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n")
    asked = project(tmp_path, "labcoat-test/elsewhere", BASE_IMAGE=base_image)
    before = plan_build(asked).labels
    docker("push", "-q", image(f"{registry}/elsewhere/base"))
    assert plan_build(asked).labels == before


@pytest.mark.parametrize("pinned", [False, True], ids=["by tag", "by digest"])
def test_a_base_that_has_to_be_fetched_is_asked_for_its_triggers(
    registry: str,
    base_image: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    pinned: bool,
) -> None:
    """What ONBUILD copies is known before the first build upon it."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\nONBUILD COPY .env /\n")
    base = f"{registry}/onbuild/base:1"
    docker("build", "-q", "--provenance=false", "-t", base, ".", folder=tmp_path)
    by_digest = push_image(project(tmp_path, base))
    docker("image", "rm", "-f", base, by_digest)
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n")
    (tmp_path / ".env").write_text("TOKEN=1\n")
    named = by_digest if pinned else base
    planned = plan_build(project(tmp_path, "labcoat-test/fetched", BASE_IMAGE=named))
    assert f"fetching the base image {named}" in capsys.readouterr().err
    docker("image", "rm", "-f", named)
    with pytest.raises(LabcoatError, match=r"A secret would reach the image: \.env"):
        refuse_secrets(planned.context)


def test_a_base_that_nothing_is_built_on_is_not_fetched(base_image: str, tmp_path: Path) -> None:
    """A Dockerfile of one's own may name another one."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\n")
    planned = plan_build(project(tmp_path, "labcoat-test/own", BASE_IMAGE="localhost:9/never"))
    assert planned.labels[BASE] == ""


def test_a_registry_that_wants_a_login_is_said(
    start_registry: Callable[[str], str],
    image: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Refused without one, with the command that logs in; and taken after it."""
    users = tmp_path / "users"
    users.write_text(USERS)
    address = start_registry(f"auth: {{htpasswd: {{realm: test, path: '{users}'}}}}\n")
    name = image(f"{address}/team/project")
    monkeypatch.setenv(
        "DOCKER_CONFIG", str(tmp_path / "docker")
    )  # the person's own logins stay as they are
    with pytest.raises(LabcoatError, match=f"{address} refuses") as caught:
        push_image(project(tmp_path, name))
    assert f"docker login {address}" in caught.value.hint
    login = ["docker", "login", "--username", PERSON, "--password-stdin", address]
    subprocess.run(login, input=PASSWORD, text=True, check=True, capture_output=True)
    assert push_image(project(tmp_path, name)).startswith(f"{address}/team/project@sha256:")


def test_a_registry_that_is_not_there_is_said(image: Callable[[str], str], tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(LabcoatError, match="localhost:9 cannot be reached"):
        push_image(project(tmp_path, image("localhost:9/team/project")))


def test_an_image_that_is_not_built_is_said(registry: str, tmp_path: Path) -> None:
    """With the target that builds it."""
    with pytest.raises(LabcoatError, match="There is no image") as caught:
        push_image(project(tmp_path, f"{registry}/never/built"))
    assert "make docker" in caught.value.hint


def test_a_builder_of_one_platform_is_said(registry: str, base_image: str, tmp_path: Path) -> None:
    """The engine's own builder makes no image of several platforms; the way to one is named."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n")
    several = project(
        tmp_path, f"{registry}/a/b", PLATFORMS="linux/amd64,linux/arm64", BASE_IMAGE=base_image
    )
    with pytest.raises(LabcoatError, match="builds for its own platform only") as caught:
        push_image(several)
    assert "docker buildx create" in caught.value.hint


@pytest.fixture
def buildable(registry: str, base_image: str, tmp_path: Path) -> Iterator[Callable[[str], Project]]:
    """Gives a project for these platforms, whose image is one more layer on the base."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY requirements.txt /\n"
    )
    name = f"{registry}/several/platforms"
    yield lambda platforms: project(tmp_path, name, PLATFORMS=platforms, BASE_IMAGE=base_image)
    subprocess.run(["docker", "image", "rm", "-f", name], capture_output=True, check=False)


def test_one_platform_is_built_and_pushed_by_the_engines_own_builder(
    buildable: Callable[[str], Project],
) -> None:
    """What is printed is the digest that the registry has, though this builder does not say it."""
    by_digest = push_image(buildable(f"linux/{docker('version', '--format', '{{.Server.Arch}}')}"))
    assert "@sha256:" in by_digest
    docker("pull", "-q", by_digest)
    docker("image", "rm", "-f", by_digest)


def test_a_platform_that_is_none_is_said(buildable: Callable[[str], Project]) -> None:
    """With the form."""
    with pytest.raises(LabcoatError, match="names a platform that is none") as caught:
        push_image(buildable("amd46"))
    assert "linux/amd64" in caught.value.hint


def test_a_build_that_fails_is_not_the_registrys_fault(
    buildable: Callable[[str], Project], tmp_path: Path
) -> None:
    """The file that is missing is named, and nothing is pushed."""
    asked = buildable(f"linux/{docker('version', '--format', '{{.Server.Arch}}')}")
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY absent.txt /\n")
    with pytest.raises(LabcoatError, match=r"needs absent\.txt"):
        push_image(asked)


@pytest.mark.parametrize(
    ("image_name", "host"),
    [
        ("a", "docker.io"),
        ("team/a", "docker.io"),
        ("localhost/a", "localhost"),
        ("h:5000/a/b:1", "h:5000"),
        ("ghcr.io/a", "ghcr.io"),
    ],
)
def test_the_registry_is_read_as_docker_reads_it(image_name: str, host: str) -> None:
    """A first part with a dot or a colon is a host."""
    assert registry_of(image_name) == host
