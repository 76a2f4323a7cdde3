"""How activations become kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .spec import (
    ELU,
    GELU,
    ClippedReLU,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Step,
    Swish,
    Tanh,
)

if TYPE_CHECKING:
    from ...runtime.binding import Binding
    from ...spec import Layer


def elementwise(layer: Any, bind: Binding, k: Any) -> None:
    _by_formula(layer, layer.formula, bind, k)


def gelu(layer: GELU, bind: Binding, k: Any) -> None:
    _by_formula(layer, "gelu_tanh" if layer.form == "tanh" else "gelu", bind, k)


def _by_formula(layer: Any, formula: str, bind: Binding, k: Any) -> None:
    parameter = k.number(layer.parameter)
    bind.forward(k.FORWARD[formula], bind.x[0], bind.y, bind.count, parameter, bind.threads)
    kept = bind.x[0] if "input" in layer.backward_needs else bind.y
    bind.backward_input(0, k.BACKWARD[formula], kept, bind.dy, bind.dx[0], bind.count, parameter, bind.threads)


def step(layer: Step, bind: Binding, k: Any) -> None:
    bind.forward(k.FORWARD["step"], bind.x[0], bind.y, bind.count, k.number(0.0), bind.threads)
    bind.backward_input(0, bind.backend.fill_zero, bind.dx[0], bind.count, bind.threads)


def relu(layer: ReLU, bind: Binding, k: Any) -> None:
    bind.forward(k.FORWARD["relu"], bind.x[0], bind.y, bind.count, k.number(0.0), bind.threads)
    bind.backward_input(0, k.relu_backward, bind.y, bind.dy, bind.dx[0], bind.count, bind.state, bind.threads)


def prelu(layer: PReLU, bind: Binding, k: Any) -> None:
    slopes, matrix = bind.weights["weight"], (bind.rows, bind.channels)
    bind.forward(k.prelu_forward, bind.x[0], slopes, bind.y, *matrix, bind.threads)
    sums = (bind.scratch(bind.threads * bind.channels, "float64"), bind.scratch(bind.threads * bind.channels, area=1))
    dslopes = bind.gradients.get("weight")
    bind.backward_weights(k.prelu_weight_gradient, bind.x[0], bind.dy, dslopes, *matrix, *sums, bind.threads)
    bind.backward_input(0, k.prelu_backward, bind.x[0], bind.dy, slopes, bind.dx[0], *matrix, bind.threads)


def softmax(layer: Softmax, bind: Binding, k: Any) -> None:
    bind.forward(k.softmax_forward, bind.x[0], bind.y, bind.rows, bind.channels, bind.threads)
    bind.backward_input(0, k.softmax_backward, bind.y, bind.dy, bind.dx[0], bind.rows, bind.channels, bind.threads)


STEPS: dict[type[Layer], Callable[[Any, Binding, Any], None]] = {
    ClippedReLU: elementwise,
    LeakyReLU: elementwise,
    ELU: elementwise,
    Tanh: elementwise,
    Sigmoid: elementwise,
    HardSigmoid: elementwise,
    Swish: elementwise,
    HardSwish: elementwise,
    GELU: gelu,
    Step: step,
    ReLU: relu,
    PReLU: prelu,
    Softmax: softmax,
}
