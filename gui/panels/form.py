"""A form generated from parameter declarations: label, editor, and below it the reason if the entry is not legal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from convscope.engine.spec import ConvscopeError, Param, ParameterError

from .fields import Field, field_for

Apply = Callable[[str, Any, str], None]
"""Called with the parameter's name, its new value and a key that is the same for consecutive edits of one field."""

LABEL_WIDTH = 96


class ParameterForm(QWidget):
    """Edits at once: every legal entry is applied; an illegal one shows its reason and changes nothing."""

    def __init__(self, params: Mapping[str, Param], apply: Apply) -> None:
        super().__init__()
        self._apply = apply
        self._visit = 0  # counts the times a field was entered: edits of one visit are one undo step
        self.fields: dict[str, Field] = {}
        self.reasons: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        for row, (name, param) in enumerate(params.items()):
            self._add(grid, 2 * row, name, param)

    def _add(self, grid: QGridLayout, row: int, name: str, param: Param) -> None:
        field = self.fields[name] = field_for(param)
        label = QLabel(param.label)
        label.setToolTip(param.help)
        label.setBuddy(field)
        label.setFixedHeight(28)
        reason = self.reasons[name] = QLabel()
        reason.setWordWrap(True)
        reason.setProperty("role", "error")
        reason.hide()
        grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(field, row, 1)
        grid.addWidget(reason, row + 1, 1)
        field.edited.connect(lambda value: self._edited(name, value))
        for widget in field.findChildren(QWidget):
            widget.installEventFilter(self)

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show legal values and forget entries that were not applied."""
        for name, field in self.fields.items():
            field.show_value(values[name])
            self._explain(name, "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.FocusIn:
            self._visit += 1
        return super().eventFilter(watched, event)

    def _edited(self, name: str, value: Any) -> None:
        try:
            self._apply(name, value, f"{name} {self._visit}")
        except ParameterError as error:
            self._explain(name, "; ".join(error.reasons))
        except ConvscopeError as error:
            self._explain(name, str(error))
        else:
            self._explain(name, "")

    def _explain(self, name: str, reason: str) -> None:
        label = self.reasons[name]
        label.setText(reason[:1].upper() + reason[1:])
        label.setVisible(bool(reason))
        for widget in (self.fields[name], *self.fields[name].findChildren(QWidget)):
            if bool(widget.property("invalid")) != bool(reason):
                widget.setProperty("invalid", bool(reason))
                widget.style().unpolish(widget)
                widget.style().polish(widget)
