"""The window's session on the simulated GPU: it trains there, looks inside there, and takes the weights along."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="PySide6, or a library of the system that it needs, is missing")
pytest.importorskip("pytestqt", reason="the tests of the desktop need pytest-qt")

from convscope.engine import Network
from convscope.engine import layers as L
from convscope.engine.data import Dataset
from convscope.gui.views.filters import FiltersView
from convscope.gui.work.recipe import Recipe
from convscope.gui.work.toolkit import EngineToolkit
from tests.gui.conftest import _own_runs, _own_settings  # noqa: F401
from tests.gui.laboratory import Laboratory


class FewImages(EngineToolkit):
    """Four images of 2 × 2, which a simulated GPU gets through, and no kernels compiled elsewhere."""

    def load(self, choice: Any, told: Any) -> Dataset:
        pixels = np.random.default_rng(0).integers(0, 256, (4, 2, 2, 1), np.uint8)
        return Dataset("few", pixels, np.arange(4) % 2, pixels[:2], np.arange(2), ("a", "b"))

    def lacking(self, network: Any, batch_size: int, optimizer: str) -> int:
        return 0


def test_a_run_of_the_window_computes_on_the_gpu(qtbot: Any) -> None:
    lab = Laboratory(qtbot, FewImages())
    net = Network((2, 2, 1), "tiny")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(2), "scores")
    try:
        session = lab.session
        lab.document.load(net)
        session.device.choose("cuda")
        session.device.look()
        lab.until(lambda: session.device.name == "cuda")
        view = lab.see(FiltersView(session))
        lab.train(Recipe(epochs=1, batch_size=4))
        lab.until_idle()
        assert lab.log.ends[-1].reason == "completed"
        assert lab.ask(lambda model: model.device) == "cuda"
        learned = lab.ask(lambda model: model.weights["scores.weight"].copy())
        lab.until(lambda: view.weights is not None and np.array_equal(view.weights.ravel(), learned.ravel()))
        session.device.choose("cpu")
        lab.until(lambda: session.model_info.device == "cpu")
        assert lab.ask(lambda model: model.device) == "cpu"
        assert np.array_equal(lab.ask(lambda model: model.weights["scores.weight"].copy()), learned)
        assert session.model_info.trained
    finally:
        lab.session.close()
