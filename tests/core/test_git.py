"""git runs in a clean environment."""

import os
from pathlib import Path

import pytest

from labcoat.core import git, git_wait
from labcoat.core.errors import LabcoatError
from support.repositories import git as real_git
from support.repositories import repository


def test_environment_is_scrubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that point git elsewhere do not reach it."""
    root = repository(tmp_path / "r", {"a": ""})
    other = repository(tmp_path / "other", {"b": ""})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert git.git_lines(root, "ls-files", "-z") == ["a"]


def test_worktree_in_the_configuration_is_ignored(tmp_path: Path) -> None:
    """A repository cannot make git list another directory."""
    root = repository(tmp_path / "r", {"a": ""})
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "diary").write_text("")
    real_git(root, "config", "core.worktree", str(tmp_path / "private"))
    assert git.git_lines(root, "ls-files", "-o", "-z") == []


def test_outside_a_repository_it_fails(tmp_path: Path) -> None:
    """With exit status 2."""
    with pytest.raises(LabcoatError, match="not in a git repository") as caught:
        git.run_git(tmp_path, "status")
    assert caught.value.status == 2


def test_last_commit_time(tmp_path: Path) -> None:
    """The time of the last commit that changed the named files; None where none did."""
    root = repository(tmp_path, {"a": "", "b": ""})
    (root / "b").write_text("changed")
    identity = ("-c", "user.name=x", "-c", "user.email=x")
    real_git(root, *identity, "commit", "-qam", "later", "--date=@2000000000")
    when = int(real_git(root, "log", "-1", "--format=%ct", "HEAD~"))
    assert git.last_commit_time(root, ["a"]) == when
    assert git.last_commit_time(root, ["a", Path("b")]) == int(
        real_git(root, "log", "-1", "--format=%ct")
    )
    assert git.last_commit_time(root, ["nowhere"]) is None


def test_unborn_branch(tmp_path: Path) -> None:
    """Before the first commit there is no head and no time."""
    root = repository(tmp_path, {})
    assert git.head_commit(root) == ""
    assert git.last_commit_time(root, ["a"]) is None


ADDRESSES = {
    "https://user:token@example.org/a/b.git": "https://example.org/a/b.git",
    "https://example.org/a.git": "https://example.org/a.git",
    "git@example.org:a/b.git": "git@example.org:a/b.git",
}


@pytest.mark.parametrize(("configured", "expected"), ADDRESSES.items(), ids=ADDRESSES.values())
def test_remote_url(tmp_path: Path, configured: str, expected: str) -> None:
    """A remote's address is given without user and password."""
    root = repository(tmp_path, {})
    assert git.remote_url(root) == ""
    real_git(root, "remote", "add", "origin", configured)
    assert git.remote_url(root) == expected


def test_names_survive(tmp_path: Path) -> None:
    """Names of any bytes come back as Python's os spells them."""
    names = ["a\nb", "lone\udcff", "é"]
    root = repository(tmp_path, dict.fromkeys(names, ""))
    assert sorted(git.git_lines(root, "ls-files", "-z")) == sorted(names)
    assert all(os.path.lexists(root / name) for name in git.git_lines(root, "ls-files", "-z"))


def test_a_background_command_ends_without_a_reader(tmp_path: Path) -> None:
    """More than a pipe holds is not lost; a failure is reported when the result is asked for."""
    root = repository(tmp_path / "r", {f"{'long' * 40}{number}": "" for number in range(1000)})
    listing, failing = (
        git.BackgroundGit(root, "ls-files", "-z"),
        git.BackgroundGit(root, "ls-files", "--no-such-option"),
    )
    assert listing._process.wait(timeout=60) == 0
    assert len(git.split_nul(listing.result())) == 1000
    with pytest.raises(LabcoatError, match="no-such-option"):
        failing.result()


@pytest.mark.parametrize("name", [".gitignore", "sub/.gitignore", ".git/info/exclude"])
def test_pipe_that_git_reads_is_named(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git would wait for a writer for ever."""
    monkeypatch.setattr(git_wait, "_SLOW", 0.1)
    root = repository(tmp_path / "r", {"sub/a": ""})
    (root / name).unlink(missing_ok=True)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(root / name)
    with pytest.raises(LabcoatError, match=f"`{name}`: it is a pipe"):
        git.git_lines(root, "ls-files", "-o", "-z", "--exclude-standard")


INCLUDES = {
    "plain": "[include]\n\tpath = ../pipe\n",
    "on one line": '[include] path = "../pipe" # more\n',
    "conditional": '[user]\n\tpath = x\n[includeIf "gitdir:/"]\n\tpath = ../pipe\n',
    "by a file that is included": "[include]\n\tpath = ../more\n\tpath = nothing\n",
}


@pytest.mark.parametrize("text", INCLUDES.values(), ids=INCLUDES.keys())
def test_pipe_that_the_configuration_includes(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git waits for it for ever, and labcoat names it."""
    monkeypatch.setattr(git_wait, "_SLOW", 0.1)
    monkeypatch.setattr(git_wait, "_PATIENCE", 20)
    root = repository(
        tmp_path / "r", {"a": "", "more": "[include]\n\tpath = pipe\n\tpath = more\n"}
    )
    os.mkfifo(root / "pipe")
    with (root / ".git/config").open("a") as config:
        config.write(text)
    with pytest.raises(LabcoatError, match="pipe`: it is a pipe"):
        git.run_git(root, "status")
