"""The variables that decide how libraries compute: kernels, threads, order, locale.

Sources: the documentation of OpenBLAS, oneMKL, oneDNN, OpenMP, BLIS, NumPy, Numba, NumExpr,
cuBLAS, TensorFlow, Keras, JAX and Python. The same program with another of these can write other
bytes.
"""

from collections.abc import Mapping

_NAMES = frozenset({
    "CUBLAS_WORKSPACE_CONFIG", "JAX_DEFAULT_MATMUL_PRECISION", "JAX_ENABLE_X64", "JAX_PLATFORMS",
    "KERAS_BACKEND", "NVIDIA_TF32_OVERRIDE", "PYTHONHASHSEED", "TF_CUDNN_DETERMINISTIC",
    "TF_DETERMINISTIC_OPS", "TF_ENABLE_ONEDNN_OPTS", "TF_USE_LEGACY_KERAS", "TF_XLA_FLAGS", "TZ",
    "XLA_FLAGS",
})  # fmt: skip
_PREFIXES = (
    "BLIS_",
    "DNNL_",
    "GOMP_",
    "GOTO_",
    "KMP_",
    "MKL_",
    "NPY_",
    "NUMEXPR_",
    "OMP_",
    "ONEDNN_",
    "OPENBLAS_",
    "VECLIB_",
)
# The locales that every image has; another would be an error there.
_LOCALES = frozenset({"C", "POSIX", "C.UTF-8"})
_NUMBA = ("NUMBA_CPU_", "NUMBA_NUM_THREADS", "NUMBA_THREADING_LAYER")


def select_result_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return those variables in `environ` that decide how libraries compute."""
    return {
        name: value
        for name, value in environ.items()
        if name in _NAMES
        or name.startswith((*_PREFIXES, *_NUMBA))
        or (name in ("LANG", "LC_ALL") and value in _LOCALES)
    }
