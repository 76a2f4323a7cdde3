"""Networks that other programs trained, read from their ONNX files: they give the outputs those programs give."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from convscope.engine.data.presets import PRESETS
from convscope.engine.io.onnx.reading import read
from tests.oracles.differences import relative_error


@pytest.fixture(scope="module")
def public(shared: Path) -> Path:
    """The folder of trained weights and what they give."""
    folder = shared / "data"
    if not (folder / "weights").is_dir():
        pytest.skip("../shared/data/weights is absent")
    return folder


@pytest.fixture(scope="module")
def resnet(public: Path):
    return read(public / "weights" / "resnet20_cifar10.onnx").model()


def channels_last(images: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))


def test_a_residual_network_gives_its_reference_after_every_block(resnet, public):
    wanted = np.load(public / "reference" / "resnet20_activations_test0-1.npz")
    ends = {f"layer{s}.{b}": f"layer{s}/layer{s}.{b}/Relu_1" for s in (1, 2, 3) for b in range(3)}
    logits = resnet.forward(channels_last(wanted["input"]), keep=["Relu", *ends.values(), "GlobalAveragePool"])
    assert relative_error(logits, wanted["logits"]) < 1e-4
    assert relative_error(resnet.activations["GlobalAveragePool"], wanted["pool"]) < 1e-4
    for block, node in {"stem": "Relu", **ends}.items():
        assert relative_error(resnet.activations[node], channels_last(wanted[block])) < 1e-4


def test_nothing_but_layers_is_left_of_a_file_full_of_shape_plumbing(resnet):
    kinds = {node.layer.type_name() for node in resnet.network.nodes.values()}
    assert kinds == {"Conv2D", "ReLU", "Add", "AvgPool2D", "PadChannels", "GlobalAvgPool", "Dense"}
    totals = resnet.network.summary().totals
    assert (totals.params, totals.macs) == (269_034, 40_551_040)  # batch norm is folded in this file


def test_a_residual_network_names_as_many_test_images_right_as_was_published(resnet, public):
    wanted = np.load(public / "reference" / "resnet20_activations_test0-1.npz")
    assert resnet.network.input == (32, 32, 3)
    assert np.array_equal(resnet.predict(channels_last(wanted["input"])).argmax(1), wanted["logits"].argmax(1))


def test_squeezenet_gives_its_reference_for_photographs(public):
    pixels = np.load(public / "reference" / "photos_warp256_rgb_u8.npz")
    wanted = np.load(public / "reference" / "squeezenet_v1.0_photos.npz")
    model = read(public / "weights" / "squeezenet_v1.0_imagenet.onnx").model()
    model.preprocessing = PRESETS["caffe"]
    logits = model.predict(model.prepare(pixels["warp256"]))
    assert list(pixels["names"]) == list(wanted["names"])
    assert relative_error(logits, wanted["logits"]) < 1e-4
    five = [set(np.argsort(row)[-5:]) for row in logits]
    assert five == [set(np.argsort(row)[-5:]) for row in wanted["logits"]]


def test_an_old_file_with_sums_behind_convolutions_and_a_dense_layer_of_channels_first_gives_its_reference(public):
    wanted = np.load(public / "reference" / "cntk_mnist_onnx_raw255.npz")["logits_first1000"]
    with gzip.open(public / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(16 + 100 * 784)[16:], np.uint8).reshape(-1, 28, 28, 1)
    model = read(public / "weights" / "mnist-cntk.onnx").model()
    assert relative_error(model.predict(pixels.astype(np.float32)), wanted[: len(pixels)]) < 1e-4
    kinds = [node.layer.type_name() for node in model.network.order()]
    assert kinds == ["Conv2D", "ReLU", "MaxPool2D"] * 2 + ["Flatten", "Dense"]
