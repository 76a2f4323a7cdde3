"""How benchmarks measure: turns, medians, cases, agreement. Nothing here starts a process or asserts a speed."""

import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from convscope.engine import ConvscopeError, zoo
from convscope.engine.bench import cases, rounds
from convscope.engine.bench.agreement import agreed, relative_error
from convscope.engine.bench.cases import ConvCase
from convscope.engine.bench.others import Others
from convscope.engine.bench.rounds import Effort


def test_sides_take_turns_and_every_other_round_goes_backwards() -> None:
    order: list[str] = []

    def measure(name: str):
        return lambda seconds: order.append(name) or seconds

    ticks: list[int] = []
    taken = rounds.alternate({n: measure(n) for n in "abc"}, Effort(3, 0.25), lambda: ticks.append(len(order)))
    assert "".join(order) == "abc" + "cba" + "abc"
    assert ticks == [3, 6, 9]
    assert taken == rounds.Taken(dict.fromkeys("abc", (0.25, 0.25, 0.25)), others=0.0)


def disturbed(shares: list[float], count: int) -> tuple[rounds.Taken, int]:
    """`count` rounds of which the n-th takes n seconds while others use the n-th share; the figures, and the ticks."""
    numbers, told, ticks = iter(range(100)), iter(shares), []
    asked: list[int] = []

    def others() -> float:
        asked.append(1)
        return next(told) if len(asked) % 2 == 0 else 1.0  # what was before a round does not count

    taken = rounds.alternate({"a": lambda _: next(numbers)}, Effort(count, 0.1), lambda: ticks.append(1), others)
    return taken, len(ticks)


def test_a_round_that_others_disturb_is_repeated() -> None:
    taken, ticks = disturbed([0.0, 0.5, 0.02, 0.9, 0.04], 3)
    assert taken.seconds == {"a": (0, 2, 4)}
    assert taken.others == pytest.approx(0.02)
    assert ticks == 3


def test_where_others_never_rest_the_calmest_rounds_do() -> None:
    taken, ticks = disturbed([0.9, 0.0, 0.5, 0.3, 0.8, 0.7], 2)
    assert taken.seconds == {"a": (1, 3)}
    assert taken.others == pytest.approx(0.15)
    assert ticks == 2


def test_the_watch_counts_other_programs_and_not_those_measured() -> None:
    busy = "import time; end = time.perf_counter() + 30\nwhile time.perf_counter() < end: pass"
    program = subprocess.Popen([sys.executable, "-c", busy])
    try:
        stranger, ours = Others(()), Others((program.pid,))
        began, before = time.perf_counter(), psutil.Process(program.pid).cpu_times().user
        time.sleep(0.6)
        seen, own = stranger.share(), ours.share()
        used = psutil.Process(program.pid).cpu_times().user - before
        its_part = used / ((time.perf_counter() - began) * (psutil.cpu_count() or 1))
    finally:
        program.kill()
        program.wait()
    assert seen - own == pytest.approx(its_part, abs=0.1)  # less than a core where tests run side by side
    assert 0 <= own < seen <= 1


def test_a_turn_begins_with_steps_that_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(np.arange(0, 100, 0.015))
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    steps: list[int] = []
    assert rounds.timed(lambda: steps.append(1), 0.02) == pytest.approx(0.015)
    # Two untimed steps fill the 20 ms in which threads settle; two timed ones fill the turn.
    assert len(steps) == 4


def test_a_slow_step_is_timed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(np.arange(0, 100, 3.0))
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    steps: list[int] = []
    assert rounds.timed(lambda: steps.append(1), 0.1) == pytest.approx(3.0)
    assert len(steps) == 2


def test_the_best_configuration_has_the_lowest_median_not_the_lowest_time() -> None:
    seconds = {"lucky": (0.1, 5.0, 5.0), "steady": (1.0, 1.0, 1.0)}
    assert rounds.best(seconds, seconds) == "steady"


def test_ratios_are_taken_within_a_round() -> None:
    assert rounds.ratios((2.0, 20.0), (1.0, 10.0)) == [2.0, 2.0]


def test_the_geometric_mean_leaves_out_what_has_no_ratio() -> None:
    assert rounds.geometric_mean([2.0, None, 8.0]) == pytest.approx(4.0)
    assert rounds.geometric_mean([None]) is None


def test_usual_networks_are_those_the_zoo_has() -> None:
    usual = cases.networks((), ())
    assert [case.name for case in usual] == [n for n in cases.TRAINING_BATCHES if n in zoo.ARCHITECTURES]
    assert {case.name: case.batch for case in usual}["resnet20_cifar"] == 128
    assert [(c.name, c.batch) for c in cases.networks(["lenet5"], (1, 8))] == [("lenet5", 1), ("lenet5", 8)]


def test_pictures_for_training_stay_within_their_bytes() -> None:
    shots, labels = cases.pixels(cases.NetworkCase("resnet20_cifar", 30_000))
    assert len(shots) == len(labels) == 30_000
    shots, labels = cases.pixels(cases.NetworkCase("lenet5", 8))
    assert shots.shape == (512, 28, 28, 1)
    assert set(labels) == set(range(10))


def test_biases_and_batch_norm_are_moved_and_filters_are_not() -> None:
    weights = {"a.weight": np.ones((3, 3, 2, 4), np.float32), "b.running_var": np.ones(4, np.float32)}
    cases.lively(weights)
    assert (weights["a.weight"] == 1).all()
    assert not (weights["b.running_var"] == 1).any()
    assert (weights["b.running_var"] > 0.5).all()


# ---- convolutions


def test_a_convolution_is_written_as_it_is_read() -> None:
    for case in cases.CONVOLUTIONS:
        assert ConvCase.parse(str(case)) == case
        assert case.network().errors() == []
    assert len(set(cases.CONVOLUTIONS)) == len(cases.CONVOLUTIONS)


def test_operations_are_two_for_each_multiply_add_of_the_direct_sum() -> None:
    assert ConvCase(2, 4, 8, 6, 3, 1, 1).flops == 2 * 2 * 8 * 8 * 6 * 9 * 4
    assert ConvCase(1, 8, 9, 8, 3, 2, 1, 8).flops == 2 * 5 * 5 * 8 * 9


def test_layers_that_see_the_image_have_no_input_gradient() -> None:
    assert ConvCase(1, 3, 8, 4, 3, 1, 1).passes == ("forward", "weights")
    assert ConvCase(1, 4, 8, 4, 3, 1, 1).passes == ("forward", "weights", "input")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1,2,3", "write N,C,H,K,F,S,P"),
        ("1,2,3,4,5,6,x", "write N,C,H,K,F,S,P"),
        ("0,4,8,4,3,1,1", "at least 1"),
        ("1,4,3,4,5,1,0", "does not fit input 3×3"),
        ("1,4,8,6,3,1,1,4", "cannot be split into 4 groups"),
        ("1,4,8,0,3,1,1", "Filters"),
    ],
)
def test_an_impossible_convolution_is_refused_with_its_reason(text: str, part: str) -> None:
    with pytest.raises(ConvscopeError) as caught:
        ConvCase.parse(text)
    assert part.lower() in str(caught.value).lower()


# ---- agreement


def test_the_relative_error_is_that_of_the_whole_array() -> None:
    assert relative_error(np.array([3.0, 4.5]), np.array([3.0, 4.0])) == pytest.approx(0.1)


@pytest.mark.parametrize("wrong", [np.full(4, 1.1), np.full(4, np.nan), np.ones(5)])
def test_another_function_is_not_compared(wrong: np.ndarray) -> None:
    with pytest.raises(ConvscopeError, match="PyTorch and Convscope compute different functions"):
        agreed(wrong, np.ones(4), "PyTorch", 1e-3)
