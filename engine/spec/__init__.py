"""What a layer is, as pure data: parameters, ports, weights, shapes, costs and errors. No NumPy, no JIT."""

from .declared import Declared
from .errors import ConvscopeError, NetworkError, ParameterError, Problem, ShapeError
from .layer import About, Cost, Example, Layer, Ports, Saved, Weight, Window
from .named import Named, assignments, find
from .param import Padding, Pair, Param, Sides, choice, flag, integer, number, padding, pair, sides
from .shapes import Shape, format_shape, size

__all__ = [
    "About",
    "ConvscopeError",
    "Cost",
    "Declared",
    "Example",
    "Layer",
    "Named",
    "NetworkError",
    "Padding",
    "Pair",
    "Param",
    "ParameterError",
    "Ports",
    "Problem",
    "Saved",
    "Shape",
    "ShapeError",
    "Sides",
    "Weight",
    "Window",
    "assignments",
    "choice",
    "find",
    "flag",
    "format_shape",
    "integer",
    "number",
    "padding",
    "pair",
    "sides",
    "size",
]
