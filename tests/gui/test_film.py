"""The film of a run: recorded while it goes on, and replayed by the scrubber in filters and activations."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from convscope.engine.runs import RunStore
from convscope.gui.panels.runs import RunsPanel
from convscope.gui.run_actions import RunActions
from convscope.gui.views.activations import ActivationsView
from convscope.gui.views.filters import FiltersView
from convscope.gui.work.recipe import Recipe

from .laboratory import SHORT, Laboratory, lab_fixture  # noqa: F401


@pytest.fixture
def filters(lab):
    view = lab.see(FiltersView(lab.session), 640, 420)
    lab.session.plan(SHORT)
    lab.until(lambda: view.weights is not None and len(lab.session.film.frames) > 0)
    return view


def train(lab):
    lab.train(SHORT)
    lab.until_idle()
    lab.until(lambda: lab.session.film.frames[-1].step > 0)


def test_the_scrubber_goes_back_to_the_first_weights_and_on_to_live(lab, filters):
    first = filters.weights.copy()
    train(lab)
    learned = lab.ask(lambda model: [np.array(array) for array in model.weights.values()])
    filters.scrubber.slider.setFocus()
    lab.qtbot.keyClick(filters.scrubber.slider, Qt.Key.Key_Home)
    assert np.array_equal(filters.weights, first)
    assert filters.scrubber.text == "step 0"
    lab.qtbot.keyClick(filters.scrubber.slider, Qt.Key.Key_End)
    assert filters.scrubber.text == "live"
    lab.until(lambda: any(np.array_equal(filters.weights, array) for array in learned))


def test_the_film_is_played_to_its_end(lab, filters):
    train(lab)
    lab.qtbot.mouseClick(filters.scrubber.play, Qt.MouseButton.LeftButton)
    assert filters.scrubber.playing
    assert filters.scrubber.text == "step 0"
    lab.until(lambda: not filters.scrubber.playing)
    assert filters.scrubber.text == "live"


def test_what_layers_made_of_a_pinned_image_is_replayed(lab, tmp_path):
    view = lab.see(ActivationsView(lab.session), 760, 520)
    lab.session.plan(SHORT)
    lab.until(lambda: view.activations is not None and len(lab.session.film.frames) > 0)
    first = view.activations.copy()
    train(lab)
    lab.until(lambda: not np.array_equal(view.activations, first))
    lab.qtbot.keyClick(view.scrubber.slider, Qt.Key.Key_Home)
    assert np.array_equal(view.activations, first)
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    image.save(str(tmp_path / "grey.png"))
    view.strip.read(str(tmp_path / "grey.png"))
    lab.until(lambda: len(view.strip.buttons) == 2)
    assert view.image.shape == (30, 40, 1)
    assert "not pinned" in view._reading.text()
    lab.qtbot.keyClick(view.scrubber.slider, Qt.Key.Key_End)
    lab.until(lambda: view.activations is not None)
    key = lab.session.film.pins.current.key
    lab.qtbot.mouseClick(view.strip.buttons[key], Qt.MouseButton.LeftButton)
    assert lab.session.film.pins.current is None
    view.strip.buttons[key].setFocus()
    lab.qtbot.keyClick(view.strip.buttons[key], Qt.Key.Key_Delete)
    assert list(view.strip.buttons) == [1]


class Files:
    """Opens what is asked for without asking back."""

    def __init__(self, lab):
        self._lab = lab

    def open_path(self, path):
        self._lab.session.open_model(str(path))


def test_a_kept_run_is_replayed_in_another_session_and_on_an_image_pinned_there(qtbot, lab):
    earlier = Laboratory(qtbot)
    earlier.train(Recipe(epochs=1, keep=True))
    earlier.until_idle()
    last = earlier.ask(lambda model: model.weights["conv1.weight"].copy())
    assert earlier.session.close()
    kept = RunStore().moments(RunStore().runs()[0].id)
    lab.document.edit("fewer filters", lambda network: network.set("conv1", filters=4))
    lab.session.plan(SHORT)
    lab.until(lambda: len(lab.session.film.pins.all) == 1)
    view, panel = lab.see(ActivationsView(lab.session), 760, 520), lab.see(RunsPanel(lab.session), 288, 480)
    filters = lab.see(FiltersView(lab.session), 640, 420)
    actions = RunActions(panel, lab.session, lab.document, Files(lab), panel)
    lab.until(lambda: len(panel.list.runs) == 1 and lab.session.model_info is not None)
    place = panel.list.visualRect(panel.list.model().index(0, 0)).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    lab.until(lambda: "moments, for which" in panel.replay.toolTip())
    qtbot.mouseClick(panel.replay, Qt.MouseButton.LeftButton)
    film = lab.session.film
    lab.until(lambda: film.replayed != "" and len(film.frames) >= len(kept))
    assert filters.scrubber.kept.text() == film.replayed
    assert filters.scrubber.text == "step 0"
    assert np.array_equal(filters.weights.ravel(), kept[0].weights()["conv1"].ravel())
    assert np.array_equal(film.frames[-1].weights["conv1.weight"], last)
    lab.until(lambda: view.activations is not None)
    film.pins.pin(np.full((28, 28, 1), 99, np.uint8), "grey")
    lab.until(lambda: len(film.frames[-1].activations) == 2)
    qtbot.mouseClick(filters.scrubber.kept, Qt.MouseButton.LeftButton)
    assert film.replayed == ""
    assert filters.scrubber.text == "live"
    assert actions is not None
