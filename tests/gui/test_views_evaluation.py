"""Confusion, figures of classes and hardest images, over epochs and on demand."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from convscope.engine.train import evaluate
from convscope.engine.train.judged import Judged
from convscope.engine.train.localisation_figures import Localisation
from convscope.engine.train.metrics import Outcomes
from convscope.gui.views.evaluation import EvaluationView
from convscope.gui.work.recipe import DataChoice

from .laboratory import SHORT, lab_fixture  # noqa: F401


@pytest.fixture
def view(lab):
    """The view after a run of two epochs."""
    view = lab.see(EvaluationView(lab.session), 640, 420)
    lab.train(SHORT)
    lab.until_idle()
    lab.until(lambda: view.shown is not None and view.shown.epoch == 2)
    return view


def click(lab, widget):
    lab.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_a_run_gives_the_matrix_whose_cells_hold_images(lab, view):
    data, found = lab.session.dataset, lab.ask(lambda model: evaluate(model, lab.session.dataset))
    assert view.epochs.epochs == (1, 2)
    assert np.array_equal(view.matrix._counts, found.confusion)
    wrong = np.argwhere(found.confusion * (1 - np.eye(10, dtype=int)))[0]
    place = view.matrix.rect_of(*wrong).center().toPoint()
    lab.qtbot.mouseClick(view.matrix, Qt.MouseButton.LeftButton, pos=place)
    rows = view.images.rows
    assert len(rows) == found.confusion[tuple(wrong)]
    assert set(data.test_labels[rows]) == {wrong[0]}
    assert (np.diff(view.shown.outcomes.confidence[rows]) <= 0).all()
    lab.until(lambda: view.images.shown == tuple(rows[: len(view.images.shown)]) and len(view.images.shown) > 0)
    assert view.images.grid.cards[0].title == f"{wrong[0]} → {wrong[1]}"
    lab.qtbot.keyClick(view.matrix, Qt.Key.Key_Left if wrong[1] else Qt.Key.Key_Right)
    assert view.matrix.cell == (wrong[0], wrong[1] - 1 if wrong[1] else 1)


def test_earlier_epochs_come_back_by_the_slider(lab, view):
    view.slider.setFocus()
    lab.qtbot.keyClick(view.slider, Qt.Key.Key_Left)
    lab.until(lambda: view.shown.epoch == 1)
    assert "epoch 1" in view._where.text()
    assert view.matrix._counts.sum() == 359


def test_the_evaluation_goes_with_the_data_set_whose_images_it_shows(lab, view, monkeypatch):
    monkeypatch.setattr(lab.session._toolkit, "present", lambda choice: False)
    lab.session.plan(replace(SHORT, data=DataChoice("mnist")))  # to be downloaded, so there is none for now
    assert lab.session.dataset is None
    assert view.shown is None
    place = view.matrix.rect_of(0, 1).center().toPoint()
    lab.qtbot.mouseClick(view.matrix, Qt.MouseButton.LeftButton, pos=place)
    lab.qtbot.mouseMove(view.matrix, place)
    assert view._empty.sentence.startswith("Train, or press Evaluate")


def test_classes_are_sorted_and_the_hardest_images_lead(lab, view):
    click(lab, view.parts.buttons["classes"])
    header = view.table.horizontalHeader()
    middle = header.sectionViewportPosition(4) + header.sectionSize(4) // 2
    place = header.rect().center()
    place.setX(middle)
    lab.qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    shares = [float(row[4].split()[0]) for row in view.table.texts()]
    assert shares in (sorted(shares), sorted(shares, reverse=True))
    click(lab, view.parts.buttons["hardest"])
    own = view.shown.outcomes.own[view.hardest.rows]
    assert (np.diff(own) >= 0).all()


def test_training_images_are_evaluated_on_demand(lab, view):
    view.split.setFocus()
    lab.qtbot.keyClick(view.split, Qt.Key.Key_Down)
    click(lab, view.now)
    lab.until(lambda: len(view.shown.outcomes) == 1438)
    assert "1,438 training images, as the network is now" in view._where.text()
    assert view.now.text() == "Evaluate"
    view.shares.click()
    assert np.allclose(view.matrix.values.sum(1), 1)


def test_true_and_found_boxes_are_shown_with_their_overlap(lab):
    view = lab.see(EvaluationView(lab.session), 640, 420)
    lab.session.plan(SHORT)
    lab.until(lambda: lab.session.dataset is not None and lab.session.model_info is not None)
    data = lab.session.dataset
    count = len(data.test_labels)
    truth = np.tile(np.array([[1, 1, 5, 5]], np.float32), (count, 1))
    object.__setattr__(data, "test_boxes", truth)
    chances = np.log(np.full((count, 10), 0.1))
    boxes = Localisation(count, 0.25, 0.0, 0.1, 0.0, truth + 2, np.full(count, 0.25))
    lab.session.judged.emit(Judged(1, Outcomes.of(chances, data.test_labels), boxes))
    lab.until(lambda: view.shown is not None and len(view.hardest.shown) > 0)
    card = view.hardest.grid.cards[0]
    assert [box.corners for box in card.boxes] == [(1, 1, 5, 5), (3, 3, 7, 7)]
    assert card.note == "10 % IoU 0.25"
    assert "Overlap <b>25.00 %</b>" in view._figures.text()
