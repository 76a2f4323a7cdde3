"""Transfer learning: what a trained network has learned, under a new head for other classes.

What to train of it depends on how much data there is and on how similar it is: `ADVICE` (Yosinski et al. 2014, How
transferable are features in deep neural networks?; the table as Karpathy and Johnson teach it in Stanford's CS231n).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .. import layers as L
from ..graph import Network, freezing
from ..graph.scores import score_node
from ..spec import ConvscopeError, format_shape

if TYPE_CHECKING:
    from ..runtime.model import Model

Amount = Literal["little", "much"]
Similarity = Literal["similar", "different"]
Freeze = Literal["all", "none"] | int | Iterable[str]

MUCH = 500
"""Images a class from which data count as much: a rule of thumb, since the source of the table names no number."""

FINE_TUNING_RATE = 0.01
"""SGD's learning rate where old layers learn too: a third of what suits fresh ones, which would undo them."""


@dataclass(frozen=True)
class Advice:
    """What to do with so much data of such a kind: in words, and as the argument `freeze` of `transfer`."""

    amount: Amount
    similarity: Similarity
    what: str
    why: str
    freeze: Freeze


ADVICE = (
    Advice(
        "little", "similar", "train a linear classifier on the top layer",
        "the features fit already, and few images would spoil more of them than they teach", "all",
    ),
    Advice(
        "little", "different", "try linear classifiers on different stages",
        "the top layers know the old classes too well; earlier ones hold edges and textures that serve any picture",
        "all",
    ),
    Advice(
        "much", "similar", "fine-tune a few layers",
        "the last layers adapt to the new classes, the others are right as they are", 2,
    ),
    Advice(
        "much", "different", "fine-tune a larger number of layers",
        "there are images enough to change most features, and starting from some is still better than from none",
        "none",
    ),
)  # fmt: skip
"""The four cases: amount of data × similarity to the data that the network knows."""


def advice(images: int, classes: int, similarity: Similarity) -> Advice:
    """The case that so many images of so many classes are."""
    amount = "much" if images >= MUCH * classes else "little"
    return next(case for case in ADVICE if (case.amount, case.similarity) == (amount, similarity))


def transfer(
    model: Model,
    classes: Sequence[str],
    cut: str | None = None,
    freeze: Freeze = "all",
    hidden: int = 0,
    average: bool = False,
    seed: int = 0,
) -> Model:
    """A model for other classes: the layers up to `cut` with their weights, and a new head behind them.

    `cut` is the last layer that stays; without it, what the old class scores were made of. The head is a dense layer
    with a score for each class, behind one of `hidden` units and ReLU unless that is 0; maps are flattened before it,
    or averaged with `average`. `freeze` says what stays as it is of the old layers: "all", "none", so that a number of
    the last convolutions and dense layers learns with the head, or names. ConvscopeError lists what is wrong.
    """
    from ..runtime.model import Model  # loads Numba  # noqa: PLC0415

    if len(classes) < 2:
        raise ConvscopeError(f"The new head would have {len(classes)} class; give the names of two or more.")
    network = trunk(model.network, cut)
    kept = freezing.freezable(network)
    frozen = frozen_layers(network, freeze)
    _add_head(network, len(classes), hidden, average)
    found = Model(network, model.device, seed, model.preprocessing, classes)
    adopt(found, model, kept)
    found.frozen = frozen
    return found


def trunk(network: Network, cut: str | None = None) -> Network:
    """The layers up to `cut` alone, by default up to what the class scores are made of."""
    cut = before_scores(network) if cut is None else cut
    if cut not in network:
        raise ConvscopeError(f"There is no layer {cut!r} to cut behind; there are: {', '.join(network.nodes)}.")
    return network.part(end=cut)


def before_scores(network: Network) -> str:
    """The layer that the class scores are made of: what the last layer with weights reads.

    ConvscopeError where the scores are made of the image itself.
    """
    scores = score_node(network)
    behind = network.ancestors(scores)
    last = next(node for node in reversed(network.order()) if node.name in behind and node.name in _learned(network))
    if last.inputs[0] not in network:
        raise ConvscopeError(f"{network.name} has nothing to keep in front of {last.name}; name another layer to cut.")
    return last.inputs[0]


def adopt(model: Model, other: Model, names: Iterable[str]) -> None:
    """Copy the weights of these layers, running statistics included, from another model."""
    for name in names:
        for key in (key for key in model.weights if key.rpartition(".")[0] == name):
            model.weights[key][...] = other.weights[key]
    model.weights_changed()


def _learned(network: Network) -> tuple[str, ...]:
    known = freezing.freezable(network)
    if not known:
        raise ConvscopeError(f"{network.name} has no weights that could be transferred.")
    return known


def frozen_layers(network: Network, freeze: Freeze) -> tuple[str, ...]:
    """The layers that stay as they are: "all", "none", all but so many of the last ones, or those named."""
    if freeze == "all":
        return freezing.freezable(network)
    if freeze == "none":
        return ()
    if isinstance(freeze, int):
        return freezing.all_but(network, freeze)
    return freezing.checked(network, freeze)


def _add_head(network: Network, classes: int, hidden: int, average: bool) -> None:
    """Append the new layers behind the network's end."""
    shape = network.shapes()[network.output]
    assert shape is not None  # it is part of a network that ran
    if len(shape) == 3:
        network.add(L.GlobalAvgPool() if average else L.Flatten(), free_name(network, "head"))
    elif average:
        raise ConvscopeError(f"{network.output} gives {format_shape(shape)}, no maps to average; leave average out.")
    if hidden:
        network.add(L.Dense(hidden), free_name(network, "hidden"))
        network.add(L.ReLU(), free_name(network, "hidden_relu"))
    network.add(L.Dense(classes), free_name(network, "scores"))


def free_name(network: Network, name: str) -> str:
    """The name, or with a number where it is taken."""
    number, found = 1, name
    while found in network:
        number += 1
        found = f"{name}{number}"
    return found
