"""Transposed convolution against the convolution it transposes, in float64, and against PyTorch."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.kernels.vector import LANES
from convscope.engine.layers.conv import choice
from convscope.engine.runtime.cpu import CpuBackend
from convscope.engine.spec import ParameterError, ShapeError, Window
from tests.oracles.differences import relative_error

from .test_layers_conv import reference

Shape = tuple[int, int, int]
Results = dict[str, np.ndarray]


def run(layer: L.ConvTranspose2D, x: np.ndarray) -> tuple[Results, Results]:
    """(arrays given, results) of a pass forward and back, from buffers full of NaN."""
    net = Network(x.shape[1:])
    net.add(layer, "up")
    model, random = Model(net, seed=1), np.random.default_rng(5)
    for name, array in model.weights.items():
        model.weights[name] = random.standard_normal(array.shape)
    model.plan(len(x), "gradient")._buffers.arena[...] = 0xFF
    model.flat_gradients[...] = np.nan
    y = model.forward(x).copy()
    dy = random.standard_normal(y.shape).astype(np.float32)
    given = {name.removeprefix("up."): array.astype(np.float64) for name, array in model.weights.items()}
    results = {"y": y, "dx": model.backward(dy)}
    results |= {f"d{name.removeprefix('up.')}": array for name, array in model.gradients.items()}
    return given | {"x": x.astype(np.float64), "dy": dy.astype(np.float64)}, results


def expected(layer: L.ConvTranspose2D, given: Results) -> Results:
    """From the passes of the convolution that maps the output to the input."""
    x, dy = given["x"], given["dy"]
    pads = layer.geometry.pads(*dy.shape[1:3])
    conv = L.Conv2D(x.shape[3], layer.kernel, layer.stride, pads, layer.dilation, layer.groups, bias=False)
    dx, y, dweight = reference(conv, dy, given["weight"], np.zeros(1), x)
    return {"y": y + given.get("bias", 0), "dx": dx, "dweight": dweight, "dbias": dy.sum((0, 1, 2))}


def images(batch: int, shape: Shape) -> np.ndarray:
    return np.random.default_rng(2).standard_normal((batch, *shape)).astype(np.float32)


@st.composite
def layers(draw: st.DrawFn, symmetric: bool = False) -> tuple[L.ConvTranspose2D, Shape]:
    """A layer and an image that it takes; `symmetric` keeps to the paddings that PyTorch has."""
    groups = draw(st.sampled_from([1, 1, 2, 3, 16]))
    channels, filters = (groups * draw(st.sampled_from([1, 2, 3] + [16, 17] * (groups < 3))) for _ in range(2))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    pads = draw(st.tuples(*[st.integers(0, 3)] * (2 if symmetric else 4)))
    padding = pads if symmetric else draw(st.sampled_from([pads, "same", "valid"]))
    layer = L.ConvTranspose2D(
        filters,
        draw(st.tuples(st.integers(1, 5), st.integers(1, 5))),
        stride,
        padding,
        (0, 0) if padding == "same" else tuple(draw(st.integers(0, s - 1)) for s in stride),
        draw(st.tuples(st.integers(1, 2), st.integers(1, 2))),
        groups,
        draw(st.booleans()),
    )
    height, width = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    assume(min(layer.geometry.input_size(height, width, layer.output_padding)) >= 1)
    return layer, (height, width, channels)


@given(case=layers(), batch=st.integers(1, 5), threads=st.integers(1, 3))
@settings(max_examples=150)
def test_any_geometry_equals_the_reference(case, batch: int, threads: int) -> None:
    layer, shape = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CpuBackend, "threads_for", lambda self, macs, values: threads)
        given, results = run(layer, images(batch, shape))
    wanted = expected(layer, given)
    assert results["y"].shape[1:] == layer.infer_shape([shape])
    for name, result in results.items():
        assert relative_error(result, wanted[name]) <= 1e-5, name


@pytest.mark.parametrize("force", choice.ALGORITHMS)
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (L.ConvTranspose2D(LANES, 3, 1, padding=1), (6, 5, 2 * LANES)),
        (L.ConvTranspose2D(2 * LANES, 3, 1, padding="same", bias=False), (9, 4, LANES)),
        (L.ConvTranspose2D(LANES, 3, 1), (1, 1, LANES)),
        (L.ConvTranspose2D(LANES + 1, 3, 2, padding=1, output_padding=1, groups=LANES + 1), (5, 4, LANES + 1)),
        (L.ConvTranspose2D(LANES, 3, 2, groups=LANES), (4, 3, 2 * LANES)),
        (L.ConvTranspose2D(8, 3, 1, padding=1, groups=4), (5, 6, 8)),
    ],
    ids=str,
)
def test_every_algorithm_equals_the_reference(force: str, layer: L.ConvTranspose2D, shape: Shape) -> None:
    """Each algorithm takes the cases it can, among them one output channel for two input channels of a group."""
    with choice.forced(force):
        given, results = run(layer, images(3, shape))
    wanted = expected(layer, given)
    for name, result in results.items():
        assert relative_error(result, wanted[name]) <= 1e-5, name


@given(case=layers(symmetric=True))
def test_shapes_and_values_are_pytorchs(case) -> None:
    torch: ModuleType = pytest.importorskip("torch", reason="PyTorch is not installed")
    layer, shape = case
    given, results = run(layer, images(2, shape))
    x = torch.from_numpy(given["x"].transpose(0, 3, 1, 2).copy()).requires_grad_()
    weight = torch.from_numpy(given["weight"].transpose(3, 2, 0, 1).copy()).requires_grad_()
    bias = torch.from_numpy(given["bias"]) if layer.bias else None
    settings = {"stride": layer.stride, "output_padding": layer.output_padding, "dilation": layer.dilation}
    pads = layer.geometry.pads(1, 1)[::2]
    y = torch.nn.functional.conv_transpose2d(x, weight, bias, padding=pads, groups=layer.groups, **settings)
    assert results["y"].shape == (2, *y.shape[2:], y.shape[1])
    y.backward(torch.from_numpy(given["dy"].transpose(0, 3, 1, 2).copy()))
    assert relative_error(results["y"], y.detach().numpy().transpose(0, 2, 3, 1)) <= 1e-5
    assert relative_error(results["dx"], x.grad.numpy().transpose(0, 2, 3, 1)) <= 1e-5
    assert relative_error(results["dweight"], weight.grad.numpy().transpose(2, 3, 1, 0)) <= 1e-5


@given(layers())
def test_the_output_is_an_image_that_the_same_convolution_maps_to_the_inputs_size(case) -> None:
    layer, shape = case
    height, width, filters = layer.infer_shape([shape])
    assert layer.geometry.output_size(height, width) == shape[:2]
    assert filters == layer.filters


@pytest.mark.parametrize(
    ("layer", "size"),
    [
        (L.ConvTranspose2D(), 14),  # U-Net's: 2×2 with stride 2
        (L.ConvTranspose2D(1, 3, 2), 15),
        (L.ConvTranspose2D(1, 3, 2, padding=1), 13),
        (L.ConvTranspose2D(1, 3, 2, padding=1, output_padding=1), 14),
        (L.ConvTranspose2D(1, 4, 2, padding=1), 14),  # DCGAN's
        (L.ConvTranspose2D(1, 5, 2, padding="same"), 14),
        (L.ConvTranspose2D(1, 1, 3, padding="same"), 21),
        (L.ConvTranspose2D(1, 3, 1, dilation=2), 11),
    ],
    ids=str,
)
def test_output_size_is_that_of_the_formula(layer: L.ConvTranspose2D, size: int) -> None:
    assert layer.infer_shape([(7, 7, 4)]) == (size, size, layer.filters)


def test_an_image_is_laid_down_as_in_the_guide() -> None:
    """Dumoulin & Visin 2016, §4: overlapping 3×3 filters of ones, two apart."""
    net = Network((2, 2, 1))
    net.add(L.ConvTranspose2D(1, 3, 2, bias=False), "up")
    model = Model(net)
    model.weights["up.weight"] = np.ones((3, 3, 1, 1))
    y = model.forward(np.array([1.0, 2, 4, 8]).reshape(1, 2, 2, 1))[0, :, :, 0]
    assert y.tolist() == [[1, 1, 3, 2, 2], [1, 1, 3, 2, 2], [5, 5, 15, 10, 10], [4, 4, 12, 8, 8], [4, 4, 12, 8, 8]]


def test_weights_and_multiply_adds_are_those_of_the_convolution_it_transposes() -> None:
    up, down = L.ConvTranspose2D(16, 4, 2, padding=1, groups=2), L.Conv2D(32, 4, 2, padding=1, groups=2)
    small, large = (8, 8, 32), (16, 16, 16)
    assert up.infer_shape([small]) == large
    assert down.infer_shape([large]) == small
    assert up.weights([small])[0].shape == down.weights([large])[0].shape == (4, 4, 8, 32)
    assert up.cost([small], large).macs == down.cost([large], small).macs
    assert up.cost([small], large).bias_adds == 16 * 16 * 16


def test_first_weights_keep_the_scale_of_values() -> None:
    net = Network((8, 8, 64))
    net.add(L.ConvTranspose2D(64, 4, 2, padding=1), "up")
    y = Model(net, seed=0).forward(np.random.default_rng(0).standard_normal((4, 8, 8, 64)))[:, 2:-2, 2:-2]
    assert 1.8 < y.var() < 2.2  # He et al. 2015: 2, of which a ReLU leaves half


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"stride": 2, "output_padding": (0, 2)}, "output padding 0×2 reaches the stride: use less than the stride"),
        ({"padding": "same", "output_padding": 1}, "same padding already says the output size: use output padding 0"),
        ({"filters": 6, "groups": 4}, "6 filters cannot be split into 4 groups: use a multiple of 4 filters"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(given: dict, reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        L.ConvTranspose2D(**given)


def test_shapes_that_do_not_fit_are_told_with_the_remedy() -> None:
    with pytest.raises(ShapeError, match="padding cuts off all of the result 4×3; use padding ≤ 1"):
        L.ConvTranspose2D(1, 2, (2, 1), padding=2).infer_shape([(2, 2, 1)])
    with pytest.raises(ShapeError, match="3 input channels cannot be split into 2 groups"):
        L.ConvTranspose2D(2, groups=2).infer_shape([(2, 2, 3)])
    with pytest.raises(ShapeError, match="put ConvTranspose2D before Flatten or Dense"):
        L.ConvTranspose2D().infer_shape([(7,)])


def test_its_window_slides_over_the_spread_out_input() -> None:
    window = L.ConvTranspose2D(1, 4, 2, padding=1).window([(5, 5, 1)])
    assert window == Window((4, 4), (1, 1), (2, 2), (2, 2))
