"""Where to compute, as a field."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QShowEvent, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from ..work.device import ChosenDevice

HELP = "What trains, evaluates and looks inside. Weights go along when it is changed; a run that is on stays."


class DeviceField(QComboBox):
    """Every device there is; one that cannot be used is grey and says why. They are looked for when this is shown."""

    def __init__(self, chosen: ChosenDevice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen = chosen
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda index: chosen.choose(self.itemData(index)))
        chosen.found.connect(self._fill)
        chosen.changed.connect(self._fill)
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        self._chosen.look()
        super().showEvent(event)

    def _fill(self) -> None:
        with QSignalBlocker(self):
            self.clear()
            for device in self._chosen.devices:
                self.addItem(device.title if device.available else f"{device.title} (not available)", device.name)
                index = self.count() - 1
                self.setItemData(index, device.reason or None, Qt.ItemDataRole.ToolTipRole)
                self.setItemData(index, device.reason or None, Qt.ItemDataRole.AccessibleDescriptionRole)
                self._enable(index, device.available)
            self.setCurrentIndex(self.findData(self._chosen.name))
        self.setToolTip("\n".join(filter(None, (HELP, self._chosen.reason))))

    def _enable(self, index: int, available: bool) -> None:
        model = self.model()
        assert isinstance(model, QStandardItemModel)  # a combo box's own
        model.item(index).setEnabled(available)
