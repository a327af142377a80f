"""uv.lock: a graph of packages, with markers on its edges."""

import shutil
from pathlib import Path

import pytest

from labcoat.core.project import Project
from labcoat.locking import index_comments
from labcoat.locking.other_locks.reader import read_other_lock
from labcoat.locking.other_locks.requirements import (
    derive_requirements,
    first_difference,
    read_pins,
)
from labcoat.locking.other_locks.uv_export import export_uv_lock


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that uv has locked."""
    return Path(shutil.copytree(Path(__file__).parent / "locks/uv", tmp_path / "project"))


def derive(folder: Path, *parts: str) -> dict[str, str]:
    """Return the markers of what `parts` need, by name and version."""
    lock = read_other_lock(folder / "uv.lock", folder)
    found = derive_requirements(lock, parts, with_main=not parts)
    return {f"{pin.name} {pin.version}": pin.marker for pin in found.pins}


def test_markers_lead_to_versions(project: Path) -> None:
    """A version that one Python needs has that marker; an extra comes on top, a group is alone."""
    main = {
        "alpha 1.0": "",
        "beta 1.0": "python_full_version < '3.12'",
        "beta 2.0": "python_full_version >= '3.12'",
        "gamma 1.0": "sys_platform == 'win32'",
    }
    assert derive(project) == main
    assert derive(project, "more") == {**main, "delta 1.0": ""}
    assert derive(project, "dev") == {"gamma 1.0": ""}


def test_what_has_no_hash_is_named(project: Path) -> None:
    """A commit is no release, and has its place; another index and a missing wheel are named."""
    lock = read_other_lock(project / "uv.lock", project)
    found = derive_requirements(lock, ("more", "dev"), with_main=True)
    assert [name for name, _ in found.left_out] == ["helper"]
    (helper,) = (each for each in lock.packages if each.name == "helper")
    assert helper.place == f"helper @ git+https://git.example/helper@{'1' * 40}"
    assert found.indexes == (("delta 1.0", "https://other.example/simple"),)
    assert found.without_wheel == ("delta 1.0",)


@pytest.mark.parametrize("parts", [(), ("more",), ("dev",), ("more", "dev")])
def test_uv_exports_the_same(
    project: Path, parts: tuple[str, ...], tools_environment: Path
) -> None:
    """Names, versions, hashes, and where each marker holds."""
    lock = read_other_lock(project / "uv.lock", project)
    text = export_uv_lock(lock, project, parts, with_main=not parts)
    assert text
    wanted = derive_requirements(lock, parts, with_main=not parts)
    assert first_difference(read_pins(text), wanted.pins, "uv.lock") == ""


def test_a_declared_index_is_named(project: Path) -> None:
    """The derived lock has the name that pyproject.toml gives to the address."""
    (project / "pyproject.toml").write_text(
        (project / "pyproject.toml").read_text()
        + '[[tool.uv.index]]\nname = "other"\nurl = "https://other.example/simple/"\n'
    )
    lock = read_other_lock(project / "uv.lock", project)
    found = derive_requirements(lock, ("more",), with_main=True)
    named = index_comments.match_indexes(project, found.indexes)
    assert named == {"delta": "other"}
    text = index_comments.write_comments("".join(map(str, found.pins)), named)
    assert index_comments.read_comments(text) == named
    assert first_difference(read_pins(text), found.pins, "uv.lock") == ""
    (index,) = index_comments.installed_indexes(Project(project), [lock_file(project, text)])
    assert (index.url, index.packages) == ("https://other.example/simple", ("delta",))


def lock_file(project: Path, text: str) -> Path:
    (project / "requirements.txt").write_text(text)
    return project / "requirements.txt"
