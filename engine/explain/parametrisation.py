"""A picture as numbers that are easier to optimise than its pixels (Olah, Mordvintsev & Schubert 2017, appendix)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float32]
_START = 0.01  # standard deviation of the first numbers
_CONTRAST = 4.0  # so many times less than the inverse transform gives, for a picture that starts out grey
_COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], np.float32)
"""A square root of the covariance of ImageNet's colours, rows red, green and blue (published with lucid)."""


@dataclass(frozen=True)
class Parametrisation:
    """Images (N, H, W, C) from 0 to 255 as the sigmoid of unbounded colours.

    With `fourier` the numbers are real and imaginary parts of the spectrum, (N, H, W//2 + 1, 2·C), each divided by its
    frequency, so that a step changes coarse and fine structure alike; else values, (N, H, W, C). With `decorrelated`
    the three channels are those in which ImageNet's colours are independent. `image` and `gradient` are linear but for
    the sigmoid, and adjoint to each other.
    """

    shape: tuple[int, int, int, int]
    fourier: bool = True
    decorrelated: bool = True

    def start(self, random: np.random.Generator) -> Floats:
        """Small random numbers: a picture that is nearly grey."""
        count, height, width, channels = self.shape
        spectrum = (count, height, width // 2 + 1, 2 * channels)
        return random.normal(0, _START, spectrum if self.fourier else self.shape).astype(np.float32)

    def image(self, params: Floats) -> Floats:
        """Pixels (N, H, W, C) from 0 to 255."""
        colours = self._inverse(params) if self.fourier else params
        if self._mixes:
            colours = np.asarray(colours @ self._mixing.T, np.float32)
        return np.asarray(255 / (1 + np.exp(-colours)), np.float32)

    def gradient(self, pixels: Floats, gradient: Floats) -> Floats:
        """The gradient of the numbers from that of the pixels which `image` gave."""
        found = np.asarray(gradient * pixels * (1 - pixels / 255), np.float32)
        if self._mixes:
            found = np.asarray(found @ self._mixing, np.float32)
        return self._forward(found) if self.fourier else found

    @property
    def _mixes(self) -> bool:
        return self.decorrelated and self.shape[3] == 3

    @property
    def _mixing(self) -> Floats:
        """Independent channels to colours, (3, 3); the longest column has length 1."""
        return np.asarray(_COLOURS / np.linalg.norm(_COLOURS, axis=0).max(), np.float32)

    @property
    def _scale(self) -> NDArray[np.float32]:
        """What each frequency is multiplied by, (H, W//2 + 1, 1): one over its cycles a pixel."""
        _, height, width, _ = self.shape
        cycles = np.hypot(fft.fftfreq(height)[:, None], fft.rfftfreq(width)[None])
        return (1 / np.maximum(cycles, 1 / max(height, width)) / _CONTRAST).astype(np.float32)[..., None]

    def _inverse(self, params: Floats) -> Floats:
        spectrum = params.view(np.complex64) * self._scale
        found = fft.irfft2(spectrum, self.shape[1:3], axes=(1, 2), norm="ortho")
        return np.asarray(found, np.float32)

    def _forward(self, gradient: Floats) -> Floats:
        """The adjoint of `_inverse`: frequencies that stand for their mirror images, too, count twice."""
        width = self.shape[2]
        spectrum = fft.rfft2(gradient, axes=(1, 2), norm="ortho") * self._scale
        spectrum[:, :, 1 : (width + 1) // 2] *= 2
        return np.ascontiguousarray(spectrum, np.complex64).view(np.float32)
