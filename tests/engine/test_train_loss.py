"""Softmax cross-entropy against a float64 oracle."""

import numpy as np
import pytest

from convscope.engine import Network
from convscope.engine import layers as L
from convscope.engine.train import loss


def oracle(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean loss and gradient in float64, as written in every textbook."""
    z = scores.astype(np.float64)
    shifted = z - z.max(1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True)
    picked = np.arange(len(labels)), labels
    mean = float((np.log(np.exp(shifted).sum(1)) - shifted[picked]).mean())
    one_hot = np.zeros_like(p)
    one_hot[picked] = 1
    return mean, (p - one_hot) / len(labels)


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
    mean, correct = loss.with_gradient(scores, labels, rows, gradient)
    expected, slope = oracle(scores, labels[rows])
    assert mean == pytest.approx(expected, rel=1e-5, abs=1e-9)
    assert correct == int((scores.argmax(1) == labels[rows]).sum())
    assert np.linalg.norm(gradient - slope) <= 1e-5 * np.linalg.norm(slope)


def test_gradient_of_a_nearly_certain_answer_does_not_cancel_to_zero() -> None:
    scores = np.array([[20.0, 0.0, 0.0]], np.float32)
    gradient = np.empty_like(scores)
    loss.with_gradient(scores, np.array([0]), np.array([0]), gradient)
    _, slope = oracle(scores, np.array([0]))
    np.testing.assert_allclose(gradient, slope, rtol=1e-5)


def test_gradient_is_the_slope_of_the_loss() -> None:
    scores, labels, rows = case(4, 5, 1.0)
    gradient = np.empty_like(scores)
    loss.with_gradient(scores, labels, rows, gradient)
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
    loss.with_gradient(scores, labels, rows, apart)
    loss.with_gradient(scores, labels, rows, scores)
    np.testing.assert_array_equal(scores, apart)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_loss_of_scores_that_are_not_finite_is_not_finite(bad: float) -> None:
    scores = np.array([[0.0, bad, 1.0]], np.float32)
    mean, _ = loss.with_gradient(scores, np.array([0]), np.array([0]), np.empty_like(scores))
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
    _, correct = loss.with_gradient(scores, np.array([0, 1]), np.array([0, 1]), np.empty_like(scores))
    assert correct == 1


def test_scores_are_taken_before_a_final_softmax() -> None:
    net = Network((4, 4, 1))
    net.add(L.Flatten())
    net.add(L.Dense(3), "scores")
    assert loss.score_node(net) == "scores"
    net.add(L.Softmax())
    assert loss.score_node(net) == "scores"
