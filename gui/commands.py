"""The window's commands, read from its menus: no list of them is kept by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from .matching import rank


@dataclass(frozen=True)
class Command:
    """An entry of a menu: the menus it stands in, outermost first, and what it does."""

    menus: tuple[str, ...]
    action: QAction

    @property
    def name(self) -> str:
        """As the menu shows it, without the mark of its key."""
        return plain(self.action.text())

    @property
    def keys(self) -> str:
        """Its first shortcut as people write it; "" without one."""
        return self.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    @property
    def key(self) -> str:
        """What it is known by between starts. The text of Undo tells what will be undone, so it cannot be its key."""
        return self.action.objectName() or " ▸ ".join((*self.menus, self.name))


def plain(text: str) -> str:
    """A menu's text as it is read."""
    return text.replace("&", "").rstrip("…")


def commands(bar: QMenuBar, opened: bool = True) -> list[Command]:
    """What the menus hold now, in their order; with `opened` those menus too that are made when they open."""
    found: list[Command] = []
    for action in bar.actions():
        menu = action.menu()
        if isinstance(menu, QMenu) and action.isVisible():
            found += _inside(menu, (plain(menu.title()),), opened)
    return found


def _inside(menu: QMenu, menus: tuple[str, ...], opened: bool) -> Iterator[Command]:
    if opened:
        menu.aboutToShow.emit()
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from _inside(inner, (*menus, plain(inner.title())), opened)
        elif not action.isSeparator() and action.isVisible():
            yield Command(menus, action)


def search(query: str, among: list[Command]) -> list[Command]:
    """Those that fit the query and can be run now, best first; all that can be run, in order, for an empty one."""
    ready = [command for command in among if command.action.isEnabled()]
    if not query.strip():
        return ready
    scored = [(rank(query, command.name, _words(command)), place) for place, command in enumerate(ready)]
    return [ready[place] for fits, place in sorted((fits, place) for fits, place in scored if fits is not None)]


def _words(command: Command) -> list[str]:
    return " ".join((*command.menus, command.name)).lower().split()
