"""The window of the help: a list with search at the left, the page at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ..accessible import named
from ..matching import rank
from ..theme import follow, small_font, theme
from .pages import Entry

_SIZE, _LIST_WIDTH, _ROW, _MARGIN = QSize(880, 640), 232, 28, 24
_NOTHING = "<p class='faint'>No page fits. Try another word.</p>"
_ENTRY = Qt.ItemDataRole.UserRole


class Reference(QDialog):
    """Stays open beside the main window; closed, it is gone."""

    def __init__(self, entries: Sequence[Entry], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Help")
        self.resize(_SIZE)
        self._entries = entries
        self.field = named(QLineEdit(), "Search the help")
        self.field.setPlaceholderText("Search the help")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._fill)
        self.list = named(QListWidget(), "Pages")
        self.list.setProperty("lessons", True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(self._show)
        self.page = named(QTextBrowser(), "Page")
        self.page.document().setDocumentMargin(_MARGIN)
        self._lay_out()
        self._fill("")
        follow(self, self._restyle)

    def open_page(self, name: str) -> None:
        """Show the page of this name, or the first one if there is none."""
        self.field.clear()
        names = {entry.name: row for row in range(self.list.count()) if (entry := self._entry(row)) is not None}
        wanted = names.get(name, next(iter(names.values())))
        self.list.setCurrentRow(wanted)
        self.list.scrollToItem(self.list.item(wanted), QListWidget.ScrollHint.PositionAtCenter)
        self.list.setFocus()

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setContentsMargins(8, 8, 8, 8)
        side.setSpacing(8)
        side.addWidget(self.field)
        side.addWidget(self.list, 1)
        self.field.setFixedWidth(_LIST_WIDTH)
        self.list.setFixedWidth(_LIST_WIDTH)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(side)
        whole.addWidget(self.page, 1)

    def _entry(self, row: int) -> Entry | None:
        entry = self.list.item(row).data(_ENTRY)
        return entry if isinstance(entry, Entry) else None

    def _fill(self, query: str) -> None:
        """List all pages under their sections, or those that fit the query, best first."""
        self.list.clear()
        section = ""
        for entry in _found(query, self._entries):
            if not query.strip() and entry.section != section:
                section = entry.section
                self._add_heading(section)
            item = QListWidgetItem(entry.name, self.list)
            item.setData(_ENTRY, entry)
            item.setToolTip(entry.summary)
            item.setSizeHint(QSize(0, _ROW))
        if not self.list.count():
            self.page.setHtml(_NOTHING)
        elif query.strip():
            self.list.setCurrentRow(0)

    def _add_heading(self, section: str) -> None:
        item = QListWidgetItem(section, self.list)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setFont(small_font(bold=True))
        item.setSizeHint(QSize(0, _ROW))

    def _show(self, item: QListWidgetItem | None) -> None:
        entry = None if item is None else item.data(_ENTRY)
        if entry is not None:
            self.page.setHtml(entry.html)

    def _restyle(self) -> None:
        muted, accent = theme.colours.muted, theme.colours.accent
        cells = "td { padding: 4px 12px 4px 0; }"
        rules = f".faint, .name {{ color: {muted}; }} code {{ color: {accent}; }} p {{ margin-bottom: 8px; }} {cells}"
        self.page.document().setDefaultStyleSheet(rules)
        self._show(self.list.currentItem())


def _found(query: str, entries: Sequence[Entry]) -> list[Entry]:
    if not query.strip():
        return list(entries)
    words = {entry.name: f"{entry.section} {entry.summary}".lower().split() for entry in entries}
    scored = [(rank(query, entry.name, words[entry.name]), place) for place, entry in enumerate(entries)]
    return [entries[place] for fits, place in sorted((fits, place) for fits, place in scored if fits is not None)]
