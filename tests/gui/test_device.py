"""Choosing where to compute, in the Train room and in the preferences."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.runtime import devices
from convscope.engine.runtime.devices import CPU, CUDA, Device
from convscope.gui import settings
from convscope.gui.panels.training import TrainingPanel
from convscope.gui.preferences.computing import Computing
from convscope.gui.widgets.device_field import DeviceField
from convscope.gui.work.recipe import Recipe
from convscope.gui.work.toolkit import EngineToolkit

from .gestures import hover
from .laboratory import Laboratory, scripted_fixture, small_data  # noqa: F401

REASON = "The device cuda is not available: it stayed at home; or use device cpu."


@pytest.fixture
def lacking(monkeypatch):
    monkeypatch.setattr(devices, "devices", lambda: (Device(CPU, "CPU"), Device(CUDA, "CUDA", REASON)))


@pytest.fixture
def gifted(monkeypatch):
    monkeypatch.setattr(devices, "devices", lambda: (Device(CPU, "CPU"), Device(CUDA, "A fine GPU")))


def click_on(lab, field, row):
    """Open the list by a click, and click on a row of it once it takes a second click for another one."""
    lab.qtbot.mouseClick(field, Qt.MouseButton.LeftButton, pos=field.rect().center())
    view = field.view()
    lab.qtbot.waitUntil(view.isVisible)
    place = view.visualRect(field.model().index(row, 0)).center()
    hover(view.viewport(), place)
    lab.qtbot.wait(QApplication.doubleClickInterval() + 20)
    lab.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def shown(lab, widget):
    """The widget's field, once all devices are in it."""
    lab.see(widget)
    field = widget if isinstance(widget, DeviceField) else widget.findChild(DeviceField)
    lab.qtbot.waitUntil(lambda: field.count() == 2, timeout=60_000)
    return field


def test_a_device_that_is_not_there_is_grey_and_says_why(scripted, lacking):
    page = Computing(scripted.session.consider, scripted.session.device)
    field = shown(scripted, page)
    assert [field.itemText(i) for i in range(2)] == ["CPU", "CUDA (not available)"]
    assert field.itemData(1, Qt.ItemDataRole.ToolTipRole) == REASON
    assert any(REASON in label.text() for label in page.findChildren(QLabel))
    click_on(scripted, field, 1)
    assert scripted.session.device.name == CPU
    field.hidePopup()


def test_a_device_chosen_in_one_place_is_shown_in_the_other_and_remembered(scripted, gifted):
    session = scripted.session
    page = Computing(session.consider, session.device)
    panel = TrainingPanel(session)
    field, other = shown(scripted, panel), shown(scripted, page)
    panel.findChild(QScrollArea).ensureWidgetVisible(field)
    click_on(scripted, field, 1)
    scripted.qtbot.waitUntil(lambda: other.currentText() == "A fine GPU")
    assert settings.stored_device() == CUDA
    session.plan(Recipe())
    assert session.recipe.device == CUDA
    click_on(scripted, other, 0)
    assert (field.currentText(), settings.stored_device()) == ("CPU", CPU)


def test_how_a_gpu_multiplies_is_chosen_where_there_is_one(scripted, gifted):
    page = Computing(scripted.session.consider, scripted.session.device)
    assert not page.math.isEnabled()
    shown(scripted, page)
    assert page.math.isEnabled()
    page.math.setFocus()
    scripted.qtbot.keyClick(page.math, Qt.Key.Key_Down)
    assert settings.stored_math() == "3xtf32"
    settings.remember_math("nonsense")
    assert settings.stored_math() == ""


def test_a_remembered_device_that_is_gone_is_not_used(scripted, lacking):
    settings.remember_device(CUDA)
    field = shown(scripted, DeviceField(scripted.session.device))
    assert (field.currentText(), scripted.session.device.name) == ("CPU", CPU)


class Elsewhere(EngineToolkit):
    """Notes what it is asked to move, and leaves it where it is."""

    def __init__(self):
        self.moves = []

    def load(self, choice, told):
        return small_data(choice.name)

    def moved(self, model, device):
        self.moves.append(device)
        return self.copy(model)

    def build(self, network, dataset, recipe):
        return super().build(network, dataset, Recipe())


def test_the_model_at_hand_goes_to_the_device_with_its_weights(qtbot, gifted):
    toolkit = Elsewhere()
    lab = Laboratory(qtbot, toolkit)
    try:
        lab.session.plan(Recipe())
        lab.until(lambda: lab.session.model_info is not None)
        told, before = [], lab.ask(lambda model: model.weights["conv1.weight"].copy())
        lab.session.device_changed.connect(told.append)
        shown(lab, DeviceField(lab.session.device))
        lab.session.device.choose(CUDA)
        lab.until(lambda: told == [CUDA])
        assert toolkit.moves == [CUDA]
        assert np.array_equal(lab.ask(lambda model: model.weights["conv1.weight"].copy()), before)
        lab.session.device.choose(CPU)
        lab.until(lambda: told == [CUDA, CPU])
    finally:
        lab.session.close()


def test_what_a_model_is_told_goes_along_when_it_is_moved(monkeypatch):
    net = Network((2, 2, 1))
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(2), "first")
    net.add(L.Dense(2), "last")
    model = Model(net, seed=3)
    model.frozen, model.recompute = ("first",), True
    model.device = "elsewhere"
    moved = EngineToolkit().moved(model, CPU)
    assert (moved.device, moved.frozen, moved.recompute, moved.seed) == (CPU, ("first",), True, 3)
    assert EngineToolkit().moved(moved, CPU) is moved
