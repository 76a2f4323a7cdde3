"""Backward through whole graphs: ReLU rules, any seed at any node, branches, and bit-identical repeats."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network, zoo
from convscope.engine import layers as L
from tests.oracles.differences import relative_error
from tests.oracles.layers import run


def branching_network() -> Network:
    """Branches, a value read twice by one layer, different strides and every family: what schedules get wrong."""
    net = Network((9, 11, 3), "branches")
    net.add(L.Conv2D(5, 3, padding="same", stride=2), "a")
    net.add(L.Tanh(), "t")
    net.add(L.Conv2D(5, 3, padding=2, dilation=2, groups=5), "b", ["t"])
    net.add(L.LeakyReLU(0.1), "l")
    net.add(L.Sigmoid(), "g", ["t"])
    net.add(L.Add(), "s", ["l", "g", "t"])
    net.add(L.MaxPool2D(3, 1, padding=1), "m", ["s"])
    net.add(L.AvgPool2D(3, 1, padding=1), "v", ["s"])
    net.add(L.Concat(), "c", ["m", "v", "s", "s"])
    net.add(L.PadChannels(1, 2), "p")
    net.add(L.BatchNorm(), "n")
    net.add(L.Add(), "twice", ["n", "n"])
    net.add(L.Flatten(), "f")
    net.add(L.Dense(7), "d")
    return net


def directional(function, array: np.ndarray, direction: np.ndarray, step: float = 1e-6) -> float:
    kept = array.copy()
    array += step * direction
    above = function()
    array[...] = kept - step * direction
    below = function()
    array[...] = kept
    return (above - below) / (2 * step)


@pytest.mark.parametrize("at", [None, "twice", "c", "s", "b", "a"])
def test_gradients_equal_central_differences_from_any_node(at: str | None) -> None:
    net = branching_network()
    model = Model(net, seed=2)
    random = np.random.default_rng(1)
    x = random.standard_normal((2, *net.input))
    model.forward(x.astype(np.float32))
    node = at or net.output
    seed = random.standard_normal((2, *net.shapes()[node]))
    dx = model.backward(seed, at=at)
    weights = {name: array.astype(np.float64) for name, array in model.weights.items()}
    x = x.astype(np.float32).astype(np.float64)

    def loss() -> float:
        return float((run(net, weights, x)[node] * seed).sum())

    for name, got, array in [("input", dx, x), *((k, model.gradients[k], weights[k]) for k in model.gradients)]:
        direction = random.standard_normal(array.shape)
        direction /= np.linalg.norm(direction)
        expected = directional(loss, array, direction)
        assert abs((got * direction).sum() - expected) <= 1e-5 * max(np.linalg.norm(got), 1e-2), name


def test_layers_behind_the_seed_get_no_gradient() -> None:
    model = Model(branching_network())
    model.forward(np.ones((1, 9, 11, 3), np.float32))
    model.backward(np.ones((1, 5, 6, 5), np.float32), at="a")
    assert not model.gradients["d.weight"].any()
    assert model.gradients["a.weight"].any()


def two_filter_network(dense: bool = True) -> tuple[Model, np.ndarray]:
    net = Network((4, 4, 1))
    net.add(L.Conv2D(2, 3), "conv")
    net.add(L.ReLU(), "relu")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(2), "dense")
    model = Model(net)
    model.weights["conv.weight"] = np.ones((3, 3, 1, 2))
    model.weights["conv.bias"] = [-50, -75]
    return model, np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("guided", [[0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]]),
        ("deconvnet", [[2, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]]),
    ],
)
def test_relu_rules_give_the_published_worked_example(rule: str, expected: list[list[int]]) -> None:
    """Two 3×3 filters of ones, biases −50 and −75, over 0…15; the score weighs five ones and three minus ones.

    Dense rows in channel-major order, as the example was published: position-major here.
    """
    model, x = two_filter_network()
    channel_major = np.array([1, 1, 1, 1, 1, -1, -1, -1], np.float32).reshape(2, 4)
    model.weights["dense.weight"] = np.stack([channel_major.T.ravel()] * 2, 1)
    model.forward(x)
    dx = model.backward(np.array([[1, 0]], np.float32), relu=rule)
    assert np.array_equal(dx[0, :, :, 0], np.array(expected, np.float32))


def scaled_relu(factor: float) -> Model:
    net = Network((1, 4, 1))
    net.add(L.ReLU(), "relu")
    net.add(L.Conv2D(1, 1, bias=False), "scale")
    model = Model(net)
    model.weights["scale.weight"] = np.full((1, 1, 1, 1), factor)
    return model


def test_deconvnet_ignores_where_the_relu_was_open_and_the_gradient_does_not() -> None:
    model = scaled_relu(10)
    x = np.array([5, 0, -5, 10], np.float32).reshape(1, 1, 4, 1)
    y = model.forward(x)
    assert model.backward(np.ones_like(y), relu="deconvnet").ravel().tolist() == [10, 10, 10, 10]
    model.forward(x)
    assert model.backward(np.ones_like(y)).ravel().tolist() == [10, 0, 0, 10]


def test_guided_backprop_stops_negative_gradients_everywhere() -> None:
    model = scaled_relu(-2)
    y = model.forward(np.array([5, 0, -5, 10], np.float32).reshape(1, 1, 4, 1))
    assert not model.backward(np.ones_like(y), relu="guided").any()


def test_without_a_relu_all_rules_agree() -> None:
    net = Network((6, 6, 2))
    net.add(L.Conv2D(3, 3), "conv")
    net.add(L.MaxPool2D(2), "pool")
    model = Model(net)
    x = np.random.default_rng(0).standard_normal((2, 6, 6, 2)).astype(np.float32)
    results = []
    for rule in ("plain", "deconvnet", "guided"):
        y = model.forward(x)
        results.append(model.backward(np.ones_like(y), relu=rule))
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def test_unknown_rules_nodes_and_shapes_are_refused_with_the_fix() -> None:
    model = scaled_relu(1)
    with pytest.raises(ConvscopeError, match="call forward first"):
        model.backward(np.ones((1, 1, 4, 1)))
    with pytest.raises(ConvscopeError, match=r"shape \(1, 2, 4, 1\).*takes N×1×4×1"):
        model.forward(np.ones((1, 2, 4, 1)))
    y = model.forward(np.ones((1, 1, 4, 1)))
    with pytest.raises(ConvscopeError, match="plain, deconvnet, guided"):
        model.backward(y, relu="nice")
    with pytest.raises(ConvscopeError, match="there are: relu, scale"):
        model.backward(y, at="nowhere")
    with pytest.raises(ConvscopeError, match="give one of that shape"):
        model.backward(np.ones((1, 3)))


def test_a_training_pass_is_run_back_through_once_and_another_pass_any_number_of_times() -> None:
    model = Model(branching_network(), seed=2)
    x = np.random.default_rng(3).standard_normal((2, 9, 11, 3)).astype(np.float32)
    y = model.forward(x)
    assert np.array_equal(model.backward(y), model.backward(y))
    model.backward(model.forward(x, training=True))
    with pytest.raises(ConvscopeError, match="call forward first"):
        model.backward(y)


def test_two_runs_are_bit_identical() -> None:
    def gradients() -> list[np.ndarray]:
        model = Model(zoo.resnet20_cifar((16, 16, 3)), seed=4)
        x = np.random.default_rng(4).standard_normal((7, 16, 16, 3)).astype(np.float32)
        y = model.forward(x, training=True)
        model.backward(y)
        return [y, *(model.gradients[name].copy() for name in model.gradients)]

    assert all(np.array_equal(a, b) for a, b in zip(gradients(), gradients()))


def test_batch_size_never_changes_a_sample_s_result() -> None:
    model = Model(zoo.vgg_mini((16, 16, 3)), seed=1)
    x = np.random.default_rng(1).standard_normal((6, 16, 16, 3)).astype(np.float32)
    whole = model.predict(x, batch=6)
    assert relative_error(model.predict(x, batch=1), whole) < 1e-6
    assert relative_error(model.predict(x, batch=4), whole) < 1e-6


def test_kept_activations_are_the_layer_s_outputs() -> None:
    net = branching_network()
    model = Model(net, seed=2)
    x = np.random.default_rng(1).standard_normal((2, *net.input)).astype(np.float32)
    model.forward(x, keep=["t", "c", "f"])
    expected = run(net, {k: v.astype(np.float64) for k, v in model.weights.items()}, x.astype(np.float64))
    for name in ("t", "c", "f"):
        assert relative_error(model.activations[name], expected[name]) < 1e-5


def test_running_statistics_follow_the_published_update() -> None:
    net = Network((4, 4, 2))
    net.add(L.BatchNorm(momentum=0.25), "bn")
    model = Model(net)
    x = np.random.default_rng(0).normal(3, 2, (5, 4, 4, 2)).astype(np.float32)
    model.forward(x, training=True)
    flat = x.reshape(-1, 2).astype(np.float64)
    assert relative_error(model.weights["bn.running_mean"], 0.25 * flat.mean(0)) < 1e-6
    assert relative_error(model.weights["bn.running_var"], 0.75 + 0.25 * flat.var(0, ddof=1)) < 1e-6


def test_a_network_too_large_for_memory_is_refused_with_its_size() -> None:
    net = Network((64, 64, 3))
    net.add(L.Conv2D(1_000_000_000, 3), "huge")
    assert net.summary().totals.params == 28_000_000_000
    with pytest.raises(ConvscopeError, match=r"need .* and .* are free; use fewer filters"):
        Model(net)


def two_ends() -> Network:
    """A trunk with class scores and a box, behind one of them a ReLU whose gradient is held back."""
    net = Network((5, 5, 2), "two ends")
    net.add(L.Conv2D(3, 3), "conv")
    net.add(L.ReLU(), "relu")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(3), "scores", ["flat"])
    net.add(L.Dense(6), "hidden", ["flat"])
    net.add(L.ReLU(), "hidden_relu")
    net.add(L.Dense(4), "box")
    net.add(L.WithBox(), "both", ["scores", "box"])
    return net


@pytest.mark.parametrize("mode", ["gradient", "training"])
def test_gradients_of_two_ends_go_back_together(mode: str) -> None:
    model = Model(two_ends(), seed=1)
    random = np.random.default_rng(2)
    x, seeds = random.standard_normal((3, 5, 5, 2)), {"scores": (3, 3), "box": (3, 4)}
    given = {name: random.standard_normal(shape).astype(np.float32) for name, shape in seeds.items()}
    found = []
    for names in (("scores", "box"), ("scores",), ("box",)):
        plan = model.plan(3, mode, ("scores", "box"))
        plan._buffers.arena[:] = 0xFF
        model.flat_gradients[...] = 0
        plan.input[...] = x
        plan.forward()
        for name in names:
            plan.seed(name)[...] = given[name]
        plan.backward(names)
        found.append({name: array.copy() for name, array in model.gradients.items()})
    both, scores, box = found
    for name, array in both.items():
        assert relative_error(array, scores[name] + box[name]) < 1e-6, name


def test_the_output_of_a_network_with_a_box_are_its_class_scores() -> None:
    model = Model(two_ends(), seed=1)
    x = np.random.default_rng(0).standard_normal((2, 5, 5, 2)).astype(np.float32)
    y = model.forward(x, keep=["scores"])
    np.testing.assert_array_equal(y, model.activations["scores"])
    np.testing.assert_allclose(model.predict(x), y, rtol=1e-5, atol=1e-6)


def test_ends_that_depend_on_each_other_are_not_seeded_together() -> None:
    model = Model(two_ends())
    plan = model.plan(1, "gradient")
    with pytest.raises(ConvscopeError, match="one depends on another"):
        plan.backward(("relu", "box"))
