"""Speed, time left, the pace of views, and the way from other threads to the window."""

import itertools
import threading
import time

import pytest
from PySide6.QtWidgets import QWidget

from convscope.engine.train.events import Batch, Epoch, Started
from convscope.gui.widgets import figures
from convscope.gui.work.inbox import Inbox
from convscope.gui.work.pace import DRAWN_MS, DrawingTime, LookPace
from convscope.gui.work.progress import Estimator

BATCHES = 20


def estimator(epochs: int = 3) -> Estimator:
    return Estimator(Started("net", "data", 1, 640, 64, epochs, 32, BATCHES, 0.1, "cpu", 0))


def batch(step: int, loss: float = 1.0) -> Batch:
    epoch, index = divmod(step, BATCHES)
    return Batch(epoch + 1, index + 1, BATCHES, step + 1, loss, 0.5, 0.1, 100.0)


def run(estimate: Estimator, steps: int, gap: float = 0.1, start: float = 0.0) -> float:
    for step in range(steps):
        start += gap
        estimate.add_batch(batch(step), start)
    return start


def test_time_left_counts_the_batches_and_the_tests_to_come():
    estimate = estimator()
    now = run(estimate, BATCHES)
    estimate.add_epoch(Epoch(1, 1.0, 0.5, 1.0, 0.5, 100.0, 1.0, 0.1), now + 2.0)
    estimate.add_batch(batch(BATCHES), now + 2.1)
    progress = estimate.progress(batch(BATCHES))
    assert progress.images_per_second == pytest.approx(320)
    assert progress.seconds_left == pytest.approx(39 * 0.1 + 2 * 2.0)
    assert progress.fraction == pytest.approx(21 / 60)


def test_nothing_is_estimated_from_a_single_batch():
    estimate = estimator()
    estimate.add_batch(batch(0), 1.0)
    assert estimate.progress(batch(0)).seconds_left is None
    assert estimate.progress(batch(0)).images_per_second is None


def test_one_slow_batch_does_not_change_the_estimate():
    estimate = estimator()
    now = run(estimate, 15)
    estimate.add_batch(batch(15), now + 60.0)
    assert estimate.seconds_per_batch() == pytest.approx(0.1)


def test_the_time_of_a_pause_is_left_out():
    estimate = estimator()
    now = run(estimate, 5)
    estimate.interrupt()
    estimate.add_batch(batch(5), now + 3600.0)
    assert estimate.seconds_per_batch() == pytest.approx(0.1)


def test_the_mean_loss_begins_anew_with_each_epoch():
    estimate = estimator()
    for step in range(BATCHES):
        estimate.add_batch(batch(step, loss=2.0), float(step))
    estimate.add_batch(batch(BATCHES, loss=1.0), 100.0)
    assert estimate.progress(batch(BATCHES)).loss == 1.0


def test_views_look_ten_times_a_second_at_most():
    pace = LookPace()
    looks = [now for now in range(1000, 2000, 7) if pace.due(now / 1000, 0.0)]
    assert len(looks) <= 10
    assert min(b - a for a, b in itertools.pairwise(looks)) >= 100


def test_costly_looks_take_at_most_three_hundredths_of_the_time():
    pace, spent, looks = LookPace(), 0.0, []
    for tick in range(10_000):
        now = 1.0 + tick / 1000
        if pace.due(now, spent):
            looks.append(now)
            spent += 0.03
    assert spent <= 0.03 * 10 + 2 * 0.03


def test_items_of_another_thread_arrive_in_order_and_in_bunches(qtbot):
    inbox, bunches = Inbox(), []
    inbox.drained.connect(bunches.append)
    thread = threading.Thread(target=lambda: [inbox.post(i) for i in range(5000)])
    thread.start()
    qtbot.waitUntil(lambda: sum(map(len, bunches)) == 5000, timeout=10_000)
    thread.join()
    assert [item for bunch in bunches for item in bunch] == list(range(5000))
    assert len(bunches) < 500


def test_a_closed_inbox_says_nothing_more(qtbot):
    inbox, bunches = Inbox(), []
    inbox.drained.connect(bunches.append)
    inbox.post(1)
    inbox.close()
    inbox.post(2)
    qtbot.wait(100)
    assert bunches == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.2, "under 1 s"), (41.2, "42 s"), (59.5, "1 min 00 s"), (185, "3 min 05 s"), (7800, "2 h 10 min")],
)
def test_durations_read_well(seconds, text):
    assert figures.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.11312, "0.113"), (-1.2399, "−1.24"), (12.49, "12.5"), (412.3, "412"), (3.1e-7, "3.1e−07")],
)
def test_figures_have_three_digits_and_a_real_minus(value, text):
    assert figures.plain(value) == text


def test_rates_keep_three_digits():
    assert [figures.rate(v) for v in (None, 7.4, 2391.7, 14872.4)] == ["–", "7", "2,390", "14,900"]


def test_what_painting_costs_counts_as_drawing_and_what_comes_later_does_not(qtbot):
    class Painted(QWidget):
        def paintEvent(self, event):  # noqa: N802
            burn(0.03)

    def burn(seconds):
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            pass

    drawing, widget = DrawingTime(), Painted()
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    drawing.begin()
    widget.update()
    qtbot.wait(2 * DRAWN_MS)
    spent = drawing.seconds
    assert spent >= 0.03
    burn(0.03)
    assert drawing.seconds == spent


def test_a_look_whose_drawing_is_costly_delays_the_next_one_for_a_second_at_most():
    pace = LookPace()
    assert pace.due(10.0, 0.0)
    assert not pace.due(10.3, 0.012)
    assert pace.due(10.41, 0.012)
    assert not pace.due(11.4, 5.0)
    assert pace.due(11.42, 5.0)
