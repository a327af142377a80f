"""Mistyped settings and wrong files are named in an error and a hint."""

import re
import subprocess
from pathlib import Path

import pytest

from support import Repository
from support.messages.image import NO_IMAGE_BUILT
from support.workplace import SIX

# (the command, the settings, what the first line names)
SETTINGS = {
    "flags": (["image", "build"], {"DOCKER_FLAGS": "--x '"}, "LABCOAT_DOCKER_FLAGS"),
    "engine": (["image", "build"], {"DOCKER": "docker 'x"}, "LABCOAT_DOCKER "),
    "variant": (["image", "build"], {"VARIANT": "a/b"}, "LABCOAT_VARIANT"),
    "variant of a status": (["status"], {"VARIANT": "a/b"}, "LABCOAT_VARIANT"),
    "bundle": (
        ["image", "build"],
        {"CA_BUNDLE": "~nouser/x.pem", "BASE_IMAGE": "x@sha256:0"},
        "~nouser/x.pem",
    ),
    "cache": (["run", "--in", "docker", "true"], {"CACHE": "~nouser/x"}, "LABCOAT_CACHE"),
    "an empty command": (["run", "--in", "none", "--", ""], {}, "no command"),
}


@pytest.fixture
def locked(repo: Repository) -> Repository:
    """A repository with a lock and a Dockerfile."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    repo.write(requirements__txt=SIX, Dockerfile="FROM scratch\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], cwd=repo.path, check=True)
    return repo


def error_line(expected: str) -> str:
    """Return the error; `expected` must be an error and a hint."""
    error, hint = expected.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    return error


@pytest.mark.parametrize(("words", "settings", "named"), SETTINGS.values(), ids=SETTINGS.keys())
def test_mistyped_setting_is_named(
    locked: Repository, words: list[str], settings: dict[str, str], named: str
) -> None:
    """No value leads to a traceback."""
    output = locked.labcoat(
        *words, fails=True, **{f"LABCOAT_{name}": value for name, value in settings.items()}
    )
    assert named in error_line(output)


@pytest.mark.docker
def test_flags_with_which_docker_builds_nothing_are_named(
    locked: Repository, base_image: str
) -> None:
    """`docker build --help` succeeds without building an image."""
    output = locked.labcoat(
        "image", "build", fails=True, LABCOAT_DOCKER_FLAGS="--help", LABCOAT_BASE_IMAGE=base_image
    )
    error, hint = output.splitlines()[-2:]
    assert error == f"error: {NO_IMAGE_BUILT}"
    assert hint == "hint: Remove `--output` or `--check` from LABCOAT_DOCKER_FLAGS"


def test_file_in_place_of_a_directory_is_named(repo: Repository) -> None:
    """labcoat does not remove a file that it did not create."""
    (repo.path / ".labcoat").touch()
    error, hint = repo.labcoat("lock", fails=True).splitlines()
    assert re.match(r"error: cannot write .*/\.labcoat`?: File exists$", error)
    assert "a file is where a directory belongs" in hint


def test_unknown_home_directory_is_named(tmp_path: Path) -> None:
    """Without a home directory LABCOAT_CACHE must name the cache directory."""
    from labcoat.core.cache import cache_folder
    from labcoat.core.errors import LabcoatError

    with pytest.raises(LabcoatError, match="LABCOAT_CACHE"):
        cache_folder({"LABCOAT_CACHE": "~nouser/x"})
    assert cache_folder({"LABCOAT_CACHE": str(tmp_path)}) == tmp_path
