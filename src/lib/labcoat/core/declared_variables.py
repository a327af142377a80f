"""The variables in LABCOAT_ENV and LABCOAT_PORTABLE, which programs get on every level."""

import os
import re
import shlex
from collections.abc import Mapping

from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project

# They decide which code runs, and are the same on every level already.
_REFUSED = lazy_pattern(r"PATH|HOME|LD_.*|DYLD_.*|LABCOAT_.*|PYTHON(?!HASHSEED$|UTF8$|WARNINGS$).*")
_NAME = lazy_pattern(r"[A-Za-z_]\w*", re.ASCII)
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)
# Each choice of how libraries compute, and a value that every processor of its kind has.
# Sources: the documentation of OpenBLAS, NumPy, oneDNN, oneMKL, glibc's tunables, and Python.
CHOICES: Mapping[str, Mapping[str, str]] = {
    "OPENBLAS_CORETYPE": {"OPENBLAS_CORETYPE": "Nehalem"},
    "NPY_DISABLE_CPU_FEATURES": {
        "NPY_DISABLE_CPU_FEATURES": "AVX F16C FMA3 AVX2 AVX512F AVX512CD AVX512_SKX AVX512_CLX"
        " AVX512_CNL AVX512_ICL AVX512_SPR X86_V3 X86_V4",
        # The mathematical functions of the C library.
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX2_Usable,-FMA_Usable,-FMA4_Usable",
    },
    "threads": dict.fromkeys(_THREADS, "1"),
    "PYTHONHASHSEED": {"PYTHONHASHSEED": "0"},
    "MKL_CBWR": {"MKL_CBWR": "COMPATIBLE"},
    "ONEDNN_MAX_CPU_ISA": {"ONEDNN_MAX_CPU_ISA": "SSE41"},
}
_OTHER_PROCESSORS = {"OPENBLAS_CORETYPE": {"OPENBLAS_CORETYPE": "ARMV8"}}


def portable_variables(machine: str = "") -> dict[str, str]:
    """Return the variables that make results equal across processors of one `machine`."""
    x86 = (machine or os.uname().machine) in {"x86_64", "AMD64"}
    choices = {**CHOICES, **({} if x86 else _OTHER_PROCESSORS)}
    return {name: value for choice in choices.values() for name, value in choice.items()}


def declared_variables(project: Project) -> dict[str, str]:
    """Return the variables in LABCOAT_ENV, after those of LABCOAT_PORTABLE.

    Raise LabcoatError if LABCOAT_ENV is malformed, or sets what decides which code runs.
    """
    try:
        words = shlex.split(project["ENV"])
    except ValueError as error:
        raise _malformed(project["ENV"], str(error).lower()) from None
    found = portable_variables() if project["PORTABLE"] else {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise _malformed(word, "it is not NAME=VALUE")
        if _REFUSED.fullmatch(name):
            raise LabcoatError(
                f"LABCOAT_ENV cannot set `{name}`: it decides which code runs",
                "Set it in the command itself, or in the shell",
            )
        found[name] = value
    return found


def apply_declared(project: Project) -> None:
    """Set these variables for the programs that this process starts. Raise LabcoatError."""
    os.environ.update(declared_variables(project))


def _malformed(word: str, why: str) -> LabcoatError:
    return LabcoatError(
        f"invalid LABCOAT_ENV `{word}`: {why}",
        "Separate variables by spaces: `LABCOAT_ENV=\"OMP_NUM_THREADS=4 TITLE='two words'\"`",
    )
