"""Steps, histograms and dead units while a network learns."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from convscope.gui.views.internals import InternalsView

from .laboratory import LONG, lab_fixture  # noqa: F401


@pytest.fixture
def view(lab):
    return lab.see(InternalsView(lab.session), 640, 420)


def click(lab, widget):
    lab.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_steps_and_units_come_while_a_network_learns(lab, view):
    lab.train(LONG)
    lab.until(lambda: len(view.steps) > 2 and len(view.units) > 0)
    assert list(view.steps[0].ratios) == ["conv1", "conv2", "dense3", "dense4", "scores"]
    assert all(-6 < value < 0 for value in view.steps[-1].ratios.values())
    assert any(text.endswith("conv1") for text in view.ratios.texts())
    for part in ("weights", "gradients", "activations"):
        click(lab, view.parts.buttons[part])
        assert view.map.pixels.max() == 1
        assert view.picker.layer == "conv1"
    click(lab, view.parts.buttons["units"])
    assert view.table.text("relu1").endswith("of 6 units, 0 %")


def test_a_single_step_is_looked_at_exactly(lab, view):
    lab.session.train(LONG, single=True)
    lab.until(lambda: lab.session.state == "paused")
    before = lab.ask(lambda model: model.weights["conv1.weight"].astype(float))
    lab.session.single_step()
    lab.until(lambda: len(view.steps) > 0)
    after = lab.ask(lambda model: model.weights["conv1.weight"].astype(float))
    expected = 0.5 * np.log10(np.square(after - before).sum() / np.square(before).sum())
    assert view.steps[-1].step == 2
    assert view.steps[-1].ratios["conv1"] == pytest.approx(expected, abs=1e-4)


def test_nothing_is_looked_at_while_the_view_is_hidden(lab, view):
    view.hide()
    lab.train(LONG, 300)
    assert view.steps == []
    assert view.units == []


def test_dead_units_raise_an_alarm_that_says_what_helps(lab, view):
    lab.session.train(LONG, single=True)
    lab.until(lambda: lab.session.state == "paused")

    def kill(model):
        model.weights["conv2.bias"] = np.full(16, -1e6, np.float32)

    lab.ask(kill)
    lab.session.single_step()
    lab.until(lambda: view.alarm != "")
    assert "relu2 (16 of 16)" in view.alarm
    assert "LeakyReLU" in view.alarm
