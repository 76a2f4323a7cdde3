"""Indexes of strongest patches that are kept."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.explain import patch_store
from convscope.engine.explain.patch_index import build_index


@pytest.fixture
def model() -> Model:
    network = Network((6, 6, 1), "tiny")
    network.add(L.Conv2D(3, 3), "conv")
    return Model(network)


def ended(steps):
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return end.value, told


def test_an_index_is_made_once_and_then_read(model, tmp_path, monkeypatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (70, 6, 6, 1), np.uint8)
    made, told = ended(patch_store.stored_index(model, images, 4, tmp_path))
    assert told[-1] == (70, 70)
    monkeypatch.setattr(patch_store, "build_steps", None)
    again, _ = ended(patch_store.stored_index(model, images, 4, tmp_path))
    wanted = build_index(model, images, top=4)
    for unit in range(3):
        assert made.strongest("conv", unit) == again.strongest("conv", unit) == wanted.strongest("conv", unit)


def test_other_weights_images_or_counts_have_an_index_of_their_own(model, tmp_path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 6, 6, 1), np.uint8)
    ended(patch_store.stored_index(model, images, 4, tmp_path))
    ended(patch_store.stored_index(model, images, 3, tmp_path))
    ended(patch_store.stored_index(model, images[:4], 4, tmp_path))
    model.weights["conv.bias"] = np.ones(3)
    ended(patch_store.stored_index(model, images, 4, tmp_path))
    assert len(list(tmp_path.glob("*.npz"))) == 4


def test_a_damaged_file_is_made_anew_and_cancelling_writes_nothing(model, tmp_path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (70, 6, 6, 1), np.uint8)
    steps = patch_store.stored_index(model, images, 4, tmp_path)
    next(steps)
    steps.close()
    assert not list(tmp_path.iterdir())
    ended(patch_store.stored_index(model, images, 4, tmp_path))
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(b"no archive")
    found, _ = ended(patch_store.stored_index(model, images, 4, tmp_path))
    assert found.layers == ["conv"]
    assert path.stat().st_size > 100
