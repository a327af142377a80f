"""What a person mistypes, or has in the way, is said in two lines that name it."""

import subprocess
from pathlib import Path

import pytest

from support import Repository
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
    "an empty command": (["run", "--in", "none", "--", ""], {}, "no command to run"),
}


@pytest.fixture
def locked(repo: Repository) -> Repository:
    """A repository with a lock and a Dockerfile."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    repo.write(requirements__txt=SIX, Dockerfile="FROM scratch\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], cwd=repo.path, check=True)
    return repo


def two_lines(said: str) -> str:
    """The first of the two lines that `said` has to be."""
    what, _ = said.splitlines()
    assert what.startswith("labcoat: ")
    return what


@pytest.mark.parametrize(("words", "settings", "named"), SETTINGS.values(), ids=SETTINGS.keys())
def test_a_mistyped_setting_is_named(
    locked: Repository, words: list[str], settings: dict[str, str], named: str
) -> None:
    """Whatever its value, it is no traceback."""
    said = locked.labcoat(
        *words, fails=True, **{f"LABCOAT_{name}": value for name, value in settings.items()}
    )
    assert named in two_lines(said)


@pytest.mark.docker
def test_flags_that_build_nothing_are_named(locked: Repository, base_image: str) -> None:
    """`docker build --help` ends well, and has built nothing."""
    said = locked.labcoat(
        "image", "build", fails=True, LABCOAT_DOCKER_FLAGS="--help", LABCOAT_BASE_IMAGE=base_image
    )
    assert said.splitlines()[-2:] == [
        "labcoat: docker build ended well, and built no image.",
        "  Correct LABCOAT_DOCKER_FLAGS: with --help it builds nothing.",
    ]


def test_a_file_where_a_folder_belongs_is_named(repo: Repository) -> None:
    """labcoat does not take away what it did not make."""
    (repo.path / ".labcoat").touch()
    what, todo = repo.labcoat("lock", fails=True).splitlines()
    assert what.endswith(".labcoat cannot be written: File exists.")
    assert "another name" in todo


def test_a_home_that_nobody_has_is_said(tmp_path: Path) -> None:
    """Without a home folder there is no cache folder, unless one is named."""
    from labcoat.core.errors import LabcoatError
    from labcoat.core.project import cache_folder

    with pytest.raises(LabcoatError, match="LABCOAT_CACHE"):
        cache_folder({"LABCOAT_CACHE": "~nouser/x"})
    assert cache_folder({"LABCOAT_CACHE": str(tmp_path)}) == tmp_path
