"""How activations become kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .spec import ELU, GELU, HardSigmoid, HardSwish, LeakyReLU, ReLU, Sigmoid, Softmax, Step, Swish, Tanh

if TYPE_CHECKING:
    from ...runtime.binding import Binding


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


def softmax(layer: Softmax, bind: Binding, k: Any) -> None:
    bind.forward(k.softmax_forward, bind.x[0], bind.y, bind.rows, bind.channels, bind.threads)
    bind.backward_input(0, k.softmax_backward, bind.y, bind.dy, bind.dx[0], bind.rows, bind.channels, bind.threads)


STEPS = {
    **dict.fromkeys((LeakyReLU, ELU, Tanh, Sigmoid, HardSigmoid, Swish, HardSwish), elementwise),
    GELU: gelu,
    Step: step,
    ReLU: relu,
    Softmax: softmax,
}
