"""Window arithmetic against counting window positions one by one."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convscope.engine import layers as L
from convscope.engine.spec import ShapeError
from convscope.engine.spec.windows import WindowGeometry

small = st.integers(1, 5)
pads = st.one_of(st.sampled_from(["same", "valid"]), st.tuples(*[st.integers(0, 3)] * 4))
geometries = st.builds(
    WindowGeometry, st.tuples(small, small), st.tuples(small, small), pads, st.tuples(*[st.integers(1, 3)] * 2)
)
lengths = st.integers(1, 14)


def starts(length: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> list[int]:
    """First taps of all windows that lie within the padded input, in input coordinates."""
    found, start = [], -before
    while start + (kernel - 1) * dilation < length + after:
        found.append(start)
        start += stride
    return found


def per_axis(geometry: WindowGeometry, height: int, width: int) -> list[list[int]]:
    top, bottom, left, right = geometry.pads(height, width)
    sides = ((height, top, bottom), (width, left, right))
    axes = zip(sides, geometry.kernel, geometry.stride, geometry.dilation)
    return [starts(n, k, s, d, before, after) for (n, before, after), k, s, d in axes]


@given(geometries, lengths, lengths)
def test_output_size_counts_the_windows_that_fit(geometry, height, width):
    counted = tuple(len(found) for found in per_axis(geometry, height, width))
    assert tuple(max(n, 0) for n in geometry.output_size(height, width)) == counted


@given(geometries, lengths, lengths)
def test_same_padding_gives_one_window_for_each_stride(geometry, height, width):
    assume(geometry.padding == "same")
    rows, columns = geometry.stride
    assert geometry.output_size(height, width) == (-(-height // rows), -(-width // columns))
    top, bottom, left, right = geometry.pads(height, width)
    assert bottom - top in {0, 1}
    assert right - left in {0, 1}


@given(geometries, lengths, lengths)
def test_lost_rows_lie_behind_the_last_window(geometry, height, width):
    assume(min(geometry.output_size(height, width)) >= 1)
    for lost, length, found, extent in zip(
        geometry.lost(height, width), (height, width), per_axis(geometry, height, width), geometry.extent
    ):
        assert lost == len([i for i in range(length) if i >= found[-1] + extent])


@given(geometries, lengths, lengths)
def test_rounding_up_adds_the_windows_that_start_before_the_end_until_all_is_seen(geometry, height, width):
    assume(all(p < k for p, k in zip(geometry.pads(height, width), (e for e in geometry.extent for _ in range(2)))))
    up = replace(geometry, ceil=True)
    for axis, (length, floor, found) in enumerate(
        zip((height, width), per_axis(geometry, height, width), up.output_size(height, width))
    ):
        before, after = geometry.pads(height, width)[2 * axis : 2 * axis + 2]
        extent, stride = geometry.extent[axis], geometry.stride[axis]
        expected, start = list(floor), -before + len(floor) * stride
        if start < length and start - stride + extent < length + after:
            expected.append(start)
        assert max(found, 0) == len(expected)
        if found >= 1:
            last = expected[-1] + extent
            assert up.reached(height, width)[2 * axis : 2 * axis + 2] == (before, max(after, last - length))
            assert up.lost(height, width)[axis] == 0 or extent < stride


@given(geometries, lengths, lengths)
def test_the_suggested_kernel_and_the_suggested_padding_both_fit(geometry, height, width):
    layer = L.Conv2D(1, geometry.kernel, stride=geometry.stride, padding=geometry.padding, dilation=geometry.dilation)
    try:
        layer.infer_shape([(height, width, 1)])
    except ShapeError as error:
        kernel, padding = (int(part.split()[-1]) for part in error.fix.split(" or "))
        layer.replace(kernel=tuple(min(k, kernel) for k in geometry.kernel)).infer_shape([(height, width, 1)])
        layer.replace(padding=padding).infer_shape([(height, width, 1)])
    else:
        assert min(geometry.output_size(height, width)) >= 1


def test_no_more_rows_are_lost_than_there_are():
    assert WindowGeometry((1, 1), (3, 1), (2, 0, 0, 0)).lost(1, 1) == (1, 0)


def test_a_kernel_that_does_not_fit_is_told_in_the_words_of_the_manual():
    with pytest.raises(ShapeError) as caught:
        L.Conv2D(8, 5).infer_shape([(3, 3, 1)])
    assert str(caught.value) == "kernel 5×5 does not fit input 3×3; use kernel ≤ 3 or padding ≥ 1"


def test_a_dilated_kernel_that_does_not_fit_is_told_with_its_extent():
    with pytest.raises(ShapeError, match=r"kernel 3×3 \(spanning 5×5 with its dilation\) does not fit input 4×4"):
        L.Conv2D(8, 3, dilation=2).infer_shape([(4, 4, 1)])


def test_the_lectures_illegal_fraction_is_a_warning_that_names_the_lost_rows():
    [(kind, what, fix)] = L.Conv2D(1, 3, stride=3).warnings([(7, 7, 1)])
    assert kind == "lost-rows"
    assert what.startswith("(7−3)/3+1 = 2.33 is rounded down, so the last 1 row and 1 column of the input")
    assert "so that the division leaves no fraction" in fix


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (L.Conv2D(1, 3, stride=2), (7, 7, 1)),  # divides
        (L.Conv2D(1, 3, stride=2, padding=1), (8, 8, 1)),  # only padding is lost
        (L.AvgPool2D(1, 2), (8, 8, 1)),  # skips by intention
        (L.MaxPool2D(2, padding="same"), (7, 7, 1)),
    ],
)
def test_no_rows_are_said_to_be_lost_where_none_are(layer, shape):
    assert layer.warnings([shape]) == []


@pytest.mark.parametrize("layer", [L.Conv2D(), L.MaxPool2D(), L.AvgPool2D(), L.GlobalAvgPool()])
def test_image_layers_refuse_vectors(layer):
    with pytest.raises(ShapeError, match=f"needs an image .* put {layer.type_name()} before Flatten or Dense"):
        layer.infer_shape([(10,)])
