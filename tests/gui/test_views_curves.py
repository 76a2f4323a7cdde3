"""The curves: what they hold, how they are drawn, and what they say under the mouse."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer

from convscope.engine.train.events import Batch, Changed, Epoch, Started
from convscope.gui.views.curves import CurvesView
from convscope.gui.widgets.curve_plot import TEST, TRAIN
from convscope.gui.widgets.export import save_picture
from convscope.gui.widgets.series import Series, thinned
from convscope.gui.work.posts import RunStarted
from convscope.gui.work.recipe import Recipe

from .laboratory import SHORT, lab_fixture, scripted_fixture  # noqa: F401


@pytest.fixture
def curves(scripted):
    return scripted.see(CurvesView(scripted.session))


def play(session, epochs=2, batches=10, fresh=True):
    """Let the session tell of a run whose loss falls from 1."""
    started = Started("net", "data", 1, 100, 10, epochs, 10, batches, 0.1, "cpu", 0)
    session.run_started.emit(RunStarted(started, fresh))
    for epoch in range(1, epochs + 1):
        steps = [(epoch - 1) * batches + b for b in range(1, batches + 1)]
        session.batches.emit([Batch(epoch, b + 1, batches, s, 1 / s, 1 - 1 / s, 0.1, 9.0) for b, s in enumerate(steps)])
        session.epoch_ended.emit(Epoch(epoch, 0.5, 0.6, 0.7, 0.8, 9.0, 1.0, 0.1))


def redraw(lab, view):
    view.draw_soon()
    lab.qtbot.waitUntil(lambda: not view._redraw.isActive())


def test_before_a_run_the_view_says_what_to_do(curves):
    assert curves._stack.sentence == "Press Train to see the curve."


def test_the_curve_of_a_real_run_falls_and_ends_at_its_figures(lab):
    view = lab.see(CurvesView(lab.session))
    lab.train(SHORT)
    lab.until_idle()
    redraw(lab, view)
    assert view._stack.sentence == ""
    assert list(view.loss.batches.y) == [event.loss for event in lab.log.batches]
    assert view.loss.batches.smooth[-1] < 0.5 * view.loss.batches.y[0]
    assert view.loss.epochs[TEST] == ([1.0, 2.0], [epoch.test_loss for epoch in lab.log.epochs])
    x, y = view.loss._trend.getData()
    assert x[-1] == 2.0
    assert y[-1] < y[0]
    assert view.accuracy.legend.value(TEST) == f"{100 * lab.log.epochs[-1].test_accuracy:.2f} %"


def test_a_changed_learning_rate_is_marked_on_the_curve(lab):
    view = lab.see(CurvesView(lab.session))
    lab.train(Recipe(epochs=2000), batches=5)
    lab.session.change("learning_rate", 0.003)
    lab.until(lambda: view.loss.markers != [])
    assert view.loss._markers[0].label.format == "learning rate 0.003"
    assert view.accuracy.markers == view.loss.markers
    assert 0 < view.loss.markers[0] <= view.loss.batches.x[-1]


def test_a_run_that_goes_on_continues_the_curve_and_a_fresh_one_clears_it(scripted, curves):
    play(scripted.session, epochs=2)
    play(scripted.session, epochs=1, fresh=False)
    assert curves.loss.batches.x[-1] == 3.0
    assert curves.loss.epochs[TRAIN][0] == [1.0, 2.0, 3.0]
    scripted.session.changed.emit(Changed(5, "momentum", 0.5))
    play(scripted.session, epochs=1, fresh=True)
    assert len(curves.loss.batches) == 10
    assert curves.loss.markers == []


def test_the_loss_axis_can_be_logarithmic(scripted, curves):
    play(scripted.session, epochs=5)
    scripted.qtbot.mouseClick(curves._log, Qt.MouseButton.LeftButton, pos=QPoint(8, curves._log.height() // 2))
    redraw(scripted, curves)
    low, high = curves.loss.plot.viewRange()[1]
    assert low < np.log10(1 / 50) < high < 0.5
    assert curves.accuracy.plot.viewRange()[1][0] == 0.0


def test_the_legend_reads_out_the_values_under_the_mouse(scripted, curves):
    play(scripted.session)
    redraw(scripted, curves)
    box = curves.loss.plot.getPlotItem().getViewBox()
    place = box.mapViewToScene(QPointF(1.0, 0.2))
    viewport = curves.loss.plot.viewport()
    scripted.qtbot.mouseMove(viewport, curves.loss.plot.mapFromScene(place))
    scripted.qtbot.waitUntil(lambda: curves._where.text() == "epoch 1.00")
    index = curves.loss.batches.nearest(1.0)
    assert curves.loss.legend.value(TRAIN) == f"{curves.loss.batches.smooth[index]:.4f}"
    assert curves.accuracy.legend.value(TEST) == "80.00 %"
    curves.loss.pointed.emit(float("nan"))
    assert curves._where.text() == ""
    assert curves.loss.legend.value(TRAIN) == f"{curves.loss.batches.smooth[-1]:.4f}"


def test_the_whole_planned_run_is_in_view_until_one_zooms(scripted, curves):
    play(scripted.session, epochs=2)
    low, high = curves.loss.plot.viewRange()[0]
    assert low <= 0.0
    assert high >= 2.0
    assert curves.accuracy.plot.viewRange()[0] == pytest.approx(curves.loss.plot.viewRange()[0], abs=0.1)
    curves.loss.plot.setXRange(0.5, 1.0, padding=0)
    curves.loss.zoomed.emit()
    scripted.session.batches.emit([Batch(2, 10, 10, 20, 0.1, 0.9, 0.1, 9.0)])
    redraw(scripted, curves)
    assert curves.loss.plot.viewRange()[0] == pytest.approx([0.5, 1.0])
    curves.show_everything()
    assert curves.loss.plot.viewRange()[0][1] >= 2.0


def test_losses_that_are_no_numbers_leave_a_gap(scripted, curves):
    started = Started("net", "data", 1, 100, 10, 1, 10, 4, 0.1, "cpu", 0)
    scripted.session.run_started.emit(RunStarted(started, True))
    losses = (1.0, float("nan"), float("inf"), 0.5)
    scripted.session.batches.emit([Batch(1, i + 1, 4, i + 1, v, 0.5, 0.1, 9.0) for i, v in enumerate(losses)])
    redraw(scripted, curves)
    assert np.isfinite(curves.loss.batches.smooth).all()
    assert all(np.isfinite(curves.loss.plot.viewRange()[1]))


def test_curves_are_saved_as_png_and_svg(scripted, curves, tmp_path):
    play(scripted.session)
    redraw(scripted, curves)
    png, svg = str(tmp_path / "curves.png"), str(tmp_path / "curves.svg")
    curves._export.save(png)
    curves._export.save(svg)
    image = QImage(png)
    assert image.width() == 4 * curves.width()
    assert QSvgRenderer(svg).isValid()
    assert "<path" in (tmp_path / "curves.svg").read_text()
    assert scripted.log.messages == [(f"Saved {png}.", False), (f"Saved {svg}.", False)]


def test_a_picture_that_cannot_be_written_says_why(scripted, curves, tmp_path):
    fault = save_picture(curves, str(tmp_path / "nowhere" / "curves.png"))
    assert "nowhere" in fault
    assert "choose another folder" in fault


def test_a_hundred_thousand_batches_are_drawn_with_few_points(scripted, curves):
    count = 100_000
    curves.loss.batches.extend(np.linspace(0, 10, count), np.random.default_rng(0).random(count))
    curves._end = 10.0
    curves.show_everything()
    curves.loss.draw()
    assert len(curves.loss._faint.getData()[0]) <= curves.loss.plot.width() + 4
    assert len(curves.loss._trend.getData()[0]) <= curves.loss.plot.width() + 4


def filled(count, **options):
    series = Series(**options)
    values = np.random.default_rng(1).random(count)
    for start in range(0, count, 777):
        part = values[start : start + 777]
        series.extend(np.arange(start, start + len(part)), part)
    return series, values


def test_a_series_keeps_every_point():
    series, values = filled(5000)
    assert np.array_equal(series.y, values)
    assert np.array_equal(series.x, np.arange(5000))


def test_the_envelope_keeps_every_peak():
    series, values = filled(50_000)
    _, y = series.envelope(0, 50_000, 500)
    assert len(y) <= 500
    assert (y.min(), y.max()) == (values.min(), values.max())


def test_the_envelope_of_few_points_is_the_curve_itself():
    series, values = filled(300)
    x, y = series.envelope(0, 300, 800)
    assert np.array_equal(y, values)
    assert np.array_equal(x, np.arange(300))


def test_new_points_do_not_move_what_is_drawn_already():
    series, _ = filled(10_000)
    before = series.envelope(0, 20_000, 800)[1]
    series.extend([10_000.0], [0.5])
    after = series.envelope(0, 20_000, 800)[1]
    assert np.array_equal(before[:-2], after[: len(before) - 2])


def test_a_series_without_end_takes_bounded_memory_and_looks_the_same():
    whole, values = filled(30_000)
    short, _ = filled(30_000, most=1024)
    assert short.each == 32
    assert 512 < len(short) <= 1024
    assert short._data.nbytes <= 2 * 5 * 8 * 1024
    assert np.array_equal(short.x, np.arange(0, 30_000, 32))
    last = 30_000 - 30_000 % 32
    assert np.allclose(short.y[:-1], values[:last].reshape(-1, 32).mean(1))
    assert np.isclose(short.y[-1], values[last:].mean())
    assert np.array_equal(short.smooth[:-1], whole.smooth[31:last:32])
    assert short.smooth[-1] == whole.smooth[-1]
    for drawn, as_before in zip(short.envelope(0, 30_000, 1000), whole.envelope(0, 30_000, 1000), strict=True):
        assert np.array_equal(drawn, as_before)


def test_a_bounded_series_takes_another_mean_and_points_that_are_no_numbers():
    whole, values = filled(20_000)
    short, _ = filled(20_000, most=1024)
    put = Series(most=1024)
    put.put(np.arange(20_000.0), values)
    assert np.allclose(put._data[:, : len(put)], short._data[:, : len(short)])
    for series in (whole, short):
        series.smooth_over(400.0)
        series.extend(range(20_000, 20_100), [np.nan, *[0.5] * 99])
    assert abs(short.smooth[-1] - whole.smooth[-1]) < 1e-3
    assert np.isfinite(short.y).all()


def test_a_stretch_of_a_series_is_drawn_finer_than_the_whole():
    series, values = filled(100_000)
    x, y = series.envelope(5000, 5100, 800)
    assert set(values[5000:5100]) <= set(y)
    assert len(x) < 110


def test_the_smoothed_curve_is_the_mean_without_a_bias_at_the_start():
    series = Series(span=10)
    series.extend(range(200), [3.0] * 200)
    assert series.smooth == pytest.approx(np.full(200, 3.0))


def test_marks_of_many_epochs_are_thinned_and_the_last_one_stays():
    x = np.arange(1.0, 1001.0)
    found, same = thinned(x, -x, 0.0, 1000.0, 120)
    assert len(found) <= 121
    assert found[-1] == 1000.0
    assert np.array_equal(same, -found)
    assert set(np.diff(found[:-1])) == {16.0}  # always the same ones, so that nothing shimmers
    few, _ = thinned(x, x, 10.5, 12.5, 120)
    assert list(few) == [10.0, 11.0, 12.0, 13.0]  # with the neighbours to which lines lead
    assert len(thinned(x[:0], x[:0], 0.0, 1.0, 120)[0]) == 0


def test_the_upright_axis_moves_only_when_the_curve_leaves_it_or_needs_much_less(scripted, curves):
    play(scripted.session, epochs=2)
    redraw(scripted, curves)
    plot = curves.loss
    top = plot.plot.viewRange()[1][1]
    plot.batches.extend([2.01], [0.9 * top])
    plot.draw()
    assert plot.plot.viewRange()[1][1] == top
    plot.batches.extend(np.arange(2.02, 2.5, 0.01), [3 * top] * 48)
    plot.draw()
    assert plot.plot.viewRange()[1][1] > 3 * top


def test_curves_are_drawn_when_views_look_and_not_for_every_batch(scripted, curves):
    play(scripted.session)
    redraw(scripted, curves)
    drawn = len(curves.loss._trend.getData()[0])
    scripted.session.batches.emit([Batch(2, 10, 10, 21, 0.1, 0.9, 0.1, 9.0)])
    assert not curves._redraw.isActive()
    curves.draw_soon()
    redraw(scripted, curves)
    assert len(curves.loss._trend.getData()[0]) == drawn + 1
