"""Pooling on shapes that hypothesis draws, against a reference in float64 and against PyTorch."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.graph.step import Mode
from convscope.engine.spec import ParameterError, ShapeError, Window
from tests.oracles.differences import relative_error
from tests.oracles.layers import run as oracle
from tests.oracles.layers import windows

Results = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def torch() -> ModuleType:
    return pytest.importorskip("torch", reason="PyTorch is not installed")


def run(layer: L.MaxPool2D | L.AvgPool2D, x: np.ndarray, dy: np.ndarray) -> Results:
    """(y, dx), from buffers full of NaN."""
    net = Network(x.shape[1:])
    net.add(layer, "pool")
    model = Model(net)
    model.plan(len(x), "gradient")._buffers.arena[...] = 0xFF
    return model.forward(x).copy(), model.backward(dy)


def reference(layer: L.MaxPool2D | L.AvgPool2D, x: np.ndarray, dy: np.ndarray) -> Results:
    """(y, dx) from each pixel's share in each window: the first maximum's is 1, in a mean all have the same."""
    values = windows(x, layer, layer.dilation, -np.inf, -np.inf)
    batch, rows, columns, *kernel, channels = values.shape
    if isinstance(layer, L.MaxPool2D):
        winner = values.reshape(batch, rows, columns, -1, channels).argmax(3)
        shares = winner[:, :, :, None] == np.arange(kernel[0] * kernel[1])[:, None]
        shares = shares.reshape(values.shape).astype(float)
    else:
        counted = windows(np.ones_like(x), layer, (1, 1), float(layer.count_padding))
        shares = np.isfinite(values) / counted.sum((3, 4), keepdims=True)
    y = np.where(shares > 0, values, 0) * shares
    top, _, left, _ = layer.geometry.pads(*x.shape[1:3])
    dx = np.zeros_like(x)
    for i, j, r, s in np.ndindex(rows, columns, *kernel):
        row = i * layer.stride[0] - top + r * layer.dilation[0]
        column = j * layer.stride[1] - left + s * layer.dilation[1]
        if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
            dx[:, row, column] += shares[:, i, j, r, s] * dy[:, i, j]
    return y.sum((3, 4)), dx


@st.composite
def pools(draw: st.DrawFn, symmetric: bool = False) -> tuple[L.MaxPool2D | L.AvgPool2D, tuple[int, int, int]]:
    """A pooling layer and an image that it takes; `symmetric` keeps to the paddings that PyTorch has."""
    kernel, largest = draw(st.tuples(st.integers(1, 4), st.integers(1, 4))), draw(st.booleans())
    dilation = draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) if largest else (1, 1)
    limits = kernel if symmetric else [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]
    pads = [draw(st.integers(0, k // 2 if symmetric else k - 1)) for k in limits for _ in range(1 if symmetric else 2)]
    options = {
        "kernel": kernel,
        "stride": draw(st.tuples(st.integers(1, 5), st.integers(1, 5))),
        "padding": tuple(pads) if symmetric else draw(st.sampled_from([tuple(pads), "same", "valid"])),
        "ceil_mode": draw(st.booleans()),
    }
    if largest:
        layer = L.MaxPool2D(dilation=dilation, **options)
    else:
        layer = L.AvgPool2D(count_padding=draw(st.booleans()), **options)
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 16, 19])))
    return layer, shape


def fits(layer: L.MaxPool2D | L.AvgPool2D, shape: tuple[int, int, int]) -> bool:
    """Whether there are windows, and each sees some of the image."""
    return min(layer.geometry.output_size(*shape[:2])) >= 1 and not layer.geometry.overstepped(*shape[:2])


def drawn_arrays(layer: L.MaxPool2D | L.AvgPool2D, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers, so that maxima are often shared, and a gradient for every output."""
    random = np.random.default_rng(3)
    x = random.integers(-3, 4, (2, *shape)).astype(np.float64)
    return x, random.standard_normal((2, *layer.infer_shape([shape])))


@given(pools())
def test_any_geometry_equals_the_reference(case) -> None:
    layer, shape = case
    if not fits(layer, shape):
        return
    x, dy = drawn_arrays(layer, shape)
    for got, expected in zip(run(layer, x, dy), reference(layer, x, dy)):
        assert got.shape == expected.shape
        assert relative_error(got, expected) <= 1e-5


@given(case=pools(symmetric=True))
def test_shapes_and_values_are_pytorchs(torch: ModuleType, case) -> None:
    layer, shape = case
    if not fits(layer, shape):
        return
    x, dy = drawn_arrays(layer, shape)
    image = torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).requires_grad_()
    options = {"padding": layer.geometry.pads(*shape[:2])[::2], "ceil_mode": layer.ceil_mode}
    if isinstance(layer, L.MaxPool2D):
        options["dilation"] = layer.dilation
        theirs = torch.nn.functional.max_pool2d(image, layer.kernel, layer.stride, **options)
    else:
        options["count_include_pad"] = layer.count_padding
        theirs = torch.nn.functional.avg_pool2d(image, layer.kernel, layer.stride, **options)
    y, dx = run(layer, x, dy)
    assert y.shape == (2, *theirs.shape[2:], theirs.shape[1])
    theirs.backward(torch.from_numpy(dy.transpose(0, 3, 1, 2)))
    assert relative_error(y, theirs.detach().numpy().transpose(0, 2, 3, 1)) <= 1e-5
    assert relative_error(dx, image.grad.numpy().transpose(0, 2, 3, 1)) <= 1e-5


def test_the_lectures_example_of_two_by_two_pooling() -> None:
    x = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]], float).reshape(1, 4, 4, 1)
    y, dx = run(L.MaxPool2D(2), x, np.array([1.0, 2, 3, 4]).reshape(1, 2, 2, 1))
    assert y.reshape(2, 2).tolist() == [[6, 8], [3, 4]]
    assert dx.reshape(4, 4).tolist() == [[0, 0, 0, 0], [0, 1, 0, 2], [3, 0, 0, 0], [0, 0, 0, 4]]


@pytest.mark.parametrize(("size", "ceil_mode", "expected"), [(55, False, 27), (112, False, 55), (112, True, 56)])
def test_overlapping_windows_of_three_by_three_and_stride_two(size: int, ceil_mode: bool, expected: int) -> None:
    """AlexNet's first pooling, and GoogLeNet's without and with the rounding its table needs."""
    layer = L.MaxPool2D(3, 2, ceil_mode=ceil_mode)
    assert layer.infer_shape([(size, size, 64)]) == (expected, expected, 64)


def test_a_maximum_that_windows_share_collects_all_their_gradients() -> None:
    x = np.zeros((1, 5, 5, 1))
    x[0, 2, 2] = 1.0
    y, dx = run(L.MaxPool2D(3, 2), x, np.array([1.0, 2, 4, 8]).reshape(1, 2, 2, 1))
    assert y.tolist() == np.ones((1, 2, 2, 1)).tolist()
    assert dx[0, 2, 2, 0] == 15
    assert dx.sum() == 15


def test_a_window_that_starts_in_the_padding_behind_the_image_is_left_out() -> None:
    """Rounding up alone would give three windows, the last one of padding only."""
    layer = L.MaxPool2D(2, 2, padding=1, ceil_mode=True)
    assert layer.infer_shape([(3, 3, 1)]) == (2, 2, 1)
    assert layer.infer_shape([(4, 4, 1)]) == (3, 3, 1)


def test_ceil_mode_leaves_no_row_out_and_is_offered_where_rows_are_lost() -> None:
    [(kind, _, fix)] = L.MaxPool2D(3, 2).warnings([(8, 8, 1)])
    assert kind == "lost-rows"
    assert fix.endswith("so that the division leaves no fraction, or turn on ceil mode")
    assert L.MaxPool2D(3, 2, ceil_mode=True).warnings([(8, 8, 1)]) == []


def test_ceil_mode_changes_shape_and_cost_but_not_the_receptive_field() -> None:
    down, up = L.AvgPool2D(3, 2), L.AvgPool2D(3, 2, ceil_mode=True)
    shapes = [layer.infer_shape([(8, 8, 2)]) for layer in (down, up)]
    assert shapes == [(3, 3, 2), (4, 4, 2)]
    assert [layer.cost([(8, 8, 2)], shape).elementwise for layer, shape in zip((down, up), shapes)] == [162, 288]
    assert down.window([(8, 8, 2)]) == up.window([(8, 8, 2)])


@pytest.mark.parametrize("parameter", ["ceil_mode", "dilation"])
def test_networks_written_before_there_was_a_parameter_are_read(parameter: str) -> None:
    net = Network((8, 8, 1))
    net.add(L.MaxPool2D(3, 2), "pool")
    document = net.to_dict()
    del document["layers"][0]["params"][parameter]
    assert Network.from_dict(document) == net


# ---- dilation


def test_dilation_makes_windows_larger_and_not_dearer() -> None:
    plain, dilated = L.MaxPool2D(3, 1, padding="same"), L.MaxPool2D(3, 1, padding="same", dilation=(2, 4))
    shape = (16, 16, 4)
    assert dilated.infer_shape([shape]) == shape
    assert dilated.cost([shape], shape) == plain.cost([shape], shape)
    assert dilated.window([shape]) == Window((5, 9), (1, 1), (2, 4))
    assert L.MaxPool2D(3, 2, dilation=3).infer_shape([shape]) == (5, 5, 4)
    [(kind, what, _)] = L.MaxPool2D(3, 2, dilation=3).warnings([shape])
    assert kind == "lost-rows"
    assert what.startswith("(16−7)/2+1 = 5.50")


def test_windows_of_padding_alone_are_refused() -> None:
    """Beside the image, and around it where taps are further apart than it is long."""
    assert L.MaxPool2D(2, padding=2, dilation=2).infer_shape([(4, 4, 1)]) == (3, 3, 1)
    with pytest.raises(ParameterError, match="padding 3 .* use less than the 3×3 that the dilated kernel spans"):
        L.MaxPool2D(2, padding=3, dilation=2)
    wide = L.MaxPool2D(2, 1, padding="same", dilation=(1, 8))
    assert wide.infer_shape([(4, 8, 1)]) == (4, 8, 1)
    with pytest.raises(ShapeError, match="dilation 8 makes windows of padding alone on an image of 4 columns"):
        wide.infer_shape([(4, 4, 1)])


@given(pools().filter(lambda case: isinstance(case[0], L.MaxPool2D)))
def test_windows_of_padding_alone_are_told_from_others(case) -> None:
    layer, shape = case
    if min(layer.geometry.output_size(*shape[:2])) < 1:
        return
    seen = np.isfinite(windows(np.zeros((1, *shape)), layer, layer.dilation, -np.inf, -np.inf))
    assert bool(layer.geometry.overstepped(*shape[:2])) != seen.any((3, 4)).all()


# ---- unpooling


def decoder(pool: L.MaxPool2D, shape: tuple[int, int, int]) -> Network:
    """An image pooled, changed and unpooled by the switches of that pooling."""
    net = Network(shape)
    net.add(L.Conv2D(shape[2], 3, padding=1), "encoded")
    net.add(pool, "pool")
    net.add(L.Conv2D(shape[2], 3, padding=1), "changed")
    net.add(L.MaxUnpool2D(**pool.values()), "unpool", inputs=["changed", "encoded"])
    return net


@given(pools().filter(lambda case: isinstance(case[0], L.MaxPool2D)))
def test_unpooling_is_what_pooling_does_to_gradients(case) -> None:
    layer, shape = case
    if not fits(layer, shape):
        return
    x = np.random.default_rng(3).integers(-3, 4, (2, *shape)).astype(np.float64)
    model = Model(decoder(layer, shape))
    y = model.forward(x, keep=["encoded", "changed"]).copy()
    kept = {name: array.astype(np.float64) for name, array in model.activations.items()}
    assert y.shape == x.shape
    assert relative_error(y, reference(layer, kept["encoded"], kept["changed"])[1]) <= 1e-6


@pytest.mark.parametrize("mode", ["inference", "gradient", "training"])
@pytest.mark.parametrize("pool", [L.MaxPool2D(2), L.MaxPool2D(3, 2, padding=1, ceil_mode=True)], ids=str)
def test_switches_last_until_they_are_used_in_every_mode(pool: L.MaxPool2D, mode: Mode) -> None:
    """Also behind a second level that wants the same memory for switches of its own."""
    net = decoder(pool, (8, 6, 5))
    net.add(L.MaxPool2D(2), "inner")
    net.add(L.ReLU(), "relu")
    net.add(L.MaxUnpool2D(), "outer", inputs=["relu", "unpool"])
    model = Model(net, seed=2)
    plan = model.plan(3, mode)
    plan._buffers.arena[...] = 0xFF
    x = np.random.default_rng(1).standard_normal((3, *net.input)).astype(np.float32)
    weights = {name: array.astype(np.float64) for name, array in model.weights.items()}
    plan.input[...] = x
    expected = oracle(net, weights, x.astype(np.float64))["outer"]
    assert relative_error(plan.forward(), expected) <= 1e-5


def test_values_are_put_back_as_pytorch_puts_them(torch: ModuleType) -> None:
    net = decoder(L.MaxPool2D(3, 3), (11, 8, 4))
    model = Model(net)
    y = model.forward(np.random.default_rng(0).standard_normal((2, 11, 8, 4)), keep=["encoded", "changed"])
    image, changed = (
        torch.from_numpy(model.activations[name].transpose(0, 3, 1, 2).copy()) for name in ("encoded", "changed")
    )
    _, indices = torch.nn.functional.max_pool2d(image, 3, return_indices=True)
    theirs = torch.nn.functional.max_unpool2d(changed, indices, 3, output_size=(11, 8))
    assert np.array_equal(y, theirs.numpy().transpose(0, 2, 3, 1))


def test_inputs_in_the_wrong_order_are_told_which_comes_first() -> None:
    net = Network((8, 8, 2))
    net.add(L.MaxPool2D(2), "pool")
    net.add(L.MaxUnpool2D(), "unpool", inputs=["input", "pool"])
    [problem] = net.errors()
    assert str(problem) == (
        "unpool (MaxUnpool2D): pooling the second input 4×4×2 gives 2×2×2 and the first input is 8×8×2; connect the "
        "pooled map first, the map before that pooling second, and use the pooling's settings."
    )
    with pytest.raises(ShapeError, match="needs an image"):
        L.MaxUnpool2D().infer_shape([(4, 4, 2), (128,)])


def test_unpooling_follows_its_sources_through_renaming_files_and_removal() -> None:
    net = decoder(L.MaxPool2D(2), (8, 8, 2))
    net.rename("encoded", "before")
    assert net.nodes["unpool"].inputs == ("changed", "before")
    assert Network.from_json(net.to_json()) == net
    net.remove("changed", reconnect=True)
    assert net.nodes["unpool"].inputs == ("pool", "before")
    assert net.errors() == []
    net.remove("before")
    assert [problem.kind for problem in net.errors() if problem.layer == "unpool"] == ["ports"]
