"""The whole window, with its session."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QMessageBox, QTabBar, QWidget

from convscope.engine import layers as L
from convscope.engine import zoo
from convscope.gui.canvas.search import SearchPopup
from convscope.gui.models import edits
from convscope.gui.rooms import ROOMS

from .gestures import OUT, click, drag, drop, drop_layer, middle, port

Key = Qt.Key
Control = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(make_window):
    return make_window()


def visible_docks(window):
    return {dock.objectName() for dock in window.findChildren(QDockWidget) if not dock.isHidden()}


def test_a_network_is_built_by_mouse_and_keyboard(make_window, qtbot):
    window = make_window()
    window.files.new_network()
    view, document = window.view, window.document
    QApplication.processEvents()  # the panels come to rest
    drop_layer(view, "Conv2D", QPoint(300, 120))
    QApplication.processEvents()
    drag(view, port(view, "input", OUT), middle(view, "conv1"))
    drag(view, port(view, "conv1", OUT), QPoint(300, 300))
    popup = view.findChild(SearchPopup)
    qtbot.keyClicks(popup.field, "flat")
    qtbot.keyClick(popup.field, Key.Key_Return)
    QTest.keyClick(view, Key.Key_Tab)
    popup = next(p for p in view.findChildren(SearchPopup) if p.isVisible())
    qtbot.keyClicks(popup.field, "dense")
    qtbot.keyClick(popup.field, Key.Key_Return)
    QTest.keyClick(view, Key.Key_Return)
    units = window.inspector._form.fields["units"].box
    units.selectAll()
    qtbot.keyClicks(units, "7")
    expected = [(node.name, node.inputs) for node in document.network.order()]
    assert expected == [("conv1", ("input",)), ("flatten1", ("conv1",)), ("dense1", ("flatten1",))]
    assert document.network["dense1"] == L.Dense(7)
    assert document.network.problems() == []
    assert window.windowTitle().startswith("network[*]")
    assert window.isWindowModified()
    built = document.network.copy()
    for _ in range(document.undo_stack.count()):
        window.edit.undo.trigger()
    assert len(document.network) == 0
    for _ in range(document.undo_stack.count()):
        window.edit.redo.trigger()
    assert document.network == built


def test_shortcuts_act_on_the_canvas_and_leave_text_fields_alone(window, qtbot):
    click(window.view, middle(window.view, "conv1"))
    window.inspector.focus_name()
    qtbot.keyClick(window.inspector.name, Key.Key_Delete)
    assert "conv1" in window.document.network
    window.view.setFocus()
    qtbot.keyClick(window.view, Key.Key_Delete)
    assert "conv1" not in window.document.network
    qtbot.keyClick(window.view, Key.Key_F2)
    assert window.inspector.name.hasSelectedText() or not window.isActiveWindow()


def test_a_new_network_is_begun_with_the_keyboard_on_the_canvas(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.palette_panel.field.setFocus()
    qtbot.keyClick(window, Key.Key_N, Control)
    assert len(window.document.network) == 0
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Tab)
    assert window.view.findChild(SearchPopup).isVisible()


def test_the_first_window_shows_everything_of_the_network(window):
    extent = window.view.graph.extent()
    shown = window.view.mapToScene(window.view.viewport().rect()).boundingRect()
    assert shown.contains(extent)
    assert window.view.zoom >= 0.9
    assert visible_docks(window) == {"layers", "inspector", "costs", "problems", "advice"}


def test_nothing_is_wider_than_a_small_screen(window):
    for room in ROOMS:
        window.docks.enter(room)
        QApplication.processEvents()
        assert window.minimumSizeHint().width() <= 1280
        assert window.minimumSizeHint().height() <= 720


def test_each_room_has_its_panels_and_keeps_its_arrangement(window):
    window.docks.docks["layers"].hide()
    window.views.train.trigger()
    pictures = {"filters", "activations", "internals", "evaluation", "data"}
    assert visible_docks(window) == {"training", "runs", "curves", "comparison", *pictures}
    assert not window.view.isVisible()
    window.views.learn.trigger()
    assert visible_docks(window) == set()
    window.views.build.trigger()
    assert visible_docks(window) == {"inspector", "costs", "problems", "advice"}
    window.views.reset.trigger()
    assert visible_docks(window) == {"layers", "inspector", "costs", "problems", "advice"}


def test_of_tabs_alike_only_those_that_stand_on_their_panel_are_seen(window, qtbot):
    window.docks.enter("train")
    qtbot.wait(100)  # the arrangement settles, and then the tabs are looked through
    (real,) = tabs_called(window, "Curves")
    stray = QTabBar(window)  # as Qt leaves them where they stood before
    for tab in range(real.count()):
        stray.addTab(real.tabText(tab))
    stray.move(real.geometry().translated(0, 60).topLeft())
    stray.show()
    window.docks.docks["comparison"].raise_()
    qtbot.waitUntil(lambda: tabs_called(window, "Curves") == [real])
    window.docks.enter("look")
    qtbot.waitUntil(lambda: tabs_called(window, "Curves") == [])


def tabs_called(window, first):
    """The tabs in view of which the first is called so."""
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [bar for bar in bars if bar.isVisible() and bar.tabText(0) == first]


def test_every_panel_can_be_opened_in_every_room(window):
    for room in ROOMS:
        window.docks.enter(room)
        for dock in window.docks.docks.values():
            if dock.isHidden():
                dock.toggleViewAction().trigger()
            assert not dock.isHidden()
            assert not dock.isFloating()


def test_the_arrangement_is_remembered_between_starts(make_window):
    first = make_window((760, 640))
    first.docks.docks["layers"].hide()
    first.close()
    second = make_window(None)
    assert second.size().toTuple() == (760, 640)
    assert visible_docks(second) == {"inspector", "costs", "problems", "advice"}


def test_the_cost_table_and_the_problems_lead_to_the_layer(window):
    window.costs.chosen.emit("pool2")
    assert window.document.selected == "pool2"
    assert window.view.graph.selected_names() == ["pool2"]
    edits.set_parameter(window.document, "conv2", "kernel", 99)
    assert window.docks.docks["problems"].windowTitle() == "Problems (1)"
    window.problems.jump.emit("conv2")
    assert window.document.selected == "conv2"


def test_the_palette_adds_below_the_selected_layer(window):
    window.document.select("pool1")
    window.palette_panel.chosen.emit("BatchNorm")
    assert window.document.network.nodes["batchnorm1"].inputs == ("pool1",)
    assert window.document.network.nodes["conv2"].inputs == ("batchnorm1",)


def test_a_file_dropped_on_the_window_is_opened_and_a_bad_one_explained(window, tmp_path):
    path = tmp_path / "bad.convscope.json"
    path.write_text("{")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    drop(window, data, QPoint(10, 10))
    assert window.messages.isVisible()
    assert "bad.convscope.json" in window.messages.text.text()
    assert window.document.network.name == "lenet5"


def test_closing_with_changes_asks_and_can_be_cancelled(window, monkeypatch):
    edits.set_parameter(window.document, "conv1", "filters", 8)
    monkeypatch.setattr(QMessageBox, "exec", lambda box: QMessageBox.StandardButton.Cancel)
    assert not window.close()
    assert window.isVisible()
    monkeypatch.setattr(QMessageBox, "exec", lambda box: QMessageBox.StandardButton.Discard)
    assert window.close()


def test_weights_of_another_network_are_not_saved_under_its_name(window, qtbot, tmp_path):
    qtbot.waitUntil(lambda: window.session.model_info is not None, timeout=30000)
    edits.set_parameter(window.document, "scores", "units", 3)
    window.files.save_path(tmp_path / "m.safetensors")
    assert window.messages.isVisible()
    assert "another version of the network" in window.messages.text.text()
    assert not (tmp_path / "m.safetensors").exists()


def test_a_model_file_is_saved_and_opened_in_the_background(window, qtbot, tmp_path):
    qtbot.waitUntil(lambda: window.session.model_info is not None, timeout=30000)
    path = tmp_path / "m.safetensors"
    edits.rename(window.document, "scores", "logits")
    qtbot.waitUntil(lambda: "logits" in window.session.model_info.network, timeout=30000)
    window.files.save_path(path)
    qtbot.waitUntil(lambda: not window.document.modified, timeout=30000)
    assert path.is_file()
    saved = window.document.network.copy()
    window.document.load(zoo.build("vgg_mini"))
    window.files.open_path(path)
    qtbot.waitUntil(lambda: window.document.network == saved, timeout=30000)
    assert window.document.path == path


def test_everything_that_takes_the_keyboard_has_an_accessible_name(window):
    unnamed = []
    for widget in window.findChildren(QWidget):
        inner = widget.objectName().startswith("qt_")
        if inner or not widget.isVisible() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        text = getattr(widget, "text", lambda: "")() if not widget.accessibleName() else widget.accessibleName()
        if not text and type(widget).__module__.startswith(("PySide6", "convscope.gui")) and not _is_frame(widget):
            unnamed.append(widget)
    assert unnamed == []


def _is_frame(widget) -> bool:
    """Qt's own scaffolding: viewports, tab bars and scroll areas of docks."""
    return type(widget).__name__ in {"QTabBar", "QScrollBar", "QWidget", "QHeaderView", "QToolBar", "QMenuBar"}


def test_rooms_can_be_switched_and_reset_in_a_window_that_was_never_shown_large(make_window):
    window = make_window((420, 400))
    for _ in range(3):
        for action in (window.views.train, window.views.reset, window.views.build, window.views.reset):
            action.trigger()
            QApplication.processEvents()
    assert visible_docks(window) == {"layers", "inspector", "costs", "problems", "advice"}


def test_a_maximised_window_comes_back_maximised_with_its_arrangement(make_window):
    first = make_window()
    first.showMaximized()
    first.docks.docks["problems"].hide()
    first.close()
    second = make_window(None)
    assert second.isMaximized()
    assert visible_docks(second) == {"layers", "inspector", "costs", "advice"}
    second.views.reset.trigger()
    QApplication.processEvents()
    assert "problems" in visible_docks(second)
