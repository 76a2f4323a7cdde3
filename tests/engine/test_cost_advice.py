"""Advice: figures of the textbook examples, rewrites that keep all shapes, and silence where there is no cause."""

import json
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.engine import Model, zoo
from convscope.engine import layers as L
from convscope.engine.cost.advice import Advice, study
from convscope.engine.cost.receptive import receptive_fields
from convscope.engine.graph import Network
from convscope.engine.spec import ConvscopeError

from .random_networks import networks


def one_convolution(layer: L.Conv2D, channels: int, size: int = 14) -> Network:
    """input → conv → relu → averages → scores."""
    net = Network((size, size, channels), "one convolution")
    net.add(layer, "conv")
    net.add(L.ReLU(), "relu")
    net.add(L.GlobalAvgPool(), "pool")
    net.add(L.Dense(3), "scores")
    return net


def found(net: Network, kind: str) -> Advice:
    """The one piece of advice of this kind."""
    (piece,) = [advice for advice in net.advice() if advice.kind == kind]
    return piece


def kinds(net: Network) -> list[str]:
    return [advice.kind for advice in net.advice()]


def rewritten(net: Network, kind: str) -> Network:
    rewrite = found(net, kind).rewrite
    assert rewrite is not None
    return rewrite.apply(net)


def filters(net: Network) -> int:
    """Weights of all convolutions, without biases."""
    return sum(
        int(np.prod(w.shape))
        for name, w in net.weights().items()
        if name.endswith(".weight") and isinstance(net[name.rpartition(".")[0]], L.Conv2D)
    )


# ---- chains of small filters


@pytest.mark.parametrize(
    ("size", "count", "old", "new"), [(5, 2, 25, 18), (7, 3, 49, 27), (9, 4, 81, 36), (11, 5, 121, 45)]
)
def test_a_chain_of_3x3_sees_as_much_as_a_large_filter_for_fewer_weights(size, count, old, new):
    channels = 8
    net = one_convolution(L.Conv2D(channels, size, padding="same", bias=False), channels)
    after = rewritten(net, "large-filter")
    assert (filters(net), filters(after)) == (old * channels**2, new * channels**2)
    text = found(net, "large-filter").text
    assert f"{old}·8² = {old * 64:,} weights" in text
    assert f"{new}·8² = {new * 64:,}" in text
    convolutions = [node for node in after.order() if isinstance(node.layer, L.Conv2D)]
    assert [node.layer.kernel for node in convolutions] == [(3, 3)] * count
    assert sum(isinstance(node.layer, L.ReLU) for node in after.order()) == count
    assert receptive_fields(after)["conv"] == receptive_fields(net)["conv"]


@pytest.mark.parametrize("padding", ["valid", "same", 2, (3, 0, 1, 4), 6])
def test_every_unit_of_a_chain_stands_where_that_of_the_large_filter_stood(padding):
    net = one_convolution(L.Conv2D(6, 7, padding=padding), 8, size=31)
    before, after = net, rewritten(net, "large-filter")
    assert after.shapes()["conv"] == before.shapes()["conv"]
    assert receptive_fields(after)["conv"] == receptive_fields(before)["conv"]


def test_a_chain_with_a_stride_strides_first_and_is_shorter():
    net = one_convolution(L.Conv2D(16, 7, stride=2, padding=3), 8, size=32)
    after = rewritten(net, "large-filter")
    strides = [node.layer.stride for node in after.order() if isinstance(node.layer, L.Conv2D)]
    assert strides == [(2, 2), (1, 1)]
    assert after.shapes()["conv"] == (16, 16, 16)
    assert receptive_fields(after)["conv"] == receptive_fields(net)["conv"]


@pytest.mark.parametrize(
    ("layer", "channels"),
    [
        (L.Conv2D(8, 7, padding="same"), 3),  # pictures: few channels, nothing to save
        (L.Conv2D(8, 3, padding="same"), 8),
        (L.Conv2D(8, 6, padding="same"), 8),
        (L.Conv2D(8, 7, padding="same", groups=2), 8),
        (L.Conv2D(8, 5, padding="same", dilation=2), 8),
        (L.Conv2D(8, 7, stride=3, padding=3), 8),
        (L.Conv2D(8, 7, stride=2), 8),  # not padded enough for the centre of its filters to reach all places
    ],
)
def test_filters_without_an_equal_chain_are_left_alone(layer, channels):
    assert "large-filter" not in kinds(one_convolution(layer, channels))


def test_a_whole_map_as_one_filter_is_left_alone_since_a_chain_takes_more_work():
    assert "large-filter" not in kinds(one_convolution(L.Conv2D(8, 7), 8, size=7))


# ---- many channels


@pytest.fixture
def wide() -> Network:
    return one_convolution(L.Conv2D(256, 3, padding="same", bias=False), 256)


@pytest.mark.parametrize(
    ("kind", "weights", "said"),
    [
        ("bottleneck", 69_632, "1×1 to 64 channels, 3×3 there and 1×1 to 256 take 69,632"),
        ("separable", 67_840, "9·256 + 256·256 = 67,840, 8.7 times fewer"),
        ("grouped", 147_456, "in 4 groups of 64 channels they take 147,456"),
        ("factorise", 393_216, "1×3 and 3×1 through 256 channels see the same 3×3 for 393,216"),
    ],
)
def test_a_3x3_from_256_to_256_channels_has_cheaper_relatives(wide, kind, weights, said):
    piece = found(wide, kind)
    assert "589,824 weights" in piece.text
    assert said in piece.text
    assert (filters(wide), filters(rewritten(wide, kind))) == (589_824, weights)


def test_what_stands_in_a_bottleneck_is_not_put_into_another(wide):
    assert "bottleneck" not in kinds(rewritten(wide, "bottleneck"))
    net = Network((14, 14, 1024))
    net.add(L.Conv2D(256, 1), "reduce")
    net.add(L.BatchNorm())
    net.add(L.ReLU())
    net.add(L.Conv2D(256, 3, padding="same"), "conv")
    assert "separable" in kinds(net)
    assert "bottleneck" not in kinds(net)


def test_few_channels_are_left_alone():
    assert kinds(one_convolution(L.Conv2D(255, 3, padding="same"), 256, size=3)) == []


def test_layers_that_weigh_little_in_their_network_are_left_alone():
    net = one_convolution(L.Conv2D(256, 3, padding="same"), 256, size=3)
    net.add(L.Dense(500_000_000), "many_scores")
    assert kinds(net) == []


# ---- heads


def test_averages_replace_the_dense_layers_on_a_flattened_map():
    net = zoo.build("vgg_d")
    after = rewritten(net, "dense-head")
    assert found(net, "dense-head").nodes == ("dense6",)
    assert "7×7×512 = 25,088 values" in found(net, "dense-head").text
    assert net.summary().totals.params - after.summary().totals.params == 123_642_856 - 513_000
    assert after.shapes()[after.output] == (1000,)


@pytest.mark.parametrize(
    ("image", "scores"),
    [((3, 5, 64), 10), ((8, 8, 4), 10)],  # a small map; fewer than half as many averages as scores
)
def test_small_maps_and_maps_of_few_channels_are_flattened_as_they_are(image, scores):
    net = Network(image)
    net.add(L.Flatten())
    net.add(L.Dense(scores))
    assert kinds(net) == []


def test_a_head_that_others_read_is_left_alone():
    net = Network((8, 8, 16))
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(5), "left")
    net.add(L.Dense(5), "right", inputs=["flat"])
    net.add(L.Add(), inputs=["left", "right"])
    assert "dense-head" not in kinds(net)


@pytest.mark.parametrize("ending", [[], [L.Softmax()]])
def test_an_activation_of_the_scores_is_removed(ending):
    net = one_convolution(L.Conv2D(4, 3), 2, size=3)
    for layer in [L.ReLU(), *ending]:
        net.add(layer)
    after = rewritten(net, "last-activation")
    assert "relu1" in found(net, "last-activation").text
    assert [type(node.layer) for node in after.order()][4:] == [type(layer) for layer in ending]
    assert kinds(after) == []


@pytest.mark.parametrize("ending", [L.Softmax(), L.Linear(), L.Dropout()])
def test_scores_may_end_in_probabilities(ending):
    net = one_convolution(L.Conv2D(4, 3), 2, size=3)
    net.add(ending)
    assert kinds(net) == []


def test_biases_before_batch_norm_are_turned_off_together():
    net = Network((6, 6, 2))
    for name in ("a", "b"):
        net.add(L.Conv2D(5, 3, padding="same"), name)
        net.add(L.BatchNorm())
    net.add(L.Conv2D(5, 3, padding="same"), "c")
    net.add(L.GlobalAvgPool())
    piece = found(net, "norm-bias")
    assert piece.nodes == ("a", "b")
    assert "10 parameters" in piece.text
    after = rewritten(net, "norm-bias")
    assert [after[name].bias for name in "abc"] == [False, False, True]
    assert "norm-bias" not in kinds(after)


def test_a_bias_that_is_also_read_without_batch_norm_stays():
    net = Network((6, 6, 2))
    net.add(L.Conv2D(5, 3, padding="same"), "a")
    net.add(L.BatchNorm(), "norm")
    net.add(L.Add(), inputs=["a", "norm"])
    assert "norm-bias" not in kinds(net)


# ---- what is only said


def test_a_volume_that_falls_more_than_eightfold_is_a_tight_bottleneck():
    def squeezed(channels: int) -> Network:
        net = Network((16, 16, 32))
        net.add(L.Conv2D(channels, 1), "squeeze")
        net.add(L.Conv2D(32, 16), "wide")
        net.add(L.Flatten())
        net.add(L.Dense(10))
        return net

    assert "data-volume" not in kinds(squeezed(4))
    text = found(squeezed(3), "data-volume").text
    assert text.startswith("squeeze: ")
    assert "16×16×3 = 768 values, 10.7 times fewer than the 8,192 of the image" in text


def test_a_narrow_branch_beside_a_wide_one_is_no_tight_bottleneck():
    net = Network((16, 16, 32))
    net.add(L.Conv2D(1, 1), "narrow")
    net.add(L.Conv2D(32, 1), "wide")
    net.add(L.Add(), "sum", inputs=["wide", "input"])
    net.add(L.Conv2D(10, 1), "scores")
    assert "data-volume" not in kinds(net)


def test_scores_and_averaged_units_that_do_not_see_the_image_are_named():
    net = one_convolution(L.Conv2D(4, 5), 2, size=9)
    assert "units that see 5×5 of the 9×9 image" in found(net, "receptive-field").text
    net = Network((9, 9, 2))
    net.add(L.Conv2D(4, 5), "scores")
    assert "each score sees 5×5 of the 9×9 image" in found(net, "receptive-field").text
    net.set("scores", kernel=9)
    assert kinds(net) == []


def test_rows_lost_to_a_stride_come_with_their_fraction():
    net = one_convolution(L.Conv2D(4, 3, stride=3), 2, size=7)
    assert "(7−3)/3+1 = 2.33" in found(net, "lost-rows").text


def test_a_dead_end_is_named_with_all_that_only_it_needs():
    net = one_convolution(L.Conv2D(4, 3), 2, size=3)
    net.add(L.Conv2D(5, 1), "side", inputs=["relu"])
    net.add(L.Tanh(), "end")
    piece = found(net, "dead-end")
    assert piece.nodes == ("end",)
    assert "1 more that only it needs is wasted: 25 parameters, 20 multiply-adds" in piece.text


def test_networks_without_cause_get_no_advice():
    assert [zoo.build(name).advice() for name in ("resnet20_cifar", "xception", "vintage1990")] == [[], [], []]


@given(networks())
def test_advice_is_the_same_each_time_and_in_the_order_of_the_network(net):
    advice = net.advice()
    assert advice == net.copy().advice()
    order = [node.name for node in net.order()]
    places = [order.index(piece.nodes[0]) for piece in advice]
    assert places == sorted(places)


def test_unfinished_networks_get_what_can_be_said():
    assert Network((8, 8, 3)).advice() == []
    net = one_convolution(L.Conv2D(8, 7, padding="same"), 8)
    net.add(L.Dense(4), "wrong", inputs=["conv"])
    net.add(L.Conv2D(4, 3), "loose", inputs=[])
    assert "large-filter" in kinds(net)
    preview = found(net, "large-filter").rewrite.preview(net)
    assert (preview.before.training_bytes, preview.after.training_bytes) == (None, None)
    assert preview.after.params < preview.before.params


# ---- every rewrite


@st.composite
def heavy_networks(draw: st.DrawFn) -> Network:
    """A sound network of layers that guidelines speak of, in random forms; nothing is ever allocated for it."""
    net = Network((draw(st.integers(9, 24)), draw(st.integers(9, 24)), draw(st.sampled_from([3, 8, 256]))), "heavy")
    for _ in range(draw(st.integers(1, 3))):
        layer = L.Conv2D(
            draw(st.sampled_from([6, 16, 256, 320])),
            draw(st.sampled_from([1, 3, 3, 5, 7, 9, 11])),
            stride=draw(st.sampled_from([1, 1, 2, 3])),
            padding=draw(st.sampled_from(["same", "same", "valid", 1, 4, (3, 2, 4, 5)])),
            dilation=draw(st.sampled_from([1, 1, 2])),
            bias=draw(st.booleans()),
        )
        name = net.add(layer)
        if net.errors() and not net.shapes()[name]:
            net.remove(name)
            continue
        for extra in draw(st.lists(st.sampled_from([L.ReLU(), L.BatchNorm()]), max_size=2)):
            net.add(extra)
        if draw(st.booleans()):
            net.add(L.Concat(), inputs=[name, list(net.nodes)[-1]])
    net.add(draw(st.sampled_from([L.Flatten(), L.GlobalAvgPool()])))
    for layer in draw(st.lists(st.sampled_from([L.Dense(40), L.Tanh(), L.Dropout()]), max_size=3)):
        net.add(layer)
    net.add(L.Dense(10))
    for layer in draw(st.lists(st.sampled_from([L.ReLU(), L.Softmax()]), max_size=2)):
        net.add(layer)
    return net


@settings(max_examples=40)
@given(heavy_networks(), st.integers(1, 5))
def test_a_rewrite_keeps_all_shapes_and_costs_what_its_preview_says(net, batch):
    before = net.copy()
    with mock.patch.object(study, "WORTH", 0.0):
        advice = net.advice()
    for rewrite in (piece.rewrite for piece in advice if piece.rewrite):
        after = rewrite.apply(net)
        assert after.errors() == []
        assert (net, after.input) == (before, net.input)
        gone = {name for exchange in rewrite.exchanges for name in exchange.names}
        kept = [name for name in net.nodes if name in after]
        assert gone.issuperset(net.nodes.keys() - set(kept))
        assert {name: after.shapes()[name] for name in kept} == {name: net.shapes()[name] for name in kept}
        assert after.shapes()[after.output] == net.shapes()[net.output]

        preview = rewrite.preview(net, batch)
        for network, figures in ((net, preview.before), (after, preview.after)):
            totals = network.summary(batch).totals
            assert (figures.params, figures.macs) == (totals.params, totals.macs)
            assert figures.inference_bytes == totals.inference_bytes
            assert figures.training_bytes == totals.training_bytes
        end = rewrite.exchanges[-1].end
        assert preview.after.receptive_field == receptive_fields(after)[end].size
        assert preview.before.receptive_field <= preview.after.receptive_field
        assert preview.after.params <= preview.before.params
        assert preview.after.macs <= preview.before.macs

        with pytest.raises(ConvscopeError, match="since this advice was given"):
            rewrite.apply(after)


def example(kind: str) -> Network:
    """A small network that gets this advice."""
    if kind in ("dense-head", "last-activation", "norm-bias"):
        net = Network((8, 8, 4))
        net.add(L.Conv2D(6, 3, padding="same"))
        net.add(L.BatchNorm())
        net.add(L.Flatten())
        for layer in (L.Dense(12), L.ReLU(), L.Dense(5), L.Tanh()):
            net.add(layer)
        return net
    size, channels = (7, 8) if kind == "large-filter" else (3, 256)
    return one_convolution(L.Conv2D(channels, size, padding="same"), channels, size=5)


@pytest.mark.parametrize(
    "kind",
    ["large-filter", "bottleneck", "separable", "grouped", "factorise", "dense-head", "last-activation", "norm-bias"],
)
def test_rewritten_networks_run(kind):
    net = rewritten(example(kind), kind)
    x = np.random.default_rng(0).normal(size=(2, *net.input)).astype(np.float32)
    scores = Model(net, seed=0).forward(x)
    assert scores.shape == (2, *net.shapes()[net.output])
    assert np.isfinite(scores).all()


def test_a_rewrite_is_refused_once_the_network_has_changed():
    net = one_convolution(L.Conv2D(8, 7, padding="same"), 8)
    rewrite = found(net, "large-filter").rewrite
    changes = {
        "conv has been changed": lambda other: other.set("conv", filters=9),
        "there is no layer conv": lambda other: other.remove("conv", reconnect=True),
        "conv reads 9×9×8 and read 14×14×8": lambda other: setattr(other, "input", (9, 9, 8)),
    }
    for said, change in changes.items():
        other = net.copy()
        change(other)
        as_it_was = other.copy()
        with pytest.raises(ConvscopeError, match=said):
            rewrite.edit(other)
        assert other == as_it_was


def test_an_edit_rewrites_the_network_itself_and_new_names_avoid_old_ones():
    net = one_convolution(L.Conv2D(8, 5, padding="same"), 8)
    net.rename("relu", "conv_1")
    rewrite = found(net, "large-filter").rewrite
    after = rewrite.apply(net)
    rewrite.edit(net)
    assert net == after
    assert list(net.nodes) == ["conv_1_2", "conv_1_relu", "conv", "conv_1", "pool", "scores"]


def test_the_json_of_a_summary_holds_advice_when_it_is_asked_for(capsys):
    from convscope.engine.cli.main import main  # noqa: PLC0415

    assert main(["summary", "lenet5", "--advice", "--json", "--batch", "2"]) == 0
    pieces = json.loads(capsys.readouterr().out)["advice"]
    assert [(piece["kind"], piece["nodes"]) for piece in pieces] == [
        ("large-filter", ["conv2"]),
        ("factorise", ["conv2"]),
        ("dense-head", ["dense3"]),
    ]
    assert pieces[2]["rewrite"]["before"]["params"] == 61_706
    assert pieces[2]["rewrite"]["after"]["params"] == 2_742
    assert main(["summary", "lenet5", "--advice"]) == 0
    assert "parameters 61,706 → 2,742 (−95.6 %)" in capsys.readouterr().out
    assert main(["summary", "resnet20_cifar", "--advice"]) == 0
    assert "No advice" in capsys.readouterr().out
