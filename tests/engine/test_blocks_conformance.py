"""Every example of every block type: its layers, their record, and the way back from the layers to the block.

A new block type is tested by being declared: it needs examples, nothing here.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from convscope.engine import Model, Network, blocks
from convscope.engine.blocks import Block, Example
from convscope.engine.graph.groups import folding_problem
from convscope.engine.spec.layer import Category

CASES = [(f"{name}-{i}", example) for name, kind in blocks.TYPES.items() for i, example in enumerate(kind.examples())]
each = pytest.mark.parametrize("example", [example for _, example in CASES], ids=[name for name, _ in CASES])


def network_of(example: Example) -> Network:
    """The block, named b1, alone behind an image."""
    net = Network(example.input)
    net.add_block(example.block, "b1", "input")
    return net


def plain(example: Example) -> Network:
    """The block's layers without a record of it."""
    net = network_of(example)
    net.ungroup("b1")
    return net


@pytest.mark.parametrize("block_type", blocks.TYPES.values(), ids=blocks.TYPES)
def test_a_declaration_tells_what_a_form_and_a_list_need(block_type: type[Block]) -> None:
    about = block_type.about
    assert about.category in get_args(Category)
    assert about.summary.endswith(".")
    assert about.help.endswith(".")
    assert len(about.source) > 10
    assert block_type.__doc__
    assert block_type.examples()
    assert all(param.label and param.help for param in block_type.params().values())
    assert getattr(blocks, block_type.type_name()) is block_type


@each
def test_a_block_becomes_sound_layers_named_after_it(example: Example) -> None:
    net = network_of(example)
    group = net.groups["b1"]
    assert net.problems() == []
    assert list(group.members) == list(net.nodes)
    assert all(name.startswith("b1_") for name in net.nodes)
    assert net.output == group.members[-1] or net.output in group.members
    assert len(net.shapes()[net.output]) == 3
    assert net.summary().totals.macs > 0
    assert folding_problem(net, group) is None
    assert blocks.intact(net, group)
    assert blocks.declaration(group) == example.block


@each
def test_a_block_comes_back_from_json(example: Example) -> None:
    net = network_of(example)
    twin = Network.from_json(net.to_json())
    assert (twin, twin.groups) == (net, net.groups)
    assert blocks.intact(twin, twin.groups["b1"])


@each
def test_the_layers_alone_are_recognised_and_fold_to_the_same_block(example: Example) -> None:
    net = plain(example)
    if not example.block.telling:
        assert blocks.recognise(net) == []
        return
    assert blocks.fold(net) == ["b1"]
    found, made = net.groups["b1"], network_of(example).groups["b1"]
    assert (found.block, found.members) == (made.block, made.members)
    refolded = Network(example.input)
    refolded.add_block(blocks.declaration(found), "b1", "input")
    assert refolded == net


@pytest.mark.parametrize("block_type", blocks.TYPES.values(), ids=blocks.TYPES)
def test_a_block_computes_forward_and_backward(block_type: type[Block]) -> None:
    """All parts of the layers are tested with the layers: here they run together, and gradients reach the image."""
    net = network_of(block_type.examples()[0])
    model = Model(net, seed=1)
    x = np.random.default_rng(2).standard_normal((2, *net.input)).astype(np.float32)
    y = model.forward(x, training=False)
    dx = model.backward(np.ones_like(y))
    assert y.shape[1:] == net.shapes()[net.output]
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()
    assert np.abs(dx).max() > 0
    assert all(np.isfinite(gradient).all() for gradient in model.gradients.values())
