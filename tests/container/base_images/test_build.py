"""Base images of one's own, from a submodule: fetched, pinned, built, and used."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from labcoat.container.base_images import build, pins, submodules
from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project

IDENTITY = (
    "-c",
    "user.name=t",
    "-c",
    "user.email=t@example.org",
    "-c",
    "protocol.file.allow=always",
)
# Git fetches submodules from folders only where it is told to.
LOCAL = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "protocol.file.allow",
    "GIT_CONFIG_VALUE_0": "always",
}


def git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *IDENTITY, *words], cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def upstream(tmp_path: Path, base_image: str) -> Path:
    """A bare repository in place of the upstream: one Dockerfile on an image that others move."""
    work = tmp_path / "work"
    (work / "3.11").mkdir(parents=True)
    (work / "3.11/Dockerfile").write_text(
        "FROM moving/base:1 AS first\nRUN touch -d @0 /first\nFROM moving/base:1\nCOPY --from=first /first /made-here\n"
    )
    git(work, "init", "-q")
    git(work, "add", ".")
    git(work, "commit", "-qm", "one")
    git(tmp_path, "clone", "-q", "--bare", str(work), "upstream.git")
    return tmp_path / "upstream.git"


@pytest.fixture
def clone(tmp_path: Path, upstream: Path) -> Path:
    """A clone, without submodules, of a project that has the upstream as its submodule."""
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q")
    git(root, "submodule", "--quiet", "add", str(upstream), "src/extern/own")
    git(root, "config", "-f", ".gitmodules", "submodule.src/extern/own.update", "none")
    git(root, "commit", "-qm", "submodule")
    git(tmp_path, "clone", "-q", str(root), "clone")
    return tmp_path / "clone"


def project(root: Path, **settings: str) -> Project:
    given = {
        "LABCOAT_EXTERN": "own=src/extern/own/3.11/Dockerfile",
        "LABCOAT_DOCKER_FLAGS": "--network=host",
    }
    return Project(
        root,
        {**DEFAULTS, **given, **{f"LABCOAT_{name}": value for name, value in settings.items()}},
    )


def labcoat(
    root: Path, repository: Path, *words: str, **environ: str
) -> "subprocess.CompletedProcess[str]":
    settings = {
        name: value for name, value in project(root).settings.items() if value != DEFAULTS[name]
    }
    whole = {
        **os.environ,
        **LOCAL,
        **settings,
        "PYTHONPATH": str(repository / "src/lib"),
        **environ,
    }
    command = [sys.executable, "-m", "labcoat", *words]
    return subprocess.run(command, cwd=root, env=whole, capture_output=True, text=True, check=False)


def test_this_repository_pins_its_bases_sources(repository: Path) -> None:
    """Three submodules, each by a commit and with an address that anybody can read from."""
    found = submodules.pinned_commit(repository)
    assert set(found) == {
        "src/extern/python",
        "src/extern/docker-stacks",
        "src/extern/repro-sources-list.sh",
    }
    said = (repository / ".gitmodules").read_text(encoding="utf-8")
    addresses = re.findall(r"url = (.*)", said)
    assert (
        said.count("update = none") == 3
    )  # who clones labcoat with its submodules, as pre-commit does, is spared these
    assert len(addresses) == 3
    assert all(address.startswith("https://github.com/") for address in addresses)


@pytest.mark.parametrize("written", ["own", "=x/Dockerfile", "own="])
def test_a_base_of_another_form_is_refused(tmp_path: Path, written: str) -> None:
    """The setting is quoted, with how to write it."""
    with pytest.raises(LabcoatError, match="LABCOAT_EXTERN cannot be read"):
        build.configured_bases(project(tmp_path, EXTERN=written))


def test_pins_are_written_and_read_alike(tmp_path: Path) -> None:
    """Images in order, one a line, and the archive's date."""
    made = pins.Pins({"b:1": "sha256:b", "a:1": "sha256:a"}, "20261101T000000Z")
    (tmp_path / pins.NAME).write_text(made.text())
    assert pins.read_pins(tmp_path) == made
    assert made.text().index('"a:1"') < made.text().index('"b:1"')


@pytest.mark.parametrize("text", ["date = 'yesterday'", "[images\n", "\xff", "images = 3"])
def test_pins_that_cannot_be_read_are_refused(tmp_path: Path, text: str) -> None:
    """With the file's name."""
    (tmp_path / pins.NAME).write_text(text, encoding="latin-1")
    with pytest.raises(LabcoatError, match=pins.NAME):
        pins.read_pins(tmp_path)


def test_a_submodule_that_cannot_be_reached_is_said(
    clone: Path, upstream: Path, repository: Path
) -> None:
    """With its address, the reason, and how to name a mirror."""
    upstream.rename(upstream.with_name("gone.git"))
    done = labcoat(clone, repository, "extern", "build")
    assert done.returncode == 1
    assert "src/extern/own cannot be fetched from" in done.stderr
    assert "git config submodule.src/extern/own.url" in done.stderr


def test_status_says_what_is_behind(
    clone: Path, upstream: Path, tmp_path: Path, repository: Path
) -> None:
    """Up to date, then behind once the upstream has a newer commit."""
    fresh = labcoat(clone, repository, "extern", "status")
    git(tmp_path / "work", "commit", "-q", "--allow-empty", "-m", "two")
    git(tmp_path / "work", "push", "-q", str(upstream), "HEAD")
    behind = labcoat(clone, repository, "extern", "status")
    assert (fresh.returncode, "up to date" in fresh.stdout) == (0, True), fresh.stderr
    assert (behind.returncode, "behind: " in behind.stdout) == (1, True)


def test_what_cannot_be_reached_is_not_taken_for_up_to_date(
    clone: Path, upstream: Path, repository: Path
) -> None:
    """It is said, and the exit status is that of not being able to look."""
    upstream.rename(upstream.with_name("gone.git"))
    done = labcoat(clone, repository, "extern", "status")
    assert (done.returncode, "cannot be reached" in done.stdout) == (2, True), done.stderr


def test_a_bare_repository_in_a_folder_serves_as_a_mirror(
    clone: Path, upstream: Path, repository: Path
) -> None:
    """Where the person names it in git's settings; git fetches from a folder of .gitmodules only where it is told to."""
    mirror = upstream.rename(upstream.with_name("mirror.git"))
    git(clone, "config", "submodule.src/extern/own.url", str(mirror))
    done = labcoat(clone, repository, "extern", "build", LABCOAT_EXTERN="", GIT_CONFIG_COUNT="0")
    assert done.returncode == 0, done.stderr
    assert (clone / "src/extern/own/3.11/Dockerfile").is_file()


def test_a_fetch_that_was_killed_is_done_again(clone: Path, repository: Path) -> None:
    """A submodule without its files is not taken for complete, though git says that its commit is there."""
    assert labcoat(clone, repository, "extern", "build", LABCOAT_EXTERN="").returncode == 0
    folder = clone / "src/extern/own"
    shutil.rmtree(folder / "3.11")
    assert labcoat(clone, repository, "extern", "build", LABCOAT_EXTERN="").returncode == 0
    assert (folder / "3.11/Dockerfile").is_file()


def test_a_submodule_that_no_base_is_in_may_be_out_of_reach(
    clone: Path, tmp_path: Path, repository: Path
) -> None:
    """It is remarked on, and the build goes on to what is wanted."""
    git(clone, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},src/extern/far")
    modules = (clone / ".gitmodules").read_text()
    (clone / ".gitmodules").write_text(
        f'{modules}[submodule "src/extern/far"]\n path = src/extern/far\n url = {tmp_path}/none.git\n'
    )
    done = labcoat(clone, repository, "extern", "build")
    assert "src/extern/far cannot be fetched" in done.stderr
    assert "No base in LABCOAT_EXTERN is in it." in done.stderr
    assert "labcoat extern pin moving/base:1" in done.stderr


@pytest.fixture
def pinned(clone: Path, base_image: str, registry: str) -> Iterator[str]:
    """The image that the upstream builds on, in a registry, pinned."""
    name = f"{registry}/moving/base:1"
    subprocess.run(["docker", "tag", base_image, name], check=True)
    subprocess.run(["docker", "push", "-q", name], check=True, capture_output=True)
    yield name
    subprocess.run(["docker", "image", "rm", "-f", name], check=True, capture_output=True)


@pytest.mark.docker
def test_a_base_is_built_from_its_submodule_on_a_pinned_image(
    clone: Path, pinned: str, repository: Path, built: Mapping[str, str]
) -> None:
    """Without the pin it says so; with it the image has the submodule's commit as its tag, and dated apt."""
    refused = labcoat(clone, repository, "extern", "build")
    assert "labcoat extern pin moving/base:1" in refused.stderr
    resolved = labcoat(clone, repository, "extern", "pin", pinned)
    assert resolved.returncode == 0, resolved.stderr
    digest = resolved.stdout.strip().partition("@")[2]
    assert (clone / pins.NAME).read_text().count(digest) == 1
    (clone / pins.NAME).write_text(
        f'date = "20261101T000000Z"\n[images]\n"moving/base:1" = "{digest}"\n"{pinned}" = "{digest}"\n'
    )
    path = clone / "src/extern/own/3.11/Dockerfile"
    path.write_text(path.read_text().replace("moving/base:1", pinned))
    git(clone / "src/extern/own", "commit", "-qam", "two")
    git(clone, "add", "src/extern/own")
    made = labcoat(clone, repository, "extern", "build")
    assert made.returncode == 0, made.stderr
    name = made.stdout.strip()
    built["name"] = name  # type: ignore[index]
    assert name == f"extern/own:{submodules.pinned_commit(clone)['src/extern/own'][:12]}"
    assert build.resolve_base_image(project(clone), "extern/own") == name
    shown = subprocess.run(
        ["docker", "run", "--rm", name, "sh", "-c", "ls /made-here; cat /etc/apt/sources.list"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "/made-here" in shown
    assert "archive/debian/20261101T000000Z bookworm main" in shown


@pytest.fixture
def built() -> Iterator[dict[str, str]]:
    """Holds the name of an image to remove."""
    names: dict[str, str] = {}
    yield names
    if names:
        subprocess.run(
            ["docker", "image", "rm", "-f", *names.values()], check=True, capture_output=True
        )


@pytest.mark.docker
def test_a_base_that_is_not_built_is_said(clone: Path) -> None:
    """LABCOAT_BASE_IMAGE=extern/NAME names a target, and one that is not there the known ones."""
    with pytest.raises(LabcoatError, match="is not built") as caught:
        build.resolve_base_image(project(clone), "extern/own")
    assert "make extern" in caught.value.hint
    with pytest.raises(LabcoatError, match="no base extern/other"):
        build.resolve_base_image(project(clone), "extern/other")


def test_a_submodule_named_like_a_script_is_no_file_to_check(
    clone: Path, upstream: Path, repository: Path
) -> None:
    """What git lists as a file and is a folder is passed over by the hygiene check."""
    git(clone, "submodule", "--quiet", "add", str(upstream), "src/extern/tool.sh")
    done = labcoat(clone, repository, "check")
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
