"""What is done with results: checked, compared, subtracted, copied; and other networks that are looked into."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from convscope.engine import ConvscopeError, Model, explain, save, zoo
from convscope.engine.explain.difference import difference
from convscope.gui.look import LookRoom
from convscope.gui.widgets import model_picker

from .gestures import hover
from .laboratory import SHORT, lab_fixture  # noqa: F401
from .test_look import choose, on_strip, run

Key, Left, Ctrl = Qt.Key, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def room(lab, monkeypatch):
    monkeypatch.setattr(model_picker, "_checkpoints", lambda: [])
    room = lab.see(LookRoom(lab.session), 1200, 760)
    lab.session.plan(SHORT)
    room.enter()
    there = (lambda: room.list.method, lambda: lab.session.dataset, lambda: room.form.aim.layers.layer)
    lab.until(lambda: all(bool(found()) for found in there))
    return room


def test_a_map_is_checked_with_layers_randomised_beside_it(lab, room):
    run(lab, room, "saliency")
    (card,) = room.cards
    lab.qtbot.mouseClick(card.check, Left)
    lab.until(lambda: not room.running and len(room.cards) == 2)
    before, after = room.cards
    assert before.title.text().startswith("Saliency")
    assert after.title.text().startswith("Randomisation check")
    result = room._kept[2].result
    assert result.scores["checked"] == "saliency"
    assert np.array_equal(result.extras["maps"][0], np.abs(room._kept[1].result.array))
    assert after.view.grid.count == 6
    after.view.grid.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(2):
        lab.qtbot.keyClick(after.view.grid, Key.Key_Right)
    assert "dense4 and all behind it randomised: rank correlation " in after.view.reading.text()
    assert not after.check.isVisible()


def test_the_check_is_of_the_map_as_it_was_asked_for(lab, room):
    choose(lab, room, "occlusion")
    patch = room.form.params.fields["patch"].box
    patch.selectAll()
    lab.qtbot.keyClicks(patch, "5")
    run(lab, room, "occlusion")
    patch.selectAll()
    lab.qtbot.keyClicks(patch, "6")  # the form may have gone on to something else
    lab.qtbot.mouseClick(room.cards[0].check, Left)
    lab.until(lambda: not room.running and len(room.cards) == 2)
    result = room._kept[2].result
    assert result.scores["checked"] == "occlusion:patch=5"
    assert np.array_equal(result.extras["maps"][0], np.abs(room._kept[1].result.array))


def test_two_maps_share_a_scale_and_are_subtracted(lab, room):
    for name in ("saliency", "occlusion"):
        run(lab, room, name)
    assert not room.compare.difference.isVisible()
    lab.qtbot.mouseClick(room.strip.viewport(), Left, Ctrl, on_strip(room, 0))
    one, other = (room._kept[key].result for key in (1, 2))
    scales = [card.view.bar.scale for card in room.cards]
    assert scales[0] != scales[1]
    lab.qtbot.mouseClick(room.compare.same, Left)
    low, high = min(one.array.min(), other.array.min()), max(one.array.max(), other.array.max())
    assert {(card.view.bar.scale.low, card.view.bar.scale.high) for card in room.cards} == {(low, high)}
    lab.qtbot.mouseClick(room.compare.same, Left)
    lab.qtbot.mouseClick(room.compare.difference, Left)
    assert room.strip.count() == 3
    assert len(room.cards) == 3
    found = room._kept[3].result
    assert np.array_equal(found.array, difference(one, other).array)
    assert room.cards[2].title.text() == "Saliency (data gradient) minus Occlusion"


def test_a_difference_of_a_map_with_itself_is_nothing_and_other_sizes_are_refused(lab, room):
    run(lab, room, "saliency")
    kept = room._kept[1].result
    assert not difference(kept, kept).array.any()
    run(lab, room, "weights")
    with pytest.raises(ConvscopeError, match="no heat map of one image"):
        difference(kept, room._kept[2].result)


def test_a_picture_is_copied_by_its_button_and_by_ctrl_c(lab, room):
    run(lab, room, "saliency")
    (card,) = room.cards
    lab.qtbot.mouseClick(card.copy, Left)
    assert QGuiApplication.clipboard().image().size() == card.view.picture.image.size()
    assert card.said.text() == "Copied to the clipboard."
    QGuiApplication.clipboard().clear()
    card.view.strength.setFocus()
    lab.qtbot.keyClick(card.view.strength, Key.Key_C, Ctrl)
    assert QGuiApplication.clipboard().image().size() == card.view.picture.image.size()


def test_activations_of_a_result_show_what_a_unit_sees(lab, room):
    run(lab, room, "activations")
    view = room.cards[0].view
    assert view.below.isVisible()
    hover(view.grid, view.grid.tile_rect(0).center().toPoint())
    assert " · sees rows " in view.reading.text()
    assert view.below.box is not None
    hover(view.below, view.below.place().center().toPoint())
    assert view.grid.area is not None
    assert "see this pixel" in view.reading.text()


def test_another_network_is_looked_into_while_the_first_goes_on(lab, room, tmp_path):
    path = str(tmp_path / "other.safetensors")
    other = Model(zoo.lenet5(classes=3), seed=5, classes=("a", "b", "c"))
    save(other, path)
    room.form.models.choose(path)
    lab.until(lambda: room.form.model.text().endswith("from other.safetensors"))
    assert [room.form.aim.classes.itemText(i) for i in range(1, 4)] == ["a", "b", "c"]
    run(lab, room, "saliency")
    assert np.array_equal(room._kept[1].result.array, explain.saliency(other, room.form.image.pixels).array)
    picker = room.form.models
    picker.setFocus()
    lab.qtbot.keyClick(picker, Key.Key_Home)
    picker.activated.emit(picker.currentIndex())
    QApplication.processEvents()
    assert room.form.model.text() == "lenet5, not trained yet"
    assert room.form.aim.classes.count() == 11


def test_a_model_that_cannot_be_read_is_explained_in_place(lab, room, tmp_path):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"nothing")
    room.form.models.choose(str(path))
    lab.until(room.form.reason.isVisible)
    assert "broken.safetensors" in room.form.reason.text()
    assert room.form.models.path == ""
    choose(lab, room, "occlusion")


def test_a_picture_on_the_clipboard_is_pasted_as_the_image_that_is_looked_at(lab, room):
    image = QImage(30, 20, QImage.Format.Format_RGB32)
    image.fill(0x204060)
    QGuiApplication.clipboard().setImage(image)
    number = room.form.image.picker._number
    for place in (room.form.image.file.open, room.list, number, room.form.params.fields["seed"].box):
        lab.qtbot.mouseClick(room.form.image.file.forget, Left)
        assert room.form.image.pixels.shape == (8, 8, 1)
        place.setFocus()
        lab.qtbot.keyClick(place, Key.Key_V, Ctrl)
        assert room.form.image.pixels.shape == (20, 30, 3)
        assert room.form.image.pixels[3, 4].tolist() == [0x20, 0x40, 0x60]
        assert room.form.image.file.name == "Pasted picture"
    QGuiApplication.clipboard().setText("17")
    seed = room.form.params.fields["seed"].box
    seed.setFocus()
    seed.selectAll()
    lab.qtbot.keyClick(seed, Key.Key_V, Ctrl)
    assert room.form.wish().seed == 17  # text goes where text is typed
    run(lab, room, "saliency")
    assert room._kept[1].result.array.shape == (28, 28)
