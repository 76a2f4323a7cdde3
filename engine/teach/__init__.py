"""Teaching views as data: what a picture of convolution, pooling, softmax or receptive fields shows.

Everything here is small, plain and equal to what the kernels compute.
"""

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
from .weighted_sum import WeightedSum, weighted_sum

__all__ = [
    "BORDERS",
    "FILTERS",
    "LARGEST_PICTURE",
    "OUTSIDE",
    "Case",
    "Filter",
    "Filtered",
    "Growth",
    "Im2col",
    "KernelResult",
    "MaxPooling",
    "Softmax",
    "Toeplitz",
    "WeightedSum",
    "apply",
    "by_kernels",
    "growth",
    "im2col",
    "max_pooling",
    "softmax",
    "toeplitz",
    "weighted_sum",
]
