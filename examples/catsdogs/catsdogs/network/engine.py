"""Keras and TensorFlow, set up so that the same seed gives the same numbers twice. The only door to
either.
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
    """The versions of everything that has a say in the numbers. Imports none of it."""
    return {name: version(name) for name in ("tensorflow", "keras", "numpy", "pillow")}


def environment() -> str:
    """The whole environment in a line: Python, how many distributions there are, and a digest of
    their versions.
    """
    found = sorted({f"{one.metadata['Name']}=={one.version}" for one in distributions()})
    digest = hashlib.sha256("\n".join(found).encode()).hexdigest()
    return (
        f"Python {platform.python_version()} on {platform.machine()}, {len(found)} "
        f"distributions, sha256 {digest}"
    )


def start(seed: int) -> Any:
    """Import Keras on TensorFlow, seeded and deterministic; the `keras` module."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", ERRORS_ONLY)
    # TensorFlow chooses its kernels for convolution by the processor's model unless it is told.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    with hushed():
        import keras
        import tensorflow

    # A person's ~/.keras/keras.json could say otherwise.
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()
    return keras


def use_threads(count: int) -> None:
    """Let TensorFlow use so many processors. Only before it has computed anything."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", ERRORS_ONLY)
    with hushed():
        import tensorflow
    tensorflow.config.threading.set_intra_op_parallelism_threads(count)
    tensorflow.config.threading.set_inter_op_parallelism_threads(count)


@contextmanager
def hushed() -> Iterator[None]:
    """Keep what the block writes to stderr, and show it only if the block fails.

    TensorFlow's libraries log that there is no graphics card before they can be told to be quiet.
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
