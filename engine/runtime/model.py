"""The model: a network with weights that can be run, differentiated and trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.preprocess import Preprocessing
from ..graph import INPUT, Network, freezing
from ..graph.step import Mode
from ..spec import ConvscopeError, NetworkError, Problem, Shape, format_shape
from . import backend as backends
from .backend import Backend
from .binding import Array
from .companions import Companions
from .compute import exclusive
from .glimpse import Glimpse
from .initialisers import rule
from .plan import Plan, ReluRule
from .weights import FloatArray, NamedArrays, Take, WeightStore

if TYPE_CHECKING:
    from ..train.run import TrainRun

_LARGEST_SEED = 2**63  # it travels to the kernels as a signed 64-bit number


def _copied(name: str, array: FloatArray) -> FloatArray:
    return array.copy()


class Model:
    """A network, its weights, and the preprocessing and class names that belong to them.

    Weights start as their layers declare, or by `init`: an initialiser, its text ("gaussian:sigma=0.02"), or a mapping
    with one for each layer named. The network is copied: later edits do not reach the model. NetworkError lists all
    problems of a network that cannot run; ConvscopeError says how much memory is missing.
    """

    def __init__(
        self,
        network: Network,
        device: str = "cpu",
        seed: int = 0,
        preprocessing: Preprocessing | None = None,
        classes: Sequence[str] = (),
        init: Any = None,
    ) -> None:
        network.check()
        if not 0 <= seed < _LARGEST_SEED:
            raise ConvscopeError(f"The seed is {seed}; use a whole number from 0 to {_LARGEST_SEED - 1}.")
        self.network = network.copy()
        self.device, self.seed = device, int(seed)
        self.preprocessing = preprocessing or Preprocessing()
        self.classes = tuple(classes)
        self.recompute = False
        """Whether training keeps few activations and computes the others again: less memory, a third more work."""
        self.activations: dict[str, FloatArray] = {}
        self._backend = backends.backend(device)
        self._store = WeightStore(self.network, self.seed, self._backend, rule=rule(self.network, init))
        self._plans: dict[tuple[int, Mode, tuple[str, ...], int, bool], Plan] = {}  # … kept nodes, threads, recompute
        self._last: Plan | None = None

    def __repr__(self) -> str:
        return f"<Model of {self.network.name!r} on {self.device}: {self.parameters:,} parameters>"

    @property
    def parameters(self) -> int:
        """Number of weights that can learn."""
        return sum(array.size for array in self.gradients.values())

    @property
    def learned_parameters(self) -> int:
        """Number of weights that learn: those of the layers that are not frozen."""
        return sum(array.size for name, array in self.gradients.items() if not self._store.is_frozen(name))

    @property
    def frozen(self) -> tuple[str, ...]:
        """The layers whose weights training leaves as they are, in the network's order."""
        return freezing.checked(self.network, self._store.frozen)

    @frozen.setter
    def frozen(self, names: Iterable[str]) -> None:
        """Freeze these layers and no others; ConvscopeError names those that have no weights or are not there."""
        wanted = freezing.checked(self.network, names)
        if wanted != self.frozen:
            with exclusive:
                self.drop_plans()
                self._store.freeze(wanted)

    def freeze(self, *names: str) -> None:
        """Let training leave the weights of these layers as they are, to the last bit.

        Their gradients are not computed, nor those below the first layer that learns. A frozen batch norm uses its
        running statistics and does not change them.
        """
        self.frozen = (*self.frozen, *names)

    def unfreeze(self, *names: str) -> None:
        """Let these layers learn again; without names, all."""
        freed = freezing.checked(self.network, names or self.frozen)
        self.frozen = tuple(name for name in self.frozen if name not in freed)

    def freeze_all_but(self, last: int) -> None:
        """Freeze all but the last so many convolutions and dense layers, and the normalisation among those."""
        self.frozen = freezing.all_but(self.network, last)

    @property
    def weights(self) -> NamedArrays:
        """Weights by name: `conv1.weight` (R, S, C/groups, K), `dense.weight` (in, out) … Assign to change them."""
        return self._store.weights

    @property
    def gradients(self) -> NamedArrays:
        """Gradients of the trainable weights after `backward`, under the same names."""
        return self._store.gradients

    @property
    def flat_weights(self) -> FloatArray:
        """All trainable weights in one buffer, for optimisers."""
        return self._store.flat_weights

    @property
    def flat_gradients(self) -> FloatArray:
        """Gradients in the layout of `flat_weights`."""
        return self._store.flat_gradients_buffer

    @property
    def backend(self) -> Backend:
        """The device's backend."""
        return self._backend

    @property
    def trained_arrays(self) -> tuple[Array, Array, Array]:
        """The device's own flat weights, gradients and decay mask, for optimisers."""
        store = self._store
        return store.trained.device, store.slopes.device, store.decays.device

    def companions(self, names: Iterable[str], given: Mapping[str, FloatArray] | None = None) -> Companions:
        """Arrays in the layout of `flat_weights`, zeros unless given, for an optimiser's own use."""
        return Companions(names, given or {}, len(self._store.trained), self._backend)

    @property
    def learned_parts(self) -> tuple[slice, ...]:
        """The ranges of `flat_weights` that learn: all of it unless layers are frozen."""
        return self._store.learned_parts

    def glimpse_weights(self, names: Iterable[str], take: Take[Any] = _copied) -> Glimpse[dict[str, Any]]:
        """Copies of these weights as they are now, or what `take` makes of each by its name and array.

        Neither a GPU nor its host waits for it: training goes on meanwhile, and it is read when it is ready.
        """
        return self._store.glimpse_weights(names, take)

    def glimpse_gradients(self, names: Iterable[str], take: Take[Any] = _copied) -> Glimpse[dict[str, Any]]:
        """The same of the gradients of the last step."""
        return self._store.glimpse_gradients(names, take)

    def glimpse_outputs(
        self, x: NDArray[Any], names: Iterable[str], take: Take[Any] = _copied
    ) -> Glimpse[dict[str, Any]]:
        """The same of nodes' outputs (N, …) for network input x (N, H, W, C), with layers as they act at inference."""
        batch, wanted = self._checked_input(x), self._checked_names(names)
        with exclusive:
            plan = self.plan(len(batch), "gradient")
            plan.input[...] = batch
            plan.compute()
            return Glimpse.joined({name: plan.glimpse(name, partial(take, name)) for name in wanted})

    def layer_at(self, place: int) -> str:
        """The layer whose weights lie at this place of `flat_weights`."""
        return self._store.layer_at(place)

    @property
    def decay_mask(self) -> FloatArray:
        """1 where weight decay applies, in the layout of `flat_weights`; 0 on biases and normalisation."""
        return self._store.decay_mask

    def weights_changed(self) -> None:
        """Say that arrays in `weights` were written to, so that copies in the kernels' layout are made again."""
        self._store.changed()

    def learned(self) -> None:
        """Say that `learned_parts` of the weights were written to, and no others."""
        self._store.learned()

    def plan(self, batch: int, mode: Mode = "inference", keep: Iterable[str] = ()) -> Plan:
        """The network made ready for one batch size; made once and kept."""
        nodes, again = tuple(sorted(keep)), self.recompute
        key = (batch, mode, nodes, self._backend.threads(), again)
        if key not in self._plans:
            self._plans[key] = Plan(self.network, self._store, self._backend, batch, mode, nodes, recompute=again)
        return self._plans[key]

    @property
    def nbytes(self) -> int:
        """Bytes of the device that weights, their gradients and copies in kernels' layouts take."""
        return self._store.nbytes + sum(packed.array.nbytes for packed in self._store.packed.values())

    def part(self, begin: str = INPUT, end: str | None = None, input: Sequence[int] | None = None) -> Model:
        """The layers behind `begin` up to `end` (`Network.part`) as a model on these weights, not on copies.

        Its `weights` are this model's. NetworkError if they cannot read maps of the shape `input`.
        """
        network = self.network.part(begin, end, input)
        network.check()
        needed = {name: weight.shape for name, weight in network.weights().items()}
        if misfits := [name for name, shape in needed.items() if shape != self.weights[name].shape]:
            raise NetworkError(self._misfit(network, name, needed[name]) for name in misfits)
        found = copy(self)
        found.network, found.activations, found._plans, found._last = network, {}, {}, None
        return found

    def take_weights(self, other: Model) -> None:
        """Copy the other model's weights of the same names; it must have all that this one has."""
        for name in self.weights:
            self.weights[name] = other.weights[name]

    def drop_plans(self) -> None:
        """Free the buffers of all plans; they are made again when needed."""
        self._plans.clear()
        self._last = None

    def forward(self, x: NDArray[Any], training: bool = False, keep: Iterable[str] = ()) -> FloatArray:
        """Output (N, …) for network input x (N, H, W, C), as `prepare` gives it. `backward` may follow.

        `activations` then holds copies of the nodes in `keep`.
        """
        batch = self._checked_input(x)
        names = self._checked_names(keep)
        with exclusive:
            plan = self.plan(len(batch), "training" if training else "gradient", names if training else ())
            plan.input[...] = batch
            output = plan.forward().copy()
            self.activations = {name: plan.value(name).copy() for name in names}
            self._last = plan
        return output

    def backward(self, dy: NDArray[Any], at: str | None = None, relu: ReluRule = "plain") -> FloatArray:
        """Gradient of the input for a gradient `dy` given at a node's output (default: the network's).

        Also fills `gradients` for every weight behind that node; those of other weights become zero. After a training
        pass it runs once, since it reuses the memory of activations, and the image's own gradient is not computed:
        the result is then empty.
        """
        plan, node = self._last, at or self.network.output
        if plan is None:
            raise ConvscopeError("There is nothing to run back through; call forward first.")
        self._checked_names([node])
        with exclusive:
            seed = plan.seed(node)
            given = np.asarray(dy, np.float32)
            if given.shape != seed.shape:
                raise ConvscopeError(
                    f"The gradient given has shape {given.shape} and the output of {node} has {seed.shape}; "
                    "give one of that shape."
                )
            seed[...] = given
            self._store.clear_gradients()
            plan.backward(node, relu)
            if plan.mode == "gradient":
                return plan.seed("input").copy()
            self._last = None  # its gradients now lie where activations lay
            return np.zeros(0, np.float32)

    def prepare(self, images: NDArray[Any]) -> FloatArray:
        """Network input (N, H, W, C) from pixels 0–255 (N, h, w, C) by this model's preprocessing."""
        height, width, channels = self.network.input
        pixels = np.asarray(images)
        if pixels.ndim != 4 or pixels.shape[3] != channels:
            raise ConvscopeError(
                f"The images have shape {pixels.shape} and the network takes (N, height, width, {channels}); "
                "convert them first."
            )
        return self.preprocessing.apply(pixels, (height, width))

    def probabilities(self, images: NDArray[Any], batch: int = 64) -> FloatArray:
        """Class probabilities (N, classes) for pixels 0–255 (N, h, w, C)."""
        return self.as_probabilities(self.predict(self.prepare(images), batch))

    def as_probabilities(self, output: FloatArray) -> FloatArray:
        """Class probabilities (N, classes) from the network's output."""
        if self.network[self.network.output].type_name() == "Softmax":
            return output
        scores = output.astype(np.float64)
        e = np.exp(scores - scores.max(-1, keepdims=True))
        return (e / e.sum(-1, keepdims=True)).astype(np.float32)

    def predict(self, x: NDArray[Any], batch: int = 64) -> FloatArray:
        """Output for network input x of any length, run in batches with the least memory."""
        images = self._checked_input(x)
        parts = []
        for start in range(0, len(images), batch):
            chunk = images[start : start + batch]
            with exclusive:
                plan = self.plan(len(chunk), "inference")
                plan.input[...] = chunk
                parts.append(plan.forward().copy())
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def fit(self, dataset: Any, **settings: Any) -> TrainRun:
        """Train on a data set; an iterator of events. See `train.fit` for the settings."""
        from ..train import fit  # training builds on models; this is the convenience the API promises  # noqa: PLC0415

        return fit(self, dataset, **settings)

    def _misfit(self, network: Network, name: str, shape: Shape) -> Problem:
        node, has = network.nodes[name.rpartition(".")[0]], self.weights[name].shape
        what = f"its {name.rpartition('.')[2]} is {format_shape(has)} and maps of this size take {format_shape(shape)}"
        return node.problem("part", what, "keep the input's size, or end before this layer")

    def _checked_input(self, x: NDArray[Any]) -> NDArray[Any]:
        images = np.asarray(x)
        if images.ndim != 4 or images.shape[1:] != self.network.input or not len(images):
            expected = format_shape(self.network.input)
            raise ConvscopeError(
                f"The input has shape {images.shape} and {self.network.name} takes N×{expected}; "
                "use `prepare` on images of another size."
            )
        return images

    def _checked_names(self, names: Iterable[str]) -> tuple[str, ...]:
        wanted = tuple(names)
        unknown = [name for name in wanted if name not in self.network and name != "input"]
        if unknown:
            raise ConvscopeError(
                f"There is no layer {', '.join(map(repr, unknown))}; there are: {', '.join(self.network.nodes)}."
            )
        return wanted
