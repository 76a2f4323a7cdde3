"""A model's mean image is kept in its file as an array; files written before there were any are read as ever."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from convscope.engine import Model, Network, Preprocessing, load, save
from convscope.engine import layers as L
from convscope.engine.data.mean_image import MeanImage
from convscope.engine.io import FileError

IMAGE = np.random.default_rng(4).random((5, 6, 3)).astype(np.float32)
WITH = Preprocessing(scale=1.0, fit="crop", short_side=9, order="bgr", mean_image=MeanImage.of(IMAGE))
NAME = "preprocessing:mean_image"


def model(preprocessing: Preprocessing) -> Model:
    net = Network((5, 6, 3), "small")
    net.add(L.Flatten())
    net.add(L.Dense(2), "scores")
    return Model(net, preprocessing=preprocessing)


def changed(path, change_document=None, change_arrays=None):
    """Write the file again with another document or other arrays."""
    from safetensors import safe_open  # noqa: PLC0415

    with safe_open(path, framework="np") as file:
        document = json.loads(file.metadata()["convscope"])
    arrays = load_file(path)
    if change_document:
        change_document(document)
    if change_arrays:
        change_arrays(arrays)
    save_file(arrays, path, {"convscope": json.dumps(document)})
    return path


def test_the_mean_image_and_the_crop_come_back_to_the_bit(tmp_path):
    path = tmp_path / "m.safetensors"
    save(model(WITH), path)
    back = load(path)
    assert back.preprocessing == WITH
    assert hash(back.preprocessing) == hash(WITH)
    np.testing.assert_array_equal(back.preprocessing.mean_image.array, IMAGE)
    np.testing.assert_array_equal(load_file(path)[NAME], IMAGE)


def test_files_from_before_crops_and_mean_images_are_read(tmp_path):
    path = tmp_path / "m.safetensors"
    save(model(Preprocessing(mean=(0.1, 0.2, 0.3))), path)

    def age(document):
        for name in ("fit", "short_side"):
            del document["preprocessing"][name]

    assert load(changed(path, age)).preprocessing == Preprocessing(mean=(0.1, 0.2, 0.3))


@pytest.mark.parametrize(
    "damage", [np.full((5, 6, 3), np.nan, np.float32), np.zeros((5, 6), np.float32), np.zeros((5, 6, 2), np.float32)]
)
def test_a_damaged_mean_image_is_told(tmp_path, damage):
    path = tmp_path / "m.safetensors"
    save(model(WITH), path)
    with pytest.raises(FileError, match="mean image"):
        load(changed(path, None, lambda arrays: arrays.update({NAME: damage})))
