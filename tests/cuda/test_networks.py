"""Whole networks on the simulated GPU: layers computed together, training, and what the user reads and writes."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network
from convscope.engine import layers as L
from convscope.engine.data import Dataset
from convscope.engine.train import fit
from convscope.engine.train.events import Epoch

from .pairs import gap, pair, poison


def residual() -> Network:
    """Convolutions with batch norm, ReLU, a sum, pooling and a dense end: everything that is fused."""
    net = Network((6, 6, 1))
    net.add(L.Conv2D(4, 3, padding="same", bias=False), "conv1")
    net.add(L.BatchNorm(), "norm1")
    net.add(L.ReLU(), "relu1")
    net.add(L.Conv2D(3, 3, padding="same"), "conv2")
    net.add(L.Conv2D(4, 1), "conv3")
    net.add(L.Add(), "sum", inputs=["relu1", "conv3"])
    net.add(L.ReLU(), "relu2")
    net.add(L.MaxPool2D(2), "pool")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(3), "scores")
    return net


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(5).standard_normal((2, 6, 6, 1)).astype(np.float32)


def test_fused_inference_equals_the_cpu(images: np.ndarray) -> None:
    cpu, gpu = pair(residual())
    poison(gpu, 2, "inference")
    assert gap(gpu.predict(images), cpu.predict(images)) <= 1e-5
    steps = gpu.plan(2, "inference").schedule.steps
    assert sum(len(step.epilogue.nodes) for step in steps) >= 4  # batch norm, both ReLUs, the sum


def test_training_step_equals_the_cpu_and_repeats_to_the_bit(images: np.ndarray) -> None:
    cpu, gpu = pair(residual())
    seed = np.random.default_rng(1).standard_normal((2, 3))
    poison(gpu, 2, "training")
    assert gap(gpu.forward(images, training=True), cpu.forward(images, training=True)) <= 1e-5
    cpu.backward(seed)
    gpu.backward(seed)
    first = {name: array.copy() for name, array in gpu.gradients.items()}
    for name in cpu.gradients:
        assert gap(first[name], cpu.gradients[name], 0.1) <= 1e-5, name
    gpu.forward(images, training=True)
    gpu.backward(seed)
    assert all(np.array_equal(gpu.gradients[name], first[name]) for name in first)


@pytest.mark.parametrize("rule", ["plain", "guided", "deconvnet"])
def test_backward_rules_equal_the_cpu(images: np.ndarray, rule: str) -> None:
    net = Network((4, 4, 1))
    net.add(L.Conv2D(2, 3), "conv")
    net.add(L.ReLU(), "relu")
    cpu, gpu = pair(net)
    x = images[:2, :4, :4]
    seed = np.random.default_rng(1).standard_normal(cpu.forward(x).shape)
    gpu.forward(x)
    assert gap(gpu.backward(seed, relu=rule), cpu.backward(seed, relu=rule)) <= 1e-5
    assert gap(gpu.backward(seed, at="relu", relu=rule), cpu.backward(seed, at="relu", relu=rule)) <= 1e-5


def small_data() -> Dataset:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (8, 6, 6, 1), np.uint8)
    labels = np.arange(8) % 3
    return Dataset("tiny", pixels, labels, pixels[:3], labels[:3], ("a", "b", "c"))


@pytest.mark.parametrize("optimizer", ["sgd", "adam:clip_norm=0.5", "rmsprop:momentum=0.5", "adadelta", "nesterov"])
def test_training_run_equals_that_on_the_cpu(optimizer: str) -> None:
    net = Network((6, 6, 1))
    net.add(L.AvgPool2D(3), "pool")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(3), "scores")
    models = pair(net)
    losses = []
    for model in models:
        events = list(fit(model, small_data(), epochs=2, batch_size=4, optimizer=optimizer, seed=1))
        assert events[-1].reason == "completed", events[-1].message
        losses.append([event.train_loss for event in events if isinstance(event, Epoch)])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
    for name in models[0].weights:
        assert gap(models[1].weights[name], models[0].weights[name]) <= 1e-4, name


def test_weights_assigned_reach_the_gpu_and_stale_ones_are_refused(images: np.ndarray) -> None:
    net = Network((2, 2, 1))
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(2), "scores")
    model = Model(net, device="cuda")
    x = images[:1, :2, :2]
    model.weights["scores.weight"] = np.zeros((4, 2))
    model.weights["scores.bias"] = [1, 2]
    assert model.predict(x).tolist() == [[1, 2]]
    held = model.weights["scores.bias"]
    held[:] = 5
    model.weights_changed()
    assert model.predict(x).tolist() == [[5, 5]]
    model.learned()  # as an optimiser's step says
    with pytest.raises(ConvscopeError, match="take them from `weights` again"):
        model.weights_changed()
