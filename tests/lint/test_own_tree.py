"""labcoat on labcoat."""

import subprocess
from pathlib import Path

import pytest

from labcoat.lint.runner import check_repository
from support.repositories import git


def test_nothing_is_found_in_a_fresh_clone(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rule reports anything on a repository fresh from labcoat's own tree."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KAGGLE_CONFIG_DIR", raising=False)
    try:
        git(tmp_path, "clone", "-q", str(repository), "clone")
    except subprocess.CalledProcessError:
        pytest.skip("the tests do not run in a git checkout")
    assert check_repository(tmp_path / "clone").findings == []
