"""What the program offers as a whole: search for commands, the user's own keys, preferences, the welcome page."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from convscope.engine import blocks, explain, layers, zoo
from convscope.gui.appearance import appearance, choose_appearance
from convscope.gui.commands import commands, search
from convscope.gui.preferences.storage import _Kept
from convscope.gui.reference.window import Reference
from convscope.gui.settings import WELCOME, is_on, remember_file, remember_threads, stored_threads
from convscope.gui.theme import theme
from convscope.gui.tokens import DARK
from convscope.gui.welcome import Welcome

Key = Qt.Key


@pytest.fixture
def window(make_window):
    return make_window()


def names(found):
    return [command.name for command in found]


# ---- search for commands


def test_a_command_is_found_by_a_few_letters_and_run_by_enter(window, qtbot):
    before = window.view.zoom
    palette = window.shell.open_palette()
    qtbot.keyClicks(palette.field, "zoom in")
    qtbot.keyClick(palette.field, Key.Key_Return)
    assert window.view.zoom == pytest.approx(1.25 * before)
    assert not palette.isVisible()


def test_the_arrow_keys_go_through_the_commands_found(window, qtbot):
    palette = window.shell.open_palette()
    qtbot.keyClicks(palette.field, "zoom")
    first = palette.list.currentIndex().data()
    qtbot.keyClick(palette.field, Key.Key_Down)
    assert palette.list.currentIndex().data() != first
    qtbot.keyClick(palette.field, Key.Key_Escape)
    assert not palette.isVisible()


def test_a_click_runs_a_command(window, qtbot):
    palette = window.shell.open_palette()
    qtbot.keyClicks(palette.field, "learn")
    place = palette.list.visualRect(palette.list.currentIndex()).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.docks.room == "learn"


def test_commands_come_from_all_menus_and_those_that_cannot_be_run_are_left_out(window):
    found = commands(window.menuBar())
    assert {"File", "Edit", "View", "Run", "Help"} == {command.menus[0] for command in found}
    assert "Undo" not in names(search("undo", found))  # nothing was done yet
    assert names(search("alexnet", found))[0].startswith("alexnet")
    assert search("no such command at all", found) == []
    assert len({command.key for command in found}) == len(found)


def test_a_menu_of_another_room_is_not_offered(window):
    window.docks.enter("learn")
    of_edit = {command.name for command in commands(window.menuBar()) if command.menus == ("Edit",)}
    assert of_edit == {"Preferences"}


# ---- the user's own keys


def opened(dialog, title):
    """A page, chosen in the list."""
    dialog.list.setCurrentRow(next(row for row in range(dialog.list.count()) if dialog.list.item(row).text() == title))
    return dialog.pages[title]


def keys_page(dialog):
    return opened(dialog, "Keys")


def choose(page, name):
    row = next(row for row in range(page.table.rowCount()) if page.command(row).name == name)
    page.table.setCurrentCell(row, 0)


def give(page, qtbot, text):
    page.field.setKeySequence(QKeySequence(text))
    page.field.editingFinished.emit()


def test_keys_are_changed_and_kept_for_the_next_start(make_window, qtbot):
    window = make_window()
    page = keys_page(window.shell.open_preferences())
    choose(page, "Arrange")
    page.field.setFocus()
    QTest.keyClick(page.field, Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    page.field.editingFinished.emit()
    assert window.edit.arrange.shortcut() == QKeySequence("Ctrl+J")
    window.close()
    again = make_window()
    assert again.edit.arrange.shortcut() == QKeySequence("Ctrl+J")
    page = keys_page(again.shell.open_preferences())
    qtbot.mouseClick(page.reset, Qt.MouseButton.LeftButton)
    assert again.edit.arrange.shortcut() == QKeySequence("Ctrl+L")


def test_keys_that_another_command_has_are_refused_with_its_name(window, qtbot):
    page = keys_page(window.shell.open_preferences())
    choose(page, "Arrange")
    give(page, qtbot, "F5")
    assert page.trouble.text() == "F5 is for Train: take others, or change those first."
    assert window.edit.arrange.shortcut() == QKeySequence("Ctrl+L")


def test_undo_keeps_its_keys_whatever_it_would_undo(make_window, qtbot):
    window = make_window()
    page = keys_page(window.shell.open_preferences())
    choose(page, "Undo")
    give(page, qtbot, "Ctrl+U")
    window.close()
    again = make_window()
    assert again.edit.undo.shortcut() == QKeySequence("Ctrl+U")


# ---- preferences


def test_an_appearance_is_chosen(window, qtbot):
    page = opened(window.shell.open_preferences(), "General")
    page.appearance.setFocus()
    try:
        qtbot.keyClicks(page.appearance, "Dark")
        page.appearance.activated.emit(page.appearance.currentIndex())
        assert appearance() == "dark"
        assert theme.colours is DARK
    finally:
        choose_appearance("system")


def test_the_number_of_threads_is_remembered_and_an_impossible_one_is_all_cores(window, qtbot):
    box = opened(window.shell.open_preferences(), "Computing").threads
    assert box.text() == "All cores"
    box.setFocus()
    qtbot.keyClick(box, Key.Key_Up)
    assert stored_threads() == 1
    remember_threads(100_000)
    assert stored_threads() == 0


def test_a_folder_is_measured_and_emptied(qtbot, tmp_path):
    (tmp_path / "kernels" / "inner").mkdir(parents=True)
    (tmp_path / "kernels" / "inner" / "one.bin").write_bytes(bytes(2048))
    (tmp_path / "kernels" / "two.bin").write_bytes(bytes(1024))
    at_once = lambda name, work, take: take(work())  # noqa: E731
    kept = _Kept("Compiled kernels", lambda: tmp_path / "kernels", "They come again.", at_once)
    qtbot.addWidget(kept)
    kept.refresh()
    assert kept.held.text() == "3.00 KiB"
    kept.empty()
    assert kept.held.text() == "nothing"
    assert not kept.remove.isEnabled()
    assert list((tmp_path / "kernels").iterdir()) == []


# ---- help


def test_f1_explains_the_selected_layer_with_its_parameters_and_limits(window, qtbot):
    window.document.select("conv2")
    window.view.setFocus()
    qtbot.keyClick(window.view, Key.Key_F1)
    page = window.findChild(Reference)
    text = page.page.toPlainText()
    about = layers.TYPES["Conv2D"].about
    assert about.summary in text
    assert about.source in text
    for name, param in layers.TYPES["Conv2D"].params().items():
        assert name in text
        assert param.help in text
    assert "same, valid, or a number of at least 0" in text
    window.document.select("pool1")
    assert window.shell.open_reference() is page
    assert layers.TYPES["MaxPool2D"].about.summary in page.page.toPlainText()
    page.close()


def test_every_layer_block_and_method_has_a_page_and_is_found_by_its_name(window, qtbot):
    page = window.shell.open_reference()
    known = [*layers.TYPES, *blocks.TYPES, *(method.title for method in explain.METHODS.values())]
    for name in known:
        page.open_page(name)
        assert page.list.currentItem().text() == name
        assert page.page.toPlainText().startswith(name)
    qtbot.keyClicks(page.field, "occlu")
    assert page.page.toPlainText().startswith("Occlusion")
    page.close()


def test_pages_are_made_when_opened_and_folders_measured_aside(window, qtbot):
    dialog = window.shell.open_preferences()
    assert list(dialog.pages) == ["General"]
    page = opened(dialog, "Storage")
    shown = [page.kernels.held, page.data.held, page.runs.held]
    qtbot.waitUntil(lambda: all(label.text() != "…" for label in shown), timeout=20_000)


# ---- the welcome page


def test_the_first_start_welcomes_and_a_tick_ends_that(window, qtbot):
    window.start()
    page = window.findChild(Welcome)
    qtbot.mouseClick(page.again, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert not is_on(WELCOME)


@pytest.mark.parametrize("way", ["train", "build", "look", "learn"])
def test_each_way_to_begin_leads_to_its_room(window, qtbot, way):
    page = window.shell.open_welcome()
    card = page.cards[way]
    card.setFocus()
    qtbot.keyClick(card, Key.Key_Space)
    assert window.docks.room == way
    if way == "build":
        assert len(window.document.network) == 0
    if way == "train":
        assert window.document.network == zoo.lenet5()
    if way == "look":
        qtbot.waitUntil(lambda: window.document.network.name == "resnet8_shapes", timeout=20_000)


def test_recent_files_are_offered(window, qtbot, tmp_path):
    path = tmp_path / "mine.convscope.json"
    path.write_text(zoo.vintage1990().to_json())
    remember_file(path)
    page = window.shell.open_welcome()
    button = next(b for b in page.findChildren(QPushButton) if b.accessibleName() == "Open mine.convscope.json")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.document.path == path


# ---- messages


def test_an_error_can_be_copied(window, qtbot):
    window.messages.tell("conv1 does not fit.", True)
    qtbot.mouseClick(window.messages.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "conv1 does not fit."
    window.messages.tell("Saved.")
    assert not window.messages.copy.isVisible()
