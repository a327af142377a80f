"""Whether a build installs apt.lock, and what tells that it does not."""

from pathlib import Path

import pytest

from labcoat.apt.apt_lock import AptLock, AptPackage
from labcoat.container.base_images import system_packages
from labcoat.container.context import context_archive
from labcoat.container.engine.flags import adapt_dockerfile
from labcoat.container.image.labels import SYSTEM, image_labels
from labcoat.container.image.system_layer import system_arguments, warn_uninstalled
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from labcoat.scaffold import binder
from labcoat.scaffold.dockerfile import TEMPLATES
from support.messages import apt

SHA = "sha256:" + "ab" * 32
BASE = f"python:3.11@{SHA}"
ONE = AptPackage("libone1", "1.0", "debian/pool/libone1_1.0_amd64.deb", 1, SHA)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with an apt.txt and its lock, an engine that succeeds, and no Python of its own."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / ".python-version").write_text("3.11\n")
    (tmp_path / "apt.txt").write_text("libone1\n")
    (tmp_path / "install-lock.sh").write_bytes((TEMPLATES / "install-lock.sh").read_bytes())
    project = Project(tmp_path, {**DEFAULTS, "LABCOAT_DOCKER": "true", "LABCOAT_BASE_IMAGE": BASE})
    request = system_packages.read_request(tmp_path)
    assert request is not None
    write_lock(project, AptLock(request.digest(), "python:3.11", SHA, {}, {"amd64": (ONE,)}))
    return project


def write_lock(project: Project, lock: AptLock) -> None:
    (project.root / "apt.lock").write_text(lock.text("apt.txt"))


def dated(
    packages: tuple[AptPackage, ...], base: str = "python:3.11", digest: str = SHA
) -> AptLock:
    inputs = "sha256:" + "0" * 64
    return AptLock(inputs, base, digest, {"amd64": "20260101T000000Z"}, {"amd64": packages})


def test_only_packages_need_a_layer(project: Project) -> None:
    """Without any, the image's id is that of a project without apt.txt, but for the label."""
    write_lock(project, dated((ONE,)))
    assert system_arguments(project) == {"SYSTEM": "apt"}
    assert SYSTEM in image_labels(project, BASE, 0)
    write_lock(project, dated(()))
    assert system_arguments(project) == {}
    (project.root / "apt.lock").unlink()
    assert system_arguments(project) == {}
    assert SYSTEM not in image_labels(project, BASE, 0)


def test_labcoats_dockerfile_installs_them_and_an_earlier_one_does_not(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor does an earlier script. A Dockerfile of the user's own is warned of."""
    write_lock(project, dated((ONE,)))
    text = (TEMPLATES / "Dockerfile").read_text()
    warn_uninstalled(project, text)
    assert capsys.readouterr().err == ""
    with pytest.raises(LabcoatError, match=apt.OLD_DOCKERFILE):
        warn_uninstalled(project, text.replace("install-debs", "tools"))
    (project.root / "install-lock.sh").write_text("old")
    with pytest.raises(LabcoatError, match=apt.OLD_DOCKERFILE):
        warn_uninstalled(project, text)
    warn_uninstalled(project, "FROM debian\n")
    assert apt.OWN_DOCKERFILE in capsys.readouterr().err


def test_a_project_with_a_lock_is_still_sent_as_an_archive() -> None:
    """Its Dockerfile mounts the lock and the script, and copies nothing else."""
    text = (TEMPLATES / "Dockerfile").read_text() + "\n# changed\n"
    assert context_archive.accepts_archive(text, {"SYSTEM": "apt"})
    other = text.replace("source=apt.lock", "source=secret.key")
    assert not context_archive.accepts_archive(other, {"SYSTEM": "apt"})


def test_binders_dockerfile_installs_them_by_default(project: Project) -> None:
    """Its builder gives no arguments."""
    write_lock(project, dated((ONE,)))
    text = binder.set_defaults((TEMPLATES / "Dockerfile").read_text(), system_arguments(project))
    assert "\nARG SYSTEM=apt\n" in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"apt.lock": None}, "does not exist"),
        ({"apt.txt": "libone1\nlibtwo1\n"}, apt.STALE),
        ({"apt.lock": dated((), "python:3.12").text("apt.txt")}, apt.STALE),
        ({"apt.lock": "nonsense"}, apt.BAD_LINE),
        ({"apt.txt": "-y\n"}, apt.OPTION),
    ],
)
def test_a_lock_of_something_else_is_not_up_to_date(
    project: Project, change: dict[str, str | None], message: str
) -> None:
    system_packages.check_lock(project)
    for name, text in change.items():
        if text is None:
            (project.root / name).unlink()
        else:
            (project.root / name).write_text(text)
    with pytest.raises(LabcoatError, match=message):
        system_packages.check_lock(project)


@pytest.mark.parametrize("base", ["python:3.12", f"python:3.11@sha256:{'0' * 64}"])
def test_a_lock_of_another_base_is_not_up_to_date(project: Project, base: str) -> None:
    other = Project(project.root, {**project.settings, "LABCOAT_BASE_IMAGE": base})
    with pytest.raises(LabcoatError, match=apt.OTHER_BASE):
        system_packages.check_lock(other)


@pytest.mark.parametrize(
    ("program", "version", "has_networks"),
    [("podman", "4.3.1", False), ("podman", "5.4.2", True), ("docker", "26.1.5", True)],
)
def test_an_early_podman_gets_a_dockerfile_without_networks(
    tmp_path: Path, program: str, version: str, has_networks: bool
) -> None:
    """It refuses them: RUN only supports the --mount flag."""
    engine = tmp_path / program
    engine.write_text(f"#!/bin/sh\necho {version}\n")
    engine.chmod(0o755)
    text = (TEMPLATES / "Dockerfile").read_bytes()
    project = Project(tmp_path, {**DEFAULTS, "LABCOAT_DOCKER": str(engine)})
    adapted = adapt_dockerfile(project, text)
    assert (b"--network" in adapted) == has_networks
