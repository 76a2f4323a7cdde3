"""Mouse gestures on the canvas, as a user makes them."""

from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from convscope.gui.canvas.ports import Port
from convscope.gui.layer_list import MIME

OUT = Port("out")
IN = Port("in", 0)


def port(view, name: str, port: Port) -> QPoint:
    """Where a port is in the viewport."""
    return view.mapFromScene(view.graph.nodes[name].port_position(port))


def middle(view, name: str) -> QPoint:
    """The middle of a card in the viewport."""
    return view.mapFromScene(view.graph.nodes[name].body().center())


def wire_middle(view, source: str, target: str) -> QPoint:
    """The middle of a wire in the viewport."""
    wire = next(w for link, w in view.graph.wires.items() if (link.source, link.target) == (source, target))
    return view.mapFromScene(wire.path().pointAtPercent(0.5))


def press_and_move(view, start: QPoint, end: QPoint) -> None:
    """Begin a drag and leave the button down."""
    area = view.viewport()
    QTest.mouseMove(area, start)
    QTest.mousePress(area, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(area, start + (end - start) * step / 5)


def drag(view, start: QPoint, end: QPoint) -> None:
    press_and_move(view, start, end)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end)


def click(view, place: QPoint, keys=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, keys, place)


def drop_layer(view, type_name: str, place: QPoint) -> None:
    """What the system sends when a layer is dragged from the palette and released."""
    data = QMimeData()
    data.setData(MIME, QByteArray(type_name.encode()))
    drop(view.viewport(), data, place)


def drop(widget, data: QMimeData, place: QPoint) -> None:
    """What the system sends when data are dragged onto a widget and released."""
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, copy, data, left, none)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(place), copy, data, left, none))


def hover(widget, place: QPoint) -> None:
    """Move the mouse to a place of any widget, by way of its window."""
    window = widget.window()
    QTest.mouseMove(window.windowHandle(), widget.mapTo(window, place))
    QApplication.processEvents()
