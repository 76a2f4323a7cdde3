"""Which number has to be set so that a network gives a score for each class."""

import pytest

from convscope.engine import Network, zoo
from convscope.engine import layers as L
from convscope.engine.graph.score_setting import score_setting


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lenet5", ("scores", "units")),
        ("squeezenet_mini", ("conv8", "filters")),
        ("nin_cifar", ("conv3_b", "filters")),
        ("resnet20_cifar", ("scores", "units")),
    ],
)
def test_the_last_layer_with_units_or_filters_makes_the_scores(name: str, expected: tuple[str, str]) -> None:
    network = zoo.build(name)
    assert score_setting(network, 7) == expected
    network.set(expected[0], **{expected[1]: 7})
    assert network.shapes()[network.output] == (7,)


def test_where_no_number_gives_so_many_scores_there_is_none() -> None:
    flat = Network((8, 8, 1))
    flat.add(L.Conv2D(4, 3), "conv")
    flat.add(L.Flatten(), "flat")
    assert score_setting(flat, 7) is None  # 36 scores a filter
    grouped = Network((8, 8, 4))
    grouped.add(L.Conv2D(4, 3, groups=4), "conv")
    grouped.add(L.GlobalAvgPool(), "scores")
    assert score_setting(grouped, 7) is None  # 7 filters are not four groups
    joined = Network((8, 8, 1))
    joined.add(L.GlobalAvgPool(), "mean")
    joined.add(L.Add(), "sum", ["mean", "mean"])
    assert score_setting(joined, 7) is None
