"""Blocks in networks: their records follow edits, files keep them, and layers of a known pattern are recognised."""

from __future__ import annotations

import copy
import json

import pytest

from convscope.engine import Network, blocks, zoo
from convscope.engine import layers as L
from convscope.engine.graph import Group
from convscope.engine.graph.groups import ends, folding_problem
from convscope.engine.spec import NetworkError, ParameterError


def two_blocks() -> Network:
    net = Network((8, 8, 4), "two")
    net.add(L.Conv2D(4, 3, padding=1), "conv1")
    net.add_block(blocks.Residual(4), "b1")
    net.add_block(blocks.Residual(8, stride=2), "b2")
    net.add(L.GlobalAvgPool(), "pool")
    return net


def intact(net: Network) -> dict[str, bool]:
    return {name: blocks.intact(net, group) for name, group in net.groups.items()}


# ---- adding


def test_a_block_reads_the_last_node_unless_told_and_returns_its_last_layer() -> None:
    net = Network((8, 8, 4))
    assert net.add_block(blocks.Fire(2, 3), "fire") == "fire_concat"
    assert net.nodes["fire_conv_squeeze"].inputs == ("input",)
    net.add_block(blocks.Separable(5), inputs="fire_conv_squeeze")
    assert net.groups["separable1"].members[0] == "separable1_conv_depthwise"
    assert ends(net, net.groups["separable1"]).sources == ("fire_conv_squeeze",)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda net: net.add_block(blocks.Fire(), "b1"), "the name b1 is taken"),
        (lambda net: net.add_block(blocks.Fire(), "conv1"), "the name conv1 is taken"),
        (lambda net: net.add(L.ReLU(), "b1"), "the name b1 is taken"),
        (lambda net: net.add_block(blocks.Fire(), "f", ["conv1", "pool"]), "reads one layer and is given 2"),
        (lambda net: net.add_block(blocks.Fire(), "f", "ghost"), "'ghost' does not exist"),
        (lambda net: net.add_block(blocks.Separable(), "s", "pool"), "the block needs an image to read"),
        (lambda net: net.add_block(blocks.Residual(2, shortcut="pad"), "s", "conv1"), "use at least 4 filters"),
    ],
)
def test_a_block_that_cannot_be_added_leaves_the_network_as_it_was(make, said: str) -> None:
    net = two_blocks()
    before = net.to_dict()
    with pytest.raises(NetworkError, match=said):
        make(net)
    assert net.to_dict() == before


def test_channels_are_known_where_the_image_is_too_small() -> None:
    net = Network((3, 3, 3))
    net.add(L.Conv2D(6, 5), "conv1")
    net.add_block(blocks.Separable(4), "b1")
    assert net["b1_conv_depthwise"].groups == 6


# ---- edits


def test_renamed_layers_stay_in_their_block() -> None:
    net = two_blocks()
    net.rename("b1_conv2", "mine")
    assert "mine" in net.groups["b1"].members
    assert intact(net) == {"b1": True, "b2": True}


def test_another_parameter_inside_makes_a_block_edited_and_back_again() -> None:
    net = two_blocks()
    net.set("b1_conv1", kernel=5, padding=2)
    assert intact(net) == {"b1": False, "b2": True}
    assert folding_problem(net, net.groups["b1"]) is None
    net.set("b1_conv1", kernel=3, padding=1)
    assert intact(net) == {"b1": True, "b2": True}


def test_a_removed_layer_leaves_its_block_and_an_empty_block_goes() -> None:
    net = two_blocks()
    net.layout["b1"] = (1.0, 2.0)
    net.remove("b1_relu1", reconnect=True)
    assert "b1_relu1" not in net.groups["b1"].members
    assert intact(net) == {"b1": False, "b2": True}
    for member in net.groups["b1"].members:
        net.remove(member, reconnect=True)
    assert list(net.groups) == ["b2"]
    assert "b1" not in net.layout


def test_a_layer_put_between_two_of_a_block_is_in_it() -> None:
    net = two_blocks()
    net.add(L.Dropout(0.1), "drop", "b1_relu1")
    assert net.group_of("drop") is None
    net.rewire("b1_conv2", ["drop"])
    members = net.groups["b1"].members
    assert members.index("drop") == members.index("b1_relu1") + 1
    assert intact(net) == {"b1": False, "b2": True}
    net.remove("drop", reconnect=True)
    assert intact(net) == {"b1": True, "b2": True}


def test_an_exchange_inside_a_block_stays_inside_and_one_across_leaves_it() -> None:
    net = two_blocks()
    net.exchange(["b1_conv2"], [("a", L.Conv2D(2, 1)), ("b1_conv2", L.Conv2D(4, 3, padding=1))])
    assert {"a", "b1_conv2"} <= set(net.groups["b1"].members)
    net.exchange(["b2_relu2", "pool"], [("tail", L.GlobalAvgPool())])
    assert net.group_of("tail") is None
    assert "b2_relu2" not in net.groups["b2"].members


def test_copies_and_assignments_carry_blocks_but_equality_is_that_of_layers() -> None:
    net = two_blocks()
    twin = net.copy()
    twin.ungroup("b1")
    assert list(net.groups) == ["b1", "b2"]
    assert twin == net
    twin.assign(net)
    assert twin.groups == net.groups


def test_a_block_is_renamed_with_the_layers_that_bear_its_name() -> None:
    net = two_blocks()
    net.rename("b1_conv2", "mine")
    net.layout["b1"] = (3.0, 4.0)
    net.rename_block("b1", "first")
    assert list(net.groups) == ["first", "b2"]
    assert net.groups["first"].members[0] == "first_conv1"
    assert "mine" in net.groups["first"].members
    assert net.layout == {"first": (3.0, 4.0)}
    assert intact(net) == {"first": True, "b2": True}
    with pytest.raises(NetworkError, match="the name b2 is taken"):
        net.rename_block("first", "b2")


# ---- changing parameters


def test_changed_parameters_make_the_layers_anew_in_their_place() -> None:
    net = two_blocks()
    blocks.change(net, "b1", filters=8)
    wanted = Network((8, 8, 4), "two")
    wanted.add(L.Conv2D(4, 3, padding=1), "conv1")
    wanted.add_block(blocks.Residual(8), "b1")
    assert list(net.nodes)[: len(wanted)] == list(wanted.nodes)
    assert net.groups["b1"] == wanted.groups["b1"]
    assert net.nodes["b2_conv1"].inputs == ("b1_relu2",)
    assert net.problems() == []
    assert list(net.groups) == ["b1", "b2"]


def test_own_names_survive_changed_parameters() -> None:
    net = two_blocks()
    net.rename("b1_relu2", "joint")
    blocks.change(net, "b1", filters=16)
    assert net.nodes["b2_conv1"].inputs == ("joint",)
    assert intact(net)["b1"]
    assert "b1_shortcut_conv" in net


def test_later_blocks_follow_the_channels_they_read() -> None:
    net = zoo.mobilenet_mini()
    blocks.change(net, "b1", filters=48)
    assert net["b2_conv_depthwise"].groups == 48
    assert net.errors() == []
    assert all(intact(net).values())
    blocks.following(net, lambda net: net.set("conv1", filters=20))
    assert net["b1_conv_depthwise"].groups == 20
    assert net.errors() == []


def test_blocks_that_were_edited_keep_their_layers_when_others_follow() -> None:
    net = zoo.mobilenet_mini()
    net.set("b2_conv_depthwise", kernel=5, padding=2)
    blocks.change(net, "b1", filters=48)
    assert net["b2_conv_depthwise"].kernel == (5, 5)
    assert net["b2_conv_depthwise"].groups == 64, "an error to mend by hand"
    net.set("b2_conv_depthwise", groups=48, filters=48)
    blocks.following(net, lambda net: net.set("b3_conv_pointwise", filters=100))
    assert net["b3_conv_pointwise"].filters == 100
    assert net["b4_conv_depthwise"].groups == 100


def test_an_edited_block_is_not_made_anew() -> None:
    net = two_blocks()
    net.set("b1_conv1", bias=True)
    with pytest.raises(NetworkError, match="undo the edits inside it, or ungroup it"):
        blocks.change(net, "b1", filters=8)
    with pytest.raises(ParameterError, match="filters 0: use a whole number"):
        blocks.change(net, "b2", filters=0)


# ---- groups


def test_a_block_read_in_two_places_cannot_stand_as_one_node() -> None:
    net = two_blocks()
    net.add(L.GlobalAvgPool(), "spy", "b1_relu1")
    problem = folding_problem(net, net.groups["b1"])
    assert problem is not None
    assert "2 of its layers are read outside" in str(problem)


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (Group("b2", "Fire", {}, ("conv1",)), "the name b2 is taken"),
        (Group("x", "Fire", {}, ("ghost",)), "there is no layer 'ghost'"),
        (Group("x", "Fire", {}, ("b1_conv1",)), "b1_conv1 is in the block b1"),
        (Group("x", "Fire", {}, ()), "its layers are none"),
        (Group("1 x", "Fire", {}, ("conv1",)), "the name '1 x' is illegal"),
    ],
)
def test_groups_that_do_not_fit_are_refused(group: Group, said: str) -> None:
    with pytest.raises(NetworkError, match=said):
        two_blocks().group(group)


# ---- files


def document() -> dict:
    return two_blocks().to_dict()


def test_files_without_blocks_still_load() -> None:
    old = document()
    del old["blocks"]
    assert Network.from_dict(old).groups == {}


def test_positions_of_folded_blocks_are_kept() -> None:
    net = two_blocks()
    net.layout = {"b1": (1.0, 2.0), "conv1": (0.0, 0.0)}
    assert Network.from_json(net.to_json()).layout == net.layout


def test_a_block_of_an_unknown_type_is_told_and_its_layers_and_record_kept() -> None:
    newer = document()
    newer["blocks"][0]["type"] = "Transformer"
    newer["blocks"][1]["version"] = 7
    net = Network.from_dict(newer)
    assert net == two_blocks()
    assert net.errors() == []
    one, two = (str(problem) for problem in net.problems())
    assert one.startswith("b1 (Transformer): this block type is unknown, so its layers stand alone; use one of: Bott")
    assert two == "b2 (Residual): this block has version 7 and this program knows 1; update Convscope, or ungroup it."
    assert net.to_dict() == newer
    assert intact(net) == {"b1": False, "b2": False}


def test_illegal_parameters_of_a_block_are_told() -> None:
    damaged = document()
    damaged["blocks"][0]["params"]["filters"] = -3
    [problem] = Network.from_dict(damaged).problems()
    assert "its parameters are illegal: filters -3: use a whole number of at least 1" in str(problem)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": 3}, "block number 1 lacks a name, type, params or layers"),
        ({"layers": []}, "block number 1 lacks"),
        ({"layers": ["b1_conv1", "b1_conv1"]}, "block number 1 lacks"),
        ({"params": []}, "block number 1 lacks"),
        ({"version": "x"}, "block number 1 lacks"),
        ({"name": "conv1"}, "this name is used twice"),
        ({"layers": ["ghost"]}, "'ghost' is no layer, or is in another block"),
        ({"layers": ["b2_conv1"]}, "'b2_conv1' is no layer, or is in another block"),
    ],
)
def test_damaged_records_are_named(change: dict, said: str) -> None:
    damaged = copy.deepcopy(document())
    damaged["blocks"][0] |= change
    with pytest.raises(NetworkError, match=said):
        Network.from_json(json.dumps(damaged))


# ---- recognition


@pytest.mark.parametrize(
    "name", ["resnet20_cifar", "googlenet_mini", "xception_mini", "densenet_mini", "mobilenet_mini"]
)
def test_blocks_of_an_architecture_are_found_among_its_plain_layers(name: str) -> None:
    net = zoo.build(name)
    flat = Network.from_dict({key: value for key, value in net.to_dict().items() if key != "blocks"})
    assert blocks.fold(flat) == list(net.groups)
    assert {n: (g.block, g.members) for n, g in flat.groups.items()} == {
        n: (g.block, g.members) for n, g in net.groups.items()
    }


def test_layers_named_by_hand_are_recognised_and_named_after_the_type() -> None:
    net = two_blocks()
    for group in list(net.groups):
        net.ungroup(group)
    for number, name in enumerate(n for n in list(net.nodes) if n.startswith("b")):
        net.rename(name, f"{'abcdefghijklmnopqrstuvwxyz'[number]}x")
    assert blocks.fold(net) == ["residual1", "residual2"]
    assert intact(net) == {"residual1": True, "residual2": True}


def test_what_differs_in_one_parameter_is_no_block() -> None:
    net = two_blocks()
    for group in list(net.groups):
        net.ungroup(group)
    net.set("b1_conv2", dilation=2, padding=2)
    assert blocks.fold(net) == ["b2"]


def test_parameters_that_act_together_are_found() -> None:
    net = Network((6, 6, 4))
    net.add_block(blocks.Bottleneck(6, growth=3), "b1")
    net.ungroup("b1")
    [found] = blocks.recognise(net)
    assert found.block == blocks.Bottleneck(6, growth=3)


def test_convolutions_in_a_row_are_no_residual_block_without_shortcut() -> None:
    net = zoo.plain18((32, 32, 3))
    for group in list(net.groups):
        net.ungroup(group)
    assert blocks.recognise(net) == []
