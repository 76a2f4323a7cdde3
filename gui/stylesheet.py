"""The style sheet over Fusion: flat panels, quiet lines, one accent."""

from __future__ import annotations

from importlib.resources import files
from string import Template

from .tokens import BODY, SMALL, Tokens

_TEMPLATE = Template("""
* { outline: 0; }
QMainWindow, QDialog { background: $window; }
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QToolTip { background: $surface; color: $text; border: 1px solid $line; padding: 4px 6px; }

QMenuBar { background: $window; border-bottom: 1px solid $line; padding: 2px 6px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $surface; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::right-arrow { image: url($icons/right-$mode.svg); width: 12px; height: 12px; margin-right: 6px; }

QToolBar { background: $window; border: 0; border-bottom: 1px solid $line; padding: 4px 8px; spacing: 2px; }
QToolBar::separator { width: 1px; background: $line; margin: 5px 6px; }
QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 4px; background: transparent; color: $text; }
QToolButton:hover { background: $raised; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $faint; }
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton::menu-button { border: 0; width: 14px; }
QToolButton::menu-arrow { image: url($icons/down-$mode.svg); width: 10px; height: 10px; }

QStatusBar { background: $window; border-top: 1px solid $line; color: $muted; }
QStatusBar::item { border: 0; }

QDockWidget { color: $muted; font-size: ${small}px; font-weight: 600; }
QDockWidget::title { background: $surface; padding: 7px 12px 5px 12px; border: 0; text-align: left; }
QDockWidget::close-button, QDockWidget::float-button { border: 0; background: transparent; padding: 0; icon-size: 12px; }
QDockWidget::close-button:hover, QDockWidget::float-button:hover { background: $raised; border-radius: 3px; }

QTabBar { background: $window; }
QTabBar::tab { background: transparent; color: $muted; padding: 6px 12px; border: 0; border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent; }
QTabWidget::pane { border: 0; border-top: 1px solid $line; }

QPushButton { background: $surface; border: 1px solid $line; border-radius: 5px; padding: 5px 14px; color: $text; }
QPushButton:hover { background: $raised; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $faint; background: $window; }
QPushButton[primary="true"], QPushButton:default { background: $accent; border-color: $accent; color: $on_accent; font-weight: 600; }
QPushButton[primary="true"]:disabled { background: $raised; border-color: $line; color: $faint; }

QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
    background: $surface; border: 1px solid $line; border-radius: 5px; padding: 3px 7px; color: $text;
    selection-background-color: $accent; selection-color: $on_accent; min-height: 20px;
}
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $faint; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"], QComboBox[invalid="true"] { border-color: $error; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $faint; background: $window; }
QAbstractSpinBox { padding-right: 18px; }
QAbstractSpinBox::up-button { subcontrol-origin: border; subcontrol-position: top right; width: 18px; border: 0; background: transparent; }
QAbstractSpinBox::down-button { subcontrol-origin: border; subcontrol-position: bottom right; width: 18px; border: 0; background: transparent; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $raised; }
QAbstractSpinBox::up-arrow { image: url($icons/up-$mode.svg); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url($icons/down-$mode.svg); width: 10px; height: 10px; }
QComboBox { padding-right: 22px; }
QComboBox::drop-down { subcontrol-origin: border; subcontrol-position: center right; width: 22px; border: 0; }
QComboBox::down-arrow { image: url($icons/down-$mode.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $line; padding: 4px; selection-background-color: $selection; selection-color: $text; }

QCheckBox { spacing: 8px; color: $text; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $faint; border-radius: 4px; background: $surface; }
QCheckBox::indicator:hover, QCheckBox:focus::indicator { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($icons/check-$mode.svg); }
QCheckBox::indicator:disabled { background: $raised; }

QAbstractItemView { background: $surface; alternate-background-color: $window; border: 0; selection-background-color: $selection; selection-color: $text; }
QAbstractItemView::item:selected { background: $selection; color: $text; }
QHeaderView { background: $surface; border: 0; }
QHeaderView::section { background: $surface; color: $muted; border: 0; border-bottom: 1px solid $line; padding: 5px 8px; font-size: ${small}px; font-weight: 600; }
QTableCornerButton::section { background: $surface; border: 0; }
QScrollArea { border: 0; background: transparent; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $faint; border-radius: 3px; margin: 2px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QProgressBar { background: $raised; border: 0; border-radius: 3px; max-height: 6px; text-align: center; color: transparent; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QSlider::groove:horizontal { background: $raised; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; height: 4px; border-radius: 2px; }
QSlider::handle:horizontal { background: $surface; border: 1px solid $faint; width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { border-color: $accent; }
QGroupBox { border: 0; border-top: 1px solid $line; margin-top: 16px; padding-top: 8px; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; padding-right: 8px; color: $muted; }

*[panel="true"] { background: $surface; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: ${small}px; }
QLabel[role="heading"] { font-weight: 600; font-size: ${body}px; }
QLabel[role="error"] { color: $error; font-size: ${small}px; }
QLabel[role="warning"] { color: $warning; font-size: ${small}px; }
""")


def stylesheet(colours: Tokens, dark: bool) -> str:
    """The style sheet for these tokens. Widgets opt in with the dynamic properties `panel`, `role`, `primary`, `invalid`."""
    icons = str(files("convscope.assets").joinpath("icons")).replace("\\", "/")
    names = {name: value for name, value in vars(colours).items() if isinstance(value, str)}
    return _TEMPLATE.substitute(names, icons=icons, mode="dark" if dark else "light", body=BODY, small=SMALL)
