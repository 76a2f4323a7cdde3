"""Cost tables as CSV, with measured times, and two side by side."""

import csv
import io
import json

import pytest

from convscope.engine import blocks, zoo
from convscope.engine import layers as L
from convscope.engine.cost import FIGURES, Comparison, Measured, Times
from convscope.engine.graph import Network


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_csv_has_a_line_for_each_layer_and_the_totals():
    net = zoo.lenet5()
    found = lines(net.summary(2).to_csv())
    assert [line["name"] for line in found] == [*net.nodes, "total"]
    assert list(found[0]) == ["name", "type", "inputs", "output", *(figure.key for figure in FIGURES)]
    conv, total = found[0], found[-1]
    assert (conv["output"], conv["inputs"], conv["params"], conv["macs"]) == ("28x28x6", "input", "156", "117600")
    assert float(conv["macs_share"]) == pytest.approx(117_600 / 416_520, rel=1e-5)
    assert (conv["receptive_field"], conv["effective_stride"], conv["effective_padding"]) == ("5", "1", "2")
    assert (total["params"], total["macs"], total["forward_ms"]) == ("61706", "416520", "")


def test_the_csv_is_empty_where_nothing_is_known_and_writes_pairs():
    net = Network((8, 8, 1))
    net.add(L.Conv2D(1, (3, 1), stride=(1, 2)), "good")
    net.add(L.Dense(3), "bad")
    good, bad, _ = lines(net.summary().to_csv())
    assert (good["receptive_field"], good["effective_stride"]) == ("3x1", "1x2")
    assert {bad[figure.key] for figure in FIGURES} == {""}


def test_a_folded_table_has_the_same_totals_and_sums_what_blocks_take():
    net = zoo.resnet20_cifar()
    flat = net.summary(2).with_measured(measured(s1b1_conv1=(0.25, 0.5), s1b1_bn1=(0.5, 1.0)))
    summary = flat.folded(net.groups.values())
    assert summary.totals == flat.totals
    assert len(summary.rows) == len(net) - sum(len(group.members) - 1 for group in net.groups.values())
    for key in ("params", "macs", "elementwise", "activation_bytes", "kept_bytes", "moved_bytes"):
        assert sum(getattr(row, key) for row in summary.rows) == getattr(flat.totals, key)
    block, last = (
        next(row for row in table.rows if row.name == name) for table, name in ((summary, "s1b1"), (flat, "s1b1_relu2"))
    )
    assert (block.output, block.field) == (last.output, last.field)
    assert block.intensity == pytest.approx(2 * (2 * block.macs + block.elementwise) / block.moved_bytes)
    assert (block.forward_ms, block.backward_ms) == (0.75, 1.5)
    assert summary.share(block, "macs") == pytest.approx(block.macs / flat.totals.macs)


def test_a_block_with_a_fault_is_folded_without_figures():
    net = Network((4, 4, 2), "faulty")
    net.add_block(blocks.InceptionNaive(2, 2, 2), "mix")
    net.set("mix_conv3x3", padding=0)
    [row] = net.summary().folded(net.groups.values()).rows
    assert (row.name, row.type, row.output, row.params) == ("mix", "InceptionNaive", None, None)


def measured(**times: tuple[float, float]) -> Measured:
    return Measured("cpu", 2, {name: Times(*pair) for name, pair in times.items()}, 1.5, 4.25, 100, 200)


def small() -> Network:
    net = Network((4, 4, 1), "small")
    net.add(L.Conv2D(2, 3), "conv")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(3), "scores")
    return net


def test_measured_times_join_the_table_and_add_up():
    summary = small().summary(2).with_measured(measured(conv=(0.25, 0.5), scores=(0.125, 1.0)))
    assert (summary.totals.forward_ms, summary.totals.backward_ms) == (0.375, 1.5)
    assert (summary.totals.inference.workspace, summary.totals.training.workspace) == (100, 200)
    assert summary.totals.training_bytes == small().summary(2).totals.training_bytes, "workspace comes on top"
    layers = {layer["name"]: layer for layer in summary.to_dict()["layers"]}
    assert (layers["conv"]["backward_ms"], layers["flat"]["forward_ms"]) == (0.5, None)
    assert summary.to_dict()["measured"]["training_ms"] == 4.25
    text = str(summary)
    assert "forward ms" in text
    assert "1.5 ms to predict, 4.25 ms forward and backward (cpu, 2 threads)" in text
    assert "forward ms" not in str(small().summary(2))


def test_two_networks_stand_side_by_side_with_their_ratios():
    first, second = zoo.lenet5().summary(8), zoo.vgg_mini().summary(8)
    both = Comparison(first, second)
    totals = {line.key: line for line in both.totals}
    assert (totals["params"].first, totals["params"].second) == (61_706, 814_122)
    assert totals["macs"].ratio == pytest.approx(39_160_320 / 416_520)
    assert totals["norm_params"].ratio is None
    assert "training_ms" not in totals
    assert {line.key: (line.first, line.second) for line in both.types}["Dropout"] == (0, 1)
    told = [line.split() for line in str(both).splitlines()]
    assert told[0] == ["lenet5", "vgg_mini", "ratio"]
    assert ["parameters", "61,706", "814,122", "13.2"] in told
    assert ["Dropout", "·", "1"] in told


def test_a_comparison_is_json_and_csv_too():
    both = Comparison(small().summary(), zoo.lenet5().summary().with_measured(measured()))
    document = json.loads(json.dumps(both.to_dict()))
    assert (document["first"]["name"], document["second"]["name"]) == ("small", "lenet5")
    assert document["totals"]["params"]["second"] == 61_706
    assert document["totals"]["training_ms"] == {"first": None, "second": 4.25, "ratio": None}
    found = {line["figure"]: line for line in lines(both.to_csv())}
    assert found["params"] == {"figure": "params", "small": "47", "lenet5": "61706", "ratio": "1312.89"}
    assert found["training_ms"]["small"] == ""


def test_a_network_with_problems_is_compared_as_far_as_it_is_known():
    net = Network((8, 8, 1), "draft")
    net.add(L.Conv2D(2, 3), "good")
    net.add(L.Dense(3), "bad")
    totals = {line.key: line for line in Comparison(net.summary(), small().summary()).totals}
    assert totals["params"].first == 20
    assert totals["training_bytes"].first is None
    assert totals["training_bytes"].ratio is None
    assert "?" in str(Comparison(net.summary(), small().summary()))
