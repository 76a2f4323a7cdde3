"""What live views of one layer share: the layer's picker, the range switch, the colour scale and the reading line."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..work.posts import ModelInfo
from .colour_bar import ColourBar
from .empty import WithEmptyState
from .export import ExportMenu
from .layer_picker import LayerPicker
from .range_switch import RangeSwitch
from .scrubber import Scrubber
from .when_seen import WhenSeen


class LayerView(QWidget):
    """Asks the session for a layer's numbers when its model, its layer or its weights change, while it is visible.

    With the scrubber moved back it shows a frame of the film instead, until that is at its right end again.

    Subclasses build their content and hand it to `show_within`; they implement what raises NotImplementedError here.
    """

    title: ClassVar[str]
    sentence: ClassVar[str]
    """What to do before there is anything to see."""
    own_ranges: ClassVar[bool]
    """Whether each tile has its own colour range at first."""
    filmed: ClassVar[bool] = True
    """Whether what is shown can be replayed from the film."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._info: ModelInfo | None = None
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.title)
        self._picker = LayerPicker(session.document)
        self._own = RangeSwitch(on=self.own_ranges)
        self._bar = ColourBar()
        if self.filmed:
            self.scrubber = Scrubber(session.film)
        self._reading = QLabel()
        self._reading.setProperty("role", "small")
        content = QWidget()
        self._build(content)
        self._stack = WithEmptyState(content, self.sentence)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        self._export = ExportMenu(self, self.title.lower(), session.message.emit)
        self._connect()

    @property
    def layer(self) -> str:
        """The layer in view, "" for none."""
        return self._picker.layer.partition(":")[0]

    def _build(self, content: QWidget) -> None:
        """Lay out the parts of the view."""
        raise NotImplementedError

    def _take_model(self, info: ModelInfo) -> None:
        """Offer the layers of a new model."""
        raise NotImplementedError

    def _choose_layer(self, name: str) -> None:
        """Show another layer."""
        raise NotImplementedError

    def _ask(self, _cause: Any = None) -> None:
        """Have the layer's numbers copied or computed between two batches."""
        raise NotImplementedError

    def _replay(self, frame: Any) -> None:
        """Show the layer as it is in a frame of the film."""
        raise NotImplementedError

    def _draw(self) -> None:
        """Show the numbers at hand."""
        raise NotImplementedError

    def _connect(self) -> None:
        self._picker.picked.connect(self._choose_layer)
        self._own.toggled.connect(self._draw)
        models = WhenSeen(self, self._take_model)  # listing the layers of a large network takes longer than a frame
        self._session.model_changed.connect(models.offer)
        self._session.snapshot.connect(self._refresh)
        self._session.film.moved.connect(self._refresh)
        if self._session.model_info is not None:
            models.offer(self._session.model_info)

    def _refresh(self, _cause: Any = None) -> None:
        """Show what is now, or the frame that is chosen; nothing moves meanwhile."""
        frame = self._session.film.frame
        if frame is None or not self.filmed:
            self._ask()
        elif self.isVisible() and self._info is not None and self._picker.layer:
            self._replay(frame)

    def _framed(self, column: QBoxLayout, head: tuple[QWidget, ...], picture: QWidget) -> None:
        """Picker and further fields above the picture, scale, reading and scrubber below it."""
        top, foot = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self._picker, 1)
        for part in (*head, self._own):
            top.addWidget(part)
        foot.addWidget(self._bar, 1)
        foot.addWidget(self._reading)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(picture, 1)
        column.addLayout(foot)
        if self.filmed:
            column.addWidget(self.scrubber)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._refresh()
