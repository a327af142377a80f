"""Submodules by the names and addresses that git has for them."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from labcoat.container.base_images import submodules
from labcoat.core.errors import LabcoatError

IDENTITY = (
    "-c",
    "user.name=t",
    "-c",
    "user.email=t@example.org",
    "-c",
    "protocol.file.allow=always",
)


def git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *IDENTITY, *words], cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def repository(root: Path) -> Path:
    root.mkdir()
    git(root, "init", "-q")
    git(root, "commit", "-q", "--allow-empty", "-m", "one")
    return root


def named(root: Path, upstream: Path) -> str:
    """A submodule whose name is not its path."""
    git(root, "submodule", "--quiet", "add", "--name", "a name", str(upstream), "src/py")
    return "src/py"


def moved(root: Path, upstream: Path) -> str:
    """A submodule that has moved."""
    git(root, "submodule", "--quiet", "add", str(upstream), "old")
    git(root, "mv", "old", "new")
    return "new"


def below(root: Path, upstream: Path) -> str:
    """A submodule of the repository that the project is a folder of."""
    git(root.parent, "submodule", "--quiet", "add", str(upstream), "project/sub")
    return "sub"


@pytest.mark.parametrize("add", [named, moved])
def test_the_name_is_found_by_the_path(tmp_path: Path, add: Callable[[Path, Path], str]) -> None:
    """The upstream is asked, before the first fetch and after it, and the advice to name a mirror works."""
    upstream = repository(tmp_path / "upstream")
    origin = repository(tmp_path / "origin")
    path = add(origin, upstream)
    git(origin, "commit", "-qam", "submodule")
    git(tmp_path, "clone", "-q", str(origin), "clone")
    clone = tmp_path / "clone"
    assert submodules.submodule_url(clone, path) == str(upstream)
    assert (
        submodules.newest_commit(clone, path)
        == submodules.pinned_commit(clone)[path]
        == git(upstream, "rev-parse", "HEAD")
    )

    mirror = upstream.rename(tmp_path / "mirror")
    with pytest.raises(LabcoatError, match="cannot be fetched") as failure:
        submodules.fetch_submodule(clone, path)
    advice = failure.value.hint.partition("name a mirror: ")[2].partition(", then")[0]
    subprocess.run(["sh", "-c", advice.replace("ADDRESS", str(mirror))], cwd=clone, check=True)
    submodules.fetch_submodule(clone, path)
    assert git(clone / path, "rev-parse", "HEAD") == git(mirror, "rev-parse", "HEAD")


def test_a_project_in_a_folder_of_its_repository_has_them_too(tmp_path: Path) -> None:
    """The names are those in the repository's .gitmodules, the paths those from the project."""
    upstream, root = repository(tmp_path / "upstream"), repository(tmp_path / "root")
    (root / "project").mkdir()
    path = below(root / "project", upstream)
    assert (
        submodules.newest_commit(root / "project", path)
        == submodules.pinned_commit(root / "project")[path]
    )


REMOTES = (
    "https://host.example/team/project.git",
    "https://host.example/team/",
    "git@host.example:team/project",
    "host.example:project",
)


@pytest.mark.parametrize(
    "remote", [*REMOTES, "/srv/git/project.git", "../project.git", "./project", "far/project", ""]
)
@pytest.mark.parametrize("relative", ["../up", "./up", "../../other/up.git", "../.././up/"])
def test_a_relative_address_is_as_git_reads_it(tmp_path: Path, remote: str, relative: str) -> None:
    """Seen from the default remote, else from the repository's folder; held against `git submodule init`."""
    root = repository(tmp_path / "root")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    (root / ".gitmodules").write_text(f'[submodule "sub"]\n path = sub\n url = {relative}\n')
    if remote:
        git(root, "remote", "add", "mine", remote)
        git(root, "config", f"branch.{git(root, 'symbolic-ref', '--short', 'HEAD')}.remote", "mine")
    found = submodules.submodule_url(root, "sub")
    done = subprocess.run(
        ["git", "submodule", "init"], cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode:  # git refuses to go above the remote's first part
        assert "cannot strip one component" in done.stderr
        return
    assert found == git(root, "config", "submodule.sub.url")


def test_a_relative_upstream_is_asked_before_the_first_fetch(tmp_path: Path) -> None:
    """Then too, git does not fetch from a folder that the person did not name."""
    upstream, origin = repository(tmp_path / "upstream"), repository(tmp_path / "origin")
    git(origin, "remote", "add", "origin", str(origin))
    git(origin, "submodule", "--quiet", "add", "../upstream", "sub")
    git(origin, "commit", "-qam", "submodule")
    git(tmp_path, "clone", "-q", str(origin), "clone")
    clone = tmp_path / "clone"
    assert submodules.newest_commit(clone, "sub") == git(upstream, "rev-parse", "HEAD")
    git(clone, "submodule", "init")
    with pytest.raises(LabcoatError, match="transport 'file' not allowed"):
        submodules.fetch_submodule(clone, "sub")


def test_an_address_is_never_an_option(tmp_path: Path) -> None:
    """What .gitmodules says is not run."""
    root = repository(tmp_path / "root")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    (root / ".gitmodules").write_text(
        '[submodule "sub"]\n path = sub\n url = --upload-pack=touch made;\n'
    )
    assert submodules.newest_commit(root, "sub") == ""
    assert not (root / "made").exists()
