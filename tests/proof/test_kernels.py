"""A proof names the kernels that numeric libraries choose on each level."""

import ctypes.util
import shutil
import subprocess
from pathlib import Path

import pytest

from labcoat.core.project import Project
from labcoat.proof import kernels_program
from labcoat.proof.kernels import describe_kernels, read_kernels
from support import BASE_PYTHON


@pytest.mark.parametrize(
    ("ours", "theirs", "text"),
    [
        (
            {"OpenBLAS 1": "Haswell, 2 threads", "NumPy": "AVX2"},
            {"OpenBLAS 1": "Nehalem, 2 threads", "NumPy": "AVX2"},
            "kernels of venv: OpenBLAS 1 Haswell, 2 threads; of docker: OpenBLAS 1 Nehalem,"
            " 2 threads",
        ),
        (
            {"NumPy": "AVX2"},
            {"NumPy": "AVX2"},
            "venv and docker use the same kernels: NumPy AVX2",
        ),
        (
            {"NumPy": "AVX2"},
            {"PyTorch": "AVX2"},
            "kernels of venv: NumPy AVX2, PyTorch absent; of docker: NumPy absent, PyTorch AVX2",
        ),
        ({}, {"NumPy": "AVX2"}, ""),
    ],
    ids=["different", "same", "absent", "unknown"],
)
def test_kernels_are_compared(ours: dict[str, str], theirs: dict[str, str], text: str) -> None:
    assert describe_kernels(("venv", "docker"), (ours, theirs)) == text


def test_libraries_of_a_level_are_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program runs there; a library that cannot be loaded or asked is left out.

    PATH has no `python`, as that of many systems: the level's own Python is asked.
    """
    # This machine's Python may have a real NumPy.
    python = tmp_path / "environment/bin/python"
    words = [BASE_PYTHON, "-m", "venv", "--without-pip", python.parents[1]]
    subprocess.run(words, check=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("LABCOAT_PYTHON", str(python))
    (tmp_path / "requirements.in").write_text("numpy\n")
    (tmp_path / "numpy/_core").mkdir(parents=True)
    (tmp_path / "numpy/__init__.py").touch()
    (tmp_path / "numpy/_core/__init__.py").touch()
    (tmp_path / "numpy/_core/_multiarray_umath.py").write_text(
        "__cpu_dispatch__ = ['X86_V3', 'X86_V4']\n__cpu_features__ = {'X86_V3': True}\n"
    )
    (tmp_path / "numpy.libs").mkdir()
    (tmp_path / "numpy.libs/libopenblas.so").write_text("damaged")
    monkeypatch.chdir(tmp_path)
    project = Project.here()
    assert read_kernels(project, "none", ["numpy"]) == {"NumPy": "X86_V3"}
    assert read_kernels(project, "none", ["six"]) == {}
    assert read_kernels(project, "venv", ["numpy"]) == {}  # which does not exist
    assert kernels_program.ask_openblas(ctypes.util.find_library("c") or "") == {}
