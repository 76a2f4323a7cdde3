"""Looking inside in the window: methods run, stop, fail in place, and their results are kept and compared."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtWidgets import QApplication

from convscope.engine import explain
from convscope.gui.look import LookRoom
from convscope.gui.work.recipe import DataChoice

from .gestures import drop
from .laboratory import LONG, SHORT, lab_fixture  # noqa: F401

Key, Left, Ctrl = Qt.Key, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def room(lab):
    room = lab.see(LookRoom(lab.session), 1200, 760)
    lab.session.plan(SHORT)
    room.enter()
    there = (lambda: room.list.method, lambda: lab.session.dataset, lambda: room.form.aim.layers.layer)
    lab.until(lambda: all(bool(found()) for found in there))
    return room


def choose(lab, room, name):
    """Choose a method with the mouse."""
    item = next(
        room.list.item(row)
        for row in range(room.list.count())
        if room.list.item(row).toolTip() and _is(room, row, name)
    )
    room.list.scrollToItem(item)
    lab.qtbot.mouseClick(room.list.viewport(), Left, pos=room.list.visualItemRect(item).center())
    assert room.list.method == name


def _is(room, row, name):
    return room.list.item(row).text() == explain.METHODS[name].title


def press(lab, room):
    lab.qtbot.mouseClick(room.form.button, Left)


def run(lab, room, name):
    """Choose a method, press Run and wait for its end."""
    choose(lab, room, name)
    press(lab, room)
    lab.until(lambda: not room.running)
    QApplication.processEvents()  # what is new is laid out


def expected(lab, room, name, **asked):
    image = room.form.image.pixels
    return lab.ask(lambda model: getattr(explain, name)(model, image, **asked))


def on_strip(room, place):
    return room.strip.visualItemRect(room.strip.item(place)).center()


def test_every_method_is_offered_with_its_line(room):
    offered = {room.list.item(row).text() for row in range(room.list.count())}
    assert {method.title for method in explain.METHODS.values()} <= offered
    assert room.list.method == "saliency"
    assert room.form.title.text() == explain.METHODS["saliency"].title
    assert room.form.model.text() == "lenet5, not trained yet"


def test_saliency_shows_what_the_engine_finds(lab, room):
    run(lab, room, "saliency")
    wanted = expected(lab, room, "saliency")
    (kept,) = room._kept.values()
    assert np.array_equal(kept.result.array, wanted.array)
    (card,) = room.cards
    assert "response" in card.scores.text()
    before = card.view.picture.image
    lab.qtbot.mouseClick(card.view.raw, Left, pos=QPoint(8, card.view.raw.height() // 2))
    assert card.view.picture.image != before


def test_the_strength_of_a_map_follows_the_slider(lab, room):
    run(lab, room, "saliency")
    view = room.cards[0].view
    before = view.picture.image
    view.strength.setFocus()
    lab.qtbot.keyClick(view.strength, Key.Key_End)
    assert view.strength.value() == 100
    assert view.picture.image != before


def test_occlusion_takes_its_parameters_from_a_form_made_of_its_declaration(lab, room):
    choose(lab, room, "occlusion")
    form = room.form.params
    assert set(form.fields) == {*explain.METHODS["occlusion"]().params(), "seed"}
    box = form.fields["patch"].box
    box.setFocus()
    box.selectAll()
    lab.qtbot.keyClicks(box, "14")
    lab.qtbot.keyClick(box, Key.Key_Return)
    press(lab, room)
    lab.until(lambda: not room.running)
    wanted = expected(lab, room, "occlusion", patch=14)
    assert np.array_equal(room._kept[1].result.array, wanted.array)


def test_tab_goes_through_the_form_down_to_its_button(lab, room):
    choose(lab, room, "occlusion")
    passed, at = [], room.form.aim.units
    while at is not room.form.button:
        at = at.nextInFocusChain()
        passed.append(at)
    places = [passed.index(field.focusProxy()) for field in room.form.params.fields.values()]
    assert places == sorted(places)


def test_an_illegal_parameter_is_explained_below_its_field(lab, room):
    choose(lab, room, "occlusion")
    form = room.form.params
    box = form.fields["stride"].box
    box.selectAll()
    lab.qtbot.keyClicks(box, "9")
    lab.qtbot.keyClick(box, Key.Key_Return)
    assert "would skip pixels" in form.reasons["stride"].text()
    assert room.form.method.stride == 4


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("77", "scores has no class 77; use 0 to 9."), ("cat", "There is no class 'cat'; choose one from the list")],
)
def test_a_class_that_is_not_there_is_explained_in_place(lab, room, typed, reason):
    choose(lab, room, "saliency")
    field = room.form.aim.classes.lineEdit()
    field.selectAll()
    lab.qtbot.keyClicks(field, typed)
    press(lab, room)
    lab.until(lambda: not room.running)
    assert reason in room.form.reason.text()
    assert room.form.reason.isVisible()
    assert not room.cards
    field.selectAll()
    lab.qtbot.keyClicks(field, "3")
    press(lab, room)
    lab.until(lambda: not room.running)
    assert room._kept[1].result.config["target"] == 3
    assert room.cards[0].title.text() == f"Saliency (data gradient) · class {room.form.classes[3]}"
    assert not room.form.reason.isVisible()


def test_a_unit_that_is_no_number_is_explained_in_place(lab, room):
    choose(lab, room, "saliency")
    room.form.aim.about.setFocus()
    lab.qtbot.keyClick(room.form.aim.about, Key.Key_Down)
    assert room.form.aim.layers.isVisible()
    lab.qtbot.keyClicks(room.form.aim.units, "first")
    press(lab, room)
    assert "The unit is 'first'" in room.form.reason.text()


def test_a_long_method_shows_its_picture_as_it_forms_and_stops_when_told(lab, room):
    choose(lab, room, "class_image")
    field = room.form.params.fields["iterations"].box
    field.selectAll()
    lab.qtbot.keyClicks(field, "100000")
    lab.qtbot.keyClick(field, Key.Key_Return)
    press(lab, room)
    assert room.form.button.text() == "Cancel"
    lab.until(lambda: bool(room.cards) and room.form.bar.value() > 2)
    (card,) = room.cards
    first = card.view.picture.image
    lab.until(lambda: card.view.picture.image != first)
    press(lab, room)
    assert not room.running
    assert room.form.state.text() == "Cancelled."
    assert room.form.button.text() == "Run"
    lab.rest()  # the compute thread is free again


def test_what_has_formed_by_the_time_of_cancelling_is_kept_as_unfinished(lab, room, tmp_path):
    choose(lab, room, "class_image")
    room.form.params.fields["iterations"].box.setValue(100000)
    press(lab, room)
    lab.until(lambda: bool(room.cards) and room.form.bar.value() > 2)
    press(lab, room)
    (card,), (kept,) = room.cards, room._kept.values()
    assert card.title.text().endswith("unfinished")
    step = kept.result.config["step"]
    assert card.caveat.text() == f"Unfinished: cancelled after step {step:,} of 100,000."
    assert not card.check.isVisibleTo(card)  # of a whole map only
    card.write(str(tmp_path / "part.json"))
    lab.until(lambda: card.said.text().startswith("Saved"))
    assert json.loads((tmp_path / "part.json").read_text())["config"]["iterations"] == 100000


def test_images_that_are_still_being_read_are_waited_for_and_no_others_taken(lab, room):
    lab.session.plan(replace(SHORT, data=DataChoice("shapes")))
    assert lab.session.dataset is None
    press(lab, room)
    assert room.form.reason.text() == "There is no image. The images of the data set are being read."
    assert not room.running
    lab.until(lambda: lab.session.dataset is not None)
    assert room.form.reason.text() == ""


def test_training_goes_on_while_an_explanation_is_computed(lab, room):
    lab.train(LONG)
    choose(lab, room, "class_image")
    room.form.params.fields["iterations"].box.setValue(100000)
    press(lab, room)
    lab.until(lambda: room.form.bar.value() > 2)
    done = len(lab.log.batches)
    lab.until(lambda: len(lab.log.batches) > done + 5)
    assert room.running
    press(lab, room)
    lab.session.stop()
    lab.until_idle()


def test_the_network_looked_at_stands_still_while_the_other_learns(lab, room):
    before = lab.session._bench.still
    copies = [lab.ask(lambda model: before()) for _ in range(2)]
    assert copies[0] is copies[1]
    held = copies[0].flat_weights.copy()
    lab.train(SHORT)
    lab.until_idle()
    assert np.array_equal(copies[0].flat_weights, held)
    other = lab.ask(lambda model: (before(), model.flat_weights.copy()))
    assert np.array_equal(other[0].flat_weights, other[1])
    assert not np.array_equal(other[1], held)


def test_results_are_kept_in_a_strip_shown_side_by_side_and_removed(lab, room):
    for name in ("saliency", "occlusion", "activations"):
        run(lab, room, name)
    assert room.strip.count() == 3
    assert [card.title.text() for card in room.cards] == ["Activation maps"]
    lab.qtbot.mouseClick(room.strip.viewport(), Left, pos=on_strip(room, 0))
    assert [card.title.text() for card in room.cards] == ["Saliency (data gradient)"]
    lab.qtbot.mouseClick(room.strip.viewport(), Left, Ctrl, on_strip(room, 1))
    assert [card.title.text() for card in room.cards] == ["Saliency (data gradient)", "Occlusion"]
    lab.qtbot.mouseClick(room.cards[0].close_button, Left)
    assert [card.title.text() for card in room.cards] == ["Occlusion"]
    room.strip.setFocus()
    lab.qtbot.keyClick(room.strip, Key.Key_Delete)
    assert room.strip.count() == 1
    assert len(room._kept) == 1
    lab.qtbot.mouseClick(room.cards[0].close_button, Left)
    assert not room.cards
    assert not room.strip.isVisible()


def test_a_result_is_saved_as_picture_array_and_json(lab, room, tmp_path):
    run(lab, room, "saliency")
    (card,) = room.cards
    for ending in ("png", "npy", "json"):
        path = tmp_path / f"kept.{ending}"
        card.write(str(path))
        lab.until(lambda path=path: card.said.text() == f"Saved {path}.")
    result = room._kept[1].result
    assert np.array_equal(np.load(tmp_path / "kept.npy"), result.array)
    assert json.loads((tmp_path / "kept.json").read_text(encoding="utf-8"))["method"] == "saliency"
    assert np.array_equal(np.asarray(Image.open(tmp_path / "kept.png")), result.overlay(0.6))
    card.write(str(tmp_path / "missing" / "kept.png"))
    lab.until(lambda: card.said.property("role") == "error")
    assert "missing" in card.said.text()


def test_a_dropped_picture_takes_the_place_of_the_data_set(lab, room, tmp_path):
    path = tmp_path / "drawn.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)).save(path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    drop(room.form.image, data, QPoint(20, 20))
    lab.until(lambda: room.form.image.file.name == "drawn.png")
    assert room.form.image.pixels.shape == (40, 30, 3)
    run(lab, room, "saliency")
    assert room._kept[1].result.array.shape == (28, 28)
    lab.qtbot.mouseClick(room.form.image.file.forget, Left)
    assert room.form.image.pixels.shape == (8, 8, 1)


def test_a_method_that_makes_an_image_begins_with_one_only_if_asked_to(lab, room):
    choose(lab, room, "class_image")
    assert not room.form.image.isVisible()
    assert room.form.wish().image is None
    lab.qtbot.mouseClick(room.form.begin, Left, pos=QPoint(8, room.form.begin.height() // 2))
    assert room.form.image.isVisible()
    assert np.array_equal(room.form.wish().image, room.form.image.pixels)
    choose(lab, room, "saliency")
    assert not room.form.begin.isVisible()
    assert room.form.image.isVisible()


def test_a_class_that_was_filled_in_for_one_method_is_not_kept_for_another(lab, room):
    choose(lab, room, "class_image")
    assert room.form.aim.target == 0
    choose(lab, room, "saliency")
    assert room.form.aim.target is None
    room.form.aim.classes.setCurrentText("5")
    choose(lab, room, "class_image")
    assert room.form.aim.target == 5
    choose(lab, room, "saliency")
    assert room.form.aim.target == 5


def test_a_file_that_is_no_picture_is_explained_in_place(lab, room, tmp_path):
    path = tmp_path / "text.png"
    path.write_text("no picture")
    room.form.image.file.read(str(path))
    lab.until(room.form.reason.isVisible)
    assert "text.png" in room.form.reason.text()


def test_deep_dream_runs_on_a_layer_and_shows_the_original_beside_it(lab, room):
    run(lab, room, "deep_dream")
    (card,) = room.cards
    assert room._kept[1].result.array.shape == (28, 28, 1)
    assert not card.view.before.isVisible()
    lab.qtbot.mouseClick(card.view.compare, Left, pos=QPoint(8, card.view.compare.height() // 2))
    assert card.view.before.isVisible()


@pytest.mark.parametrize("name", ["weights", "strongest_patches", "randomisation_check"])
def test_every_kind_of_result_is_shown(lab, room, name):
    run(lab, room, name)
    assert room.form.reason.text() == ""
    (card,) = room.cards
    assert card.view.isVisible()
    if name == "strongest_patches":
        assert card.view.number.text() == "9 of 9"
        card.view.slider.setFocus()
        lab.qtbot.keyClick(card.view.slider, Key.Key_Home)
        assert card.view.number.text() == "1 of 9"
    if name == "randomisation_check":
        assert card.view.grid.count == 6
        assert card.view.grid.accessibleDescription().startswith("untouched; scores ")


def test_the_window_has_a_room_to_look_inside(make_window):
    window = make_window()
    window.views.look.trigger()
    assert window.docks.room == "look"
    assert window.look.isVisible()
    assert not window.edit.search.isVisible()
    window.views.build.trigger()
    assert window.view.isVisible()
