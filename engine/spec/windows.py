"""Sliding-window arithmetic shared by convolution and pooling declarations (Dumoulin & Visin 2016, §2 and §4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import ShapeError
from .param import Pads
from .shapes import Shape, format_shape


@dataclass(frozen=True)
class WindowGeometry:
    """A window of `kernel` taps spaced by `dilation`, moved by `stride` over an input with `padding` around it."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: str | Pads
    dilation: tuple[int, int] = (1, 1)
    ceil: bool = False  # whether a last window may reach beyond the padding

    @property
    def extent(self) -> tuple[int, int]:
        """Rows and columns spanned by the dilated kernel."""
        rows, columns = ((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation))
        return rows, columns

    def pads(self, height: int, width: int) -> Pads:
        """Zeros to add on each side for this input size."""
        if not isinstance(self.padding, str):
            return self.padding
        if self.padding == "valid":
            return (0, 0, 0, 0)
        pads: list[int] = []
        for length, extent, stride in zip((height, width), self.extent, self.stride):
            total = max((-(-length // stride) - 1) * stride + extent - length, 0)
            pads += [total // 2, total - total // 2]
        return (pads[0], pads[1], pads[2], pads[3])

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """⌊(N + 2P − F)/S⌋ + 1 in both directions; not positive where the kernel does not fit.

        With `ceil` the division is rounded up, but every window starts within the image or the padding before it.
        """
        top, bottom, left, right = self.pads(height, width)
        return self._windows(0, height, top, bottom), self._windows(1, width, left, right)

    def _windows(self, axis: int, length: int, before: int, after: int) -> int:
        beyond, stride = length + before + after - self.extent[axis], self.stride[axis]
        if not self.ceil:
            return beyond // stride + 1
        return min(-(-beyond // stride) + 1, -(-(length + before) // stride))

    def input_size(self, height: int, width: int, more: tuple[int, int] = (0, 0)) -> tuple[int, int]:
        """The image on which there are so many windows: (N − 1)·S + F − 2P, and `more` that no window reaches.

        Same padding gives N·S. Not positive where the padding is larger than what the windows span.
        """
        if self.padding == "same":
            return height * self.stride[0], width * self.stride[1]
        top, bottom, left, right = self.pads(height, width)
        rows = (height - 1) * self.stride[0] + self.extent[0] - top - bottom + more[0]
        columns = (width - 1) * self.stride[1] + self.extent[1] - left - right + more[1]
        return rows, columns

    def reached(self, height: int, width: int) -> Pads:
        """The padding and, with `ceil`, how far the last window reaches behind it: with so much, none is cut off."""
        top, bottom, left, right = self.pads(height, width)
        rows, columns = self.output_size(height, width)
        beyond = (rows - 1) * self.stride[0] + self.extent[0] - top - height
        aside = (columns - 1) * self.stride[1] + self.extent[1] - left - width
        return top, max(bottom, beyond), left, max(right, aside)

    def overstepped(self, height: int, width: int) -> list[int]:
        """Axes (0 rows, 1 columns) along which some window has all its taps in the padding, on both sides of the image.

        That takes taps further apart than the image is long; the padding has to be less than what a window spans.
        """
        top, _, left, _ = self.pads(height, width)
        counts, found = self.output_size(height, width), []
        for axis, (length, before) in enumerate(((height, top), (width, left))):
            spacing, stride = self.dilation[axis], self.stride[axis]
            starts = range(-before, min(counts[axis] * stride - before, 0), stride)
            if any(start % spacing >= length for start in starts):  # the first tap that is not before the image
                found.append(axis)
        return found

    def lost(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns at the end of the image itself (not of its padding) that no window position reaches."""
        top, _, left, _ = self.pads(height, width)
        rows, columns = self.output_size(height, width)
        seen_rows = (rows - 1) * self.stride[0] + self.extent[0] - top
        seen_columns = (columns - 1) * self.stride[1] + self.extent[1] - left
        return height - min(max(seen_rows, 0), height), width - min(max(seen_columns, 0), width)


def image_shape(layer: str, inputs: Sequence[Shape]) -> tuple[int, int, int]:
    """The one (H, W, C) input, or ShapeError when the layer is given a vector."""
    shape = inputs[0]
    if len(shape) != 3:
        raise ShapeError(
            f"needs an image (height×width×channels) and got a vector of {format_shape(shape)}",
            f"put {layer} before Flatten or Dense",
        )
    return shape[0], shape[1], shape[2]


def windowed_size(geometry: WindowGeometry, height: int, width: int) -> tuple[int, int]:
    """Output rows and columns, or ShapeError saying which kernel or padding would fit."""
    rows, columns = geometry.output_size(height, width)
    if rows >= 1 and columns >= 1:
        return rows, columns
    extent, kernel = geometry.extent, geometry.kernel
    dilated = "" if geometry.dilation == (1, 1) else f" (spanning {extent[0]}×{extent[1]} with its dilation)"
    top, bottom, left, right = geometry.pads(height, width)
    padded = (height + top + bottom, width + left + right)
    fits = max(1, min((length - 1) // d + 1 for length, d in zip(padded, geometry.dilation)))
    missing = max(e - length for e, length in zip(extent, padded))
    padding = max(top, bottom, left, right) + -(-missing // 2)
    raise ShapeError(
        f"kernel {kernel[0]}×{kernel[1]}{dilated} does not fit input {height}×{width}",
        f"use kernel ≤ {fits} or padding ≥ {padding}",
    )


def lost_rows_warning(
    geometry: WindowGeometry, height: int, width: int, remedy: str = ""
) -> list[tuple[str, str, str]]:
    """The lectures' "fractions are illegal" case: the stride does not divide, so the last rows are never seen.

    A kernel smaller than its stride skips rows everywhere by intention: no warning. `remedy` is what else would help.
    """
    lost = geometry.lost(height, width)
    rows, columns = (n if e >= s else 0 for n, e, s in zip(lost, geometry.extent, geometry.stride))
    if not rows and not columns:
        return []
    axis = 0 if rows else 1
    length = (height, width)[axis]
    padding = sum(geometry.pads(height, width)[2 * axis : 2 * axis + 2])
    extent, stride = geometry.extent[axis], geometry.stride[axis]
    size = (length + padding - extent) / stride + 1
    formula = f"({length}{f'+{padding}' if padding else ''}−{extent})/{stride}+1 = {size:.2f}"
    parts = [f"{n} {name}{'s' if n > 1 else ''}" for n, name in ((rows, "row"), (columns, "column")) if n]
    what = f"{formula} is rounded down, so the last {' and '.join(parts)} of the input are never seen"
    return [("lost-rows", what, f"change padding, kernel or stride so that the division leaves no fraction{remedy}")]
