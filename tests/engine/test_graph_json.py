"""Networks as JSON: there and back unchanged, and every fault of a damaged text named."""

import copy
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.engine import layers as L
from convscope.engine import zoo
from convscope.engine.graph import Network
from convscope.engine.spec import NetworkError

from .random_networks import networks

DOCUMENT = zoo.lenet5().to_dict()


def faults(document: object) -> list[str]:
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(NetworkError) as caught:
        Network.from_json(text)
    return [str(p) for p in caught.value.problems]


def damaged(**changes: object) -> dict:
    """LeNet-5's document with the first layer, conv1, changed."""
    document = copy.deepcopy(DOCUMENT)
    document["layers"][0].update(changes)
    return document


@pytest.mark.parametrize("name", zoo.ARCHITECTURES)
def test_architectures_come_back_unchanged(name):
    net = zoo.build(name)
    assert Network.from_json(net.to_json()) == net
    assert Network.from_json(net.to_json(indent=None)) == net


@given(networks())
def test_any_network_comes_back_unchanged(network):
    twin = Network.from_json(network.to_json())
    assert twin == network
    assert list(twin.nodes) == list(network.nodes)


@pytest.mark.parametrize("layer", [e.layer for t in L.TYPES.values() for e in t.examples()], ids=str)
def test_every_example_layer_comes_back_unchanged(layer):
    net = Network((9, 9, 1))
    net.add(layer, "layer", inputs=[])
    assert Network.from_json(net.to_json())["layer"] == layer


def test_half_built_networks_come_back_too():
    net = Network((8, 8, 1), "draft")
    net.add(L.Add(), "open", inputs=[])
    net.add(L.Dense(3), "wrong", inputs=["input"])
    assert Network.from_json(net.to_json()) == net


def test_the_layout_is_carried_along():
    net = zoo.lenet5()
    net.layout |= {"conv1": (1.5, -20.0), "input": (0.0, 0.0)}
    assert Network.from_json(net.to_json()).layout == net.layout


@pytest.mark.parametrize(
    "layout",
    [
        None,
        [],
        "x",
        {"conv1": [1]},
        {"conv1": "ab"},
        {"conv1": [math.nan, 0]},
        {"conv1": [10**400, 0]},
        {"ghost": [1, 2]},
    ],
)
def test_a_damaged_layout_only_loses_positions(layout):
    net = Network.from_json(json.dumps({**DOCUMENT, "layout": layout}))
    assert net == zoo.lenet5()
    assert net.layout == {}


def test_layers_may_come_in_any_order():
    document = {**DOCUMENT, "layers": DOCUMENT["layers"][::-1]}
    net = Network.from_json(json.dumps(document))
    assert net.problems() == []
    assert net.weights() == zoo.lenet5().weights()


def test_parameters_that_are_left_out_have_their_defaults():
    net = Network.from_json(json.dumps(damaged(params={"filters": 6, "kernel": 5, "padding": 2})))
    assert net == zoo.lenet5()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 5000])
def test_a_text_that_is_nested_without_end_is_refused(text):
    assert faults(text) == ["the text is nested more deeply than any network; open a file written by Convscope."]


@pytest.mark.parametrize("text", ["", "{", "nonsense", "1" * 5000, "\x00", "{'a': 1}"])
def test_a_text_that_is_not_json_is_refused(text):
    [fault] = faults(text)
    assert fault.startswith("the text is not JSON (")
    assert fault.endswith("open a file written by Convscope.")


@pytest.mark.parametrize("document", [None, 3, [], "text", {}, {"format": "else"}, {"format": ["convscope-network"]}])
def test_json_that_is_no_network_is_refused(document):
    assert faults(json.dumps(document)) == [
        'this is not a Convscope network; the top level must say "format": "convscope-network".'
    ]


@pytest.mark.parametrize("version", [2, "1", None, [1]])
def test_another_version_is_refused_with_the_remedy(version):
    [fault] = faults({**DOCUMENT, "version": version})
    assert "and this program reads 1; update Convscope." in fault


@pytest.mark.parametrize("key", ["input", "layers"])
def test_a_missing_list_is_named(key):
    without = {k: v for k, v in DOCUMENT.items() if k != key}
    assert faults(without) == [f"the list {key!r} is missing; open a complete file."]
    assert faults({**DOCUMENT, key: "text"}) == [f"the list {key!r} is missing; open a complete file."]


@pytest.mark.parametrize(
    "shape", [[], [28, 28], [28, 28, 0], [28.0, 28, 1], ["28", 28, 1], [10**30, 1, 1], [[], [], []], [None] * 3]
)
def test_an_illegal_input_is_named(shape):
    [fault] = faults({**DOCUMENT, "input": shape})
    assert "use height, width and channels, three whole numbers of at least 1" in fault


@pytest.mark.parametrize("name", [None, 5, ["x"], "x" * 300, "a\nb", "\ud800"])
def test_an_illegal_network_name_is_named(name):
    assert faults({**DOCUMENT, "name": name}) == ["the network's name is not a short text; give it one."]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": None}, "layer number 1 has no name; give it one."),
        ({"name": ["x"]}, "layer number 1 has no name; give it one."),
        ({"name": "a b"}, "the name 'a b' is illegal; start with a letter"),
        ({"name": "\ud800"}, "is illegal"),
        ({"name": "input"}, "a layer is named 'input', which is the image; rename it."),
        ({"name": "scores"}, "scores (Dense): this name is used twice; rename one of them."),
        ({"type": "Conv9D"}, "conv1 ('Conv9D'): this layer type is unknown; use one of: Add, AvgPool2D"),
        ({"type": {"deep": [1]}}, "conv1 (dict): this layer type is unknown"),
        ({"type": None}, "conv1 (None): this layer type is unknown"),
        ({"version": 7}, "conv1 (Conv2D): has version 7 and this program knows 1; update Convscope."),
        ({"inputs": "input"}, "its inputs are no list of names; mend it."),
        ({"inputs": None}, "its inputs are no list of names"),
        ({"inputs": [["input"]]}, "its inputs are no list of names"),
        ({"inputs": ["ghost"]}, "conv1 (Conv2D): its input 'ghost' does not exist; name an existing layer or 'input'."),
        ({"params": []}, "conv1 (Conv2D): its params are not an object; use names and values."),
        ({"params": [["filters", 3]]}, "its params are not an object"),
        ({"params": {"filters": -1}}, "conv1 (Conv2D): filters -1; use a whole number of at least 1."),
        ({"params": {"filters": 10**400}}, "conv1 (Conv2D): filters 1000"),
        ({"params": {"padding": {"a": 1}}}, "conv1 (Conv2D): padding {'a': 1}; use a whole number"),
        ({"params": {"units": 3}}, "conv1 (Conv2D): unknown parameter 'units'; use one of filters, kernel"),
        ({"params": {"self": 3}}, "unknown parameter 'self'"),
    ],
)
def test_a_damaged_layer_is_named_with_the_remedy(changes, said):
    assert any(said in fault for fault in faults(damaged(**changes)))


def test_an_entry_that_is_no_object_is_numbered():
    assert faults({**DOCUMENT, "layers": [3, None, "x", []]}) == [
        f"layer number {i} has no name; give it one." for i in (1, 2, 3, 4)
    ]


def test_cycles_are_named_layer_by_layer():
    found = faults(damaged(inputs=["relu1"]))
    assert found[0] == "conv1 (Conv2D): is part of a cycle, or reads from one; connect it to an earlier layer."
    assert len(found) == len(DOCUMENT["layers"])


def test_all_faults_are_listed_at_once():
    document = damaged(params={"filters": 0, "kernel": 0})
    document["layers"][1]["type"] = "Nothing"
    document["layers"][2]["inputs"] = 3
    document["input"] = [1]
    document["name"] = 4
    assert len(faults(document)) == 6


def test_an_empty_network_may_be_read():
    assert len(Network.from_json(json.dumps({**DOCUMENT, "layers": []}))) == 0


# ---- any damage at all

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["input", "conv1", "Dense"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def places(value: object, path: tuple = ()) -> list[tuple]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [place for key, inner in items for place in places(inner, (*path, key))]


PLACES = places(DOCUMENT)


@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES, st.booleans()), min_size=1, max_size=4))
def test_any_damage_is_read_or_told_in_problems(damages):
    document = copy.deepcopy(DOCUMENT)
    for path, value, remove in damages:
        try:
            holder = document
            for key in path[:-1]:
                holder = holder[key]
            if remove:
                del holder[path[-1]]
            else:
                holder[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier damage took this place away
    read_or_told(json.dumps(document))


@given(VALUES)
def test_any_json_at_all_is_read_or_told_in_problems(value):
    read_or_told(json.dumps(value))
    read_or_told(json.dumps({**DOCUMENT, "layers": value}))


@given(st.text())
def test_any_text_is_told_in_problems(text):
    read_or_told(text)


def read_or_told(text: str) -> None:
    try:
        network = Network.from_json(text)
    except NetworkError as error:
        assert error.problems
        assert all(len(str(p)) < 1000 for p in error.problems)
    else:
        network.problems()
        network.summary()
        assert Network.from_json(network.to_json()) == network
