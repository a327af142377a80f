"""Cats and dogs: transfer learning with VGG16, from pictures to a model that classifies them."""

import os

__version__ = "0.1.0"

# NumPy uses one thread, so that it adds numbers in the same order on any number of processors.
# TensorFlow has its own threads.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
