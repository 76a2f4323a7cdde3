"""Whether a picture depends on what the network has learned: layers are randomised from the top down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.stats import rankdata

from ..runtime.model import Model
from ..spec import ConvscopeError
from ..spec.named import find
from ..spec.param import Param
from .deconvnet import DeConvNet
from .grad_cam import GradCam
from .guided_backprop import GuidedBackprop
from .integrated_gradients import IntegratedGradients
from .method import Method
from .occlusion import Occlusion
from .probe import Probe
from .progress import Progress
from .question import Floats, Question
from .saliency import Saliency
from .smoothgrad import SmoothGrad

_CHECKED: dict[str, type[Method]] = {
    method.name: method
    for method in (Saliency, GuidedBackprop, DeConvNet, GradCam, SmoothGrad, IntegratedGradients, Occlusion)
}
_SEED = 42


class _Checked(Param):
    """A method by its name, or with parameters in its text form, `grad_cam:keep=all`, which is canonical."""

    def parse(self, value: Any) -> str:
        try:
            return str(find(_CHECKED, value))
        except ConvscopeError as error:
            raise ValueError(str(error)) from None


def _checked(default: str) -> Any:
    param = _Checked("choice", default, "Method", "The method whose map is checked.", choices=tuple(_CHECKED))
    return field(default=default, metadata={"param": param})


@dataclass(frozen=True)
class RandomisationCheck(Method):
    """The rank correlation of a method's map with itself as layers lose what they learned, from the last to the first.

    Rows are the layers, each with those above it randomised; the column is Spearman's correlation of the sizes of the
    maps' values. A map that stays alike (near 1) shows the image, not what the network knows. `extras["maps"]` holds
    the map of each row, the untouched network's first.
    """

    method: str = _checked("saliency")

    name = "randomisation_check"
    title = "Randomisation check"
    source = "Adebayo, Gilmer, Muelly, Goodfellow, Hardt & Kim 2018, Sanity Checks for Saliency Maps, section 3"
    summary = "Does the picture depend on the weights, or would any network show the same?"
    gives = "table"

    def steps(self, question: Question) -> Iterator[Progress]:
        pinned = _pinned(question)
        model = _copy(question.model)
        owners = {name.rpartition(".")[0] for name in model.weights}
        layers = [name for name in reversed(tuple(model.network.nodes)) if name in owners]
        untouched = _map(self.method, pinned)
        maps, rows = [untouched], [np.ones(len(untouched))]
        for number, layer in enumerate(layers, start=1):
            _randomise(model, layer, number)
            changed = replace(pinned, model=model, probe=Probe(model))
            maps.append(_map(self.method, changed))
            rows.append(np.array([_correlation(a, b) for a, b in zip(untouched, maps[-1])]))
            if number < len(layers):
                yield Progress(number, len(layers), question.shown(np.stack(rows, 1).astype(np.float32)[..., None]))
        table = np.stack(rows, 1).astype(np.float32)[..., None]
        scores = {"layers": ["none", *layers], "checked": self.method, "correlation": table[..., 0].tolist()}
        extras = {"maps": np.stack(maps, 1)}
        found = self.result(question, table, scores, extras=extras, columns=("rank correlation",))
        yield Progress.last(found, len(layers))


def _pinned(question: Question) -> Question:
    """The same question about fixed classes or units: a randomised network would prefer others."""
    aim = question.aim()
    if question.layer is None:
        return replace(question, target=aim.channels[0]) if len(aim.channels) == 1 else question
    return replace(question, unit=aim.channels[0]) if question.unit is None else question


def _map(method: str, question: Question) -> Floats:
    """The sizes of a method's values, (N, H, W)."""
    *_, last = find(_CHECKED, method).steps(question)
    assert last.result is not None
    found = np.abs(last.result.array if question.batched else last.result.array[None])
    return found.max(-1) if found.ndim == 4 else found


def _copy(model: Model) -> Model:
    twin = Model(model.network, model.device, model.seed, model.preprocessing, model.classes)
    twin.take_weights(model)
    return twin


def _randomise(model: Model, layer: str, number: int) -> None:
    """Give a layer's weights their values in another order: nothing learned is left, their distribution is."""
    random = np.random.Generator(np.random.Philox(key=np.array([_SEED, number], np.uint64)))
    for name in model.weights:
        if name.rpartition(".")[0] == layer:
            values = model.weights[name]
            model.weights[name] = random.permutation(values.reshape(-1)).reshape(values.shape)


def _correlation(one: Floats, other: Floats) -> float:
    """Spearman's rank correlation; 0 where a map is constant."""
    a, b = (rankdata(map_.reshape(-1)) for map_ in (one, other))
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / scale) if scale else 0.0
