"""Set up Keras and TensorFlow so that the same seed gives the same numbers.

All other modules get both from here.
"""

import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions, version
from typing import Any

ERRORS_ONLY = "3"  # for TensorFlow's C++ side


def versions() -> dict[str, str]:
    """Return the versions of all libraries that affect the numbers, without importing them."""
    return {name: version(name) for name in ("tensorflow", "keras", "numpy", "pillow")}


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
    """Import Keras on TensorFlow, seeded and deterministic; return the `keras` module."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", ERRORS_ONLY)
    # By default TensorFlow chooses its convolution kernels by the processor's model.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    with hushed():
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
