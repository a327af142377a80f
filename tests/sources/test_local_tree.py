"""The digest of a local package covers what git tracks or does not ignore."""

import os
from pathlib import Path

import pytest

from labcoat.sources import local_tree
from support.source_packages import commit, write_package


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package in a repository."""
    folder = write_package(tmp_path / "repository/libs/x", "x")
    (tmp_path / "repository/.gitignore").write_text("data\n")
    commit(tmp_path / "repository")
    return folder


def test_only_its_own_files_count(package: Path) -> None:
    """New files count; ignored ones, results of builds and other directories do not."""
    before = local_tree.sources_digest(package)
    (package / "data").write_text("ignored")
    (package / "x.egg-info").mkdir()
    (package / "x.egg-info/PKG-INFO").touch()
    (package.parent / "other.py").touch()
    assert local_tree.sources_digest(package) == before
    (package / "src/new.py").touch()
    added = local_tree.sources_digest(package)
    assert added != before
    (package / "src/new.py").chmod(0o755)
    assert local_tree.sources_digest(package) != added
    (package / "src/new.py").unlink()
    os.symlink("x.py", package / "src/link.py")  # noqa: PTH211
    assert local_tree.sources_digest(package) not in {before, added}


def test_a_copy_has_the_same_files(package: Path, tmp_path: Path) -> None:
    """Also where it is no repository any more."""
    (package / "__pycache__").mkdir()
    (package / "__pycache__/x.pyc").touch()
    local_tree.copy_files(package, tmp_path / "copy")
    assert local_tree.list_files(tmp_path / "copy") == local_tree.list_files(package)
    assert local_tree.sources_digest(tmp_path / "copy") == local_tree.sources_digest(package)


def test_changes_in_another_repository_are_noticed(package: Path) -> None:
    """What is checked out there is what others get."""
    root = package.parents[1]
    inner = write_package(root / "vendor/y", "y")
    commit(inner)
    assert not local_tree.is_dirty_checkout(inner, root)
    assert not local_tree.is_dirty_checkout(package, root)
    (inner / "src/y.py").write_text("value = 2\n")
    assert local_tree.is_dirty_checkout(inner, root)
