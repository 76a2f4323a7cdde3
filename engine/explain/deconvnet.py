"""The DeConvNet: a unit projected back through unpooling, rectification and turned filters."""

from __future__ import annotations

from dataclasses import dataclass

from .rules import RuleMethod


@dataclass(frozen=True)
class DeConvNet(RuleMethod):
    """Max pooling is undone by its switches, each ReLU passes what is positive on the way back, filters are turned."""

    name = "deconvnet"
    title = "DeConvNet"
    source = "Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks, section 2.1"
    summary = "The part of the image that excites a unit, projected back through the network."
    rule = "deconvnet"
