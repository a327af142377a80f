"""`labcoat init` gives a repository what `make venv` needs, and keeps what is there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.scaffold import init
from support import INCLUDE, Index, Repository


@pytest.fixture
def bare(repo: Repository) -> Repository:
    """A repository of somebody who has labcoat's src/lib in it, in a folder with a space, and nothing else."""
    shutil.copytree(
        INCLUDE.parent, repo.path / "my tools/lib", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("Makefile", "requirements.in"):
        (repo.path / name).unlink()
    return repo


def run(bare: Repository, *words: str) -> str:
    """What the copy of labcoat in the repository says."""
    argv = [bare.env["LABCOAT_PYTHON"], "-I", "my tools/lib/labcoat", *words]
    ended = subprocess.run(
        argv, cwd=bare.path, env=bare.env, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in ended.stderr
    return ended.stdout + ended.stderr


def test_from_nothing_to_an_environment(bare: Repository) -> None:
    """After init and one line in requirements.in, `make venv` works, and the check finds nothing to complain of."""
    subprocess.run(["git", "init", "-q"], cwd=bare.path, check=True)
    said = run(bare, "init")
    assert (
        said.splitlines()[-1] == "Next: list what you use in requirements.in, then run make venv."
    )
    with (bare.path / "requirements.in").open("a") as file:
        file.write("alpha\n")
    assert "  venv " in bare.make()  # the default goal of a new Makefile is help
    bare.make("venv")
    assert bare.python("import alpha; print(alpha.version)") == "2.0\n"
    assert "ENV00" not in bare.labcoat("check", "--select", "ENV,SEC,CTX,DKF002,DKF003")
    assert run(bare, "init").splitlines() == ["All is there already.", "Next: run make venv."]


def test_what_is_there_is_kept(bare: Repository) -> None:
    """A Makefile gets one line at its end and keeps its default goal; other files get what they lack, or nothing."""
    bare.write(
        Makefile="mine:\n\t@echo my own goal",
        __gitignore="build\r\n.venv/\r\n",
        __dockerignore="mine\n",
    )
    said = run(bare, "init")
    assert bare.make() == "my own goal\n"
    assert "  venv " in bare.make("help")
    assert (bare.path / ".gitignore").read_bytes() == b"build\r\n.venv/\r\n/.conda\r\n/.labcoat\r\n"
    assert (bare.path / ".dockerignore").read_text() == "mine\n"
    assert ".dockerignore" not in said


def test_what_pip_freeze_wrote_becomes_what_is_asked_for(bare: Repository, index: Index) -> None:
    """requirements.txt's lines go to requirements.in, conda's folders taken off, and the first lock keeps their versions."""
    (bare.path / "requirements.txt").write_text(
        "# by hand\nalpha==1.0  # the old one\nbeta @ file:///croot/beta_1/work\n\n"
    )
    assert "has what requirements.txt asked for" in run(bare, "init")
    lines = (bare.path / "requirements.in").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["alpha==1.0", "beta"]
    bare.make("venv")
    assert bare.python("import alpha, beta; print(alpha.version, beta.version)") == "1.0 1.5\n"


def test_what_requirements_in_lacks_is_added(bare: Repository) -> None:
    """A requirements.in that was begun gets the lines of a requirements.txt written by hand; then nothing is lost by locking."""
    bare.write(
        requirements__in="alpha\n", requirements__txt="# my own\nbeta>=1,<1.5\nalpha>=1\ngamma==3.0"
    )
    assert "requirements.in: has what else requirements.txt asked for" in run(bare, "init")
    assert (bare.path / "requirements.in").read_text() == "alpha\nbeta>=1,<1.5\ngamma==3.0\n"
    bare.make("venv")
    assert (
        bare.python("import alpha, beta, gamma; print(alpha.version, beta.version, gamma.version)")
        == "2.0 1.0 3.0\n"
    )
    assert run(bare, "init").splitlines()[0] == "All is there already."


def test_a_lock_is_no_list_of_what_is_asked_for(tmp_path: Path) -> None:
    """A requirements.txt with hashes is somebody's lock: nothing is made of it."""
    (tmp_path / "requirements.txt").write_text("alpha==1.0 --hash=sha256:00\n")
    assert "requirements.in" not in {
        change.name for change in init.plan_changes(tmp_path, init.INSTALLED)
    }


def test_an_installed_labcoat_is_asked_for_its_path(tmp_path: Path) -> None:
    """The path of one person's environment is in nobody's Makefile."""
    installed = tmp_path / ".venv/lib/python3.12/site-packages/labcoat/include.python.mk"
    assert init.include_line(tmp_path, installed) == init.INSTALLED
    assert init.include_line(tmp_path / "project", installed) == init.INSTALLED
    debian = Path("/usr/local/lib/python3.12/dist-packages/labcoat/include.python.mk")
    assert init.include_line(tmp_path, debian) == init.INSTALLED


def test_a_clone_elsewhere_is_no_part_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other people do not have it there; what to do instead is said, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LabcoatError, match="neither in this repository nor installed"):
        init.init_project(Project(tmp_path))
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_an_unreadable_makefile_is_said(tmp_path: Path) -> None:
    """A Makefile that is no text is left as it is."""
    (tmp_path / "Makefile").write_bytes(b"\xff\xfea\0")
    with pytest.raises(LabcoatError, match="Makefile cannot be read"):
        list(init.plan_changes(tmp_path, init.INSTALLED))
