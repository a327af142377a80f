"""Which variables decide how libraries compute."""

import pytest

from labcoat.core.result_variables import select_result_variables


@pytest.mark.parametrize(
    ("name", "value", "decides"),
    [
        ("OPENBLAS_CORETYPE", "Haswell", True),
        ("ONEDNN_MAX_CPU_ISA", "SSE41", True),
        ("MKL_CBWR", "COMPATIBLE", True),
        ("NUMBA_NUM_THREADS", "1", True),
        ("PYTHONHASHSEED", "0", True),
        ("LC_ALL", "C.UTF-8", True),
        ("LC_ALL", "de_DE.UTF-8", False),
        ("LD_PRELOAD", "x.so", False),
        ("NUMBA_CACHE_DIR", "n", False),
        ("KERAS_BACKEND", "torch", True),
        ("TF_CPP_MIN_LOG_LEVEL", "2", False),
        ("AWS_SECRET_ACCESS_KEY", "x", False),
    ],
)
def test_only_what_decides_results_is_selected(name: str, value: str, decides: bool) -> None:
    """An image may lack another locale; tokens never reach a container."""
    assert (name in select_result_variables({name: value, "HOME": "/h"})) is decides
