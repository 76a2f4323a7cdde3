"""Models as ONNX files: the format's own reference, and ONNX Runtime where it is installed, compute what we do."""

import importlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from convscope.engine import INPUT, ConvscopeError, Model, Network, Preprocessing, zoo
from convscope.engine import layers as L
from convscope.engine.data.mean_image import MeanImage
from convscope.engine.io.channels_first import channels_first, channels_last
from convscope.engine.io.onnx import metadata, writing

from .export_cases import around, difference, images, lively, solved

REFERENCE_IS_WRONG = {"LocalResponseNorm"}
"""Where the reference of the installed package does not do what the standard says; ONNX Runtime does."""


def by_reference(content: bytes, x: np.ndarray) -> np.ndarray:
    return channels_last(ReferenceEvaluator(onnx.load_from_string(content)).run(None, {INPUT: channels_first(x)})[0])


def by_runtime(content: bytes, x: np.ndarray) -> np.ndarray:
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return channels_last(session.run(None, {INPUT: channels_first(x)})[0])


def content(model: Model, opset: int = writing.USUAL) -> bytes:
    return writing.model_bytes(model.network, model.weights, opset)


def test_every_layer_type_can_be_written() -> None:
    for kind in L.TYPES.values():
        family = kind.__module__.rpartition(".")[0]
        assert kind in importlib.import_module(f"{family}.to_onnx").NODES


def test_the_reference_computes_every_layer() -> None:
    for case in solved():
        grouped = isinstance(case.layer, L.ConvTranspose2D) and case.layer.groups > 1
        if case.layer.type_name() not in REFERENCE_IS_WRONG and not grouped:
            assert difference(by_reference(content(case.model), case.x), case.expected) < 1e-5, case.layer


@pytest.mark.parametrize("opset", [writing.OLDEST, writing.USUAL, writing.NEWEST])
def test_onnx_runtime_computes_every_layer(opset: int) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    refused = set()
    for case in solved():
        try:
            written = content(case.model, opset)
        except ConvscopeError as error:
            assert "use opset 16 or newer" in str(error)
            refused.add(case.layer.type_name())
            continue
        assert difference(by_runtime(written, case.x), case.expected) < 1e-5, case.layer
    assert refused == ({"MaxUnpool2D"} if opset < 16 else set())


def test_the_order_of_a_flattened_image_is_kept_where_rows_cannot_be_sorted() -> None:
    net = Network((2, 3, 4))
    net.add(L.Conv2D(3, 1), "conv")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(18), "dense")
    net.add(L.Add(), "sum", inputs=["flat", "dense"])
    net.add(L.Flatten(), "other", inputs=["conv"])
    net.add(L.BatchNorm(), "norm")
    net.add(L.Concat(), "both", inputs=["sum", "norm"])
    net.add(L.PadChannels(1, 2), "padded")
    model, x = lively(net), images(net)
    assert difference(by_reference(content(model), x), model.predict(x)) < 1e-5


def test_names_stay_and_images_come_in_any_number() -> None:
    model = lively(zoo.lenet5())
    graph = onnx.load_from_string(content(model)).graph
    assert [node.name for node in graph.node] == [node.name for node in model.network.order()]
    assert {tensor.name for tensor in graph.initializer} == set(model.weights)
    [given], [result] = graph.input, graph.output
    assert [(d.dim_param or d.dim_value) for d in given.type.tensor_type.shape.dim] == ["batch", 1, 28, 28]
    assert (result.name, result.type.tensor_type.shape.dim[1].dim_value) == ("scores", 10)
    x = images(model.network, 5)
    assert difference(by_reference(content(model), x), model.predict(x)) < 1e-5


def test_names_that_collide_with_those_of_weights_are_told_apart() -> None:
    net = Network((4, 4, 2))
    net.add(L.Conv2D(2, 1), "a")
    net.add(L.ReLU(), "a.weight")
    net.add(L.SeparableConv2D(3), "b")
    net.add(L.ReLU(), "b/Conv")
    model, x = lively(net), images(net)
    assert difference(by_reference(content(model), x), model.predict(x)) < 1e-5


LARGE = [name for name, entry in zoo.ARCHITECTURES.items() if not entry.compact]
ALIKE = {"vgg_a", "vgg_b", "vgg_c", "vgg_d", "vgg_e", "resnet34", "resnet101", "plain18", "plain34"}
"""Others have all the layers of these."""


@pytest.mark.parametrize("name", [name for name in LARGE if name not in ALIKE])
def test_every_large_network_passes_the_formats_own_checks(name: str) -> None:
    """Its shape inference agrees with ours on every layer. Weights are only described."""
    net = zoo.build(name)
    weights = {key: np.broadcast_to(np.float32(0), weight.shape) for key, weight in net.weights().items()}
    graph, constants = writing._graph(net, weights, writing.USUAL, None)
    small = [onnx.numpy_helper.from_array(a, key) for key, a in constants.items() if a.size < 100]
    large = {key: array for key, array in constants.items() if array.size >= 100}
    for key, array in large.items():
        kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
        graph.input.append(onnx.helper.make_tensor_value_info(key, kind, array.shape))
    model = writing._model(graph, small, writing.USUAL, {})
    onnx.checker.check_model(model)
    del model.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, check_type=True)
    found = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim][1:] for v in inferred.graph.value_info}
    for node in net.order()[:-1]:
        *image, channels = net.shapes()[node.name] or ()
        assert found[node.name] == [channels, *image], node.name


# ---- what belongs to the model


def with_mean_image() -> Model:
    random = np.random.default_rng(3)
    net = Network((4, 5, 3), "small")
    net.add(L.Conv2D(4, 3), "conv")
    net.add(L.GlobalAvgPool(), "scores")
    image = MeanImage.of(random.uniform(0, 1, (4, 5, 3)).astype(np.float32))
    how = Preprocessing(scale=1 / 255, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7), order="bgr", mean_image=image)
    return Model(net, preprocessing=how, classes=("kōala", "cat", "dog", "ant"))


def test_classes_and_preprocessing_are_in_the_files_metadata(tmp_path: Path) -> None:
    model = with_mean_image()
    [path] = writing.write(model, tmp_path / "m.onnx")
    found = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert metadata.classes(found) == model.classes
    assert metadata.preprocessing(found) == model.preprocessing


@pytest.mark.parametrize("key", [metadata.CLASSES, metadata.PREPROCESSING, metadata.MEAN_IMAGE])
@pytest.mark.parametrize("value", ["{", "3", '{"shape": [9], "content": "AAAA"}'])
def test_damaged_metadata_is_named(key: str, value: str) -> None:
    found = {metadata.PREPROCESSING: "{}", key: value}
    with pytest.raises(ConvscopeError):
        (metadata.classes(found), metadata.preprocessing(found))


def test_with_preprocessing_in_front_pixels_go_in(tmp_path: Path) -> None:
    model = with_mean_image()
    [path] = writing.write(model, tmp_path / "m.onnx", with_preprocessing=True)
    pixels = np.random.default_rng(4).integers(0, 256, (2, 4, 5, 3)).astype(np.float32)
    expected = model.predict(model.prepare(pixels))
    assert difference(by_reference(path.read_bytes(), pixels), expected) < 1e-5


def test_a_box_is_a_second_output() -> None:
    net = Network((4, 4, 2))
    net.add(L.GlobalAvgPool(), "pool")
    net.add(L.Dense(3), "scores")
    net.add(L.Dense(4), "box", inputs=["pool"])
    net.add(L.WithBox(), "both", inputs=["scores", "box"])
    assert [value.name for value in onnx.load_from_string(content(lively(net))).graph.output] == ["both", "box"]


# ---- large files, and what cannot be


def test_weights_that_are_too_many_go_into_a_file_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = lively(zoo.lenet5())
    monkeypatch.setattr(writing, "_LARGEST_FILE", 1000)
    path, data = writing.write(model, tmp_path / "m.onnx")
    assert (data.name, path.stat().st_size < 10_000) == ("m.onnx.data", True)
    loaded, x = onnx.load(path), images(model.network)
    result = ReferenceEvaluator(loaded).run(None, {INPUT: channels_first(x)})[0]
    assert difference(result, model.predict(x)) < 1e-5


@pytest.mark.parametrize("opset", [writing.OLDEST - 1, writing.newest() + 1])
def test_opsets_out_of_range_are_refused_with_the_range(opset: int) -> None:
    with pytest.raises(ConvscopeError, match=f"Opset {opset} cannot be written; use one from 11 to"):
        content(lively(around(L.ReLU.examples()[0])), opset)


def test_all_layers_that_cannot_be_written_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    table = importlib.import_module("convscope.engine.layers.activation.to_onnx").NODES
    for kind in (L.Tanh, L.Sigmoid):
        monkeypatch.delitem(table, kind)
    net = Network((4, 4, 2))
    net.add(L.Tanh(), "bend")
    net.add(L.Sigmoid(), "squash")
    with pytest.raises(ConvscopeError, match=r"bend \(Tanh\) has no counterpart.*squash \(Sigmoid\)"):
        content(Model(net))
