"""Submodules have the names and URLs that git gives them."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from labcoat.container.base_images import submodules
from labcoat.core.errors import LabcoatError
from support.git_commands import git
from support.messages import base_images as messages


def repository(root: Path) -> Path:
    root.mkdir()
    git(root, "init", "-q")
    git(root, "commit", "-q", "--allow-empty", "-m", "one")
    return root


def add_named(root: Path, upstream: Path) -> str:
    """Add a submodule whose name is not its path."""
    git(root, "submodule", "--quiet", "add", "--name", "a name", str(upstream), "src/py")
    return "src/py"


def add_moved(root: Path, upstream: Path) -> str:
    """Add a submodule and move it."""
    git(root, "submodule", "--quiet", "add", str(upstream), "old")
    git(root, "mv", "old", "new")
    return "new"


def add_below(root: Path, upstream: Path) -> str:
    """Add a submodule to the repository that contains the project."""
    git(root.parent, "submodule", "--quiet", "add", str(upstream), "project/sub")
    return "sub"


@pytest.mark.parametrize("add", [add_named, add_moved])
def test_the_name_is_found_by_the_path(tmp_path: Path, add: Callable[[Path, Path], str]) -> None:
    """Before the first fetch and after it; the command in the hint chooses a mirror."""
    upstream = repository(tmp_path / "upstream")
    origin = repository(tmp_path / "origin")
    path = add(origin, upstream)
    git(origin, "commit", "-qam", "submodule")
    git(tmp_path, "clone", "-q", str(origin), "clone")
    clone = tmp_path / "clone"
    assert submodules.submodule_url(clone, path) == str(upstream)
    assert (
        submodules.upstream_commit(clone, path)
        == submodules.pinned_commits(clone)[path]
        == git(upstream, "rev-parse", "HEAD")
    )

    mirror = upstream.rename(tmp_path / "mirror")
    message = messages.SUBMODULE_UNREACHABLE.format(path)
    with pytest.raises(LabcoatError, match=message) as caught:
        submodules.fetch_submodule(clone, path)
    command = caught.value.hint.split("`")[1]
    assert caught.value.hint == messages.USE_MIRROR.format(command)
    subprocess.run(["sh", "-c", command.replace("URL", str(mirror))], cwd=clone, check=True)
    submodules.fetch_submodule(clone, path)
    assert git(clone / path, "rev-parse", "HEAD") == git(mirror, "rev-parse", "HEAD")


def test_a_project_in_a_folder_of_its_repository_has_submodules(tmp_path: Path) -> None:
    """Names are those in the repository's .gitmodules, paths are relative to the project."""
    upstream, root = repository(tmp_path / "upstream"), repository(tmp_path / "root")
    (root / "project").mkdir()
    path = add_below(root / "project", upstream)
    assert (
        submodules.upstream_commit(root / "project", path)
        == submodules.pinned_commits(root / "project")[path]
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
def test_a_relative_url_is_resolved_like_git_does(
    tmp_path: Path, remote: str, relative: str
) -> None:
    """From the default remote, else the repository's folder; compared with `git submodule init`."""
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


def test_a_relative_upstream_is_found_before_the_first_fetch(tmp_path: Path) -> None:
    """Git still refuses to fetch from a folder that the user did not configure."""
    upstream, origin = repository(tmp_path / "upstream"), repository(tmp_path / "origin")
    git(origin, "remote", "add", "origin", str(origin))
    git(origin, "submodule", "--quiet", "add", "../upstream", "sub")
    git(origin, "commit", "-qam", "submodule")
    git(tmp_path, "clone", "-q", str(origin), "clone")
    clone = tmp_path / "clone"
    assert submodules.upstream_commit(clone, "sub") == git(upstream, "rev-parse", "HEAD")
    git(clone, "submodule", "init")
    with pytest.raises(LabcoatError, match="transport 'file' not allowed"):
        submodules.fetch_submodule(clone, "sub")


def test_a_url_is_never_an_option_of_git(tmp_path: Path) -> None:
    """A command in .gitmodules is not run."""
    root = repository(tmp_path / "root")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    (root / ".gitmodules").write_text(
        '[submodule "sub"]\n path = sub\n url = --upload-pack=touch made;\n'
    )
    assert submodules.upstream_commit(root, "sub") == ""
    assert not (root / "made").exists()
