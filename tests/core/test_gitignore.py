"""A path written as a .gitignore pattern matches that path and nothing else, according to git."""

import subprocess
from pathlib import Path

import pytest

from labcoat.core.gitignore import git_pattern

NAMES = ["a", "a b", "a*b", "a?b", "[x]", "a\\b", "!a", "#a", "a ", " a", "d/e", "é", "a\nb"]


@pytest.mark.parametrize("name", NAMES)
def test_git_ignores_exactly_the_path(tmp_path: Path, name: str) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text(git_pattern(name) + "\n")
    asked = [name, "axxb", f"sub/{name}", "x"]
    done = subprocess.run(
        ["git", "check-ignore", "-z", "--no-index", "--stdin"],
        cwd=tmp_path,
        input="\0".join(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == name + "\0"
