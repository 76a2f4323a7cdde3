"""Networks: building, editing, and what is said of a half-built one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.engine import layers as L
from convscope.engine import zoo
from convscope.engine.graph import INPUT, Network
from convscope.engine.spec import NetworkError, ParameterError

from .random_networks import networks


@pytest.fixture
def net() -> Network:
    """input → conv → relu → (left, right) → sum → pool → scores."""
    net = Network((8, 8, 1), "two branches")
    net.add(L.Conv2D(4, 3, padding=1), "conv")
    net.add(L.ReLU(), "relu")
    net.add(L.Conv2D(4, 1), "left")
    net.add(L.Conv2D(4, 3, padding=1), "right", inputs=["relu"])
    net.add(L.Add(), "sum", inputs=["left", "right"])
    net.add(L.GlobalAvgPool(), "pool")
    net.add(L.Dense(3), "scores")
    return net


def inputs(net: Network) -> dict[str, tuple[str, ...]]:
    return {name: node.inputs for name, node in net.nodes.items()}


def problems(net: Network) -> list[tuple[str, str | None]]:
    return [(p.kind, p.layer) for p in net.problems()]


def refused(edit, *said: str) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        edit()
    for text in said:
        assert text in str(caught.value)
    return caught.value


# ---- building


def test_layers_append_to_the_last_unless_inputs_are_named(net):
    assert inputs(net) == {
        "conv": (INPUT,),
        "relu": ("conv",),
        "left": ("relu",),
        "right": ("relu",),
        "sum": ("left", "right"),
        "pool": ("sum",),
        "scores": ("pool",),
    }
    assert net.problems() == []
    assert net.output == "scores"
    assert net.consumers("relu") == ["left", "right"]
    assert (len(net), "sum" in net, "nothing" in net) == (7, True, False)


def test_one_input_may_be_named_without_a_list(net):
    net.add(L.ReLU(), "more", inputs="pool")
    net.rewire("more", "scores")
    assert inputs(net)["more"] == ("scores",)


def test_shapes_are_inferred_everywhere(net):
    shapes = net.shapes()
    assert shapes[INPUT] == (8, 8, 1)
    assert shapes["sum"] == (8, 8, 4)
    assert shapes["scores"] == (3,)
    assert net.input_shapes("sum") == ((8, 8, 4), (8, 8, 4))


def test_unnamed_layers_get_their_type_and_the_next_free_number():
    net = Network((8, 8, 1))
    assert [net.add(L.Conv2D()), net.add(L.ReLU()), net.add(L.Conv2D()), net.add(L.MaxPool2D())] == [
        "conv1",
        "relu1",
        "conv2",
        "maxpool1",
    ]
    net.remove("conv1")
    assert net.free_name(L.Conv2D()) == "conv1"


def test_weights_carry_full_names_in_the_order_of_the_layers(net):
    assert list(net.weights()) == [f"{n}.{w}" for n in ("conv", "left", "right", "scores") for w in ("weight", "bias")]
    assert net.weights()["right.weight"].shape == (3, 3, 4, 4)


def test_a_changed_input_changes_all_shapes(net):
    net.input = (5, 4, 3)
    assert net.shapes()["sum"] == (5, 4, 4)
    assert net.weights()["conv.weight"].shape == (3, 3, 3, 4)


@pytest.mark.parametrize(
    "shape", [(28, 28), (28, 28, 0), (28, 28, 1.5), (), (1, 2, 3, 4), (True, 3, 3), "abc", (-1, 2, 3)]
)
def test_an_input_that_is_no_image_is_refused(shape):
    refused(lambda: Network(shape), "the input is", "use height, width and channels")


# ---- refused edits leave the network as it was


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda n: n.add(L.ReLU(), "relu"), "the name relu is taken; choose another name"),
        (lambda n: n.add(L.ReLU(), "input"), "the name input is taken"),
        (lambda n: n.add(L.ReLU(), "3rd"), "the name '3rd' is illegal; start with a letter"),
        (lambda n: n.add(L.ReLU(), ""), "the name '' is illegal"),
        (lambda n: n.add(L.ReLU(), "a b"), "the name 'a b' is illegal"),
        (lambda n: n.add(L.ReLU(), "x" * 201), "is illegal"),
        (lambda n: n.add(L.ReLU(), ["x"]), "is illegal"),
        (lambda n: n.add(L.ReLU(), "new", ["nowhere"]), "new (ReLU): its input 'nowhere' does not exist"),
        (lambda n: n.add(L.ReLU(), "new", ["new"]), "new (ReLU): cannot read itself"),
        (lambda n: n.rename("conv", "relu"), "the name relu is taken"),
        (lambda n: n.rename("conv", "no good"), "the name 'no good' is illegal"),
        (lambda n: n.rename("nobody", "x"), "there is no layer 'nobody'; use one of: conv, relu"),
        (lambda n: n.remove("nobody"), "there is no layer 'nobody'"),
        (lambda n: n.rewire("conv", ["scores"]), "would close the cycle conv → relu"),
        (lambda n: n.rewire("relu", ["relu"]), "relu (ReLU): cannot read itself"),
        (lambda n: n.rewire("relu", ["nowhere"]), "its input 'nowhere' does not exist"),
        (lambda n: n.set("nobody", filters=3), "there is no layer 'nobody'"),
    ],
)
def test_an_impossible_edit_is_refused_and_changes_nothing(net, edit, said):
    before = net.copy()
    refused(lambda: edit(net), said)
    assert net == before


def test_all_reasons_against_an_edit_are_given_at_once(net):
    error = refused(lambda: net.add(L.Add(), "relu", ["a", "b"]))
    assert [p.kind for p in error.problems] == ["duplicate", "unknown", "unknown"]


def test_illegal_parameters_are_refused_and_change_nothing(net):
    before = net.copy()
    with pytest.raises(ParameterError, match=r"filters 0: .*; kernel 'x': "):
        net.set("conv", filters=0, kernel="x")
    assert net == before


def test_a_refused_cycle_names_the_whole_path(net):
    error = refused(lambda: net.rewire("relu", ["sum"]))
    [problem] = error.problems
    circle = problem.what.partition("cycle ")[2].split(" → ")
    assert problem.layer == "relu"
    assert circle[0] == circle[-1] == "relu"
    assert all(a in net.nodes[b].inputs for a, b in pairwise(circle[:-1]))
    assert circle[-2] == "sum"


def test_the_cycle_an_edge_would_close_is_told_beforehand(net):
    assert net.cycle_through("sum", "relu") in (["relu", "left", "sum"], ["relu", "right", "sum"])
    assert net.cycle_through("relu", "relu") == ["relu"]
    assert net.cycle_through("relu", "sum") == []
    assert net.cycle_through(INPUT, "conv") == []


@given(networks(), st.data())
def test_an_edge_is_refused_exactly_when_it_would_close_a_cycle(network, data):
    source, target = (data.draw(st.sampled_from(list(network.nodes))) for _ in range(2))
    closes = target in network.ancestors(source)
    assert bool(network.cycle_through(source, target)) == closes
    if closes:
        refused(lambda: network.rewire(target, [source]), "cycle" if source != target else "itself")
    else:
        network.rewire(target, [source])
        assert len(network.order()) == len(network)


# ---- edits


def test_set_changes_parameters_and_shapes(net):
    net.set("conv", filters=6, stride=2)
    assert net["conv"] == L.Conv2D(6, 3, stride=2, padding=1)
    assert net.shapes()["conv"] == (4, 4, 6)


def test_rename_is_followed_by_readers_and_layout(net):
    net.layout["relu"] = (1.0, 2.0)
    net.rename("relu", "act")
    assert inputs(net)["left"] == inputs(net)["right"] == ("act",)
    assert list(net.nodes)[:3] == ["conv", "act", "left"]
    assert net.nodes["act"].name == "act"
    assert net.layout == {"act": (1.0, 2.0)}
    assert net.problems() == []


def test_rename_to_the_same_name_does_nothing(net):
    before = net.copy()
    net.rename("relu", "relu")
    assert net == before


def test_remove_leaves_readers_unconnected(net):
    net.layout["relu"] = (1.0, 2.0)
    net.remove("relu")
    assert inputs(net)["left"] == inputs(net)["right"] == ()
    assert net.layout == {}
    assert ("ports", "left") in problems(net)


def test_remove_with_reconnect_joins_readers_to_what_the_node_read(net):
    net.remove("relu", reconnect=True)
    assert inputs(net)["left"] == inputs(net)["right"] == ("conv",)
    assert net.problems() == []


def test_remove_with_reconnect_of_the_first_layer_joins_readers_to_the_image(net):
    net.remove("conv", reconnect=True)
    assert inputs(net)["relu"] == (INPUT,)


def test_remove_with_reconnect_of_a_join_keeps_its_first_input(net):
    net.remove("sum", reconnect=True)
    assert inputs(net)["pool"] == ("left",)
    assert ("ends", None) in problems(net)


@given(networks(), st.data())
def test_removing_any_node_with_reconnect_leaves_no_dangling_name(network, data):
    for _ in range(data.draw(st.integers(1, len(network)))):
        network.remove(data.draw(st.sampled_from(list(network.nodes))), reconnect=True)
        assert all(source == INPUT or source in network for node in network.nodes.values() for source in node.inputs)
        assert len(network.order()) == len(network)


def test_rewire_replaces_the_inputs_in_port_order(net):
    net.rewire("sum", ["right", "left", "relu"])
    assert net.nodes["sum"].inputs == ("right", "left", "relu")


def test_a_copy_is_independent(net):
    net.layout["conv"] = (0.0, 0.0)
    twin = net.copy()
    assert twin == net
    twin.remove("scores")
    twin.layout["conv"] = (5.0, 5.0)
    twin.input = (3, 3, 1)
    assert "scores" in net
    assert net.layout == {"conv": (0.0, 0.0)}
    assert net.shapes()["conv"] == (8, 8, 4)


def test_assign_makes_a_network_equal_to_another(net):
    other = zoo.lenet5()
    other.layout["conv1"] = (3.0, 4.0)
    net.shapes()
    net.assign(other)
    assert net == other
    assert net.layout == other.layout
    assert net.shapes() == other.shapes()
    net.set("conv1", filters=3)
    assert other["conv1"].filters == 6


def test_networks_differ_by_name_input_and_layers(net):
    assert net != net.copy("another name")
    assert net != zoo.lenet5()
    assert net != "net"


# ---- problems


def test_an_empty_network_says_what_to_do():
    net = Network((8, 8, 1))
    assert [str(p) for p in net.problems()] == ["the network has no layers; add a first layer."]
    refused(lambda: net.output, "the network has no layers")
    refused(net.check, "the network has no layers")


def test_problems_are_collected_over_all_layers():
    net = Network((6, 6, 3))
    net.add(L.Conv2D(4, 9), "big")
    net.add(L.ReLU(), "behind")
    net.add(L.Conv2D(4, 3, groups=2), "groups", inputs=[INPUT])
    net.add(L.Add(), "lonely", inputs=[INPUT])
    net.add(L.Dense(3), "flat", inputs=[INPUT])
    net.add(L.MaxPool2D(4, 4), "lossy", inputs=[INPUT])
    assert problems(net) == [
        ("shape", "big"),
        ("shape", "groups"),
        ("ports", "lonely"),
        ("shape", "flat"),
        ("ends", None),
        ("lost-rows", "lossy"),
    ]
    assert [p.severity for p in net.problems()] == ["error"] * 5 + ["warning"]
    assert len(net.errors()) == 5
    assert net.shapes()["behind"] is None


def test_a_problem_reads_as_one_line_with_the_remedy():
    net = Network((3, 3, 1))
    net.add(L.Conv2D(8, 5), "conv2")
    expected = "conv2 (Conv2D): kernel 5×5 does not fit input 3×3; use kernel ≤ 3 or padding ≥ 1."
    assert str(net.problems()[0]) == expected


def test_a_node_with_too_many_inputs_says_how_many_it_takes():
    net = Network((3, 3, 1))
    net.add(L.ReLU(), "a")
    net.add(L.ReLU(), "b", inputs=["a", INPUT])
    assert str(net.problems()[0]) == "b (ReLU): takes 1 input and has 2; remove the others."


def test_unequal_branches_are_told_with_their_shapes(net):
    net.set("left", filters=5)
    assert "sum (Add): inputs 8×8×5 and 8×8×4 differ and cannot be added" in str(net.problems()[0])
    refused(lambda: net.input_shapes("pool"), "sum (Add)")
    refused(net.weights, "sum (Add)")


def test_several_ends_are_named():
    net = Network((3, 3, 1))
    for name in "abcdefgh":
        net.add(L.ReLU(), name, inputs=[INPUT])
    assert "8 layers lead nowhere: a, b, c, d, e, f …; join them with Add or Concat" in str(net.problems()[0])


def test_warnings_do_not_keep_a_network_from_running():
    net = Network((7, 7, 1))
    net.add(L.Conv2D(1, 3, stride=3), "conv")
    net.check()
    assert [p.severity for p in net.problems()] == ["warning"]


def test_a_large_network_is_inferred_and_ordered():
    net = Network((4, 4, 1))
    for i in range(3000):
        net.add(L.ReLU(), f"n{i}")
    assert net.shapes()["n2999"] == (4, 4, 1)
    assert net.cycle_through("n2999", "n0") == [f"n{i}" for i in range(3000)]
    assert Network.from_json(net.to_json()) == net


# ---- exchanging layers for others


def test_a_path_is_exchanged_for_a_chain_where_it_stood(net):
    net.layout = {"conv": (0.0, 1.0), "relu": (0.0, 2.0), "left": (0.0, 3.0)}
    net.exchange(["conv", "relu"], [("wide", L.Conv2D(8, 3, padding=1)), ("relu", L.Conv2D(4, 1))])
    assert list(net.nodes) == ["wide", "relu", "left", "right", "sum", "pool", "scores"]
    assert inputs(net)["wide"] == (INPUT,)
    assert inputs(net)["relu"] == ("wide",)
    assert inputs(net)["right"] == ("relu",)
    assert net.layout == {"relu": (0.0, 2.0), "left": (0.0, 3.0)}
    assert net.problems() == []


def test_readers_follow_when_the_chain_ends_under_another_name(net):
    net.exchange(["relu"], [("tanh", L.Tanh())])
    assert (inputs(net)["left"], inputs(net)["right"]) == (("tanh",), ("tanh",))


def test_an_exchange_that_makes_no_sense_is_refused_and_changes_nothing(net):
    before = net.copy()
    refused(lambda: net.exchange(["relu", "left"], [("x", L.ReLU())]), "relu (ReLU)", "not read by left alone")
    refused(lambda: net.exchange(["conv", "left"], [("x", L.ReLU())]), "not read by left alone")
    refused(lambda: net.exchange(["relu"], [("sum", L.ReLU())]), "sum is taken")
    refused(lambda: net.exchange(["relu"], [("x", L.ReLU()), ("x", L.ReLU())]), "two layers are to be named x")
    refused(lambda: net.exchange(["tanh"], [("x", L.ReLU())]), "no layer 'tanh'")
    refused(lambda: net.exchange([], [("x", L.ReLU())]), "nothing")
    refused(lambda: net.exchange(["relu"], []), "nothing")
    assert net == before


def test_one_node_s_shape_is_that_of_the_whole_inference_after_every_edit() -> None:
    net = Network((16, 12, 3))
    for number in range(4):
        net.add(L.Conv2D(4 + number, 3), f"conv{number}")
        assert net.copy().shape_of(f"conv{number}") == net.shapes()[f"conv{number}"]
    net.set("conv0", filters=7, padding="same")
    assert net.copy().shape_of("conv3") == net.shapes()["conv3"]
    net.input = (6, 5, 3)
    assert [net.copy().shape_of(name) for name in net.nodes] == [net.shapes()[name] for name in net.nodes]
    net.remove("conv1")
    assert net.shape_of("conv3") is None
    assert net.shape_of("nowhere") is None
