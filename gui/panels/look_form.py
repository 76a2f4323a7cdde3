"""Everything that is decided before looking inside: the image, what is explained, and the method's parameters."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from convscope.engine.spec import ConvscopeError, Param

from ..accessible import named
from ..widgets.aim_fields import AimFields
from ..widgets.lesson import worded
from ..widgets.looked_image import LookedImage
from ..widgets.model_picker import ModelPicker
from ..widgets.picture_file import PictureFile, holds_picture
from ..widgets.when_seen import WhenSeen
from ..work.looking import Wish, opened
from ..work.posts import Failed, ModelInfo
from .form import LABEL_WIDTH, ParameterForm

MANY = 1000
"""Images of the data set that a method looks through which wants many."""

_SEED = Param("integer", 0, "Seed", "Of everything random; the same seed gives the same picture.", 0, 2**31 - 1)


class LookForm(QWidget):
    """Fields for one method after another; what they hold stays. `run()` and `cancel()` are sent by its button."""

    run = Signal()
    cancel = Signal()

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._methods: dict[str, Any] = {}  # declarations as they were left, by name
        self.method: Any = None
        self._busy = False
        self._other: Any = None  # the network of the file that is looked into instead
        self.classes: tuple[str, ...] = ()
        """Names of the classes of the network that is looked into, where they are known."""
        self._build(session)
        models = WhenSeen(self, self._take_model)
        session.model_changed.connect(models.offer)
        if session.model_info is not None:
            models.offer(session.model_info)
        session.snapshot.connect(self._show_model)
        session.data_changed.connect(self._take_data)

    # ---- building

    def _build(self, session: Any) -> None:
        self.title = worded("", "heading")
        self.summary = worded("", "muted")
        self.models = ModelPicker(session)
        self.models.picked.connect(self._choose_model)
        self.model = worded("", "small")
        self.model.setAccessibleName("About the network")
        self.image = LookedImage(session)
        self.begin = QCheckBox("Begin with an image")
        self.begin.setToolTip("Otherwise it begins with grey or noise")
        self.begin.toggled.connect(self._show_image)
        self.many = worded("", "muted")
        self.guide = PictureFile(session, "Guide by a picture…", "Dream without a guide")
        self.aim = AimFields(session.document)
        self.params: ParameterForm | None = None
        self._seed = _SEED.default
        self._place = QVBoxLayout()
        inner = QWidget()
        inner.setProperty("panel", True)
        column = QVBoxLayout(inner)
        column.setContentsMargins(16, 16, 16, 8)
        column.setSpacing(8)
        column.addWidget(self.title)
        column.addWidget(self.summary)
        column.addWidget(self.models)
        column.addWidget(self.model)
        column.addSpacing(4)
        column.addWidget(self.begin)
        column.addWidget(self.image, 0, Qt.AlignmentFlag.AlignLeft)
        for part in (self.many, self.guide, self.aim):
            column.addWidget(part)
        column.addLayout(self._place)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(area, 1)
        whole.addWidget(self._build_foot())

    def _build_foot(self) -> QWidget:
        self.reason = named(QLabel(), "What is wrong")
        self.reason.setProperty("role", "error")
        self.reason.setWordWrap(True)
        self.reason.hide()
        self.state = named(QLabel(), "State")
        self.state.setProperty("role", "small")
        self.state.setWordWrap(True)
        self.bar = named(QProgressBar(), "Progress")
        self.button = QPushButton("Run")
        self.button.setProperty("primary", True)
        self.button.clicked.connect(self._press)
        foot = QWidget()
        foot.setProperty("panel", True)
        column = QVBoxLayout(foot)
        column.setContentsMargins(16, 8, 16, 16)
        column.setSpacing(8)
        for part in (self.reason, self.state, self.bar, self.button):
            column.addWidget(part)
        self.show_busy(False)
        self.image.failed.connect(self.explain)
        self.guide.failed.connect(self.explain)
        return foot

    # ---- what is asked

    def show_method(self, kind: Any) -> None:
        """Show the fields of a method, as they were left."""
        self.method = self._methods.setdefault(kind.name, kind())
        self.title.setText(kind.title)
        self.summary.setText(kind.summary)
        self._show_image()
        self.many.setVisible("images" in kind.asks)
        self.many.setText(f"Looks through the first {MANY:,} images of the data set.")
        self.guide.setVisible("second image" in kind.asks)
        self.aim.set_method(kind)
        self._show_params()
        self.explain("")

    def wish(self) -> Wish:
        """What the fields ask for. ConvscopeError says what is missing."""
        asks = self.method.asks
        image = self._images() if "images" in asks else self.image.pixels if self._takes_image() else None
        if image is None and self._takes_image():
            raise ConvscopeError(f"There is no image. {self.image.reason}")
        guide = self.guide.pixels if "second image" in asks else None
        aim = self.aim
        return Wish(self.method, image, aim.target, aim.layer, aim.unit, self._seed, guide, self.models.path)

    @property
    def network(self) -> Any:
        """The network that is looked into, None while there is none."""
        if self._other is not None:
            return self._other
        return None if self._session.model_info is None else self._session.model_info.network

    def _images(self) -> Any:
        data = self._session.dataset
        if data is None:
            return None
        return np.asarray((data.test_images if len(data.test_images) else data.train_images)[:MANY])

    def _takes_image(self) -> bool:
        """Whether the chosen method is given an image: it needs one, or is to begin with one."""
        return "image" in self.method.needs or ("image" in self.method.asks and self.begin.isChecked())

    def _show_image(self) -> None:
        self.begin.setVisible("image" in self.method.asks - self.method.needs)
        self.image.setVisible(self._takes_image() and "images" not in self.method.asks)

    def _show_params(self) -> None:
        if self.params is not None:
            self.params.hide()
            self.params.deleteLater()
        self.params = ParameterForm({**self.method.params(), "seed": _SEED}, self._change)
        labels = [self.fontMetrics().horizontalAdvance(param.label) for param in self.method.params().values()]
        self.aim.set_label_width(max([LABEL_WIDTH, *labels]))
        self.params.show_values({**self.method.values(), "seed": self._seed})
        for box in self.params.findChildren(QComboBox):  # as wide as there is room, not as their longest entry
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(6)
        self._place.addWidget(self.params)
        self._watch_fields()
        chain = [self.aim.units, *(field.focusProxy() or field for field in self.params.fields.values()), self.button]
        for before, after in itertools.pairwise(chain):  # what is made last would come last
            QWidget.setTabOrder(before, after)

    def _change(self, name: str, value: Any, _key: str) -> None:
        if name == "seed":
            self._seed = value
        else:
            self.method = self._methods[self.method.name] = self.method.replace(**{name: value})

    def _take_data(self, dataset: Any) -> None:
        """What was wrong while there were no images may be asked again."""
        if dataset is not None:
            self.explain("")

    def _take_model(self, info: ModelInfo) -> None:
        if not self.models.path:
            self.classes = info.classes
            self.aim.set_network(info.network, self.classes)
            self._show_model(info)

    def _choose_model(self, path: str) -> None:
        """Look into the network of another file from now on, or again into the one that is trained."""
        self._other = None
        self.explain("")
        if path:
            device = self._session.device.name
            self._session.compute("other model", lambda: (path, _about(opened(path, device))), self._take_other)
        elif self._session.model_info is not None:
            self._take_model(self._session.model_info)

    def _take_other(self, found: Any) -> None:
        if isinstance(found, Exception):
            self.models.choose("")
            self.explain(Failed(found).text)
        elif found[0] == self.models.path:
            self._other, self.classes = found[1]
            self.aim.set_network(self._other, self.classes)
            self.model.setText(f"{self._other.name}, from {Path(found[0]).name}")

    def _show_model(self, info: ModelInfo) -> None:
        if self.models.path:
            return
        steps = f"trained for {info.steps:,} steps" if info.steps else "as it was opened"
        self.model.setText(f"{info.network.name}, {steps if info.trained else 'not trained yet'}")

    # ---- pictures of one's own

    def paste(self) -> None:
        """Take the picture, or the picture file, on the clipboard."""
        data = QGuiApplication.clipboard().mimeData()
        if not holds_picture(data):
            self.explain("There is no picture on the clipboard; copy one first.")
        elif self._wants_picture():
            self.image.file.take(data)

    def read_picture(self, path: str) -> None:
        """Take a picture file."""
        if self._wants_picture():
            self.image.file.read(path)

    def _wants_picture(self) -> bool:
        """Have the method begin with an image if it can; if it cannot, say so."""
        self.explain("")
        if self.method is None or "image" in self.method.needs:
            return True
        if "image" in self.method.asks:
            self.begin.setChecked(True)
            return True
        self.explain(f"{self.method.title} is given no image; choose another method for the picture.")
        return False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """A field keeps Ctrl+V for text; a picture on the clipboard goes to whoever takes pictures."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            pasted = event.matches(QKeySequence.StandardKey.Paste)
            return pasted and holds_picture(QGuiApplication.clipboard().mimeData())
        return super().eventFilter(watched, event)

    def _watch_fields(self) -> None:
        for kind in (QAbstractSpinBox, QComboBox, QLineEdit):
            for field in self.findChildren(kind):
                field.installEventFilter(self)  # a second time changes nothing

    # ---- how it goes

    def _press(self) -> None:
        (self.cancel if self._busy else self.run).emit()

    def explain(self, reason: str) -> None:
        """Say what is wrong; "" for nothing."""
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))

    def show_busy(self, busy: bool, state: str = "") -> None:
        """Show whether something is being computed, and in a line what."""
        self._busy = busy
        self.button.setText("Cancel" if busy else "Run")
        self.bar.setVisible(busy)
        self.bar.setRange(0, 0)
        self.state.setText(state)
        self.state.setVisible(bool(state))

    def show_step(self, step: int, steps: int) -> None:
        """Show how far it has come."""
        self.bar.setRange(0, steps)
        self.bar.setValue(step)
        self.state.setText(f"Step {step:,} of {steps:,}")
        self.state.show()

    def show_left(self, left: int, state: str) -> None:
        """Show how much is to be done before it can begin, of the most that was to be done."""
        self.bar.setRange(0, max(self.bar.maximum(), left))
        self.bar.setValue(self.bar.maximum() - left)
        self.state.setText(state)


def _about(model: Any) -> tuple[Any, tuple[str, ...]]:
    return model.network.copy(), tuple(model.classes)
