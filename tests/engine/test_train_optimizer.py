"""SGD against a float64 oracle and PyTorch; declarations of optimisers and schedules."""

import itertools
import math

import numpy as np
import pytest

from convscope.engine import ConvscopeError, ParameterError
from convscope.engine.train import SCHEDULES, SGD, cpu, optimizer

SIZES = [1, 17, cpu.CHUNK, cpu.CHUNK + 1, 3 * cpu.CHUNK - 5]
KERNELS = [cpu.sgd.serial, cpu.sgd.parallel]


def problem(size: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Weights, decay mask and a few gradients."""
    random = np.random.default_rng(size)
    weights = random.standard_normal(size).astype(np.float32)
    mask = (random.random(size) < 0.7).astype(np.float32)
    return weights, mask, [random.standard_normal(size).astype(np.float32) for _ in range(5)]


def ours(kernel, size: int, rate: float, momentum: float, decay: float) -> np.ndarray:
    weights, mask, gradients = problem(size)
    velocity = np.zeros_like(weights)
    for gradient in gradients:
        bad = kernel(weights, gradient, mask, velocity, *(np.float32(v) for v in (rate, momentum, decay)), 2)
        assert bad == 0
    return weights


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("rate", "momentum", "decay"), [(0.1, 0.9, 5e-4), (0.02, 0.0, 0.0), (1.0, 0.5, 0.3)])
def test_sgd_equals_the_float64_oracle(kernel, size: int, rate: float, momentum: float, decay: float) -> None:
    weights, mask, gradients = (np.asarray(a, np.float64) for a in problem(size))
    velocity = np.zeros(size)
    for gradient in gradients:
        velocity = momentum * velocity + gradient + decay * mask * weights
        weights = weights - rate * velocity
    found = ours(kernel, size, rate, momentum, decay)
    assert np.linalg.norm(found - weights) <= 1e-6 * max(np.linalg.norm(weights), 1)


def test_sgd_equals_pytorch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    weights, mask, gradients = problem(1000)
    decayed, plain = (torch.nn.Parameter(torch.tensor(weights[mask == on])) for on in (1, 0))
    peer = torch.optim.SGD(
        [{"params": [decayed], "weight_decay": 5e-4}, {"params": [plain], "weight_decay": 0.0}], lr=0.1, momentum=0.9
    )
    for gradient in gradients:
        decayed.grad, plain.grad = (torch.tensor(gradient[mask == on]) for on in (1, 0))
        peer.step()
    found = ours(cpu.sgd.serial, 1000, 0.1, 0.9, 5e-4)
    for parameter, on in ((decayed, 1), (plain, 0)):
        theirs = parameter.detach().numpy()
        assert np.linalg.norm(found[mask == on] - theirs) <= 1e-6 * np.linalg.norm(theirs)


@pytest.mark.parametrize("size", SIZES)
def test_all_threads_give_the_bits_of_one(size: int) -> None:
    one, all_of_them = (ours(kernel, size, 0.1, 0.9, 5e-4) for kernel in KERNELS)
    assert one.tobytes() == all_of_them.tobytes()


@pytest.mark.parametrize("kernel", KERNELS)
def test_weights_that_stop_being_finite_are_counted(kernel) -> None:
    weights, mask, (gradient, *_) = problem(2 * cpu.CHUNK)
    gradient[[3, cpu.CHUNK, -1]] = [np.nan, np.inf, -np.inf]
    assert (
        kernel(weights, gradient, mask, np.zeros_like(weights), np.float32(0.1), np.float32(0.9), np.float32(0), 2) == 3
    )


def test_illegal_values_are_all_named() -> None:
    with pytest.raises(ParameterError) as caught:
        SGD(learning_rate=0.0, momentum=1.0, weight_decay=math.nan)
    assert len(caught.value.reasons) == 3


def test_an_optimiser_is_found_by_name_and_changed() -> None:
    assert optimizer.optimizer("sgd", learning_rate=0.5, momentum=None) == SGD(0.5)
    with pytest.raises(ConvscopeError, match="'adagrad'; use one of: sgd"):
        optimizer.optimizer("adagrad")
    with pytest.raises(ConvscopeError, match="give a name"):
        optimizer.optimizer(3)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="unknown parameter 'beta'"):
        optimizer.optimizer("sgd", beta=1.0)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_start_at_the_full_rate_and_never_rise(name: str) -> None:
    factors = [SCHEDULES[name](p) for p in np.linspace(0, 1, 101)]
    assert factors[0] == 1.0
    assert all(later <= earlier for earlier, later in itertools.pairwise(factors))


def test_schedules_have_their_published_shape() -> None:
    assert [SCHEDULES["step"](p) for p in (0.49, 0.5, 0.74, 0.75)] == [1.0, 0.1, 0.1, 0.01]
    assert SCHEDULES["cosine"](0.5) == pytest.approx(0.5)
    assert SCHEDULES["cosine"](1.0) == pytest.approx(0.0)
