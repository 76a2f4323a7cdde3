"""Preprocessing by name, as the networks of well-known tools and collections were trained with."""

from __future__ import annotations

import difflib

from ..spec import ConvscopeError
from .preprocess import Preprocessing

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

PRESETS: dict[str, Preprocessing] = {
    "unit": Preprocessing(),
    "raw": Preprocessing(scale=1.0),
    "centred": Preprocessing(scale=1 / 127.5, mean=(1.0,)),
    "imagenet": Preprocessing(mean=_MEAN, std=_STD, fit="crop", short_side=256),
    "imagenet-stretched": Preprocessing(mean=_MEAN, std=_STD),
    "caffe": Preprocessing(scale=1.0, mean=(104.0, 117.0, 123.0), order="bgr", fit="crop", short_side=256),
}
"""By name."""

SUMMARIES: dict[str, str] = {
    "unit": "pixels from 0 to 1",
    "raw": "pixels from 0 to 255",
    "centred": "pixels from -1 to 1, as TensorFlow's Inception and MobileNet",
    "imagenet": "ImageNet's mean and deviation, short side 256 and centre crop, as torchvision and timm",
    "imagenet-stretched": "ImageNet's mean and deviation, stretched to the input",
    "caffe": "BGR minus (104, 117, 123), short side 256 and centre crop, as Caffe's models",
}
"""What each of them does, for people."""


def preset(name: str) -> Preprocessing:
    """The preprocessing of this name, or ConvscopeError with those there are."""
    if name in PRESETS:
        return PRESETS[name]
    near = difflib.get_close_matches(name, PRESETS, n=1)
    hint = f"did you mean {near[0]!r}? Use" if near else "use"
    raise ConvscopeError(f"There is no preprocessing {name!r}; {hint} one of: {', '.join(PRESETS)}.")
