"""Frozen layers: no gradient, no change, no work; the layers that learn get the gradients they always got."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.engine import ConvscopeError, Model, Network, load, save
from convscope.engine import layers as L
from convscope.engine.graph.freezing import all_but, freezable
from convscope.engine.graph.schedule import build
from convscope.engine.train import OPTIMIZERS
from tests.oracles.differences import relative_error

from .random_networks import networks
from .training_cases import bits, blobs, model_for

TRUNK = ("conv1", "norm1", "conv2", "norm2")


def trunk_and_head() -> Network:
    """Two convolutions with batch norm, a sum across them, and a head of two dense layers."""
    net = Network((6, 6, 1), "trunk and head")
    net.add(L.Conv2D(4, 3, padding=1), "conv1")
    net.add(L.BatchNorm(), "norm1")
    net.add(L.ReLU(), "relu1")
    net.add(L.Conv2D(4, 3, padding=1), "conv2")
    net.add(L.BatchNorm(), "norm2")
    net.add(L.Add(), "sum", ["norm2", "relu1"])
    net.add(L.ReLU(), "relu2")
    net.add(L.MaxPool2D(2), "pool")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(5), "hidden")
    net.add(L.PReLU(), "slopes")
    net.add(L.Dense(3), "scores")
    return net


def trained_pass(network: Network, frozen: tuple[str, ...], recompute: bool = False) -> Model:
    """One training pass and its gradients, from buffers full of NaN."""
    model = Model(network, seed=3)
    model.recompute = recompute
    model.freeze(*frozen)
    plan = model.plan(3, "training")
    plan._buffers.arena[:] = 0xFF
    y = model.forward(np.random.default_rng(0).standard_normal((3, *network.input)).astype(np.float32), training=True)
    if frozen != freezable(network):
        model.backward(np.random.default_rng(1).standard_normal(y.shape))
    return model


def without_norm(network: Network) -> tuple[str, ...]:
    return tuple(name for name in freezable(network) if network[name].type_name() != "BatchNorm")


@given(networks(), st.data())
def test_the_others_get_the_gradients_they_get_with_nothing_frozen(network: Network, data: st.DataObject) -> None:
    frozen = tuple(data.draw(st.lists(st.sampled_from(without_norm(network)), unique=True)))
    for recompute in (False, True):
        full, part = trained_pass(network, ()), trained_pass(network, frozen, recompute)
        for name, gradient in part.gradients.items():
            if name.rpartition(".")[0] in frozen:
                assert not gradient.any()
            elif frozen != freezable(network):
                np.testing.assert_array_equal(gradient, full.gradients[name], name)


def test_a_frozen_trunk_with_batch_norm_gives_the_gradients_of_its_running_statistics() -> None:
    net = trunk_and_head()
    model = trained_pass(net, TRUNK)
    fixed = Model(net, seed=3)  # mode "gradient" acts as at inference
    y = fixed.forward(np.random.default_rng(0).standard_normal((3, *net.input)).astype(np.float32))
    fixed.backward(np.random.default_rng(1).standard_normal(y.shape))
    for name in ("hidden.weight", "hidden.bias", "slopes.weight", "scores.weight", "scores.bias"):
        assert relative_error(model.gradients[name], fixed.gradients[name]) < 1e-6, name
    assert not any(model.gradients[f"{name}.weight"].any() for name in TRUNK)


def test_a_frozen_norm_between_layers_that_learn_passes_gradients_by_its_running_statistics() -> None:
    net = Network((5, 5, 2))
    net.add(L.Conv2D(3, 3), "conv")
    net.add(L.BatchNorm(), "norm")
    net.add(L.ReLU())
    net.add(L.Flatten())
    net.add(L.Dense(2), "scores")
    model = trained_pass(net, ("norm",))
    fixed = Model(net, seed=3)
    y = fixed.forward(np.random.default_rng(0).standard_normal((3, *net.input)).astype(np.float32))
    fixed.backward(np.random.default_rng(1).standard_normal(y.shape))
    for name in ("conv.weight", "conv.bias", "scores.weight"):
        assert relative_error(model.gradients[name], fixed.gradients[name]) < 1e-6, name


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("frozen", [TRUNK, ("norm1", "slopes", "scores")])
def test_training_leaves_frozen_weights_as_they_are_to_the_last_bit(frozen: tuple[str, ...], optimizer: str) -> None:
    dataset = blobs(train=16)
    model = model_for(dataset, trunk_and_head())
    list(model.fit(dataset, epochs=1, optimizer=optimizer, weight_decay=0.1))  # so that the optimiser's arrays matter
    before = bits(model)
    list(model.fit(dataset, epochs=1, optimizer=optimizer, weight_decay=0.1, freeze=frozen))
    changed = {name for name, array in bits(model).items() if array != before[name]}
    assert changed == {name for name in before if name.rpartition(".")[0] not in frozen}


def test_no_call_belongs_to_frozen_weights_or_to_what_lies_below_the_first_layer_that_learns() -> None:
    model = Model(trunk_and_head())
    model.freeze(*TRUNK)
    rows = model.plan(4, "training").describe().rows
    trunk = [row for row in rows if set(row.nodes) & {*TRUNK, "pool"}]
    assert [row.backward for row in trunk] == [()] * len(trunk)
    assert ("conv1", "norm1", "relu1") in [row.nodes for row in trunk]  # folded, as at inference
    assert [(row.learned > 0, row.frozen > 0) for row in rows if row.nodes[0] in ("conv1", "hidden")] == [
        (False, True),
        (True, False),
    ]
    assert "frozen" in str(model.plan(4, "training").describe())


def test_a_frozen_trunk_needs_less_memory() -> None:
    net = trunk_and_head()
    frozen, full = (build(net, 16, "training", frozen=names).arena_bytes for names in (TRUNK, ()))
    assert frozen < 0.7 * full


def test_packed_copies_of_frozen_weights_are_not_made_again_after_a_step() -> None:
    model = Model(trunk_and_head())
    model.freeze(*TRUNK)
    plan = model.plan(2, "training")
    plan.input[...] = 0
    plan.forward()
    packed = {entry.key: entry for entry in model._store.packed.values()}
    for entry in packed.values():
        entry.array[...] = np.nan
    model.learned()
    plan.forward()
    assert all(np.isnan(entry.array).all() == key.startswith(("conv1", "conv2")) for key, entry in packed.items())


def test_a_folded_norm_that_learns_is_folded_again_though_its_convolution_is_frozen() -> None:
    net = trunk_and_head()
    model = Model(net)
    model.freeze("conv1")
    x = np.random.default_rng(0).standard_normal((2, *net.input)).astype(np.float32)
    before = model.predict(x)
    model.weights["norm1.bias"][...] += 1
    model.learned()
    assert not np.array_equal(model.predict(x), before)
    np.testing.assert_allclose(model.predict(x), model.forward(x), rtol=2e-5, atol=2e-6)


def test_freezing_names_counts_and_frees() -> None:
    net = trunk_and_head()
    model = Model(net)
    model.freeze("hidden", "conv1")
    assert model.frozen == ("conv1", "hidden")
    assert model.learned_parameters == model.parameters - sum(
        model.weights[name].size for name in ("conv1.weight", "conv1.bias", "hidden.weight", "hidden.bias")
    )
    model.unfreeze("conv1")
    assert model.frozen == ("hidden",)
    model.freeze_all_but(last=2)
    assert model.frozen == TRUNK
    model.unfreeze()
    assert model.frozen == ()
    assert model.learned_parameters == model.parameters
    assert all_but(net, 0) == freezable(net)
    assert all_but(net, 4) == ()
    assert all_but(net, 3) == ("conv1", "norm1")


def test_what_cannot_be_frozen_is_named() -> None:
    model = Model(trunk_and_head())
    with pytest.raises(ConvscopeError) as caught:
        model.freeze("relu1", "conv9")
    for part in ("relu1 (ReLU) has no weights", "no layer 'conv9'", "conv1, norm1"):
        assert part in str(caught.value)
    with pytest.raises(ConvscopeError, match="from 0 to 4"):
        model.freeze_all_but(last=5)
    assert model.frozen == ()


def test_training_with_everything_frozen_or_an_unknown_layer_is_refused() -> None:
    dataset = blobs()
    model = model_for(dataset, trunk_and_head())
    with pytest.raises(ConvscopeError, match="every layer with weights is frozen"):
        model.fit(dataset, freeze=freezable(model.network))
    with pytest.raises(ConvscopeError, match="no layer 'nothing'"):
        model.fit(dataset, freeze=["nothing"])


def test_frozen_layers_are_kept_in_the_file_and_in_the_state_of_training(tmp_path) -> None:
    dataset = blobs()
    model = model_for(dataset, trunk_and_head())
    run = model.fit(dataset, epochs=2, freeze=TRUNK)
    for event in run:
        if event.to_dict()["event"] == "epoch":
            break
    save(model, tmp_path / "m.safetensors", training=run.state())
    again = load(tmp_path / "m.safetensors")
    assert again.frozen == TRUNK
    again.unfreeze()
    resumed = again.fit(dataset, resume=run.state())
    assert again.frozen == TRUNK
    for later in (run, resumed):
        assert [e.to_dict()["event"] for e in later][-1] == "ended"
    assert bits(again) == bits(model)


def test_costs_tell_how_many_parameters_learn_and_what_training_then_takes() -> None:
    net = trunk_and_head()
    full, part = net.summary(batch=8), net.summary(batch=8, frozen=TRUNK)
    assert full.totals.learned == full.totals.params == part.totals.params
    model = Model(net)
    model.freeze(*TRUNK)
    assert part.totals.learned == model.learned_parameters
    assert part.totals.training_bytes < full.totals.training_bytes
    assert part.to_dict()["learned_params"] == part.totals.learned
    assert f"{part.totals.learned:,} learn" in str(part)
