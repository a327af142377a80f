"""Cats and dogs: transfer learning with VGG16, from a pile of pictures to a model that
names them.
"""

import os

__version__ = "0.1.0"

# One thread for NumPy's sums, so that they are added up in the same order on any number of
# processors. TensorFlow has its own.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
