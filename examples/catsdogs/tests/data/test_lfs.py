"""Pictures in git, stored with Git LFS."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from samples import jpeg, make_folder

from catsdogs.data import dataset
from catsdogs.errors import CatsdogsError

EXAMPLE = Path(__file__).parents[2]


def git(folder: Path, *words: str, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "TMPDIR"}}
    home = {"HOME": str(folder.parent), "GIT_CONFIG_NOSYSTEM": "1"}
    identity = {
        f"GIT_{who}_{what}": "t@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env=kept | home | identity | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="no Git LFS")
def test_pictures_in_git_are_kept_by_lfs(tmp_path: Path) -> None:
    """Files in pictures/ are stored by Git LFS; in a clone with pointers only, the error names the
    command to run.
    """
    members = {
        f"pictures/{label}/{n}.jpg": jpeg(label, n)
        for label in ("cat", "größere dogs")
        for n in range(3)
    }
    origin = make_folder(tmp_path / "origin", members)
    shutil.copy(EXAMPLE / ".gitattributes", origin)
    git(origin, "init", "-q")
    git(origin, "lfs", "install")
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "pictures")
    assert len(git(origin, "lfs", "ls-files").splitlines()) == len(members)

    git(tmp_path, "clone", "-q", "origin", "clone", GIT_LFS_SKIP_SMUDGE="1")
    with pytest.raises(
        CatsdogsError, match="'cat' has no pictures: a Git LFS pointer, run `git lfs pull`"
    ):
        dataset.open_data(str(tmp_path / "clone/pictures"), tmp_path / "cache", 0)
    git(tmp_path / "clone", "lfs", "pull")
    _, found = dataset.open_data(str(tmp_path / "clone/pictures"), tmp_path / "cache", 0)
    assert len(found.pictures) == len(members)
