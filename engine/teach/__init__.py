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
    "Softmax",
    "Toeplitz",
    "Transposed",
    "WeightedSum",
    "activation",
    "apply",
    "backpropagation",
    "by_kernels",
    "gradients_by_kernels",
    "growth",
    "im2col",
    "max_pooling",
    "softmax",
    "toeplitz",
    "transposed",
    "transposed_by_kernels",
    "weighted_sum",
]
