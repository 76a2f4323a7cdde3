"""Teaching views as data: what a picture of convolution, its way back, activation, pooling or softmax shows.

Everything here is small, plain and equal to what the kernels compute.
"""

from .activation import ACTIVATIONS, Activation, activation
from .backpropagation import Backpropagation, backpropagation, gradients_by_kernels
from .case import OUTSIDE, Case
from .filters import FILTERS, Filter
from .growth import Growth, growth
from .im2col import Im2col, im2col
from .kernels import KernelResult, by_kernels
from .limits import LARGEST_PICTURE
from .normalisation import Normalised, batch_norm, normalised_by_kernels
from .playground import BORDERS, Filtered, apply
from .pooling import MaxPooling, max_pooling
from .softmax import Softmax, softmax
from .toeplitz import Toeplitz, toeplitz
from .transposed import Transposed, transposed, transposed_by_kernels
from .weighted_sum import WeightedSum, weighted_sum

__all__ = [
    "ACTIVATIONS",
    "BORDERS",
    "FILTERS",
    "LARGEST_PICTURE",
    "OUTSIDE",
    "Activation",
    "Backpropagation",
    "Case",
    "Filter",
    "Filtered",
    "Growth",
    "Im2col",
    "KernelResult",
    "MaxPooling",
    "Normalised",
    "Softmax",
    "Toeplitz",
    "Transposed",
    "WeightedSum",
    "activation",
    "apply",
    "backpropagation",
    "batch_norm",
    "by_kernels",
    "gradients_by_kernels",
    "growth",
    "im2col",
    "max_pooling",
    "normalised_by_kernels",
    "softmax",
    "toeplitz",
    "transposed",
    "transposed_by_kernels",
    "weighted_sum",
]
