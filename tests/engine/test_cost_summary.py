"""The cost table: exact figures of known architectures, its JSON form, and what it says of unfinished networks."""

import json

import pytest
from hypothesis import given

from convscope.engine import layers as L
from convscope.engine import zoo
from convscope.engine.cost import FIGURES
from convscope.engine.cost.units import format_bytes, format_count
from convscope.engine.graph import Network

from .random_networks import networks


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [("lenet5", 61_706, 416_520), ("resnet20_cifar", 269_722, 40_551_040), ("vgg_mini", 814_122, 39_160_320)],
)
def test_architectures_have_their_published_figures(name, params, macs):
    totals = zoo.build(name).summary().totals
    assert (totals.params, totals.macs, totals.flops, totals.complete) == (params, macs, 2 * macs, True)


def test_lenet5_is_costed_layer_by_layer():
    rows = {row.name: row for row in zoo.lenet5().summary(batch=2).rows}
    figures = {name: (row.output, row.params, row.macs, row.bias_adds) for name, row in rows.items() if row.macs}
    assert figures == {
        "conv1": ((28, 28, 6), 156, 117_600, 4_704),
        "conv2": ((10, 10, 16), 2_416, 240_000, 1_600),
        "dense3": ((120,), 48_120, 48_000, 120),
        "dense4": ((84,), 10_164, 10_080, 84),
        "scores": ((10,), 850, 840, 10),
    }
    assert rows["conv1"].activation_bytes == 2 * 28 * 28 * 6 * 4
    assert rows["flatten"].activation_bytes == 0, "a renamed array takes no memory"
    assert rows["pool1"].elementwise == 14 * 14 * 6 * 4


def test_batch_norm_counts_scale_and_shift_but_not_its_running_averages():
    net = Network((4, 4, 7))
    net.add(L.BatchNorm(), "bn")
    assert net.summary().totals.params == 14
    assert len(net.weights()) == 4


def test_multiply_adds_are_for_one_image_and_memory_for_the_batch():
    one, many = (zoo.vgg_mini().summary(batch) for batch in (1, 32))
    assert one.totals.macs == many.totals.macs
    assert 32 * one.totals.activation_bytes == many.totals.activation_bytes
    assert many.totals.training_bytes > many.totals.inference_bytes > one.totals.inference_bytes


@given(networks())
def test_totals_are_the_sums_of_the_rows(network):
    summary = network.summary(3)
    for figure in FIGURES:
        if figure.summed and figure.status != "measured":
            assert getattr(summary.totals, figure.key) == sum(getattr(row, figure.key) for row in summary.rows)


def test_parameters_are_told_apart():
    net = Network((4, 4, 7))
    net.add(L.Conv2D(5, 3), "conv")
    net.add(L.BatchNorm(), "bn")
    net.add(L.PReLU(), "prelu")
    rows = net.summary().rows
    assert [(row.weights, row.biases, row.norm_params) for row in rows] == [(315, 5, 0), (0, 0, 10), (5, 0, 0)]
    assert [row.params for row in rows] == [320, 10, 5]


def test_traffic_moves_inputs_weights_and_output_once():
    net = Network((6, 6, 2))
    net.add(L.Conv2D(3, 3), "conv")
    net.add(L.Conv2D(3, 1), "side")
    net.add(L.Add(), "sum", ["conv", "side"])
    net.add(L.Flatten(), "flat")
    rows = {row.name: row for row in net.summary(5).rows}
    assert rows["conv"].moved_bytes == 4 * (5 * (6 * 6 * 2 + 4 * 4 * 3) + 3 * 3 * 2 * 3 + 3)
    assert rows["conv"].intensity == 5 * (2 * rows["conv"].macs + 48) / rows["conv"].moved_bytes
    assert rows["sum"].moved_bytes == 4 * 5 * 3 * 48
    assert (rows["flat"].moved_bytes, rows["flat"].intensity) == (0, 0)


def test_shares_add_up_to_one():
    summary = zoo.lenet5().summary()
    for key in ("params", "macs", "activation_bytes"):
        assert sum(summary.share(row, key) for row in summary.rows) == pytest.approx(1)
    assert summary.share(summary.rows[0], "forward_ms") is None


def test_the_json_begins_with_the_keys_of_the_command_line_and_tells_every_figure():
    document = json.loads(json.dumps(zoo.resnet20_cifar().summary(8).to_dict()))
    first = ["name", "input", "params", "macs", "activation_bytes", "training_bytes", "layers"]
    assert list(document)[: len(first)] == first
    keys = ["name", "type", "inputs", "output", "params", "macs", "activation_bytes"]
    keys += ["receptive_field", "effective_stride"]
    told = {figure.key for figure in FIGURES}
    for layer in document["layers"]:
        assert list(layer)[: len(keys)] == keys
        assert told == set(layer) - {"name", "type", "inputs", "output"}
    assert {key: figure["status"] for key, figure in document["figures"].items()} == {f.key: f.status for f in FIGURES}
    assert document["input"] == [32, 32, 3]
    assert {key: document["layers"][0][key] for key in keys} == {
        "name": "conv1",
        "type": "Conv2D",
        "inputs": ["input"],
        "output": [32, 32, 16],
        "params": 432,
        "macs": 442_368,
        "activation_bytes": 8 * 32 * 32 * 16 * 4,
        "receptive_field": 3,
        "effective_stride": 1,
    }


def test_unequal_rows_and_columns_are_a_pair_in_the_json():
    net = Network((8, 8, 1))
    net.add(L.Conv2D(1, (3, 1), stride=(1, 2)), "conv")
    [layer] = net.summary().to_dict()["layers"]
    assert (layer["receptive_field"], layer["effective_stride"]) == ([3, 1], [1, 2])


def test_layers_that_cannot_be_costed_are_null_and_the_others_counted():
    net = Network((8, 8, 1), "draft")
    net.add(L.Conv2D(2, 3), "good")
    net.add(L.Dense(3), "bad")
    net.add(L.ReLU(), "behind")
    summary = net.summary()
    document = summary.to_dict()
    assert document["training_bytes"] is None
    assert (document["params"], document["layers"][1]["params"], document["layers"][2]["output"]) == (20, None, None)
    assert document["memory"] == {"inference": None, "training": None}
    assert [layer["kept_bytes"] for layer in document["layers"]] == [None] * 3
    assert not summary.totals.complete
    assert "memory is known once they are mended" in str(summary)
    assert "?" in str(summary)


def test_an_empty_network_costs_nothing():
    summary = Network((8, 8, 1)).summary()
    assert summary.rows == ()
    assert (summary.totals.params, summary.totals.training_bytes) == (0, None)
    assert "total" in str(summary)


def test_layers_of_impossible_size_are_costed_all_the_same():
    net = Network((10**9, 10**9, 10**9))
    net.add(L.Conv2D(10**9, 1), "conv")
    assert net.summary().totals.macs == 10**36


def test_the_printed_table_has_a_line_for_each_layer_and_the_totals():
    text = str(zoo.lenet5().summary(64))
    lines = text.splitlines()
    assert lines[0] == "lenet5   input 28×28×1   batch 64"
    assert len([line for line in lines if line.startswith(tuple(zoo.lenet5().nodes))]) == len(zoo.lenet5())
    assert "61,706" in text
    assert "416,520" in text
    assert "61,470 weights, 236 biases, 0 of normalisation" in text
    assert "833.0 K FLOPs an image (2 a multiply-add), 6.52 K bias additions, ~12.8 K others" in text
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (834, "834"), (61_706, "61.7 K"), (1_000, "1.00 K"), (15_470_264_320, "15.5 G"), (2e12, "2.00 T")],
)
def test_counts_for_people(value, text):
    assert format_count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (512, "512 B"), (1024, "1.00 KiB"), (97_517_568, "93.0 MiB"), (3 * 2**40, "3.00 TiB")],
)
def test_bytes_for_people(value, text):
    assert format_bytes(value) == text
