"""DropConnect in training: which weights are dropped, and the products without them."""

import numpy as np
import pytest

from convscope.engine import Model, Network, set_threads, threads
from convscope.engine import layers as L
from convscope.engine.kernels.stream import stream_key, uniform
from convscope.engine.runtime.threads import most_threads
from tests.oracles.differences import relative_error

BATCH, FEATURES, UNITS, STEP = 5, 13, 21, 3


@pytest.fixture
def any_threads():
    before = threads()
    yield
    set_threads(before)


def model_of(bias: bool = True, rate: float = 0.3, features: int = FEATURES, units: int = UNITS) -> Model:
    net = Network((1, 1, features))
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(features), "before")
    net.add(L.DropConnect(units, bias, rate), "drop")
    model = Model(net, seed=7)
    random = np.random.default_rng(5)
    for name in model.weights:
        model.weights[name] = random.standard_normal(model.weights[name].shape)
    return model


def kept(model: Model, batch: int, features: int, units: int) -> np.ndarray:
    """Which weights each sample keeps: (batch, features + 1, units), biases last."""
    plan = model.plan(batch, "training")
    index = next(step.index for step in plan.schedule.steps if step.name == "drop")
    with np.errstate(over="ignore"):
        key = stream_key(np.int64(7), np.int64(STEP), np.int64(index))
        numbers = uniform(key, np.arange(batch * (features + 1) * units))
    return (numbers >= model.network["drop"].rate).reshape(batch, features + 1, units)


@pytest.mark.parametrize("bias", [True, False])
def test_outputs_and_gradients_are_those_of_each_samples_own_weights(bias: bool) -> None:
    model = model_of(bias)
    plan = model.plan(BATCH, "training", keep=["before"])
    random = np.random.default_rng(1)
    plan.input[...] = random.standard_normal(plan.input.shape)
    plan._buffers.array("value:drop")[...] = np.nan
    model.flat_gradients[...] = np.nan
    y = plan.forward(STEP).copy()
    x = plan.value("before").astype(np.float64)
    dy = random.standard_normal(y.shape)
    plan.seed("drop")[...] = dy
    plan.backward("drop")

    mask = kept(model, BATCH, FEATURES, UNITS) / (1 - 0.3)
    w = model.weights["drop.weight"] * mask[:, :-1]
    expected = np.einsum("nf,nfu->nu", x, w) + (model.weights["drop.bias"] * mask[:, -1] if bias else 0)
    assert relative_error(y, expected) < 1e-6
    assert relative_error(plan.seed("before"), np.einsum("nu,nfu->nf", dy, w)) < 1e-6
    dw = np.einsum("nf,nu,nfu->fu", x, dy, mask[:, :-1])
    assert relative_error(model.gradients["drop.weight"], dw) < 1e-6
    if bias:
        assert relative_error(model.gradients["drop.bias"], (dy * mask[:, -1]).sum(0)) < 1e-6


def test_every_sample_and_step_drops_others_and_the_share_is_the_rate() -> None:
    model = model_of(rate=0.4, features=60, units=50)
    mask = kept(model, 8, 60, 50)
    assert abs(mask.mean() - 0.6) < 0.01
    agreement = [(mask[i] == mask[j]).mean() for i in range(8) for j in range(i)]
    assert all(abs(share - (0.6**2 + 0.4**2)) < 0.04 for share in agreement)
    plan = model.plan(8, "training")
    plan.input[...] = 1
    first, again, later = (plan.forward(step).copy() for step in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, later)
    assert len({row.tobytes() for row in first}) == 8


def test_the_mean_over_many_steps_is_the_output_at_inference() -> None:
    model = model_of(rate=0.5)
    x = np.random.default_rng(2).standard_normal((1, 1, 1, FEATURES)).astype(np.float32)
    plan = model.plan(1, "training")
    plan.input[...] = x
    outputs = np.array([plan.forward(step)[0].copy() for step in range(4000)])
    error = np.abs(outputs.mean(0) - model.forward(x)[0])
    assert np.all(error < 4.5 * outputs.std(0) / np.sqrt(4000))


@pytest.mark.skipif(most_threads() < 2, reason="one thread only")
def test_any_number_of_threads_gives_the_same_bits(any_threads: None) -> None:
    results = []
    for count in (1, most_threads()):
        set_threads(count)
        model = model_of(features=150, units=211)
        plan = model.plan(16, "training")
        assert max(row.threads for row in plan.describe().rows) == count
        plan.input[...] = np.random.default_rng(3).standard_normal(plan.input.shape)
        plan.forward(STEP)
        plan.seed("drop")[...] = plan.value("drop")
        plan.backward("drop")
        gradients = [model.gradients[f"drop.{part}"].tobytes() for part in ("weight", "bias")]
        results.append([plan.value("drop").tobytes(), *gradients])
    assert results[0] == results[1]
