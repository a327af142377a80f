"""Where and as whom a program runs in a container."""

from pathlib import Path

import pytest

from labcoat.container.engine.client import is_podman, project_docker_flags, tidy_engine_output
from labcoat.container.engine.run import attached
from labcoat.container.engine.run_config import data_folders, make_run_config
from labcoat.core.project import DEFAULTS, Project


def project(root: Path, **settings: str) -> Project:
    # No engine is asked for anything here; a command that is everywhere stands for one that is not.
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
    """A project folder, beside folders of data with awkward names."""
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
    ids=["none", "one", "two", "a colon in a name", "no paths", "the same twice", "in the project"],
)
def test_existing_data_outside_of_the_project_is_mounted_once(
    root: Path, mounts: str, expected: list[str]
) -> None:
    """Words that are no path are passed over, and what lies in the project is there already."""
    found = data_folders(project(root, MOUNTS=mounts.format(root.parent)))
    assert list(found) == [root.parent / name for name in expected]


def test_a_program_runs_as_the_owner_with_a_home_it_may_write(root: Path) -> None:
    """Files that it writes in the project belong to the person; the home is git's to pass over."""
    where = make_run_config(project(root), {"TERM": "dumb", "SECRET": "x"})
    assert where.user == f"{root.stat().st_uid}:{root.stat().st_gid}"
    assert Path(where.environ["HOME"]).stat().st_uid == root.stat().st_uid
    assert (root / ".labcoat" / ".gitignore").read_text() == "*\n"
    assert where.environ["TERM"] == "dumb"
    assert "SECRET" not in where.environ


@pytest.mark.parametrize(
    ("flags", "network"),
    [("", None), ("--network=host", "host"), ("--pull --network host", "host")],
)
def test_the_network_is_the_one_asked_for(root: Path, flags: str, network: str | None) -> None:
    """A build that was asked to use this machine's network is followed by runs that do."""
    assert make_run_config(project(root, DOCKER_FLAGS=flags)).network == network


def test_a_shell_quotes_a_path_with_a_comma(root: Path) -> None:
    """The docker command reads a mount as one line of CSV."""
    asked = project(root, MOUNTS=f"{root.parent}/d, é", DOCKER="true")
    words = attached(asked, "image", ["/bin/sh"], make_run_config(asked))
    path = root.parent / "d, é"
    assert f'type=bind,"source={path}","target={path}",readonly' in words
    assert f"type=bind,source={root},target={root}" in words
    assert words[-3:] == ["--entrypoint", "/bin/sh", "image"]


@pytest.mark.parametrize(("uid", "users"), [(0, None), (1000, "keep-id")])
def test_podman_of_a_person_keeps_their_id(
    root: Path, monkeypatch: pytest.MonkeyPatch, uid: int, users: str | None
) -> None:
    """Without root it would show them another one inside; with root that word is refused."""
    monkeypatch.setattr("os.geteuid", lambda: uid)
    asked = project(root, DOCKER=str(program(root, "podman")))
    monkeypatch.setattr("os.chown", lambda *_: None)
    assert make_run_config(asked).users == users
    assert ("--userns" in attached(asked, "image", ["true"], make_run_config(asked))) == bool(users)


@pytest.mark.parametrize(
    ("number", "old"),
    [("4.3.1", ("--no-cache",)), ("5.4.2", ()), ("10.0.0", ()), ("", ("--no-cache",))],
)
def test_podman_is_told_of_the_lock_and_an_old_one_not_to_look_back(
    root: Path, number: str, old: tuple[str, ...]
) -> None:
    """What is in its cache was made of another lock as likely as not."""
    asked = project(root, DOCKER=str(program(root, "podman", f"echo {number}")))
    assert project_docker_flags(asked, 7, "sha256:a") == (
        "--format=docker",
        "--timestamp=7",
        "--build-arg=LOCKED=sha256:a",
        *old,
    )
    assert project_docker_flags(project(root, DOCKER="true"), 7, "sha256:a") == ()


def test_podman_keeps_its_cache_where_it_has_it(root: Path) -> None:
    """That is among its temporary files, which for docker are in a folder that goes with the build."""
    assert tidy_engine_output(project(root, DOCKER=str(program(root, "podman"))), "elsewhere") == {}
    assert tidy_engine_output(project(root, DOCKER="true"), "elsewhere") == {"TMPDIR": "elsewhere"}


def program(root: Path, name: str, line: str = "") -> Path:
    """A program of this name, which does what `line` says."""
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
        ("{sudo} -n -u somebody {podman} --remote", True),
        ("{sudo} --user=podman {docker}", False),
        ("{sudo} --preserve-env=A B=podman -- {podman}", True),
        ("{sudo} A=podman {docker}", False),
    ],
)
def test_podman_is_told_by_its_programs_name(root: Path, line: str, *, expected: bool) -> None:
    """Whatever words follow, and whoever it is run as; a folder's name does not count."""
    folder = root / "podman"
    folder.mkdir()
    programs = {name: program(folder / "bin", name) for name in ("podman", "docker", "sudo")}
    assert is_podman(project(root, DOCKER=line.format_map(programs))) == expected


def test_secrets_of_a_run_are_files_that_it_may_read(root: Path) -> None:
    """A certificate bundle and kaggle.json are mounted, and the programs that want them are told where."""
    bundle, kaggle = root.parent / "own.pem", root.parent / "kaggle.json"
    bundle.touch()
    kaggle.touch()
    where = make_run_config(project(root, CA_BUNDLE=str(bundle), MOUNTS=str(kaggle)), {})
    assert where.data == (kaggle, bundle)
    assert where.environ["REQUESTS_CA_BUNDLE"] == str(bundle)
    assert where.environ["KAGGLE_CONFIG_DIR"] == str(root.parent)


def test_a_word_too_long_for_a_name_is_no_mount(root: Path) -> None:
    """What cannot be a path is passed over like what is none."""
    assert data_folders(project(root, MOUNTS="x" * 5000)) == ()
