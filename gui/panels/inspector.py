"""The inspector: the parameters of the current layer or block as a form, and what they lead to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from convscope.engine import blocks
from convscope.engine.graph import INPUT, Group
from convscope.engine.spec import About, ConvscopeError, NetworkError, Param

from ..accessible import named
from ..models import edits, folding
from ..models.document import Document
from ..models.problems import sentence
from ..theme import follow, theme
from .facts import Fact, Facts
from .form import LABEL_WIDTH, ParameterForm
from .node_facts import block_facts, layer_facts, network_facts

_IMAGE = {
    "height": Param("integer", 28, "Height", "Rows of the image.", 1),
    "width": Param("integer", 28, "Width", "Columns of the image.", 1),
    "channels": Param("integer", 1, "Channels", "1 for grey, 3 for colour.", 1),
}

_EDITED = "Its layers were edited and are no longer those of this type; undo that to change the block's parameters."


class Inspector(QScrollArea):
    """Shows the selected layer or block, the image, or the network when nothing is selected.

    Escape in one of its fields emits `left`.
    """

    title = "Inspector"
    left = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._forms: dict[str, ParameterForm] = {}
        self._form: ParameterForm | None = None
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Inspector")
        self._build()
        document.replaced.connect(self.refresh)
        document.costs_changed.connect(self.refresh)
        document.selection_changed.connect(self.refresh)
        follow(self, self._paint_dot)
        self.refresh()

    # ---- building

    def _build(self) -> None:
        body = QWidget()
        body.setProperty("panel", True)
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(16, 8, 16, 16)
        self._layout.setSpacing(8)
        self._dot = _Dot()
        self.heading = self._label("heading")
        self._category = self._label("small")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._dot)
        head.addWidget(self.heading)
        head.addStretch()
        head.addWidget(self._category)
        self._layout.addLayout(head)
        self._summary = self._add(self._label("muted", wrap=True))
        self._problem = self._add(self._label("error", wrap=True))
        self._add_name()
        self._form_place = QVBoxLayout()
        self._layout.addLayout(self._form_place)
        self._add(_Line())
        self.facts = self._add(Facts("Shapes and costs"))
        self._rule = self._add(_Line())
        self._help = self._add(self._label("small", wrap=True))
        self._layout.addStretch()
        self.setWidget(body)

    def _add_name(self) -> None:
        self.name = named(QLineEdit(), "Name")
        self.name.editingFinished.connect(self._rename)
        self._name_reason = self._label("error", wrap=True)
        label = QLabel("Name")
        label.setBuddy(self.name)
        label.setFixedWidth(LABEL_WIDTH)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.name)
        self._layout.addLayout(row)
        self._add(self._name_reason)

    def _label(self, role: str, wrap: bool = False) -> QLabel:
        label = QLabel()
        label.setWordWrap(wrap)
        label.setProperty("role", role)
        return label

    def _add(self, widget: Any) -> Any:
        self._layout.addWidget(widget)
        return widget

    # ---- showing

    def refresh(self) -> None:
        """Show the current node as it is now."""
        name = self._document.selected
        self._explain_name("")
        if name == INPUT:
            self._show_image()
        elif name in self._document.network:
            self._show_layer(name)
        elif name in self._document.network.groups:
            self._show_block(self._document.network.groups[name])
        else:
            self._show_network()
        self._paint_dot()

    def focus(self) -> None:
        """Put the keyboard into the first parameter, or the name."""
        first = next(iter(self._form.fields.values()), None) if self._form else None
        (first or self.name).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focus_name(self) -> None:
        self.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.name.selectAll()

    def _show_layer(self, name: str) -> None:
        layer = self._document.network[name]
        about = layer.about
        self._texts(layer.type_name(), about.category.capitalize(), about.summary, _explained(about))
        self._show_name(name, enabled=True)
        form = self._forms.get(layer.type_name())
        if form is None:
            form = self._forms[layer.type_name()] = ParameterForm(layer.params(), self._set)
        self._show_form(form, layer.values())
        self._show_problems(name)
        self._show_facts(lambda: layer_facts(self._document, name))

    def _show_block(self, group: Group) -> None:
        network, block_type = self._document.network, blocks.TYPES.get(group.block)
        block = blocks.declaration(group) if blocks.intact(network, group) else None
        summary, more = "", ""
        if block_type is not None:
            summary, more = block_type.about.summary, _explained(block_type.about)
        if block_type is not None and block is None:
            summary = _EDITED
        self._texts(group.block, "Block", summary, more)
        self._show_name(group.name, enabled=True)
        form = None if block is None else self._forms.get(group.block)
        if block is not None and form is None:
            form = self._forms[group.block] = ParameterForm(block.params(), self._set_block)
        self._show_form(form, {} if block is None else block.values())
        self._show_problems(group.name, *group.members)
        self._show_facts(lambda: block_facts(self._document, group))

    def _show_image(self) -> None:
        self._texts("Image", "Input", "What the network looks at.", "")
        self._show_name(INPUT, enabled=False)
        form = self._forms.get(INPUT)
        if form is None:
            form = self._forms[INPUT] = ParameterForm(_IMAGE, self._set_image)
        self._show_form(form, dict(zip(_IMAGE, self._document.network.input, strict=True)))
        self._show_problems("")
        self.facts.show_facts([])

    def _show_network(self) -> None:
        count = len(self._document.network)
        hint = "Select a layer to edit it." if count else "Double-click the canvas or press Tab to add the first layer."
        self._texts("Network", "", hint, "")
        self._show_name(self._document.network.name, enabled=True)
        self._show_form(None, {})
        self._show_problems("")
        self._show_facts(lambda: network_facts(self._document))

    def _show_facts(self, facts: Callable[[], list[Fact]]) -> None:
        """Show the figures, or that they are to come: of a large network they follow an edit."""
        if self._document.costs_expected:
            self.facts.await_facts()
        else:
            self.facts.show_facts(facts())

    def _texts(self, heading: str, category: str, summary: str, help_text: str) -> None:
        self.heading.setText(heading)
        self._category.setText(category)
        self._summary.setText(summary)
        self._help.setText(help_text)
        self._help.setVisible(bool(help_text))
        self._rule.setVisible(bool(help_text))

    def _show_name(self, name: str, enabled: bool) -> None:
        self.name.setEnabled(enabled)
        if self.name.text() != name:
            self.name.setText(name)

    def _show_form(self, form: ParameterForm | None, values: dict[str, Any]) -> None:
        if form is not self._form:
            if self._form is not None:
                self._form.hide()
            self._form = form
            if form is not None:
                self._form_place.addWidget(form)
                form.show()
        if form is not None:
            form.show_values(values)

    def _show_problems(self, *names: str) -> None:
        problems = [p for p in self._document.network.problems() if p.layer in names]
        role = "error" if any(p.severity == "error" for p in problems) else "warning"
        if self._problem.property("role") != role:
            self._problem.setProperty("role", role)
            self._problem.style().unpolish(self._problem)
            self._problem.style().polish(self._problem)
        self._problem.setText("\n".join(sentence(problem, names[0]) for problem in problems))
        self._problem.setVisible(bool(problems))

    def _paint_dot(self) -> None:
        name = self._document.selected
        network = self._document.network
        category = "block" if name in network.groups else "input"
        category = network[name].about.category if name in network else category
        self._dot.show_category(category)
        self._dot.setVisible(bool(name))

    # ---- editing

    def _set(self, parameter: str, value: Any, visit: str) -> None:
        name = self._document.selected
        edits.set_parameter(self._document, name, parameter, value, field=f"{name} {visit}")

    def _set_block(self, parameter: str, value: Any, visit: str) -> None:
        name = self._document.selected
        folding.set_block_parameter(self._document, name, parameter, value, field=f"{name} {visit}")

    def _set_image(self, parameter: str, value: Any, visit: str) -> None:
        shape = dict(zip(_IMAGE, self._document.network.input, strict=True))
        shape[parameter] = value
        edits.set_input(self._document, tuple(shape.values()), field=f"{INPUT} {visit}")

    def _rename(self) -> None:
        old, new = self._document.selected, self.name.text().strip()
        try:
            if old:
                edits.rename(self._document, old, new)
            else:
                edits.rename_network(self._document, new)
        except NetworkError as error:
            self._explain_name("; ".join(f"{p.what}; {p.fix}" for p in error.problems))
        except ConvscopeError as error:
            self._explain_name(str(error))
        else:
            self._explain_name("")

    def _explain_name(self, reason: str) -> None:
        self._name_reason.setText(reason[:1].upper() + reason[1:])
        self._name_reason.setVisible(bool(reason))


class _Dot(QWidget):
    """A dot in the colour of a category."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(12, 12)
        self._category = "input"

    def show_category(self, category: str) -> None:
        """Take the colour that a category has now."""
        self._category = category
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.category(self._category))
        painter.drawRoundedRect(self.rect(), 4, 4)


class _Line(QFrame):
    """A thin separator."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(1)
        self.setProperty("line", True)


def _explained(about: About) -> str:
    """What help there is on a type of layer or block, with its source if it has any."""
    return f"{about.help}\n\nSource: {about.source}." if about.source else about.help
