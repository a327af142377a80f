"""Lists for development are named, and `labcoat init --dev` takes them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from labcoat.core.changes import ChangeSet
from labcoat.core.project import Project
from labcoat.scaffold.development_lists import INTRODUCTION, NAME, plan_development
from support import INCLUDE, Repository

PIPFILE = '[packages]\nalpha = "*"\n[dev-packages]\nbeta = "*"\n'
PROJECT = '[project]\nname = "p"\nversion = "1"\ndependencies = ["alpha"]\n'
TAKES = "For development: `labcoat init --dev` takes {}, for `make venv` alone"


def plan(root: Path, files: dict[str, str], *, takes: bool = True) -> ChangeSet:
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    changes = ChangeSet(root)
    plan_development(changes, Project(root), takes=takes)
    return changes


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"requirements-dev.txt": "beta"}, "requirements-dev.txt"),
        ({"requirements/test.txt": "beta"}, "requirements/test.txt"),
        ({"Pipfile": PIPFILE}, "Pipfile"),
        ({"tox.ini": "[testenv]\ndeps = beta\n"}, "tox.ini"),
        ({"requirements-tools.txt": "black\npytest-cov"}, "requirements-tools.txt"),
        ({"requirements-pip.txt": "pip==23.1.2\nsetuptools"}, ""),
        ({"docs/requirements.txt": "beta", "requirements-docs.txt": "beta"}, ""),
        ({"requirements-dev.txt": "beta", NAME: "beta"}, ""),
        (
            {
                "requirements-dev.txt": "beta",
                "pyproject.toml": f'{PROJECT}[dependency-groups]\ndev = ["beta"]\n',
            },
            "",
        ),
    ],
)
def test_lists_are_named(tmp_path: Path, files: dict[str, str], named: str) -> None:
    """Those that no lock has already, and not those of documents."""
    changes = plan(tmp_path, files, takes=False)
    assert changes.notes == ([TAKES.format(named)] if named else [])
    assert not list(changes)


def test_another_group_is_named_with_its_lock(tmp_path: Path) -> None:
    text = f'{PROJECT}[project.optional-dependencies]\ntest = ["beta"]\n'
    changes = plan(tmp_path, {"pyproject.toml": text, "dev-requirements.txt": "gamma"})
    assert changes.notes == [
        "For development: `make venv LABCOAT_DEV_REQUIREMENTS=requirements-test.txt` installs"
        " requirements-test.txt too"
    ]


def test_lines_are_taken_once(tmp_path: Path) -> None:
    """What requirements.in has is left out, and what cannot be taken is named."""
    files = {
        "requirements.in": "alpha\n",
        "requirements.txt": "alpha\n",
        "requirements-dev.txt": "-r requirements.txt\nbeta==1.0\n./local\n",
        "test-requirements.txt": "beta\ngamma>2\n",
    }
    changes = plan(tmp_path, files)
    text = changes.read(NAME) or ""
    assert text.startswith(INTRODUCTION)
    lines = text.removeprefix(INTRODUCTION).splitlines()
    assert [line for line in lines if line[0] != "#"] == ["beta==1.0", "gamma>2"]
    assert [change.name for change in changes] == [NAME]


def test_the_environment_has_them_and_undo_puts_them_back(repo: Repository) -> None:
    unneeded = shutil.ignore_patterns("__pycache__")
    shutil.copytree(INCLUDE.parent, repo.path / "lib", ignore=unneeded)
    (repo.path / "Makefile").unlink()
    (repo.path / "requirements.in").unlink()
    (repo.path / "requirements.txt").write_bytes(b"alpha\r\n")
    (repo.path / "requirements-dev.txt").write_bytes(b"beta\r\n")
    before = {path.name: path.read_bytes() for path in repo.path.iterdir() if path.is_file()}

    def init(*words: str) -> None:
        argv = [repo.env["LABCOAT_PYTHON"], "-I", "lib/labcoat", "init", *words]
        subprocess.run(argv, cwd=repo.path, env=repo.env, capture_output=True, check=True)

    init("--dev")
    repo.make("venv")
    assert repo.python("import alpha, beta; print(alpha.version)") == "2.0\n"
    init("--undo")
    after = {path.name: path.read_bytes() for path in repo.path.iterdir() if path.is_file()}
    assert after == before


def test_lists_are_named_where_requirements_in_takes_the_place_of_a_lock(tmp_path: Path) -> None:
    """The lock of another tool has the packages for development too, until it no longer counts."""
    for name, text in {"Pipfile": PIPFILE, "Pipfile.lock": '{"develop": {"beta": {}}}'}.items():
        (tmp_path / name).write_text(text)
    changes = ChangeSet(tmp_path)
    changes.plan("requirements.in", "alpha\n", "written")
    plan_development(changes, Project(tmp_path), takes=False)
    assert changes.notes == [TAKES.format("Pipfile")]
