"""Programs get the same variables on each level, and no byte code that was planted."""

import importlib.util
import marshal
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from labcoat.levels import python_variables
from support import Repository
from support.messages import levels


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a directory outside that containers have too."""
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "project").mkdir()
    (tmp_path / "mounted").mkdir()
    mounts = {"LABCOAT_MOUNTS": str(tmp_path / "mounted")}
    return Project(tmp_path / "project", {**DEFAULTS, **mounts})


def variables(project: Project, **environ: str) -> dict[str, str]:
    return python_variables.program_variables(project, project.venv, environ)


def test_variables_that_select_another_library_are_removed(project: Project) -> None:
    found = variables(project, PYTHONHOME="/x", PYTHONPLATLIBDIR="x", PYTHONUTF8="1")
    assert found.keys() == {"PYTHONUTF8", "PYTHONPYCACHEPREFIX", "NUMBA_CACHE_DIR"}


def test_pythonpath_keeps_what_every_level_has(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Directories in the project and in LABCOAT_MOUNTS; the others are named."""
    outside = str(tmp_path / "outside")
    shared = ["src", str(project.root / "lib"), str(tmp_path / "mounted/code")]
    given = os.pathsep.join([*shared[:1], outside, *shared[1:], str(project.root / "../escape")])
    assert variables(project, PYTHONPATH=given)["PYTHONPATH"] == os.pathsep.join(shared)
    assert levels.PATH_OF_ONE_LEVEL.format(path=outside) in capsys.readouterr().err
    assert "PYTHONPATH" not in variables(project, PYTHONPATH="")


def test_your_own_folder_for_byte_code_stays(project: Project) -> None:
    assert variables(project, PYTHONPYCACHEPREFIX="/mine")["PYTHONPYCACHEPREFIX"] == "/mine"


def test_planted_byte_code_is_not_read(repo: Repository) -> None:
    """`labcoat run` keeps its own elsewhere, and the proof empties that directory."""
    repo.make("venv")
    source = next(repo.path.glob(".venv/lib/python*/site-packages/alpha.py"))
    code = marshal.dumps(compile("version = 'planted'", str(source), "exec"))
    head = importlib.util.MAGIC_NUMBER + struct.pack("<I8s", 1, b"anything")
    name = f"alpha.{sys.implementation.cache_tag}.pyc"
    planted = source.parent / "__pycache__" / name
    planted.write_bytes(head + code)
    words = [
        "run",
        "--",
        "python",
        "-c",
        "import alpha, sys; print(alpha.version, alpha.__cached__)",
    ]
    version, cached = repo.labcoat(*words).strip().split(maxsplit=1)
    assert version == "2.0"
    assert repo.python("import alpha; print(alpha.version)") == "planted\n"
    Path(cached).write_bytes(head + code)
    assert repo.labcoat(*words).startswith("planted")
    planted.unlink()
    repo.labcoat("prove", "--only", "venv")
    assert repo.labcoat(*words).startswith("2.0")


def test_conda_does_not_read_your_own_packages(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conda environment's Python would find them before its own."""
    from labcoat.levels.conda import CondaLevel

    program = tmp_path / "micromamba"
    program.write_text('#!/bin/sh\necho "$PYTHONNOUSERSITE"\n')
    program.chmod(0o755)
    (project.root / ".conda/bin").mkdir(parents=True)
    for name in ("python", "tool"):
        (project.root / ".conda/bin" / name).write_text("#!/bin/sh\n")
        (project.root / ".conda/bin" / name).chmod(0o755)
    settings = {**project.settings, "LABCOAT_CONDA": str(program)}
    code = (
        "import sys; from pathlib import Path; from labcoat.core.project import Project;"
        "from labcoat.levels.conda import CondaLevel;"
        f"CondaLevel().run_command(Project(Path({str(project.root)!r}), {settings!r}), ['tool'])"
    )
    monkeypatch.setenv("PYTHONPATH", str(Path(python_variables.__file__).parents[2]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert CondaLevel().is_isolated
