"""The form of a run's settings, by mouse and keyboard: recipes, optimisers, schedules."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLabel, QLineEdit, QToolButton

from convscope.engine.data.augment import augmentations
from convscope.engine.runtime.initialisers import Xavier
from convscope.engine.train import OPTIMIZERS, RECIPES, SCHEDULES
from convscope.engine.train.loss import CrossEntropy
from convscope.engine.train.optimizer import SGD, Adam
from convscope.engine.train.schedule import Plateau, Step
from convscope.engine.train.stopping import EarlyStopping
from convscope.gui.panels.training import TrainingPanel
from convscope.gui.widgets.recipe_form import RecipeForm
from convscope.gui.work.recipe import DataChoice, Recipe

from .laboratory import lab_fixture  # noqa: F401


@pytest.fixture
def form(qtbot):
    widget = RecipeForm()
    qtbot.addWidget(widget)
    widget.resize(280, 560)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def named(form, kind, name):
    return next(part for part in form.findChildren(kind) if part.accessibleName() == name and part.isVisible())


def choose(qtbot, form, name, title):
    """Pick an entry of a list with the keyboard."""
    box = named(form, QComboBox, name)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Home)
    while box.currentText() != title:
        before = box.currentIndex()
        qtbot.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() > before, title
    qtbot.wait(1)  # new fields are shown with the next events


def enter(qtbot, form, name, text):
    field = named(form, QAbstractSpinBox, name)
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def made(form):
    return form.recipe(DataChoice())


def test_an_untouched_form_is_the_standard_recipe(form):
    assert made(form) == Recipe(keep=True)


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_every_optimiser_brings_its_own_fields(qtbot, form, kind):
    choose(qtbot, form, "Optimiser", kind.title)
    assert made(form).optimizer == kind()
    for name, param in kind.params().items():
        if name not in ("decay_all", "clip_norm", "clip_value"):
            assert named(form, QAbstractSpinBox, param.label).value() == pytest.approx(param.default)


def test_what_is_entered_reaches_the_recipe_and_is_told(qtbot, form):
    edits, rates = [], []
    form.edited.connect(lambda: edits.append(made(form)))
    form.changed.connect(lambda setting, value: rates.append((setting, value)))
    choose(qtbot, form, "Optimiser", "Adam")
    choose(qtbot, form, "Schedule", "In steps")
    enter(qtbot, form, "Learning rate", "0,002")
    enter(qtbot, form, "Epsilon", "1e-10")
    enter(qtbot, form, "Every", "7")
    assert made(form).optimizer == Adam(0.002, epsilon=1e-10)
    assert made(form).schedule == Step(7)
    assert edits[-1] == made(form)
    assert rates == [("learning_rate", 0.002), ("epsilon", 1e-10)]


def test_a_list_in_the_form_offers_every_figure_that_can_be_watched(qtbot, form):
    choose(qtbot, form, "Schedule", SCHEDULES["plateau"].title)
    choose(qtbot, form, "Monitor", "train_loss")
    assert made(form).schedule == Plateau(monitor="train_loss")


def test_a_bound_that_is_excluded_cannot_be_entered(qtbot, form):
    choose(qtbot, form, "Schedule", SCHEDULES["plateau"].title)
    enter(qtbot, form, "Factor", "1")
    assert made(form).schedule == Plateau()
    assert named(form, QAbstractSpinBox, "Factor").value() == pytest.approx(0.1)


@pytest.mark.parametrize("preset", RECIPES.values(), ids=RECIPES)
def test_a_recipe_fills_the_fields_and_each_may_be_changed(qtbot, form, preset):
    choose(qtbot, form, "Recipe", preset.title)
    form.suggest(3, 8)  # data that arrives later changes nothing
    found = made(form)
    for name in ("epochs", "batch_size", "optimizer", "schedule", "loss", "mixup", "initialiser"):
        assert getattr(found, name) == getattr(preset, name), name
    assert tuple(map(str, found.augment)) == tuple(map(str, augmentations(preset.augment)))
    enter(qtbot, form, "Epochs", "2")
    assert made(form).epochs == 2


def test_while_a_run_is_on_only_what_it_takes_up_can_be_changed(qtbot, form):
    form.set_running(True)
    parts = [*form.findChildren(QAbstractSpinBox), *form.findChildren(QComboBox), *form.findChildren(QCheckBox)]
    enabled = {part.accessibleName() for part in parts if part.isEnabled()}
    assert enabled == {"Batch size", "Learning rate", "Momentum", "Weight decay"}
    told = []
    form.changed.connect(lambda setting, value: told.append((setting, value)))
    enter(qtbot, form, "Learning rate", "0.01")
    enter(qtbot, form, "Batch size", "16")
    line = next(part for part in form.findChildren(QLineEdit) if part.accessibleName() == "Augmentation")
    qtbot.keyClicks(line, "crop:padding=2")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    crop = {"name": "crop", "padding": 2, "border": "zeros"}
    assert told == [("learning_rate", 0.01), ("batch_size", 16), ("augment", [crop])]
    assert made(form).optimizer == SGD(0.01)
    form.set_running(False)
    assert named(form, QComboBox, "Optimiser").isEnabled()


def test_an_augmentation_that_does_not_exist_is_told_at_the_field_and_the_last_list_holds(qtbot, form):
    line = next(part for part in form.findChildren(QLineEdit) if part.accessibleName() == "Augmentation")
    qtbot.keyClicks(line, "flip")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.keyClicks(line, ", flop")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    fault = next(part for part in form.findChildren(QLabel) if "augmentation" in part.accessibleName())
    assert fault.isVisible()
    assert "flop" in fault.text()
    assert [one.name for one in made(form).augment] == ["flip"]


def test_early_stopping_smoothing_mixup_and_first_weights_are_in_the_folded_part(qtbot, form):
    head = next(part for part in form.findChildren(QToolButton) if part.accessibleName() == "More settings")
    form.resize(280, 900)
    qtbot.mouseClick(head, Qt.MouseButton.LeftButton)
    for name, text in (("Stop early after", "3"), ("Label smoothing", "0.1"), ("Mixup α", "0.2")):
        enter(qtbot, form, name, text)
    choose(qtbot, form, "Without better", "Test accuracy")
    choose(qtbot, form, "First weights", Xavier.title)
    found = made(form)
    assert found.early_stopping == EarlyStopping(3, "test_accuracy")
    assert (found.loss, found.mixup, found.initialiser) == (CrossEntropy(0.1), 0.2, Xavier())


def test_a_run_follows_the_optimiser_and_the_schedule_of_the_form(lab):
    panel = lab.see(TrainingPanel(lab.session), 300, 900)
    choose(lab.qtbot, panel, "Optimiser", "AdamW")
    choose(lab.qtbot, panel, "Schedule", "Constant")
    enter(lab.qtbot, panel, "Epochs", "1")
    lab.until(panel._train_button.isEnabled)
    lab.qtbot.mouseClick(panel._train_button, Qt.MouseButton.LeftButton)
    lab.until(lambda: len(lab.log.ends) == 1)
    assert lab.log.ends[0].reason == "completed"
    assert {batch.learning_rate for batch in lab.log.batches} == {0.001}
    assert lab.log.ends[0].test_accuracy > 0.5
