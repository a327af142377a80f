"""What a package of conda is called on PyPI, and whether it is there at all."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record

_BUILD_PLACE = lazy_pattern(
    r"/work/?(?=$|[\s;#])|/(?:croot|conda-bld|build_artifacts|feedstock_root)/|/tmp/build/|_feedstock/"
)
_TABLE = Path(__file__).with_name("conda.json")
# Where conda-forge has no package, or one without metadata, and other channels have another name.
_CHOSEN_NAMES = {
    "faiss": "faiss-cpu", "holoviews-core": "holoviews", "keras-base": "keras",
    "lightgbm-cpu": "lightgbm", "networkx-base": "networkx", "pyg": "torch-geometric",
    "pytorch-geometric": "torch-geometric", "ruamel_yaml_conda": "ruamel-yaml",
    "tensorflow-gpu-base": "tensorflow-gpu", "conda-verify": "", "console_shortcut": "",
    "glibc": "", "graphviz-bin": "", "opencl": "", "utf8proc": "", "webkitgtk": "",
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
# The tables by normalized names: dumps of conda have `python_abi`, a freeze `python-abi`.
_CHOSEN = {normalize_name(name): other for name, other in _CHOSEN_NAMES.items()}
_NOT_NEEDED = frozenset(map(normalize_name, _NOT_NEEDED_WORDS.split()))


def is_build_place(address: str) -> bool:
    """Whether a path is one where conda built a release, as `pip freeze` writes it."""
    return _BUILD_PLACE.search(address) is not None


def pypi_name(name: str, build: str = "") -> str:
    """Return what PyPI calls conda's package `name`; empty if it is not a package for Python.

    The `build`, as in `numpy=1.21=py39h20f2e39_0`, tells of packages that no table has.
    """
    key = normalize_name(name)
    if key in _NOT_NEEDED:
        return ""
    if key in _CHOSEN:
        return _CHOSEN[key]
    tables = _read_tables()
    if found := tables.renamed.get(key):
        return found
    if key not in tables.same and (key in tables.without or tables.families.search(name.lower())):
        return ""
    if build and "py" not in build:  # built without Python
        return ""
    return key


class _Tables(Record):
    """What conda.json has, by normalized names."""

    renamed: Mapping[str, str]
    same: frozenset[str]
    without: frozenset[str]
    families: re.Pattern[str]


@cache
def _read_tables() -> _Tables:
    found = json.loads(_TABLE.read_text(encoding="utf-8"))
    return _Tables(
        {normalize_name(name): other for name, other in found["renamed"].items()},
        frozenset(map(normalize_name, found["on PyPI"].split())),
        frozenset(map(normalize_name, found["not on PyPI"].split())),
        re.compile(found["families"]),
    )


def is_system(name: str) -> bool:
    """Whether `name` is a program or library that conda has and PyPI has not."""
    key = normalize_name(name)
    return key not in _NOT_NEEDED and key in _read_tables().without
