from itertools import combinations

import pytest

from convscope.engine import INPUT, Network, zoo
from convscope.engine import layers as L
from convscope.gui.models.arrange import CARD, Spacing, arrange


@pytest.fixture(params=["lenet5", "vgg_mini", "resnet20_cifar"])
def network(request):
    return zoo.build(request.param)


def test_every_node_has_a_place_and_no_two_cards_overlap(network):
    places = arrange(network)
    assert places.keys() == {INPUT, *network.nodes}
    for (ax, ay), (bx, by) in combinations(places.values(), 2):
        assert abs(ax - bx) >= CARD[0] or abs(ay - by) >= CARD[1]


def test_readers_stand_below_or_in_a_column_to_the_right(network):
    places = arrange(network)
    for node in network.nodes.values():
        x, y = places[node.name]
        for source in node.inputs:
            sx, sy = places[source]
            assert y > sy or x > sx


def test_the_same_network_is_always_arranged_the_same(network):
    assert arrange(network) == arrange(network.copy())


def test_the_image_comes_first(network):
    places = arrange(network)
    assert places[INPUT][1] == min(y for _, y in places.values())
    assert places[INPUT][0] <= min(x for x, _ in places.values()) + CARD[0]


def test_deep_networks_are_folded_to_the_proportions_of_the_window():
    places = arrange(zoo.build("resnet20_cifar"))
    width = max(x for x, _ in places.values()) + CARD[0]
    height = max(y for _, y in places.values()) + CARD[1]
    assert 1.0 < width / height < 2.6


def test_a_fold_is_crossed_by_one_connection_only():
    network = zoo.build("resnet20_cifar")
    places = arrange(network)
    folded = [(s, n.name) for n in network.nodes.values() for s in n.inputs if places[n.name][1] <= places[s][1]]
    columns = len({x for x, y in places.values() if y == 0})
    assert len(folded) == columns - 1


def test_branches_stand_side_by_side_and_their_sum_between_them():
    network = Network((8, 8, 4))
    for name in ("a", "b"):
        network.add(L.Conv2D(4, 3, padding="same"), name, inputs=[INPUT])
    network.add(L.Add(), "sum", inputs=["a", "b"])
    places = arrange(network)
    assert places["a"][1] == places["b"][1]
    assert places["b"][0] - places["a"][0] == Spacing().lane
    assert places["sum"][0] == (places["a"][0] + places["b"][0]) / 2


def test_unconnected_layers_and_empty_networks_are_placed_too():
    empty = Network((4, 4, 1))
    assert arrange(empty) == {INPUT: (0, 0)}
    empty.add(L.ReLU(), "alone", inputs=[])
    assert "alone" in arrange(empty)
