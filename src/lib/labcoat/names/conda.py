"""What a package of conda is called on PyPI, and whether it is there at all."""

import json
import re
from functools import cache
from pathlib import Path

from labcoat.locking.requirement_lines import normalize_name

_TABLE = Path(__file__).with_name("conda.json")
# Where conda-forge has no package, or one without metadata, and other channels have another name.
_CHOSEN = {
    "faiss-cpu": "faiss-cpu", "faiss-gpu": "faiss-cpu", "ffmpeg-python": "ffmpeg-python",
    "gdal": "gdal", "jupyter": "jupyter", "jupyterlab_server": "jupyterlab-server",
    "keras-gpu": "keras", "matplotlib": "matplotlib", "msgpack-python": "msgpack",
    "mysql-connector-python": "mysql-connector-python", "opencv": "opencv-python", "pyqt": "pyqt5",
    "pyside2": "pyside2", "python-flatbuffers": "flatbuffers", "pytorch": "torch",
    "pytorch-cpu": "torch", "pytorch-gpu": "torch", "tensorflow-gpu": "tensorflow",
    "tensorflow-mkl": "tensorflow", "tensorflow-eigen": "tensorflow",
    "py-opencv": "opencv-python", "py-xgboost-cpu": "xgboost", "py-xgboost-gpu": "xgboost",
    "_py-xgboost": "xgboost", "py-lief": "lief", "typing_extensions": "typing-extensions",
    "jupyter_client": "jupyter-client", "pytables": "tables", "poppler-python": "python-poppler",
    "ninja": "ninja", "cmake": "cmake", "swig": "swig", "nodejs": "", "libopencv": "",
}  # fmt: skip
# Conda's own parts, and what installing by pip does not need to be asked for.
_NOT_NEEDED_WORDS = """
python pip conda conda-build conda-env mamba anaconda anaconda-client anaconda-navigator
anaconda-project anaconda-anon-usage cpython pypy python_abi python.app menuinst navigator-updater
numpy-base tensorflow-base tensorflow-estimator-base mkl_fft mkl_random mkl-service mkl-fft
mkl-random blas nomkl cpuonly pytorch-cuda pytorch-mutex icc_rt intel-openmp appscript pyqt-sip
sip pyqt5-sip pywin32-on-windows torchtriton tbb4py daal4py setuptools_scm_git_archive
jupyterlab_widgets_base ca-certificates dataclasses
"""
_NOT_NEEDED = frozenset(_NOT_NEEDED_WORDS.split())


def pypi_name(name: str, build: str = "") -> str:
    """Return what PyPI calls conda's package `name`; empty if it is not a package for Python.

    The `build`, as in `numpy=1.21=py39h20f2e39_0`, tells of packages that no table has.
    """
    name = name.lower()
    if name in _NOT_NEEDED:
        return ""
    if name in _CHOSEN:
        return _CHOSEN[name]
    renamed, without, families = _tables()
    if found := renamed.get(name):
        return found
    if name in without or families.search(name):
        return ""
    if build and "py" not in build:  # built without Python
        return ""
    return normalize_name(name)


@cache
def _tables() -> tuple[dict[str, str], frozenset[str], re.Pattern[str]]:
    found = json.loads(_TABLE.read_text(encoding="utf-8"))
    without = frozenset(found["not on PyPI"].split())
    return found["renamed"], without, re.compile(found["families"])


def is_system(name: str) -> bool:
    """Whether `name` is a program or library that conda has and PyPI has not."""
    name = name.lower()
    return name not in _NOT_NEEDED and name in _tables()[1]
