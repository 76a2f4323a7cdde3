"""Losses against float64 oracles, central differences and PyTorch: softmax cross-entropy, L2, smooth L1."""

import numpy as np
import pytest

from convscope.engine import Network
from convscope.engine import layers as L
from convscope.engine.graph.scores import score_node
from convscope.engine.train import cpu, loss, mixup

from ..oracles import differences

PLAIN = loss.CrossEntropy()


def oracle(
    scores: np.ndarray, labels: np.ndarray, smoothing: float = 0.0, share: float = 1.0
) -> tuple[float, np.ndarray]:
    """Mean loss and gradient in float64, as written in every textbook."""
    z = scores.astype(np.float64)
    shifted = z - z.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    one_hot = np.eye(scores.shape[1])[labels]
    target = (1 - smoothing) * (share * one_hot + (1 - share) * one_hot[::-1]) + smoothing / scores.shape[1]
    return float(-(target * logs).sum(1).mean()), (np.exp(logs) - target) / len(labels)


def case(n: int, k: int, scale: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of a batch, labels of a larger split, and the rows of the batch in it."""
    random = np.random.default_rng(seed)
    scores = (random.standard_normal((n, k)) * scale).astype(np.float32)
    return scores, random.integers(0, k, 3 * n), random.permutation(3 * n)[:n]


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 30.0, 1e4])
@pytest.mark.parametrize(("n", "k"), [(1, 2), (7, 10), (64, 10), (3, 1000)])
def test_loss_and_gradient_equal_the_float64_oracle(n: int, k: int, scale: float) -> None:
    scores, labels, rows = case(n, k, scale)
    gradient = np.full((n, k), np.nan, np.float32)
    mean, correct = loss.with_gradient(PLAIN, scores, labels, rows, gradient)
    expected, slope = oracle(scores, labels[rows])
    assert mean == pytest.approx(expected, rel=1e-5, abs=1e-9)
    assert correct == int((scores.argmax(1) == labels[rows]).sum())
    assert np.linalg.norm(gradient - slope) <= 1e-5 * np.linalg.norm(slope)


def test_gradient_of_a_nearly_certain_answer_does_not_cancel_to_zero() -> None:
    scores = np.array([[20.0, 0.0, 0.0]], np.float32)
    gradient = np.empty_like(scores)
    loss.with_gradient(PLAIN, scores, np.array([0]), np.array([0]), gradient)
    _, slope = oracle(scores, np.array([0]))
    np.testing.assert_allclose(gradient, slope, rtol=1e-5)


def test_gradient_is_the_slope_of_the_loss() -> None:
    scores, labels, rows = case(4, 5, 1.0)
    gradient = np.empty_like(scores)
    loss.with_gradient(PLAIN, scores, labels, rows, gradient)
    step, slopes = 1e-5, np.empty((4, 5))
    for i in range(4):
        for j in range(5):
            nudge = np.zeros((4, 5))
            nudge[i, j] = step
            up, down = (oracle(scores + sign * nudge, labels[rows])[0] for sign in (1, -1))
            slopes[i, j] = (up - down) / (2 * step)
    np.testing.assert_allclose(gradient, slopes, atol=1e-6)


def test_gradient_may_take_the_place_of_the_scores() -> None:
    scores, labels, rows = case(8, 10, 3.0)
    apart = np.empty_like(scores)
    loss.with_gradient(PLAIN, scores, labels, rows, apart)
    loss.with_gradient(PLAIN, scores, labels, rows, scores)
    np.testing.assert_array_equal(scores, apart)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_loss_of_scores_that_are_not_finite_is_not_finite(bad: float) -> None:
    scores = np.array([[0.0, bad, 1.0]], np.float32)
    mean, _ = loss.with_gradient(PLAIN, scores, np.array([0]), np.array([0]), np.empty_like(scores))
    assert not np.isfinite(mean)


def test_tally_over_batches_equals_the_mean_over_all() -> None:
    scores, labels, _ = case(50, 10, 4.0)
    tally = loss.Tally(10)
    for start in range(0, 50, 16):
        rows = np.arange(start, min(start + 16, 50))
        tally.add(scores[rows], labels, rows)
    assert tally.images == 50
    assert tally.loss == pytest.approx(oracle(scores, labels[:50])[0], rel=1e-6)
    assert tally.accuracy == (scores.argmax(1) == labels[:50]).mean()


def test_equal_scores_count_for_the_first_class() -> None:
    scores = np.zeros((2, 4), np.float32)
    _, correct = loss.with_gradient(PLAIN, scores, np.array([0, 1]), np.array([0, 1]), np.empty_like(scores))
    assert correct == 1


# ---- smoothed and mixed targets


@pytest.mark.parametrize(("smoothing", "share"), [(0.1, 1.0), (0.0, 0.3), (0.2, 0.5), (0.05, 0.9), (0.9, 0.0)])
@pytest.mark.parametrize(("n", "k"), [(1, 2), (7, 10), (6, 3)])
def test_smoothed_and_mixed_targets_equal_the_float64_oracle(n: int, k: int, smoothing: float, share: float) -> None:
    scores, labels, rows = case(n, k, 3.0)
    gradient = np.full((n, k), np.nan, np.float32)
    mean, correct = loss.with_gradient(loss.CrossEntropy(smoothing), scores, labels, rows, gradient, share)
    expected, slope = oracle(scores, labels[rows], smoothing, share)
    assert mean == pytest.approx(expected, rel=1e-5)
    assert np.linalg.norm(gradient - slope) <= 1e-5 * np.linalg.norm(slope)
    larger = labels[rows] if share >= 0.5 else labels[rows][::-1]
    assert correct == int((scores.argmax(1) == larger).sum())


def test_smoothing_and_the_losses_of_values_equal_pytorchs() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    scores, labels, rows = case(7, 5, 2.0)
    values = np.random.default_rng(1).standard_normal((21, 5)).astype(np.float32)
    functions = torch.nn.functional
    for declared, targets, peer in (
        (loss.CrossEntropy(0.1), labels, lambda x, t: functions.cross_entropy(x, t, label_smoothing=0.1)),
        (loss.L2(), values, functions.mse_loss),
        (loss.SmoothL1(0.7), values, lambda x, t: functions.smooth_l1_loss(x, t, beta=0.7)),
    ):
        x = torch.tensor(scores, requires_grad=True)
        theirs = peer(x, torch.tensor(targets[rows]))
        theirs.backward()
        gradient = np.full_like(scores, np.nan)
        mean, _ = loss.with_gradient(declared, scores, targets, rows, gradient)
        assert mean == pytest.approx(theirs.item(), rel=1e-5)
        np.testing.assert_allclose(gradient, x.grad.numpy(), rtol=1e-4, atol=1e-7)


# ---- targets that are values


def value_loss(declared: loss.Loss, outputs: np.ndarray, targets: np.ndarray) -> float:
    distance = np.abs(outputs - targets)
    if declared.name == "l2":
        return float((distance**2).mean())
    near = distance < declared.beta
    return float(np.where(near, distance**2 / (2 * declared.beta), distance - declared.beta / 2).mean())


@pytest.mark.parametrize("share", [1.0, 0.3])
@pytest.mark.parametrize("declared", [loss.L2(), loss.SmoothL1(), loss.SmoothL1(0.25)], ids=str)
def test_gradients_of_value_losses_are_their_central_differences(declared: loss.Loss, share: float) -> None:
    random = np.random.default_rng(3)
    outputs, targets = random.standard_normal((5, 3)), random.standard_normal((11, 3)).astype(np.float32)
    rows = random.permutation(11)[:5]
    mixed = share * targets[rows].astype(np.float64) + (1 - share) * targets[rows][::-1]
    gradient = np.full((5, 3), np.nan, np.float32)
    mean, correct = loss.with_gradient(declared, outputs.astype(np.float32), targets, rows, gradient, share)
    assert (mean, correct) == (pytest.approx(value_loss(declared, outputs, mixed), rel=1e-5), 0)
    expected = differences.gradient(lambda: value_loss(declared, outputs, mixed), outputs)
    assert differences.relative_error(gradient, expected) < 1e-5
    tally = loss.Tally(3, declared)
    tally.add(outputs.astype(np.float32), targets, rows)
    assert tally.loss == pytest.approx(value_loss(declared, outputs, targets[rows]), rel=1e-5)
    assert np.isnan(tally.accuracy)


def test_mixing_replaces_images_by_pairs_in_place() -> None:
    for n in (1, 4, 5):
        batch = np.random.default_rng(n).standard_normal((n, 6)).astype(np.float32)
        expected = 0.3 * batch + 0.7 * batch[::-1]
        cpu.mix(batch, 0.3)
        np.testing.assert_allclose(batch, expected, rtol=1e-6, atol=1e-7)


def test_shares_follow_the_beta_distribution_and_depend_on_seed_and_step_alone() -> None:
    shares = np.array([mixup.share(0.4, 7, step) for step in range(2000)])
    assert shares[5] == mixup.share(0.4, 7, 5) != mixup.share(0.4, 8, 5)
    assert shares.mean() == pytest.approx(0.5, abs=0.03)
    assert shares.var() == pytest.approx(1 / (4 * (2 * 0.4 + 1)), abs=0.01)
    assert mixup.share(0.0, 7, 5) == 1.0


# ---- where the loss is taken


def test_scores_are_taken_before_a_final_softmax() -> None:
    net = Network((4, 4, 1))
    net.add(L.Flatten())
    net.add(L.Dense(3), "scores")
    assert score_node(net) == "scores"
    net.add(L.Softmax())
    assert score_node(net) == "scores"
