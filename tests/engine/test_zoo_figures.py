"""Parameters and multiply-adds of the architectures at their published inputs, and the worked examples of lectures.

Parameters include biases and batch norm's scale and shift; multiply-adds are those of convolution and dense layers for
one image.
"""

import math

import pytest

from convscope.engine import Network, zoo
from convscope.engine import layers as L

FIGURES = """
    lenet5              28×28×1        61,706         416,520
    alexnet           227×227×3    62,378,344   1,135,256,096
    alexnet_grouped   227×227×3    60,965,224     724,406,816
    zfnet             224×224×3   107,627,624   2,476,704,896
    vgg_a             224×224×3   132,863,336   7,609,090,048
    vgg_a_lrn         224×224×3   132,863,336   7,609,090,048
    vgg_b             224×224×3   133,047,848  11,308,466,176
    vgg_c             224×224×3   133,638,952  11,770,888,192
    vgg_d             224×224×3   138,357,544  15,470,264,320
    vgg_e             224×224×3   143,667,240  19,632,062,464
    googlenet         224×224×3     6,998,552   1,582,671,872
    inception_v3      299×299×3    23,834,568   5,713,216,096
    resnet18          224×224×3    11,689,512   1,814,073,344
    resnet34          224×224×3    21,797,672   3,663,761,408
    resnet50          224×224×3    25,557,032   4,089,184,256
    resnet101         224×224×3    44,549,160   7,801,405,440
    resnet152         224×224×3    60,192,808  11,513,626,624
    xception          299×299×3    22,855,952   8,357,403,496
    densenet121       224×224×3     7,978,856   2,834,161,664
    mobilenet_v1      224×224×3     4,231,976     568,740,352
    mobilenet_v2      224×224×3     3,504,872     300,774,272
    mobilenet_v3_small 224×224×3    2,542,856      56,510,400
    mobilenet_v3_large 224×224×3    5,483,032     216,589,760
    efficientnet_b0   224×224×3     5,288,548     385,814,752
    squeezenet1_0     224×224×3     1,248,424     818,924,576
    squeezenet1_1     224×224×3     1,235,496     349,151,936
    nin_cifar           32×32×3       966,986     222,486,528
    mobilenet_mini      32×32×3       136,778      16,525,824
    resnet20_cifar      32×32×3       269,722      40,551,040
    resnet56_cifar      32×32×3       853,018     125,485,696
"""
ROWS = [line.split() for line in FIGURES.strip().splitlines()]


@pytest.mark.parametrize(("name", "image", "params", "macs"), ROWS, ids=[row[0] for row in ROWS])
def test_an_architecture_has_its_published_figures(name, image, params, macs):
    net = zoo.build(name)
    assert net.input == tuple(map(int, image.split("×")))
    totals = net.summary().totals
    assert (f"{totals.params:,}", f"{totals.macs:,}") == (params, macs)
    assert totals.complete


def test_a_plain_network_is_the_residual_one_without_its_projections():
    for plain, residual in ((zoo.plain18(), zoo.resnet18()), (zoo.plain34(), zoo.resnet34())):
        shortcuts = [name for name in residual.nodes if "shortcut" in name or name.endswith("add")]
        for name in shortcuts:
            residual.remove(name, reconnect=True)
        assert [node.layer for node in plain.order()] == [node.layer for node in residual.order()]


# ---- worked examples


def rows(network: Network, batch: int = 1) -> dict:
    return {row.name: row for row in network.summary(batch).rows}


def test_the_memory_table_of_vgg16():
    """The lecture's table sums its own rows to 24 M values, 93 MB: a slip. They are 15.2 M values, 58 MiB."""
    net = zoo.vgg_d()
    found = rows(net)
    told = [found[name] for name in net.nodes if net[name].type_name() in ("Conv2D", "MaxPool2D", "Dense")]
    values = [row.activation_bytes // 4 for row in told]
    millions = [3.2, 3.2, 0.8, 1.6, 1.6, 0.4, 0.8, 0.8, 0.8, 0.2, 0.4, 0.4, 0.4, 0.1, 0.1, 0.1, 0.1, 0.025]
    assert values == pytest.approx([million * 1e6 for million in millions] + [4096, 4096, 1000], rel=0.05)
    assert 224 * 224 * 3 + sum(values) == 15_237_608
    assert {row.name: math.prod(net.weights()[f"{row.name}.weight"].shape) for row in told[-3:]} == {
        "dense6": 102_760_448,
        "dense7": 16_777_216,
        "scores": 4_096_000,
    }


def test_the_first_convolution_of_alexnet():
    """The lecture prints its output as (227 − 11/4) + 1 squared; the fraction's bar is meant to go under 227 − 11."""
    conv1 = rows(zoo.alexnet_grouped())["conv1"]
    assert (conv1.output, conv1.weights, conv1.macs) == ((55, 55, 96), 34_848, 105_415_200)
    assert conv1.params == 34_944, "(11·11·3 + 1)·96, the lecture's 35 K"


def test_ten_filters_of_5x5x3_have_760_parameters():
    net = Network((32, 32, 3))
    net.add(L.Conv2D(10, 5, padding=2), "conv")
    assert rows(net)["conv"].params == 760


def at_one_location(*layers: L.Conv2D) -> int:
    """Multiply-adds at each position of a chain of layers that keep the size of an image of 256 channels."""
    net = Network((8, 8, 256))
    for layer in layers:
        net.add(layer)
    return net.summary().totals.macs // 64


def test_a_bottleneck_and_a_separable_convolution_cost_an_eighth_of_a_3x3_convolution():
    same = {"padding": "same", "bias": False}
    assert at_one_location(L.Conv2D(256, 3, **same)) == 589_824
    bottleneck = (L.Conv2D(64, 1, **same), L.Conv2D(64, 3, **same), L.Conv2D(256, 1, **same))
    assert at_one_location(*bottleneck) == 69_632, "about 70,000 in the lecture"
    assert at_one_location(L.Conv2D(256, 3, groups=256, **same), L.Conv2D(256, 1, **same)) == 67_840
