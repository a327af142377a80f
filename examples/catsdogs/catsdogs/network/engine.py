"""Set up Keras and TensorFlow so that the same seed gives the same numbers.

All other modules get both from here.
"""

import hashlib
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

from catsdogs.errors import CatsdogsError

ERRORS_ONLY = "3"  # for TensorFlow's C++ side
# As labcoat's setting: 1 or all, or numbers. TensorFlow uses the first that it sees.
GPUS, NO_GPU = re.compile(r"all|\d+(,\d+)*"), {"", "0"}
# What a machine with NVIDIA's driver has: Linux, and Linux in Windows.
DRIVER = ("/proc/driver/nvidia/version", "/dev/dxg")
HIDDEN = "-1"  # the GPU that CUDA shows to a process that shall see none
# Keras imports these if they are installed, which takes two fifths of its start, for data frames,
# its scikit-learn wrappers and its own plots, none of which is used here.
UNUSED = ("IPython", "matplotlib.pyplot", "pandas", "sklearn")


@dataclass
class Device:
    """What this process computes on: processors, unless `choose_device` has chosen a GPU."""

    gpu: bool = False


DEVICE = Device()


def choose_device(word: str) -> None:
    """Compute on a GPU if `word`, the value of `GPU=`, says so, or on processors.

    Call this before anything is computed. Raise `CatsdogsError` if TensorFlow finds no GPU.
    """
    DEVICE.gpu = False
    if word in NO_GPU:
        return
    if not GPUS.fullmatch(word):
        raise CatsdogsError(
            f"invalid value `GPU={word}`", "Use `GPU=1`, or leave it empty to use processors"
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", ERRORS_ONLY)
    with hushed():
        import tensorflow

        found = tensorflow.config.list_physical_devices("GPU")
    if not found:
        driver = any(Path(path).exists() for path in DRIVER)
        raise CatsdogsError(
            f"TensorFlow finds no GPU for `GPU={word}`",
            "Write `tensorflow[and-cuda]` instead of `tensorflow` in requirements.in, and run "
            "`make requirements`"
            if driver
            else "Install NVIDIA's driver, or leave out `GPU=`",
        )
    for one in found:
        tensorflow.config.experimental.set_memory_growth(one, True)
    # Products with 10 bits would differ from a processor's in the third digit.
    tensorflow.config.experimental.enable_tensor_float_32_execution(False)
    DEVICE.gpu = True


def versions() -> dict[str, str]:
    """Return what affects the numbers beside the program: the versions of libraries, without
    importing them, and the device if it is a GPU.
    """
    found = {name: version(name) for name in ("tensorflow", "keras", "numpy", "pillow")}
    return found | ({"device": "GPU"} if DEVICE.gpu else {})


def environment() -> str:
    """Return the environment in a line: Python, the number of distributions, and a digest of their
    versions.
    """
    found = sorted({f"{one.metadata['Name']}=={one.version}" for one in distributions()})
    digest = hashlib.sha256("\n".join(found).encode()).hexdigest()
    return (
        f"Python {platform.python_version()} on {platform.machine()}, {len(found)} "
        f"distributions, sha256 {digest}"
    )


def start(seed: int) -> Any:
    """Import Keras on TensorFlow, seeded and deterministic; return the `keras` module.

    A GPU that was not chosen is hidden, so that results do not depend on the machine having one.
    """
    if not DEVICE.gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = HIDDEN
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", ERRORS_ONLY)
    # By default TensorFlow chooses its convolution kernels by the processor's model.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    with hushed(), hidden(UNUSED):
        import keras
        import tensorflow

    # The user's ~/.keras/keras.json could override these.
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()
    return keras


def use_threads(count: int) -> None:
    """Limit TensorFlow to `count` processors. Call this before it computes anything."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", ERRORS_ONLY)
    with hushed():
        import tensorflow
    tensorflow.config.threading.set_intra_op_parallelism_threads(count)
    tensorflow.config.threading.set_inter_op_parallelism_threads(count)


@contextmanager
def hidden(modules: Sequence[str]) -> Iterator[None]:
    """Make imports of these modules fail in the block, as if they were not installed.

    Modules that are imported already stay visible. Afterwards all of them can be imported.
    """
    absent = [name for name in modules if name not in sys.modules]
    # Python documents None: https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


@contextmanager
def hushed() -> Iterator[None]:
    """Capture what the block writes to stderr, and show it only if the block fails.

    TensorFlow's libraries log that there is no graphics card before their log level can be set.
    """
    sys.stderr.flush()
    shown = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(shown, kept.read())
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)
