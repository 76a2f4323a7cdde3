"""What a picture is made for: the score of a class, or a unit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..graph import INPUT, Network
from ..spec import ConvscopeError
from .aim import Aim
from .probe import Floats, Probe
from .question import Question
from .scales import Scales

STIR = 10.0
"""Standard deviation in pixels of noise that wakes a unit (Yosinski et al. begin with as much)."""
_LARGEST_KEY = 2**63


def sought(question: Question, what: str) -> Aim:
    """The class or unit that a question names; ConvscopeError if it names none.

    A unit behind a ReLU is sought through what the ReLU reads: where it is off, its own gradient is zero.
    """
    if question.target is None and (question.layer is None or question.unit is None):
        raise ConvscopeError(f"{what} needs a target class, or a layer and a unit.")
    aim = question.aim()
    return replace(aim, node=before_relus(question.model.network, aim.node))


def before_relus(network: Network, node: str) -> str:
    """The node itself, or what a ReLU reads where it is one."""
    while network[node].type_name() == "ReLU" and network.nodes[node].inputs[0] != INPUT:
        node = network.nodes[node].inputs[0]
    return node


def centred(aim: Aim, probe: Probe) -> Aim:
    """The unit in the middle of its map, where a whole channel was named."""
    shape = probe.model.network.shapes()[aim.node] or ()
    if aim.positions is not None or len(shape) == 1:
        return aim
    return replace(aim, positions=((shape[0] // 2, shape[1] // 2),))


def in_middle(aim: Aim, probe: Probe) -> Aim:
    """The unit in the middle of its map, where any single one was named."""
    return aim if aim.positions is None else centred(replace(aim, positions=None), probe)


def stirred(numbers: Floats, gradient: Floats, random: np.random.Generator, spread: float) -> Floats:
    """The numbers (N, …) of each picture whose gradient is zero, because ReLUs are off on every path, with noise added.

    From a picture that moves nothing there is no way up; after some noise something responds. `random` goes on alike
    whether there is such a picture or not, so that no picture depends on its neighbours.
    """
    key = int(random.integers(_LARGEST_KEY))
    axes = tuple(range(1, gradient.ndim))
    still = ~gradient.any(axes, keepdims=True)
    if not still.any():
        return numbers
    noise = np.random.Generator(np.random.Philox(key)).normal(0, spread, numbers.shape[1:])
    found: Floats = numbers + still * noise.astype(np.float32)
    return found


def before_and_after(question: Question, aim: Aim, scales: Scales, before: Floats, after: Floats) -> dict[str, Any]:
    """What the network said of the first images and says of the last, each set in a size that the network reads."""
    values = [scales.at(*images.shape[1:3]).values(images, aim.node)[aim.node] for images in (before, after)]
    told = aim.told(values[1])
    told["before"], told["after"] = (aim.response(one).tolist() for one in values)
    del told["responses"]
    if question.layer is None:
        pairs = [_probabilities(one, aim) for one in values]
        told["probability before"], told["probability after"] = pairs
    return told


def _probabilities(scores: Floats, aim: Aim) -> list[float]:
    e = np.exp(scores - scores.max(-1, keepdims=True), dtype=np.float64)
    shares = e / e.sum(-1, keepdims=True)
    return [float(share[aim.of(number).channels[0]]) for number, share in enumerate(shares)]
