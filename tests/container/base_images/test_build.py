"""Custom base images from a submodule are fetched, pinned, built and used."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from labcoat.container.base_images import build, extern_pins, submodules
from labcoat.container.base_images.recipe import configured_bases
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from support.git_commands import git
from support.messages import base_images as messages

# Git fetches submodules from folders only with this setting.
LOCAL = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "protocol.file.allow",
    "GIT_CONFIG_VALUE_0": "always",
}


@pytest.fixture
def upstream(tmp_path: Path, base_image: str) -> Path:
    """A bare repository as the upstream: one Dockerfile on an image whose tag moves."""
    work = tmp_path / "work"
    (work / "3.11").mkdir(parents=True)
    (work / "3.11/Dockerfile").write_text(
        "FROM moving/base:1 AS first\nRUN touch -d @0 /first\n"
        "FROM moving/base:1\nCOPY --from=first /first /made-here\n"
    )
    git(work, "init", "-q")
    git(work, "add", ".")
    git(work, "commit", "-qm", "one")
    git(tmp_path, "clone", "-q", "--bare", str(work), "upstream.git")
    return tmp_path / "upstream.git"


@pytest.fixture
def clone(tmp_path: Path, upstream: Path) -> Path:
    """A clone, without submodules, of a project whose submodule is the upstream."""
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q")
    git(root, "submodule", "--quiet", "add", str(upstream), "src/extern/own")
    git(root, "config", "-f", ".gitmodules", "submodule.src/extern/own.update", "none")
    git(root, "commit", "-qm", "submodule")
    git(tmp_path, "clone", "-q", str(root), "clone")
    return tmp_path / "clone"


def project(root: Path, **settings: str) -> Project:
    values = {
        "LABCOAT_EXTERN": "own=src/extern/own/3.11/Dockerfile",
        "LABCOAT_DOCKER_FLAGS": "--network=host",
    }
    return Project(
        root,
        {**DEFAULTS, **values, **{f"LABCOAT_{name}": value for name, value in settings.items()}},
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


def test_this_repository_pins_its_submodules(repository: Path) -> None:
    """Three submodules, each with a commit and a public URL."""
    found = submodules.pinned_commits(repository)
    assert set(found) == {
        "src/extern/python",
        "src/extern/docker-stacks",
        "src/extern/repro-sources-list.sh",
    }
    modules = (repository / ".gitmodules").read_text(encoding="utf-8")
    urls = re.findall(r"url = (.*)", modules)
    # Spares those who clone labcoat with submodules, as pre-commit does.
    assert modules.count("update = none") == 3
    assert len(urls) == 3
    assert all(url.startswith("https://github.com/") for url in urls)


@pytest.mark.parametrize("written", ["own", "=x/Dockerfile", "own="])
def test_a_malformed_base_is_refused(tmp_path: Path, written: str) -> None:
    """The message quotes it, the hint has the form."""
    with pytest.raises(LabcoatError, match=messages.INVALID_EXTERN.format(written)) as caught:
        configured_bases(project(tmp_path, EXTERN=written))
    assert "NAME=FOLDER/Dockerfile" in caught.value.hint


def test_pins_survive_writing_and_reading(tmp_path: Path) -> None:
    """Images in order, one per line, and the archive's date."""
    written = extern_pins.ExternPins({"b:1": "sha256:b", "a:1": "sha256:a"}, "20261101T000000Z")
    (tmp_path / extern_pins.NAME).write_text(written.to_toml())
    assert extern_pins.read_pins(tmp_path) == written
    text = written.to_toml()
    assert text.index('"a:1"') < text.index('"b:1"')


@pytest.mark.parametrize("text", ["date = 'yesterday'", "[images\n", "\xff", "images = 3"])
def test_malformed_pins_are_refused(tmp_path: Path, text: str) -> None:
    """The message has the file's name."""
    (tmp_path / extern_pins.NAME).write_text(text, encoding="latin-1")
    with pytest.raises(LabcoatError, match=extern_pins.NAME):
        extern_pins.read_pins(tmp_path)


def test_an_unreachable_submodule_is_an_error(
    clone: Path, upstream: Path, repository: Path
) -> None:
    """With its URL, the reason, and how to choose a mirror."""
    upstream.rename(upstream.with_name("gone.git"))
    done = labcoat(clone, repository, "extern", "build")
    assert done.returncode == 1
    assert messages.SUBMODULE_UNREACHABLE.format("src/extern/own") in done.stderr
    assert "git config submodule.src/extern/own.url" in done.stderr


def test_status_reports_what_is_behind(
    clone: Path, upstream: Path, tmp_path: Path, repository: Path
) -> None:
    """Up to date, then behind when the upstream has a newer commit."""
    fresh = labcoat(clone, repository, "extern", "status")
    git(tmp_path / "work", "commit", "-q", "--allow-empty", "-m", "two")
    git(tmp_path / "work", "push", "-q", str(upstream), "HEAD")
    behind = labcoat(clone, repository, "extern", "status")
    assert (fresh.returncode, "up to date" in fresh.stdout) == (0, True), fresh.stderr
    assert (behind.returncode, "behind: " in behind.stdout) == (1, True)


def test_an_unreachable_upstream_is_not_reported_as_up_to_date(
    clone: Path, upstream: Path, repository: Path
) -> None:
    """The exit status says that labcoat could not find out."""
    upstream.rename(upstream.with_name("gone.git"))
    done = labcoat(clone, repository, "extern", "status")
    assert (done.returncode, messages.UNREACHABLE in done.stdout) == (2, True), done.stderr


def test_a_bare_repository_in_a_folder_serves_as_a_mirror(
    clone: Path, upstream: Path, repository: Path
) -> None:
    """From the user's git settings; git refuses a folder in .gitmodules by default."""
    mirror = upstream.rename(upstream.with_name("mirror.git"))
    git(clone, "config", "submodule.src/extern/own.url", str(mirror))
    done = labcoat(clone, repository, "extern", "build", LABCOAT_EXTERN="", GIT_CONFIG_COUNT="0")
    assert done.returncode == 0, done.stderr
    assert (clone / "src/extern/own/3.11/Dockerfile").is_file()


def test_an_interrupted_fetch_is_repeated(clone: Path, repository: Path) -> None:
    """A submodule without files is not complete, although git has its commit."""
    assert labcoat(clone, repository, "extern", "build", LABCOAT_EXTERN="").returncode == 0
    folder = clone / "src/extern/own"
    shutil.rmtree(folder / "3.11")
    assert labcoat(clone, repository, "extern", "build", LABCOAT_EXTERN="").returncode == 0
    assert (folder / "3.11/Dockerfile").is_file()


def test_an_unreachable_submodule_without_a_base_is_a_warning(
    clone: Path, tmp_path: Path, repository: Path
) -> None:
    """The build continues with the base images."""
    git(clone, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},src/extern/far")
    modules = (clone / ".gitmodules").read_text()
    (clone / ".gitmodules").write_text(
        f'{modules}[submodule "src/extern/far"]\n'
        f" path = src/extern/far\n url = {tmp_path}/none.git\n"
    )
    done = labcoat(clone, repository, "extern", "build")
    assert f"warning: {messages.SUBMODULE_UNREACHABLE.format('src/extern/far')}" in done.stderr
    assert messages.NOT_NEEDED in done.stderr
    assert "labcoat extern pin moving/base:1" in done.stderr


@pytest.fixture
def pinned(clone: Path, base_image: str, registry: str) -> Iterator[str]:
    """The image that the upstream builds on, in a registry."""
    name = f"{registry}/moving/base:1"
    subprocess.run(["docker", "tag", base_image, name], check=True)
    subprocess.run(["docker", "push", "-q", name], check=True, capture_output=True)
    yield name
    subprocess.run(["docker", "image", "rm", "-f", name], check=True, capture_output=True)


@pytest.mark.docker
def test_a_base_is_built_from_its_submodule_on_a_pinned_image(
    clone: Path, pinned: str, repository: Path, built: Mapping[str, str]
) -> None:
    """Its tag is the submodule's commit, and its apt has a date; without the pin it is refused."""
    refused = labcoat(clone, repository, "extern", "build")
    assert "labcoat extern pin moving/base:1" in refused.stderr
    resolved = labcoat(clone, repository, "extern", "pin", pinned)
    assert resolved.returncode == 0, resolved.stderr
    digest = resolved.stdout.strip().partition("@")[2]
    assert (clone / extern_pins.NAME).read_text().count(digest) == 1
    (clone / extern_pins.NAME).write_text(
        'date = "20261101T000000Z"\n[images]\n'
        f'"moving/base:1" = "{digest}"\n"{pinned}" = "{digest}"\n'
    )
    path = clone / "src/extern/own/3.11/Dockerfile"
    path.write_text(path.read_text().replace("moving/base:1", pinned))
    git(clone / "src/extern/own", "commit", "-qam", "two")
    git(clone, "add", "src/extern/own")
    done = labcoat(clone, repository, "extern", "build")
    assert done.returncode == 0, done.stderr
    name = done.stdout.strip()
    built["name"] = name  # type: ignore[index]
    assert name == f"extern/own:{submodules.pinned_commits(clone)['src/extern/own'][:12]}"
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
    """The names of images to remove."""
    names: dict[str, str] = {}
    yield names
    if names:
        subprocess.run(
            ["docker", "image", "rm", "-f", *names.values()], check=True, capture_output=True
        )


@pytest.mark.docker
def test_a_base_that_is_not_built_is_an_error(clone: Path) -> None:
    """The hint names the target that builds it; for an unknown name, the known ones."""
    with pytest.raises(LabcoatError, match=messages.NOT_BUILT.format("extern/own:.*")) as caught:
        build.resolve_base_image(project(clone), "extern/own")
    assert "make extern" in caught.value.hint
    unknown = messages.NOT_CONFIGURED.format("extern/other")
    with pytest.raises(LabcoatError, match=unknown) as caught:
        build.resolve_base_image(project(clone), "extern/other")
    assert "extern/own" in caught.value.hint


def test_a_submodule_named_like_a_script_is_not_checked(
    clone: Path, upstream: Path, repository: Path
) -> None:
    """`labcoat check` skips what git lists as a file although it is a folder."""
    git(clone, "submodule", "--quiet", "add", str(upstream), "src/extern/tool.sh")
    done = labcoat(clone, repository, "check")
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
