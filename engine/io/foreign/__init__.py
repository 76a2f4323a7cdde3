"""Weights that other programs trained, for networks of the zoo."""

from .loading import load_weights

__all__ = ["load_weights"]
