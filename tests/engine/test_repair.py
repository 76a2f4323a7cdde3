"""Repairs: what is offered for each kind of problem, and that whatever is offered ends it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.engine import Network, zoo
from convscope.engine import layers as L
from convscope.engine.repair import repairs


def chain(*layers, shape=(16, 16, 4)) -> Network:
    net = Network(shape)
    for layer in layers:
        net.add(layer)
    return net


def offered(net: Network, kind: str) -> list[str]:
    """The titles of repairs for the first problem of a kind, each tried."""
    problem = next(problem for problem in net.problems() if problem.kind == kind)
    found = repairs(net, problem, most=10)
    for repair in found:
        after = net.copy()
        repair.edit(after)
        assert problem not in after.problems(), repair
        assert net.problems()[0] == problem or problem in net.problems()  # the network itself is as it was
    return [repair.title for repair in found]


def test_a_dense_layer_behind_maps_gets_a_layer_that_makes_a_vector():
    net = chain(L.Conv2D(8, 3), L.Dense(10))
    assert offered(net, "shape") == ["Put Flatten before dense1", "Put GlobalAvgPool before dense1"]


def test_a_kernel_that_does_not_fit_gets_padding_or_becomes_smaller():
    net = chain(L.Conv2D(8, 5), shape=(3, 4, 1))
    assert offered(net, "shape") == ['Set padding to "same" of conv1', "Set kernel to 3×4 of conv1"]


def test_a_spread_kernel_that_does_not_fit_may_also_be_closed_up():
    net = chain(L.Conv2D(8, 3, dilation=4), shape=(6, 6, 1))
    assert "Set dilation to 1 of conv1" in offered(net, "shape")


def test_groups_that_do_not_divide_become_the_most_that_do():
    net = chain(L.Conv2D(12, 3, groups=6), shape=(8, 8, 9))
    assert offered(net, "shape") == ["Set groups to 3 of conv1"]


@pytest.mark.parametrize("stride", [1, 2])
def test_a_shortcut_of_another_shape_gets_a_projection(stride):
    net = chain(L.Conv2D(8, 3, padding=1))
    net.add(L.Conv2D(16, 3, stride=stride, padding=1), "conv2")
    net.add(L.Add(), "sum", ["conv1", "conv2"])
    step = "" if stride == 1 else " with stride 2"
    assert offered(net, "shape")[0] == f"Put a 1×1 Conv2D{step} behind conv1"
    repairs(net, net.problems()[0])[0].edit(net)
    assert net.nodes["sum"].inputs == ("conv3", "conv2")
    assert net["conv3"] == L.Conv2D(16, 1, stride=stride, bias=False)


def test_a_branch_that_loses_a_border_is_padded_to_meet_its_shortcut():
    net = chain(L.Conv2D(8, 3), L.ReLU())
    net.add(L.Conv2D(8, 3), "conv2")
    net.add(L.Add(), "sum", ["relu1", "conv2"])
    assert offered(net, "shape") == ['Set padding to "same" of conv2']
    repairs(net, net.problems()[0])[0].edit(net)
    assert (net["conv1"].padding, net.shape_of("sum")) == ("valid", (14, 14, 8))


def test_all_layers_of_the_branches_are_padded_together():
    net = chain(L.Conv2D(8, 5), L.MaxPool2D(3, stride=1))
    net.add(L.Conv2D(8, 3, padding="same"), "side", ["input"])
    net.add(L.Concat(), "both", ["side", "maxpool1"])
    assert offered(net, "shape")[0] == 'Set padding to "same" of conv1 and maxpool1'


def test_maps_of_other_sizes_are_brought_together_for_concat():
    net = chain(L.Conv2D(8, 3, padding=1))
    net.add(L.Conv2D(16, 3, stride=2, padding=1), "small")
    net.add(L.Concat(), "both", ["conv1", "small"])
    assert offered(net, "shape") == ["Put a 1×1 Conv2D with stride 2 behind conv1", "Put Upsample behind small"]
    assert net.problems()[0].kind == "shape"


def test_lost_rows_are_regained_by_ceil_mode_or_padding():
    assert offered(chain(L.MaxPool2D(2), shape=(7, 7, 1)), "lost-rows")[0] == "Turn on ceil mode for maxpool1"
    titles = offered(chain(L.Conv2D(4, 3, stride=3), shape=(7, 7, 1)), "lost-rows")
    assert titles[0] == "Set padding to 1 of conv1"
    assert "Set stride to 1 of conv1" in titles


def test_a_layer_without_input_is_connected_to_what_leads_nowhere():
    net = chain(L.Conv2D(8, 3), L.ReLU())
    net.add(L.MaxPool2D(2), "pool", [])
    assert offered(net, "ports")[0] == "Connect relu1 to pool"


def test_an_add_of_one_input_is_completed_or_removed():
    net = chain(L.Conv2D(8, 3, padding=1), L.ReLU())
    net.add(L.Add(), "sum", ["relu1"])
    titles = offered(net, "ports")
    assert "Connect conv1 to sum" in titles
    assert "Remove sum" in titles


def test_two_ends_are_joined_if_their_shapes_allow_it_or_one_is_removed():
    net = chain(L.Conv2D(8, 3, padding=1))
    net.add(L.Conv2D(8, 1), "a", ["conv1"])
    net.add(L.Conv2D(8, 1), "b", ["conv1"])
    net.add(L.ReLU(), "c", ["a"])
    assert offered(net, "ends") == [
        "Join b and c with Add",
        "Join b and c with Concat",
        "Remove b",
    ]


def test_an_empty_network_gets_a_first_layer():
    assert offered(Network((8, 8, 1)), "ends") == ["Add a first convolution"]


def test_what_is_found_behind_a_problem_does_not_count_against_its_repair():
    net = chain(L.Conv2D(8, 9), L.MaxPool2D(2), L.Dense(4), shape=(5, 5, 1))
    assert [problem.layer for problem in net.problems()] == ["conv1"]
    assert 'Set padding to "same" of conv1' in offered(net, "shape")


def test_nothing_is_offered_where_nothing_helps():
    net = chain(L.Flatten(), L.Conv2D(4, 3))
    assert offered(net, "shape") == []


@pytest.mark.parametrize("name", ["resnet18", "googlenet_mini", "squeezenet_mini", "densenet_mini"])
def test_a_branch_of_another_size_in_an_architecture_is_repaired(name):
    net = zoo.build(name)
    joining = next(node for node in net.order() if len(node.inputs) > 1)
    branch = next(source for source in reversed(joining.inputs) if net.shapes()[source][0] % 2 == 0)
    net.add(L.MaxPool2D(2), "smaller", [branch])
    net.rewire(joining.name, ["smaller" if source == branch else source for source in joining.inputs])
    problem = net.errors()[0]
    assert (problem.kind, problem.layer) == ("shape", joining.name)
    repairs(net, problem)[0].edit(net)
    assert net.errors() == []


@given(
    layers=st.lists(
        st.sampled_from(
            [L.Conv2D(6, 3), L.Conv2D(4, 5, stride=2), L.MaxPool2D(3), L.Dense(3), L.Flatten(), L.Add(), L.ReLU()]
        ),
        min_size=1,
        max_size=6,
    ),
    size=st.integers(1, 12),
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_offered_ends_its_problem(layers, size):
    net = Network((size, size, 2))
    for layer in layers:
        net.add(layer)
    for problem in net.problems():
        for repair in repairs(net, problem):
            after = net.copy()
            repair.edit(after)
            assert problem not in after.problems()
