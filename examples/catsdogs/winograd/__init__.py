"""Winograd's convolutions for Keras: 3 × 3 pixels with a quarter of the multiplications.

    import winograd

    network = winograd.accelerate(keras, network)   # the same layers, names and weights
    winograd.freeze(network)                        # for inference: transform each kernel once

The method is F(4×4, 3×3) of Lavin and Gray, 2016, CVPR, arXiv:1509.09308; the matrices have the
same names. Results differ from those of a plain convolution by a few 1e-5 of the largest number.
TensorFlow already multiplies as fast as the processor can, so only fewer products are faster.
"""

from winograd.convolution import convolve
from winograd.layers import accelerate, freeze

__all__ = ["accelerate", "convolve", "freeze"]
