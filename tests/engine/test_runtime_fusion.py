"""Layers computed together give what they give one by one, and the schedule says which they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.engine import ConvscopeError, Model, Network, zoo
from convscope.engine import layers as L
from convscope.engine.graph.schedule import build
from convscope.engine.kernels.moments import MASKED_PRODUCTS
from convscope.engine.kernels.vector import LANES
from convscope.engine.runtime.backend import backend
from convscope.engine.runtime.plan import Plan
from convscope.engine.runtime.weights import WeightStore
from tests.oracles.differences import relative_error

from .random_networks import networks


def chains(network: Network, mode: str, keep: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    steps = build(network, 2, mode, keep).steps
    return [(step.name, *step.epilogue.nodes) for step in steps if step.epilogue.nodes]


@st.composite
def chained_networks(draw: st.DrawFn) -> Network:
    """Chains of what can be computed together, with branches that cut some of them."""
    net = Network((5, 6, 3), "chained")
    last, channels = "input", draw(st.sampled_from([3, 16, 17]))
    last = net.add(L.Conv2D(channels, 3, padding=1), inputs=[last])
    for _ in range(draw(st.integers(1, 4))):
        start = last
        heads = [
            L.Conv2D(channels, draw(st.sampled_from([1, 3])), padding="same", bias=draw(st.booleans())),
            L.Conv2D(channels, 3, padding="same", groups=channels),
            L.ConvTranspose2D(channels, 3, 1, padding="same", bias=draw(st.booleans())),
            L.SeparableConv2D(channels, 3, padding="same", bias=draw(st.booleans())),
            L.MaxPool2D(2, 1, padding="same"),
            L.AvgPool2D(3, 1, padding=1),
        ]
        last = net.add(draw(st.sampled_from(heads)), inputs=[last])
        if draw(st.booleans()):
            last = net.add(L.BatchNorm())
        if draw(st.booleans()):
            last = net.add(L.Add(), inputs=draw(st.permutations([last, start])))
        if draw(st.booleans()):
            last = net.add(L.ReLU())
        if draw(st.booleans()):
            last = net.add(L.Add(), inputs=[last, start])
    net.add(L.Flatten(), inputs=[last])
    net.add(L.Dense(7))
    net.add(L.ReLU())
    net.add(L.Dense(3))
    return net


def both_ways(network: Network, mode: str, at: str | None = None) -> list[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Output and, in training, gradients: computed together and layer by layer, from buffers full of NaN."""
    results = []
    for fused in (True, False):
        store = WeightStore(network, 5, backend("cpu"))
        random = np.random.default_rng(4)
        for name, array in store.weights.items():
            array[...] = random.uniform(0.5, 2, array.shape) if "var" in name else random.normal(0, 0.6, array.shape)
        plan = Plan(network, store, backend("cpu"), 3, mode, fused=fused)
        plan._buffers.arena[:] = 0xFF
        store.flat_gradients_buffer[...] = 0 if at else np.nan
        plan.input[...] = random.standard_normal(plan.input.shape)
        output = plan.forward(step=3).copy()
        if mode == "training":
            plan.seed(at or network.output)[...] = random.standard_normal(plan.seed(at or network.output).shape)
            plan.backward(at or network.output)
        results.append((output, {name: array.copy() for name, array in store.gradients.items()}))
    return results


def assert_alike(network: Network, mode: str) -> None:
    (fused, gradients), (alone, expected) = both_ways(network, mode)
    assert relative_error(fused, alone) <= 1e-5
    if mode == "training":
        scale = max(np.linalg.norm(array) for array in expected.values())
        for name, array in gradients.items():
            assert np.linalg.norm(array - expected[name]) <= 1e-5 * scale, name


@given(chained_networks(), st.sampled_from(["inference", "training"]))
def test_chains_computed_together_equal_their_layers_one_by_one(network: Network, mode: str) -> None:
    assert_alike(network, mode)


@given(networks(), st.sampled_from(["inference", "training"]))
def test_random_networks_computed_together_equal_their_layers_one_by_one(network: Network, mode: str) -> None:
    assert_alike(network, mode)


def test_batch_norm_between_convolutions_gets_its_sums_also_when_it_is_seeded_itself() -> None:
    net = Network((9, 8, 3))
    net.add(L.Conv2D(17, 3), "conv1")
    net.add(L.BatchNorm(), "norm")
    net.add(L.Conv2D(16, 3), "conv2")
    for at in ("conv2", "norm"):
        (_, gradients), (_, expected) = both_ways(net, "training", at)
        assert np.linalg.norm(expected["norm.weight"]) > 0
        for name, array in gradients.items():
            assert np.linalg.norm(array - expected[name]) <= 1e-5 * max(np.linalg.norm(expected[name]), 1), name


def normed(channels: int, groups: int = 1) -> Network:
    """A convolution behind batch norm and ReLU."""
    net = Network((9, 8, 3))
    net.add(L.Conv2D(channels, 3), "conv1")
    net.add(L.BatchNorm(), "norm")
    net.add(L.ReLU(), "relu")
    net.add(L.Conv2D(channels, 3, padding=1, groups=groups), "conv2")
    return net


@pytest.mark.parametrize(("channels", "groups"), [(LANES + 1, 1), (2 * LANES, 1), (LANES + 1, LANES + 1)])
def test_a_convolution_behind_norm_and_relu_holds_back_by_what_the_norm_read(channels: int, groups: int) -> None:
    net = normed(channels, groups)
    plan = Plan(net, WeightStore(net, 5, backend("cpu")), backend("cpu"), 3, "training")
    assert plan._bindings[-1].measures_gradient[0] == MASKED_PRODUCTS
    assert_alike(net, "training")


def test_batch_norm_writes_over_its_gradient_unless_that_is_kept() -> None:
    net = normed(4)
    assert build(net, 2, "training").shared_gradients == {"conv1": "relu"}
    assert build(net, 2, "training", keep=("relu",)).shared_gradients == {}
    assert build(net, 2, "gradient").shared_gradients == {}


def test_a_residual_block_is_two_steps_at_inference_and_four_in_training() -> None:
    net = zoo.build("resnet20_cifar")
    block = [f"s1b1_{part}" for part in ("conv1", "bn1", "relu1", "conv2", "bn2", "add", "relu2")]
    at_inference = [chain for chain in chains(net, "inference") if chain[0] in block]
    assert at_inference == [tuple(block[:3]), tuple(block[3:])]
    in_training = [chain for chain in chains(net, "training") if chain[0] in block]
    assert in_training == [tuple(block[1:3]), tuple(block[4:])]


def test_a_value_that_is_kept_or_read_twice_ends_a_chain() -> None:
    net = Network((4, 4, 2))
    net.add(L.Conv2D(3, 3), "conv")
    net.add(L.ReLU(), "relu")
    assert chains(net, "training") == [("conv", "relu")]
    assert chains(net, "training", keep=("conv",)) == []
    net.add(L.Add(), "sum", inputs=["conv", "relu"])
    assert chains(net, "training") == []


def test_gradients_are_never_computed_together() -> None:
    assert chains(zoo.build("lenet5"), "gradient") == []


def test_a_node_inside_a_chain_names_the_way_to_see_it() -> None:
    net = Network((4, 4, 2))
    net.add(L.Conv2D(3, 3), "conv")
    net.add(L.ReLU(), "relu")
    plan = Model(net).plan(1, "training")
    with pytest.raises(ConvscopeError, match="conv is computed together with the layer after it; name it in `keep`"):
        plan.value("conv")


def test_other_relu_rules_ask_for_a_pass_that_is_not_training() -> None:
    net = Network((4, 4, 2))
    net.add(L.Conv2D(3, 3), "conv")
    net.add(L.ReLU(), "relu")
    model = Model(net)
    y = model.forward(np.ones((1, 4, 4, 2)), training=True)
    with pytest.raises(ConvscopeError, match="needs a pass with training=False"):
        model.backward(y, relu="guided")


def test_a_plan_describes_what_is_computed_together_and_how() -> None:
    description = Model(zoo.build("resnet20_cifar")).plan(4, "inference").describe()
    first, second = description.rows[:2]
    assert (first.nodes, first.types) == (("conv1", "bn1", "relu1"), ("Conv2D", "BatchNorm", "ReLU"))
    assert (first.algorithm, first.forward, first.backward) == ("direct", ("slide",), ())
    assert second.algorithm.startswith("winograd") or LANES != 16
    text = str(description)
    assert "s1b1_conv2 (Conv2D) + s1b1_bn2 (BatchNorm) + s1b1_add (Add) + s1b1_relu2 (ReLU)" in text
    assert len(text.splitlines()) == 4 + len(description.rows)
