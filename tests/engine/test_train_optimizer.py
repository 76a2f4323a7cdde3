"""Optimisers against float64 oracles, PyTorch and the papers' arithmetic; clipping, decay, frozen weights."""

import math

import numpy as np
import pytest

from convscope.engine import ConvscopeError, ParameterError
from convscope.engine.train.optimizer import OPTIMIZERS, SGD, Adam, AdamW, Nesterov, Optimizer, RMSprop, optimizer
from convscope.engine.train.optimizer import cpu as kernels
from convscope.engine.train.optimizer.update import Update, clipping

from ..oracles import optimizers as oracle

STEPS = 50
SIZE = kernels.CHUNK + 77
EVERY = [kind() for kind in OPTIMIZERS.values()]
CASES: list[Optimizer] = [
    *(kind(learning_rate=min(10 * kind().learning_rate, 1.0), weight_decay=0.01) for kind in OPTIMIZERS.values()),
    SGD(0.02, momentum=0.0, weight_decay=0.0),
    Nesterov(0.1, 0.5, 0.3),
    RMSprop(0.01, alpha=0.9, momentum=0.8, epsilon=1e-4),
    Adam(0.01, beta1=0.5, beta2=0.9, epsilon=1e-3),
]
NAMES = [str(case) for case in CASES]


class Problem:
    """Weights, a decay mask and a gradient for each step, all float32."""

    def __init__(self, size: int, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self.weights = self._random.standard_normal(size).astype(np.float32)
        self.mask = (self._random.random(size) < 0.7).astype(np.float32)
        self.gradients = [self._gradient(size) for _ in range(STEPS)]

    def _gradient(self, size: int) -> np.ndarray:
        scale = 10.0 ** self._random.uniform(-3, 0, size)
        return (self._random.standard_normal(size) * scale).astype(np.float32)

    def solved(self, declared: Optimizer, threads: int = 1, steps: int = STEPS) -> np.ndarray:
        """The weights after so many of our steps."""
        weights, gradient = self.weights.copy(), np.empty_like(self.weights)
        buffers = {name: np.zeros_like(weights) for name in declared.buffers}
        update = Update(declared, weights, gradient, buffers, self.mask, threads)
        for number, slope in enumerate(self.gradients[:steps], start=1):
            gradient[...] = slope
            assert update(declared, declared.learning_rate, number) == 0
        return weights


def close(found: np.ndarray, expected: np.ndarray) -> bool:
    return bool(np.linalg.norm(found - expected) <= 1e-6 * np.linalg.norm(expected))


@pytest.mark.parametrize("declared", CASES, ids=NAMES)
def test_fifty_steps_equal_the_float64_oracle(declared: Optimizer) -> None:
    problem = Problem(SIZE)
    weights, state = problem.weights.astype(np.float64), ({}, {})
    decayed = problem.mask == 1
    for t, gradient in enumerate(problem.gradients, start=1):
        for part, kept, decay in ((decayed, state[1], declared.weight_decay), (~decayed, state[0], 0.0)):
            values = {**declared.values(), "weight_decay": decay}
            weights[part] = oracle.step(declared.name, weights[part], gradient[part].astype(float), kept, t, values)
    assert close(problem.solved(declared), weights)


def peer_of(declared: Optimizer, groups: list) -> object:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    p = declared.values()
    common = {"lr": p["learning_rate"]} | ({"eps": p["epsilon"]} if "epsilon" in p else {})
    match declared.name:
        case "sgd":
            return torch.optim.SGD(groups, **common, momentum=p["momentum"])
        case "nesterov":
            return torch.optim.SGD(groups, **common, momentum=p["momentum"], nesterov=True)
        case "adagrad":
            return torch.optim.Adagrad(groups, **common)
        case "rmsprop":
            return torch.optim.RMSprop(groups, **common, alpha=p["alpha"], momentum=p["momentum"])
        case "adadelta":
            return torch.optim.Adadelta(groups, **common, rho=p["rho"])
    kind = torch.optim.AdamW if declared.name == "adamw" else torch.optim.Adam
    return kind(groups, **common, betas=(p["beta1"], p["beta2"]))


@pytest.mark.parametrize("declared", CASES, ids=NAMES)
def test_fifty_steps_equal_pytorchs(declared: Optimizer) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    problem = Problem(1000)
    parts = [problem.mask == on for on in (1, 0)]
    parameters = [torch.nn.Parameter(torch.tensor(problem.weights[part])) for part in parts]
    decays = (declared.weight_decay, 0.0)
    peer = peer_of(declared, [{"params": [w], "weight_decay": d} for w, d in zip(parameters, decays)])
    for gradient in problem.gradients:
        for parameter, part in zip(parameters, parts):
            parameter.grad = torch.tensor(gradient[part])
        peer.step()
    found = problem.solved(declared)
    for parameter, part in zip(parameters, parts):
        assert close(found[part], parameter.detach().numpy())


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_all_threads_give_the_bits_of_one(name: str) -> None:
    problem, declared = Problem(3 * kernels.CHUNK - 5), optimizer(name, clip_norm=0.5, clip_value=0.3)
    one, several = (problem.solved(declared, threads, 3) for threads in (1, 2))
    assert one.tobytes() == several.tobytes()


@pytest.mark.parametrize("declared", EVERY, ids=OPTIMIZERS)
def test_frozen_weights_keep_their_bits_under_every_optimiser(declared: Optimizer) -> None:
    problem = Problem(100)
    frozen = np.arange(100) % 3 == 0
    problem.weights[:9:3] = [-0.0, 1e-40, -3e38]
    problem.mask[frozen] = 0
    for gradient in problem.gradients:
        gradient[frozen] = 0
    found = problem.solved(declared, steps=5)
    assert found[frozen].tobytes() == problem.weights[frozen].tobytes()
    assert (found[~frozen] != problem.weights[~frozen]).all()


@pytest.mark.parametrize("declared", EVERY, ids=OPTIMIZERS)
def test_weights_that_stop_being_finite_are_counted(declared: Optimizer) -> None:
    declared = declared.replace(clip_value=2.0)  # clipping must not hide a gradient that is no number
    weights, gradient = np.ones(2 * kernels.CHUNK, np.float32), np.ones(2 * kernels.CHUNK, np.float32)
    gradient[[3, kernels.CHUNK, -1]] = np.nan
    buffers = {name: np.zeros_like(weights) for name in declared.buffers}
    assert Update(declared, weights, gradient, buffers, np.zeros_like(weights), 1)(declared, 0.1, 1) == 3


# ---- worked examples


def trace(declared: Optimizer, gradients: list[float], start: float = 1.0) -> list[float]:
    """One weight after each step."""
    weights, gradient = np.full(1, start, np.float32), np.empty(1, np.float32)
    buffers = {name: np.zeros(1, np.float32) for name in declared.buffers}
    update, values = Update(declared, weights, gradient, buffers, np.ones(1, np.float32), 1), []
    for number, slope in enumerate(gradients, start=1):
        gradient[0] = slope
        update(declared, declared.learning_rate, number)
        values.append(float(weights[0]))
    return values


@pytest.mark.parametrize(
    ("text", "gradients", "expected"),
    [
        # v = 1, then 0.9·1 + 2 = 2.9
        ("sgd:learning_rate=0.1,momentum=0.9,weight_decay=0", [1, 2], [0.9, 0.61]),
        # g + 0.9·v = 1.9, then 2 + 0.9·2.9 = 4.61
        ("nesterov:learning_rate=0.1,momentum=0.9,weight_decay=0", [1, 2], [0.81, 0.349]),
        # weight decay is a gradient of 0.5·1
        ("sgd:learning_rate=0.1,momentum=0,weight_decay=0.5", [1], [0.85]),
        # √9 = 3, √(9 + 16) = 5: steps of 0.1·3/3 and 0.1·4/5
        ("adagrad:learning_rate=0.1", [3, 4], [0.9, 0.82]),
        # averages 1, then 0.75·1 + 0.25·4 = 1.75
        ("rmsprop:learning_rate=0.1,alpha=0.75", [2, 2], [0.8, 0.8 - 0.2 / math.sqrt(1.75)]),
        # the first step is √ε/√(0.1·g² + ε)·g: its length does not depend on the gradient's
        ("adadelta:learning_rate=1,epsilon=1e-6", [10], [1 - math.sqrt(1e-6 / (10 + 1e-6)) * 10]),
        # bias correction makes the first step as long as the rate, whatever the gradient (§2.1)
        ("adam:learning_rate=0.1", [1e-3], [0.9]),
        ("adam:learning_rate=0.1", [50, 50, 50], [0.9, 0.8, 0.7]),
        # the weight shrinks by 0.1·0.5 of itself, and takes the same step of 0.1 (algorithm 2)
        ("adamw:learning_rate=0.1,weight_decay=0.5", [7], [1 * 0.95 - 0.1]),
    ],
)
def test_a_worked_example_comes_out(text: str, gradients: list[float], expected: list[float]) -> None:
    assert trace(optimizer(text), gradients) == pytest.approx(expected, rel=2e-5)


# ---- clipping and decay


def test_the_norm_is_that_of_all_weights_together() -> None:
    gradient = np.random.default_rng(1).standard_normal(3 * kernels.CHUNK + 71).astype(np.float32)
    update = Update(SGD(), gradient.copy(), gradient, {"velocity": gradient.copy()}, gradient, 1)
    assert update.norm() == pytest.approx(np.linalg.norm(gradient.astype(np.float64)), rel=1e-12)
    assert update.norm(0.5) == pytest.approx(np.linalg.norm(np.clip(gradient, -0.5, 0.5).astype(np.float64)), rel=1e-12)


def test_a_gradient_is_shortened_to_the_norm_and_no_short_one_is_lengthened() -> None:
    assert clipping(5.0, 1.0) == pytest.approx(0.2, rel=1e-6)
    assert clipping(0.5, 1.0) == 1.0
    assert clipping(0.0, 1.0) == 1.0
    assert clipping(math.nan, 1.0) == 1.0
    plain = SGD(0.1, 0.0, 0.0)
    assert trace(plain.replace(clip_norm=0.5), [4, 0.25]) == pytest.approx([0.95, 0.925], rel=1e-5)


def test_weights_outside_the_parts_that_learn_are_neither_changed_nor_measured() -> None:
    gradient, weights = np.full(100, 3.0, np.float32), np.zeros(100, np.float32)
    gradient[40:60] = np.nan
    update = Update(SGD(), weights, gradient, {"velocity": np.zeros_like(weights)}, weights, 1)
    parts = (slice(0, 40), slice(60, 100))
    assert update.norm(parts=parts) == pytest.approx(3 * math.sqrt(80))
    assert update(SGD(0.1, clip_norm=1.0), 0.1, 1, parts) == 0
    assert (weights != 0).tolist() == [not 40 <= i < 60 for i in range(100)]


def test_a_gradient_is_cut_to_the_value_first_and_shortened_then() -> None:
    problem, declared = Problem(1000), SGD(0.1, 0.0, 0.0, clip_norm=0.7, clip_value=0.05)
    cut = np.clip(problem.gradients[0].astype(np.float64), -0.05, 0.05)
    expected = problem.weights - 0.1 * cut * min(0.7 / np.linalg.norm(cut), 1)
    assert close(problem.solved(declared, steps=1), expected)


def test_clipping_equals_pytorchs() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    problem, declared = Problem(1000), AdamW(0.01, weight_decay=0.0, clip_norm=0.5)
    parameter = torch.nn.Parameter(torch.tensor(problem.weights))
    peer = torch.optim.AdamW([parameter], lr=0.01, weight_decay=0.0)
    for gradient in problem.gradients:
        parameter.grad = torch.tensor(gradient)
        torch.nn.utils.clip_grad_norm_([parameter], 0.5)
        peer.step()
    assert close(problem.solved(declared), parameter.detach().numpy())


def test_biases_decay_only_when_all_weights_are_asked_to() -> None:
    weights, zeros = np.ones(4, np.float32), np.zeros(4, np.float32)
    mask = np.array([1, 0, 1, 0], np.float32)
    declared = SGD(0.5, 0.0, weight_decay=0.2)
    update = Update(declared, weights, zeros, {"velocity": zeros.copy()}, mask, 1)
    update(declared, 0.5, 1)
    assert weights.tolist() == pytest.approx([0.9, 1, 0.9, 1])
    update(declared.replace(decay_all=True), 0.5, 2)
    assert weights.tolist() == pytest.approx([0.81, 0.9, 0.81, 0.9])


# ---- declarations


def test_illegal_values_are_all_named() -> None:
    with pytest.raises(ParameterError) as caught:
        SGD(learning_rate=0.0, momentum=1.0, weight_decay=math.nan, clip_norm=-1.0)
    assert len(caught.value.reasons) == 4


@pytest.mark.parametrize("declared", CASES, ids=NAMES)
def test_an_optimiser_survives_its_text_and_its_json(declared: Optimizer) -> None:
    assert optimizer(str(declared)) == declared
    assert optimizer(declared.to_dict()) == declared


def test_an_optimiser_is_found_by_name_and_changed() -> None:
    assert optimizer("sgd", learning_rate=0.5, momentum=None) == SGD(0.5)
    assert optimizer("adam:beta1=0.8, decay-all=yes") == Adam(beta1=0.8, decay_all=True)
    with pytest.raises(ConvscopeError, match="no optimiser 'adagrat', did you mean 'adagrad'. Use one of: sgd"):
        optimizer("adagrat")
    with pytest.raises(ConvscopeError, match="give a name"):
        optimizer(3)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="unknown parameter 'beta'"):
        optimizer("sgd", beta=1.0)
    with pytest.raises(ConvscopeError, match="'0.9' is no parameter with a value; write name=value"):
        optimizer("sgd:0.9")
    with pytest.raises(ConvscopeError, match="'momentum=2' is there twice"):
        optimizer("sgd:momentum=1,momentum=2")
    with pytest.raises(ParameterError, match="momentum 'much'"):
        optimizer("sgd:momentum=much")
