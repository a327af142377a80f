"""labcoat checks its own repository."""

import subprocess
from pathlib import Path

import pytest

from labcoat.lint.runner import check_repository
from support.repositories import git


def test_fresh_clone_is_clean(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh clone of labcoat has no findings, but that no wheel has been seen yet."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KAGGLE_CONFIG_DIR", raising=False)
    try:
        git(tmp_path, "clone", "-q", str(repository), "clone")
    except subprocess.CalledProcessError:
        pytest.skip("the tests do not run in a git checkout")
    found = check_repository(tmp_path / "clone").findings
    assert [one for one in found if one.rule != "REQ006"] == []
