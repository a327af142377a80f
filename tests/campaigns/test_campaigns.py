"""A small, fixed part of each campaign: the programs start, and find what they look for."""

import shutil
from pathlib import Path

import pytest

from campaigns import mutations, tampering
from labcoat.core.project import Project
from labcoat.proof import prove
from support import Repository

MODULE = Path("src/lib/labcoat/core/path_filter.py")


def test_each_fault_is_one_change_that_can_be_compiled() -> None:
    """Every condition, number and `not` gives a fault, and each fault changes the module."""
    source = b"def f(a, b):\n    return a + 1 if not a < b and True else (b is None)\n"
    found = [fault.put(source) for fault in mutations.faults(MODULE, source)]
    assert len(set(found)) == len(found) == 8
    assert source not in found
    for text in found:
        compile(text, "fault", "exec")


def test_a_fault_is_noticed(repository: Path, tmp_path: Path) -> None:
    """A module turned into nothing fails its tests; as it is, it passes them."""
    root = mutations.copied(tmp_path / "copy")
    nearest = mutations.tests_of(root, MODULE)[:1]
    assert not mutations.is_noticed(root, nearest)
    (root / MODULE).write_text("")
    assert mutations.is_noticed(root, nearest)


@pytest.mark.parametrize(
    "name",
    [
        "fuzz",
        "many_builds",
        "many_copies",
        "mutations",
        "parsers",
        "precision",
        "re2_patterns",
        "system_libraries",
        "tampering",
    ],
)
def test_each_says_how_it_is_called(name: str, repository: Path) -> None:
    """Its docstring has the command, which takes a seed."""
    docstring = (repository / f"tests/campaigns/{name}.py").read_text().split('"""')[1]
    assert f"`python tests/campaigns/{name}.py " in docstring
    assert "seed" in docstring.lower()


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_fifty_random_changes_that_matter_are_found(
    shared_repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same fifty each time; whatever makes programs load other code is a difference."""
    shared_repo.labcoat("prove", "--only", "venv")
    monkeypatch.chdir(shared_repo.path)
    for name, value in shared_repo.env.items():
        monkeypatch.setenv(name, value)
    statuses = {"equal": 0, "different": 1, "not proved": 3}

    def judge(project: Path) -> int:
        return statuses[
            prove.check_levels(Project(project, Project.here().settings), ["venv"]).verdict
        ]

    results = list(tampering.run_campaign(shared_repo.path, 50, 1, judge, ("pip", "pip3")))
    assert [text for text, is_changed, is_found in results if is_changed and not is_found] == []
    assert sum(is_changed for _, is_changed, _ in results) >= 10
