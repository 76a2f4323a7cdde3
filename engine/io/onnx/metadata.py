"""What a model knows beside its layers, as entries of an ONNX file's metadata: class names and preprocessing."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...data.preprocess import Preprocessing
from ...spec import ConvscopeError

CLASSES, PREPROCESSING, MEAN_IMAGE = "convscope.classes", "convscope.preprocessing", "convscope.mean_image"


def entries(classes: tuple[str, ...], preprocessing: Preprocessing) -> dict[str, str]:
    """Class names and preprocessing as texts by key: JSON, a mean image as Base64 of float32 (H, W, C)."""
    found = {PREPROCESSING: json.dumps(preprocessing.to_dict())}
    if classes:
        found[CLASSES] = json.dumps(list(classes), ensure_ascii=False)
    if preprocessing.mean_image is not None:
        array = np.asarray(preprocessing.mean_image.array, "<f4")
        content = base64.b64encode(array.tobytes()).decode("ascii")
        found[MEAN_IMAGE] = json.dumps({"shape": array.shape, "content": content})
    return found


def classes(found: Mapping[str, str]) -> tuple[str, ...]:
    """The class names; none if there are none. ConvscopeError if they cannot be read."""
    names = _document(found, CLASSES, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConvscopeError(f"{CLASSES} in the file's metadata is not a list of texts; remove it.")
    return tuple(names)


def preprocessing(found: Mapping[str, str]) -> Preprocessing | None:
    """The preprocessing; None if there is none. ConvscopeError if it cannot be read."""
    values = _document(found, PREPROCESSING, None)
    if values is None:
        return None
    if not isinstance(values, dict):
        raise ConvscopeError(f"{PREPROCESSING} in the file's metadata is not a JSON object; remove it.")
    return Preprocessing.from_dict(values, _mean_image(found))


def _mean_image(found: Mapping[str, str]) -> Any:
    image = _document(found, MEAN_IMAGE, None)
    if image is None:
        return None
    try:
        content = base64.b64decode(image["content"], validate=True)
        return np.frombuffer(content, "<f4").reshape(image["shape"]).astype(np.float32)
    except (TypeError, ValueError, KeyError) as error:
        raise ConvscopeError(f"{MEAN_IMAGE} in the file's metadata cannot be read ({error}); remove it.") from None


def _document(found: Mapping[str, str], key: str, default: Any) -> Any:
    if key not in found:
        return default
    try:
        return json.loads(found[key])
    except (ValueError, RecursionError):
        raise ConvscopeError(f"{key} in the file's metadata is not JSON; remove it.") from None
