"""How a program runs in a container: mounts, user, network, and what podman needs."""

from pathlib import Path

import pytest

from labcoat.container.engine.client import is_podman
from labcoat.container.engine.flags import builder_tmpdir, podman_flags
from labcoat.container.engine.run import docker_run_command
from labcoat.container.engine.run_config import find_data_paths, make_run_config
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS


def project(root: Path, **settings: str) -> Project:
    # These tests need no engine; a command that exists everywhere stands for it.
    return Project(
        root,
        {
            **DEFAULTS,
            "LABCOAT_DOCKER": "true",
            **{f"LABCOAT_{name}": value for name, value in settings.items()},
        },
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder, and data folders with awkward names beside it."""
    for name in ("project/data", "photos", "b:c", "d, é"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path / "project"


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ("", []),
        ("{}/photos", ["photos"]),
        ("{0}/photos:{0}/d, é", ["photos", "d, é"]),
        ("{0}/b:c:{0}/photos", ["b:c", "photos"]),
        ("synthetic:imagenet::{}/photos:/no/such", ["photos"]),
        ("../photos:{}/photos/.", ["photos"]),
        ("data:{}/project", []),
    ],
    ids=[
        "none",
        "one",
        "two",
        "a colon in a name",
        "not paths",
        "the same twice",
        "in the project",
    ],
)
def test_existing_data_outside_of_the_project_is_mounted_once(
    root: Path, mounts: str, expected: list[str]
) -> None:
    """Words that are not paths are ignored, and so are folders of the project."""
    found = find_data_paths(project(root, MOUNTS=mounts.format(root.parent)))
    assert list(found) == [root.parent / name for name in expected]


def test_a_program_runs_as_the_owner_with_a_writable_home(root: Path) -> None:
    """Its files in the project belong to the user; git ignores the home."""
    config = make_run_config(project(root), {"TERM": "dumb", "SECRET": "x"})
    assert config.user == f"{root.stat().st_uid}:{root.stat().st_gid}"
    assert Path(config.environ["HOME"]).stat().st_uid == root.stat().st_uid
    assert (root / ".labcoat" / ".gitignore").read_text() == "*\n"
    assert config.environ["TERM"] == "dumb"
    assert "SECRET" not in config.environ


@pytest.mark.parametrize(
    ("flags", "network"),
    [("", None), ("--network=host", "host"), ("--pull --network host", "host")],
)
def test_a_run_uses_the_network_of_the_build_flags(
    root: Path, flags: str, network: str | None
) -> None:
    """With --network=host for builds, runs use this machine's network too."""
    assert make_run_config(project(root, DOCKER_FLAGS=flags)).network == network


def test_a_mount_with_a_comma_is_quoted(root: Path) -> None:
    """Docker parses a mount as one line of CSV."""
    mine = project(root, MOUNTS=f"{root.parent}/d, é", DOCKER="true")
    words = docker_run_command(mine, "image", ["/bin/sh"], make_run_config(mine))
    path = root.parent / "d, é"
    assert f'type=bind,"source={path}","target={path}",readonly' in words
    assert f"type=bind,source={root},target={root}" in words
    assert words[-3:] == ["--entrypoint", "/bin/sh", "image"]


@pytest.mark.parametrize(("uid", "userns"), [(0, None), (1000, "keep-id")])
def test_podman_without_root_keeps_the_users_id(
    root: Path, monkeypatch: pytest.MonkeyPatch, uid: int, userns: str | None
) -> None:
    """Without root it would map the id to another one; with root it refuses that option."""
    monkeypatch.setattr("os.geteuid", lambda: uid)
    mine = project(root, DOCKER=str(write_program(root, "podman")))
    monkeypatch.setattr("os.chown", lambda *_: None)
    config = make_run_config(mine)
    assert config.userns == userns
    assert ("--userns" in docker_run_command(mine, "image", ["true"], config)) == bool(userns)


@pytest.mark.parametrize(
    ("version", "more"),
    [("4.3.1", ("--no-cache",)), ("5.4.2", ()), ("10.0.0", ()), ("", ("--no-cache",))],
)
def test_podman_builds_get_the_lock_and_an_old_podman_no_cache(
    root: Path, version: str, more: tuple[str, ...]
) -> None:
    """Its cache may hold steps with another lock."""
    mine = project(root, DOCKER=str(write_program(root, "podman", f"echo {version}")))
    assert podman_flags(mine, 7, "sha256:a") == (
        "--format=docker",
        "--timestamp=7",
        "--build-arg=LOCKED=sha256:a",
        *more,
    )
    assert podman_flags(project(root, DOCKER="true"), 7, "sha256:a") == ()


def test_podman_keeps_its_temporary_folder(root: Path) -> None:
    """It holds podman's cache; docker's is removed with the build."""
    assert (
        builder_tmpdir(project(root, DOCKER=str(write_program(root, "podman"))), "elsewhere") == {}
    )
    assert builder_tmpdir(project(root, DOCKER="true"), "elsewhere") == {"TMPDIR": "elsewhere"}


def write_program(root: Path, name: str, line: str = "") -> Path:
    """Write a shell script of one `line`; return its path."""
    path = root.parent / name
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{podman}", True),
        ("{podman} --remote", True),
        ("{podman} --connection docker", True),
        ("{docker} --context podman-vm", False),
        ("{sudo} {podman}", True),
        ("{sudo} -n -u podman {docker}", False),
        ("{sudo} -n -u someone {podman} --remote", True),
        ("{sudo} --user=podman {docker}", False),
        ("{sudo} --preserve-env=A B=podman -- {podman}", True),
        ("{sudo} A=podman {docker}", False),
    ],
)
def test_podman_is_recognised_by_the_programs_name(
    root: Path, line: str, *, expected: bool
) -> None:
    """Whatever its options and its user are; a folder's name does not count."""
    folder = root / "podman"
    folder.mkdir()
    programs = {name: write_program(folder / "bin", name) for name in ("podman", "docker", "sudo")}
    assert is_podman(project(root, DOCKER=line.format_map(programs))) == expected


def test_certificates_and_kaggle_json_are_mounted(root: Path) -> None:
    """Environment variables tell programs their paths."""
    bundle, kaggle = root.parent / "own.pem", root.parent / "kaggle.json"
    bundle.touch()
    kaggle.touch()
    config = make_run_config(project(root, CA_BUNDLE=str(bundle), MOUNTS=str(kaggle)), {})
    assert config.data == (kaggle, bundle)
    assert config.environ["REQUESTS_CA_BUNDLE"] == str(bundle)
    assert config.environ["KAGGLE_CONFIG_DIR"] == str(root.parent)


def test_a_mount_too_long_for_a_path_is_ignored(root: Path) -> None:
    """Like any other word that is not a path."""
    assert find_data_paths(project(root, MOUNTS="x" * 5000)) == ()
