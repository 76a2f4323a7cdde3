"""Parts of networks, and models on them that share the weights."""

import numpy as np
import pytest

from convscope.engine import Model, Network, NetworkError, blocks
from convscope.engine import layers as L
from convscope.engine.graph import INPUT


@pytest.fixture
def net():
    """input → conv → relu → (left, right) → sum → block → pool → flatten → scores."""
    net = Network((12, 10, 2), "branches")
    net.add(L.Conv2D(8, 3, padding=1), "conv")
    net.add(L.ReLU(), "relu")
    net.add(L.Conv2D(8, 1), "left")
    net.add(L.Conv2D(8, 3, padding=1), "right", inputs=["relu"])
    net.add(L.Add(), "sum", inputs=["left", "right"])
    net.add_block(blocks.Residual(8), "block")
    net.add(L.MaxPool2D(2), "pool")
    net.add(L.Flatten(), "flatten")
    net.add(L.Dense(3), "scores")
    return net


def test_a_part_holds_what_lies_between_and_reads_the_maps_of_its_beginning(net):
    part = net.part("relu", "sum")
    assert list(part.nodes) == ["left", "right", "sum"]
    assert part.nodes["left"].inputs == part.nodes["right"].inputs == (INPUT,)
    assert part.input == net.shapes()["relu"]
    assert part.shapes()["sum"] == net.shapes()["sum"]
    assert net.part("relu", "sum", (5, 6, 8)).shapes()["sum"] == (5, 6, 8)


def test_without_ends_it_is_the_whole_network_and_its_blocks(net):
    net.layout["conv"], net.layout["block"] = (1.0, 2.0), (3.0, 4.0)
    whole = net.part()
    assert whole == net
    assert (whole.groups, whole.layout) == (net.groups, net.layout)
    whole.rename("conv", "other")
    assert "conv" in net


def test_groups_and_places_of_what_is_left_out_are_left_out(net):
    net.layout["conv"], net.layout["block"] = (1.0, 2.0), (3.0, 4.0)
    first = net.part(end="sum")
    assert (dict(first.groups), first.layout) == ({}, {"conv": (1.0, 2.0)})
    behind = net.part("sum", "pool")
    assert behind.groups == net.groups
    assert behind.layout == {"block": (3.0, 4.0)}


@pytest.mark.parametrize(
    ("begin", "end", "text"),
    [
        ("sum", "relu", "relu does not depend on sum"),
        ("sum", "sum", "sum does not depend on sum"),
        ("left", "sum", "conv (Conv2D): reads the image and not left alone"),
        ("nowhere", "sum", "there is no layer 'nowhere'"),
        (INPUT, "nowhere", "there is no layer 'nowhere'"),
    ],
)
def test_what_is_no_part_is_refused(net, begin, end, text):
    with pytest.raises(NetworkError) as caught:
        net.part(begin, end)
    assert text in str(caught.value)


def test_parts_of_a_model_in_a_row_are_the_model(net):
    model, x = Model(net, seed=1), np.random.default_rng(0).normal(0, 1, (3, 12, 10, 2)).astype(np.float32)
    maps = model.part(end="relu").predict(x)
    scores = model.part("relu").predict(maps)
    np.testing.assert_allclose(scores, model.predict(x), rtol=1e-4, atol=1e-5)


def test_a_part_has_the_model_s_weights_and_follows_them(net):
    model, x = Model(net, seed=1), np.ones((1, 9, 7, 2), np.float32)
    part = model.part(end="right", input=(9, 7, 2))
    model.predict(np.ones((1, 12, 10, 2), np.float32))
    before = part.predict(x)
    model.weights["right.weight"] = 2 * model.weights["right.weight"]
    model.weights["right.bias"] = 2 * model.weights["right.bias"]
    np.testing.assert_allclose(part.predict(x), 2 * before, rtol=1e-5)
    assert np.shares_memory(part.weights["conv.weight"], model.weights["conv.weight"])


def test_maps_that_the_weights_cannot_read_are_refused(net):
    with pytest.raises(NetworkError, match=r"scores \(Dense\): its weight is 240×3 and maps of this size take 96×3"):
        Model(net).part(input=(8, 7, 2))
