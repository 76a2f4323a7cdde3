"""Files: trained models, networks without weights, and writing that never leaves half a file."""

from .anything import load, open_any
from .atomic import atomic_write
from .errors import FileError
from .model_file import load_training_state, save
from .network_file import load_network, save_network

__all__ = [
    "FileError",
    "atomic_write",
    "load",
    "load_network",
    "load_training_state",
    "open_any",
    "save",
    "save_network",
]
