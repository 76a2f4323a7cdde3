"""Datasets, image files, and the way from pixels to network input."""

from .dataset import DataError, Dataset
from .download import Progress
from .entry import Entry
from .images import read_image
from .preprocess import Preprocessing
from .sources import DATASETS, load_dataset

__all__ = ["DATASETS", "DataError", "Dataset", "Entry", "Preprocessing", "Progress", "load_dataset", "read_image"]
