"""Receptive fields of the architectures: published ones, and where gradients really come from.

Published are those of Araujo, Norris & Sim 2019, Computing Receptive Fields of Convolutional Neural Networks (Distill),
for the last layer that still has a map, as (size, stride, padding) in pixels of a 224×224 image.
"""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine import Model, Network, zoo
from convscope.engine import layers as L
from convscope.engine.blocks import Bottleneck
from convscope.engine.blocks.chains import conv_bn_relu
from convscope.engine.cost import receptive_fields


@pytest.mark.parametrize(
    ("name", "node", "published"),
    [
        ("alexnet", "pool5", (195, 32, 64)),  # theirs is AlexNet v2, which has other widths but the same windows
        ("vgg_d", "pool5", (212, 32, 90)),
        ("inception_v3", "inc8_2_concat", (1311, 32, 618)),
    ],
)
def test_published_fields_are_reproduced(name: str, node: str, published: tuple[int, int, int]) -> None:
    field = receptive_fields(zoo.build(name))[node]
    assert (field.size, field.stride, field.padding) == tuple((n, n) for n in published)
    assert field.aligned


def test_the_published_field_of_mobilenet_has_less_padding() -> None:
    """The published model pads even maps only behind, at each stride of 2: its 126 are then 31 less than ours."""
    field = receptive_fields(zoo.mobilenet_v1())["b13_conv_pointwise"]
    assert (field.size, field.stride, field.padding) == ((315, 315), (32, 32), (126 + 31, 126 + 31))


def late_strides(*blocks: int) -> Network:
    """ResNets as in the published table: a stage's stride is in its last block, and the pooling pads behind."""
    net = Network((224, 224, 3))
    conv_bn_relu(net, "conv1", 64, 7, stride=2, padding=3)
    net.add(L.MaxPool2D(3, 2, padding="same"), "pool1")
    for stage, count in enumerate(blocks, start=1):
        for number in range(1, count + 1):
            stride = 2 if number == count and stage < len(blocks) else 1
            net.add_block(Bottleneck(64, stride), f"s{stage}b{number}")
    return net


@pytest.mark.parametrize(
    ("name", "blocks", "published", "ours"),
    [
        ("resnet50", (3, 4, 6, 3), (483, 239), (427, 213)),
        ("resnet101", (3, 4, 23, 3), (1027, 511), (971, 485)),
        ("resnet152", (3, 8, 36, 3), (1507, 751), (1451, 725)),
    ],
)
def test_residual_networks_see_less_the_earlier_their_strides(
    name: str, blocks: tuple[int, ...], published: tuple[int, int], ours: tuple[int, int]
) -> None:
    """The published figures are of models with the stride at the end of a stage; ours begin with it, as the paper's."""
    theirs, own = late_strides(*blocks), zoo.build(name)
    for net, (size, padding) in ((theirs, published), (own, ours)):
        field = receptive_fields(net)["s4b3_relu3"]
        assert (field.size, field.padding, field.stride) == ((size, size), (padding, padding), (32, 32))


def sources(model: Model, node: str, row: int, column: int) -> np.ndarray:
    """The pixels (H, W) that send anything into a unit: where the gradient of all its channels is not zero.

    Winograd's sums of a whole tile cancel but for rounding where a filter does not reach.
    """
    dy = np.zeros((1, *model.network.shapes()[node]), np.float32)
    dy[0, row, column] = np.random.default_rng(5).standard_normal(dy.shape[-1])
    gradient = np.abs(model.backward(dy, at=node)[0]).sum(-1)
    return gradient > 3e-5 * gradient.max()


def inside(network: Network, node: str, row: int, column: int) -> tuple[slice, slice]:
    """The part of the unit's box that lies in the image."""
    top, bottom, left, right = receptive_fields(network)[node].box(row, column)
    return slice(max(top, 0), bottom), slice(max(left, 0), right)


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        ("vintage1990", ["conv1", "average1", "conv2", "average_tanh2"]),
        ("alexnet_mini", ["norm1", "pool2", "conv4"]),
        ("googlenet_mini", ["inc2a_concat", "inc2b_conv5x5"]),
        ("resnet8", ["s1b1_relu2", "s2b1_add", "s3b1_relu2"]),
        ("squeezenet_mini", ["fire2_concat", "fire5_concat"]),
        ("xception_mini", ["entry1_add", "entry2_pool"]),
        ("mobilenet_mini", ["b1_conv_pointwise", "b2_relu_depthwise"]),
    ],
)
def test_the_gradient_is_zero_outside_the_receptive_field(name: str, nodes: list[str]) -> None:
    net = zoo.build(name)
    model = Model(net, seed=3)
    model.forward(np.random.default_rng(4).standard_normal((1, *net.input)).astype(np.float32))
    for node in nodes:
        rows, columns = net.shapes()[node][:2]
        for row, column in ((0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)):
            seen, box = sources(model, node, row, column), inside(net, node, row, column)
            assert seen[box].any()
            seen[box] = False
            assert not seen.any(), f"{node} sees more than its box"


@pytest.mark.parametrize(
    ("build", "nodes"),
    [
        (zoo.vintage1990, ["conv1", "average1", "conv2", "average_tanh2"]),
        (zoo.resnet8, ["s1b1_relu2", "s2b1_add", "s3b1_relu2"]),
    ],
)
def test_the_gradient_fills_the_receptive_field_where_no_maximum_chooses(build, nodes: list[str]) -> None:
    net = build()
    model = Model(net, seed=3)
    model.forward(np.random.default_rng(4).standard_normal((1, *net.input)).astype(np.float32))
    for node in nodes:
        rows, columns = net.shapes()[node][:2]
        for row, column in ((0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)):
            assert sources(model, node, row, column)[inside(net, node, row, column)].all()
