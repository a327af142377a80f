"""The hook sees the commit that git is making, and labcoat's answers agree before and after it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labcoat.container.context.build_context import BuildContext, secrets_reaching
from labcoat.lint.fixes import apply_fixes
from labcoat.lint.runner import Selection, check_repository
from support.repositories import git, repository

TOKEN = "T = 'ghp_" + "a1B2" * 9 + "'\n"
CLEAN = "T = ''\n"
HELPER = Path(__file__).parents[2] / "src/lib/labcoat"


def hooked(root: Path, files: dict[str, str]) -> Path:
    """Return a repository whose commits labcoat checks."""
    made = repository(root, files)
    git(made, "config", "user.name", "a")
    git(made, "config", "user.email", "a@example.org")
    folder = git(made, "rev-parse", "--path-format=absolute", "--git-common-dir").strip()
    hook = Path(folder) / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HELPER}" check --select SEC001\n')
    hook.chmod(0o755)
    return made


def commit(root: Path, *words: str, **environ: str) -> bool:
    """Whether git commits."""
    done = subprocess.run(
        ["git", "commit", "-q", "-m", "next", *words],
        cwd=root,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("words", [("-a",), ("a.py",), ("-i", "a.py"), ("-o", "a.py")])
def test_secret_of_the_commit_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    """Also if git makes an index for this commit alone; the commit that removes it passes."""
    root = hooked(tmp_path / "r", {"a.py": CLEAN, "b.py": CLEAN})
    (root / "a.py").write_text(TOKEN)
    assert not commit(root, *words)
    git(root, "commit", "-q", "--no-verify", "-a", "-m", "leak")
    (root / "a.py").write_text(CLEAN)
    assert commit(root, *words)


def test_what_is_not_committed_does_not_count(tmp_path: Path) -> None:
    """A token beside what is staged passes; a staged one that the file no longer has does not."""
    root = hooked(tmp_path / "r", {"a.py": CLEAN, "b.py": CLEAN})
    (root / "a.py").write_text(TOKEN)
    (root / "b.py").write_text(CLEAN * 2)
    git(root, "add", "b.py")
    assert commit(root)
    git(root, "add", "a.py")
    (root / "a.py").write_text(CLEAN)
    assert not commit(root)


def test_an_index_of_the_user(tmp_path: Path) -> None:
    """GIT_INDEX_FILE names an index anywhere."""
    root = hooked(tmp_path / "r", {"a.py": CLEAN})
    index = tmp_path / "index"
    environ = {**os.environ, "GIT_INDEX_FILE": str(index)}
    (root / "a.py").write_text(TOKEN)
    for words in (["read-tree", "HEAD"], ["add", "a.py"]):
        subprocess.run(["git", *words], cwd=root, env=environ, check=True)
    assert not commit(root, GIT_INDEX_FILE=str(index))
    assert commit(root, "--allow-empty")


def test_worktree(tmp_path: Path) -> None:
    """The index of a linked working tree is its own."""
    root = hooked(tmp_path / "r", {"a.py": CLEAN})
    git(root, "worktree", "add", "-q", str(tmp_path / "w"))
    (tmp_path / "w/a.py").write_text(TOKEN)
    assert not commit(tmp_path / "w", "-a")
    (tmp_path / "w/a.py").write_text(CLEAN * 2)
    assert commit(tmp_path / "w", "-a")


STATES = {
    "changed": [],
    "new": [("rm", "-q", "--cached", "a.py"), ("add", "-N", "a.py")],
    "assumed": [("update-index", "--assume-unchanged", "a.py")],
    "skipped": [("update-index", "--skip-worktree", "a.py")],
}


@pytest.mark.parametrize("commands", STATES.values(), ids=STATES.keys())
def test_check_guard_and_fix_agree(commands: list[tuple[str, ...]], tmp_path: Path) -> None:
    """On a token that only the working tree has: found, refused, and left to its author."""
    root = repository(tmp_path / "r", {"a.py": CLEAN, "Dockerfile": "FROM scratch\nCOPY . /\n"})
    for words in commands:
        git(root, *words)
    (root / "a.py").write_text(TOKEN)
    selection = Selection(("SEC",))
    assert [each.rule for each in check_repository(root, selection).findings] == ["SEC002"]
    assert secrets_reaching(BuildContext(root)) == ["a.py"]
    assert apply_fixes(root, selection).done == ()  # the image needs the program
    (root / "a.py").write_text(CLEAN * 2)
    assert check_repository(root, selection).findings == []
    assert secrets_reaching(BuildContext(root)) == []


def test_password_of_an_index_in_a_client_configuration(tmp_path: Path) -> None:
    """In pip.conf, everybody with the repository or the image has it."""
    address = "https://me:" + "hunter2x@index.corp.io/simple"
    files = {"pip.conf": f"[global]\nindex-url={address}\n"}
    root = repository(tmp_path / "r", {**files, "Dockerfile": "FROM scratch\nCOPY . /\n"})
    found = check_repository(root, Selection(("SEC",))).findings
    assert {each.rule for each in found} == {"SEC001", "SEC002"}
    assert secrets_reaching(BuildContext(root)) == ["pip.conf"]
