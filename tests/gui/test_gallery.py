"""Architectures by their figures, and two networks side by side."""

from types import SimpleNamespace

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from convscope.engine import Network, zoo
from convscope.engine import layers as L
from convscope.gui.comparison import NetworkComparison
from convscope.gui.gallery import Gallery
from convscope.gui.models.differences import pairs

Key = Qt.Key


@pytest.fixture
def parent(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    return parent


def test_the_gallery_finds_an_architecture_by_name_and_starts_with_it(parent, qtbot):
    gallery = Gallery(parent)
    gallery.open()
    qtbot.keyClicks(gallery.search, "xception_m")
    with qtbot.waitSignal(gallery.chosen) as chosen:
        qtbot.keyClick(gallery.search, Key.Key_Return)
    assert chosen.args == ["xception_mini"]


def test_the_gallery_tells_figures_and_flags_what_needs_too_much_memory(parent, qtbot, monkeypatch):
    few = {name: zoo.ARCHITECTURES[name] for name in ("lenet5", "vgg_a")}
    monkeypatch.setattr(zoo, "ARCHITECTURES", few)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=2 << 30))
    gallery = Gallery(parent)
    gallery.open()
    qtbot.waitUntil(lambda: gallery.table.item(1, 4).text() != "…")
    texts = [[gallery.table.item(row, column).text() for column in range(7)] for row in range(2)]
    assert texts[0][:6] == ["lenet5", "1998", "28×28×1", "12", "61.7 K", "416.5 K"]
    assert not texts[0][6].endswith("!")
    assert texts[1][6].endswith("!")
    assert "2.00 GiB" in gallery._note.text()
    gallery.compact.click()
    assert [gallery.table.isRowHidden(row) for row in range(2)] == [False, True]
    gallery.close()


def test_layers_that_are_alike_stand_beside_each_other_and_others_are_told_apart():
    first = Network((8, 8, 1), "first")
    for layer in (L.Conv2D(4, 3), L.ReLU(), L.Flatten(), L.Dense(3)):
        first.add(layer)
    second = Network((8, 8, 1), "second")
    for layer in (L.Conv2D(4, 3), L.BatchNorm(), L.ReLU(), L.Flatten(), L.Dense(5)):
        second.add(layer)
    found = [(p.first and p.first.type, p.second and p.second.type, p.same) for p in pairs(first, second)]
    assert found == [
        ("Conv2D", "Conv2D", True),
        (None, "BatchNorm", False),
        ("ReLU", "ReLU", True),
        ("Flatten", "Flatten", True),
        ("Dense", "Dense", False),
    ]


def test_two_networks_are_compared_side_by_side_and_a_bad_file_is_explained_there(parent, qtbot, tmp_path):
    comparison = NetworkComparison(zoo.build("resnet8"), parent)
    comparison.show()
    comparison.compare(zoo.build("resnet14"))
    titles = [comparison.totals.item(row, 0).text() for row in range(comparison.totals.rowCount())]
    layers = titles.index("layers")
    assert [comparison.totals.item(layers, column).text() for column in (1, 2)] == ["30", "51"]
    assert comparison.layers.rowCount() >= 51
    bad = tmp_path / "bad.json"
    bad.write_text("[")
    comparison.open_file(bad)
    assert "not JSON" in comparison._fault.text()
    assert comparison._fault.isVisible()
    comparison.close()
