"""ONNX files as networks: where values lie, what is put together, what is refused and with which words."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from convscope.engine import ConvscopeError, Model, Network, import_onnx, load, save, zoo
from convscope.engine.cli.main import main
from convscope.engine.io import FileError, open_any
from convscope.engine.io.class_names import read_class_names
from convscope.engine.io.onnx.reading import Imported, read
from convscope.engine.io.onnx.writing import model_bytes

RANDOM = np.random.default_rng(5)


def node(operator: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    """An operator that reads the tensors named in `inputs`, with blanks between."""
    return helper.make_node(operator, inputs.split(), output.split(), output.partition(" ")[0].upper(), **attributes)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def file(
    path: Path, nodes: Sequence[onnx.NodeProto], shape: Sequence[Any], opset: int = 17, **constants: Any
) -> onnx.ModelProto:
    """Write a file that reads `x` and gives what its last operator gives."""
    given = [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    end = helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "graph", [image], [end], given)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    onnx.save(model, path)
    return model


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.onnx"


def agrees(
    path: Path, nodes: Sequence[onnx.NodeProto], shape: Sequence[int], opset: int = 17, **constants: Any
) -> Imported:
    """The file as imported, once it gave what the format's own evaluator gives."""
    model = file(path, nodes, shape, opset, **constants)
    x = floats(*shape)
    found = read(path)
    given = found.result.as_theirs(found.model().predict(found.image.as_ours(x), len(x)))
    wanted = ReferenceEvaluator(model).run(None, {"x": x})[0]
    assert given.shape == wanted.shape
    assert np.allclose(given, wanted, rtol=1e-4, atol=1e-5)
    return found


def kinds(found: Imported) -> list[str]:
    return [node.layer.type_name() for node in found.network.order()]


def refused(path: Path, **options: Any) -> tuple[str, ...]:
    with pytest.raises(FileError) as caught:
        read(path, **options)
    return caught.value.reasons


# ---- where values lie


def test_a_computed_reshape_before_a_dense_layer_becomes_flatten_and_sorts_its_rows(path):
    plumbing = [
        node("Shape", "x", "shape"),
        node("Gather", "shape zero", "batch", axis=0),
        node("Unsqueeze", "batch axes", "batches"),
        node("Concat", "batches rest", "target", axis=0),
        node("Reshape", "x target", "flat"),
        node("Gemm", "flat w b", "y", transB=1, alpha=0.5, beta=2.0),
    ]
    constants = {"zero": np.array(0), "axes": whole(0), "rest": whole(-1), "w": floats(4, 18), "b": floats(4)}
    assert kinds(agrees(path, plumbing, (2, 3, 2, 3), **constants)) == ["Flatten", "Dense"]


def test_vectors_of_different_orders_are_joined_and_the_dense_layer_behind_finds_them(path):
    nodes = [
        node("Flatten", "x", "one"),
        node("Transpose", "x", "moved", perm=[0, 2, 3, 1]),
        node("Flatten", "moved", "two"),
        node("Concat", "one two", "both", axis=1),
        node("MatMul", "both w", "product"),
        node("Add", "product b", "y"),
    ]
    found = agrees(path, nodes, (2, 3, 2, 2), w=floats(24, 3), b=floats(3))
    assert kinds(found) == ["Flatten", "Flatten", "Concat", "Dense"]
    assert found.network[found.network.output].bias


def test_a_network_with_channels_last_is_taken_without_its_transposes(path):
    nodes = [
        node("Transpose", "x", "first", perm=[0, 3, 1, 2]),
        node("Conv", "first w", "conv"),
        node("Transpose", "conv", "last", perm=[0, 2, 3, 1]),
        node("Add", "last shift", "sum"),
        node("ReduceMean", "sum", "y", axes=[1, 2], keepdims=0),
    ]
    found = agrees(path, nodes, (2, 4, 5, 3), w=floats(4, 3, 2, 2), shift=floats(4))
    assert found.network.input == (4, 5, 3)
    assert kinds(found)[0] == "Conv2D"
    assert kinds(found)[-1] == "GlobalAvgPool"


def test_squeeze_and_excitation_becomes_a_product_with_a_gate_of_channels(path):
    nodes = [
        node("GlobalAveragePool", "x", "mean"),
        node("Conv", "mean w", "conv"),
        node("Sigmoid", "conv", "gate"),
        node("Mul", "gate x", "y"),
    ]
    found = agrees(path, nodes, (2, 3, 4, 5), w=floats(3, 3, 1, 1))
    assert kinds(found) == ["AvgPool2D", "Conv2D", "Sigmoid", "Multiply"]


def test_a_vector_under_another_shape_scales_the_channels_of_an_image(path):
    nodes = [
        node("ReduceMean", "x", "mean", axes=[2, 3], keepdims=0),
        node("Gemm", "mean w", "scores"),
        node("Sigmoid", "scores", "gate"),
        node("Unsqueeze", "gate axes", "image"),
        node("Mul", "x image", "y"),
    ]
    found = agrees(path, nodes, (2, 3, 4, 5), w=floats(3, 3), axes=whole(2, 3))
    assert kinds(found) == ["GlobalAvgPool", "Dense", "Sigmoid", "Multiply"]


def test_a_map_of_one_channel_scales_the_positions_of_an_image(path):
    nodes = [node("Conv", "x w", "gate"), node("Mul", "x gate", "y")]
    assert kinds(agrees(path, nodes, (2, 3, 4, 5), w=floats(1, 3, 1, 1))) == ["Conv2D", "Multiply"]


def test_a_product_with_a_row_of_an_image_is_refused_with_both_shapes(path):
    nodes = [node("Conv", "x w", "row"), node("Mul", "x row", "y")]
    file(path, nodes, (2, 3, 4, 5), w=floats(3, 3, 4, 1))
    (reason,) = refused(path)
    assert "3×4×5 and 3×1×5 differ by more than a number for each channel or each position" in reason


def test_a_global_mean_that_a_convolution_reads_stays_an_image(path):
    nodes = [node("GlobalAveragePool", "x", "mean"), node("Conv", "mean w", "conv"), node("Flatten", "conv", "y")]
    assert kinds(agrees(path, nodes, (2, 3, 4, 5), w=floats(2, 3, 1, 1))) == ["AvgPool2D", "Conv2D", "Flatten"]


def test_a_reshape_there_and_back_leaves_nothing(path):
    nodes = [
        node("Reshape", "x flat", "vector"),
        node("Reshape", "vector image", "again"),
        node("MaxPool", "again", "y", kernel_shape=[2, 2]),
    ]
    assert kinds(agrees(path, nodes, (2, 3, 2, 4), flat=whole(0, -1), image=whole(0, 3, 2, 4))) == ["MaxPool2D"]


def test_a_file_that_only_moves_values_is_one_layer_that_does_nothing(path):
    assert kinds(agrees(path, [node("Transpose", "x", "y", perm=[0, 2, 3, 1])], (2, 3, 2, 4))) == ["Linear"]


# ---- single operators, where the format's own tests do not reach


def test_what_a_pooling_found_is_put_back_by_its_switches(path):
    nodes = [
        node("MaxPool", "x", "small places", kernel_shape=[2, 2], strides=[2, 2]),
        node("MaxUnpool", "small places", "y", kernel_shape=[2, 2], strides=[2, 2]),
    ]
    file(path, nodes, (1, 2, 4, 6))
    model = load(path)
    x = floats(1, 4, 6, 2)
    pooled = x.reshape(1, 2, 2, 3, 2, 2).max((2, 4), keepdims=True)
    wanted = np.where(x.reshape(1, 2, 2, 3, 2, 2) == pooled, pooled, 0).reshape(x.shape)
    assert np.array_equal(model.predict(x), wanted)


def test_zeros_around_and_beside_channels_every_second_row_and_slopes_of_channels(path):
    nodes = [
        node("Slice", "x starts ends axes steps", "thin"),
        node("Pad", "thin pads", "padded"),
        node("PRelu", "padded slopes", "y"),
    ]
    ends = {"starts": whole(0, 0), "ends": whole(2**60, 2**60), "axes": whole(2, 3), "steps": whole(2, 3)}
    found = agrees(path, nodes, (2, 3, 5, 4), **ends, pads=whole(0, 1, 1, 0, 0, 2, 0, 2), slopes=floats(6, 1, 1))
    assert kinds(found) == ["AvgPool2D", "ZeroPad", "PadChannels", "PReLU"]


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 17, 21])
def test_softmax_means_of_pixels_and_dropout_are_read_in_old_and_new_opsets(path, opset):
    new = opset >= 18
    nodes = [
        node("ReduceMean", "x axes" if new else "x", "mean", **({} if new else {"axes": [2, 3]}), keepdims=1),
        node("Squeeze", "mean axes" if opset >= 13 else "mean", "vector", **({} if opset >= 13 else {"axes": [2, 3]})),
        node("Dropout", "vector", "dropped"),
        node("Softmax", "dropped", "y", axis=1),
    ]
    constants = {"axes": whole(2, 3)} if opset >= 13 else {}
    assert kinds(agrees(path, nodes, (2, 3, 4, 5), opset, **constants)) == ["GlobalAvgPool", "Dropout", "Softmax"]


# ---- what is put together


def test_scales_and_shifts_of_channels_go_into_the_convolution_before_them(path):
    nodes = [node("Conv", "x w", "conv"), node("Mul", "conv scale", "scaled"), node("Add", "shift scaled", "y")]
    constants = {"w": floats(4, 3, 1, 1), "scale": floats(4, 1, 1), "shift": floats(1, 4, 1, 1)}
    assert kinds(agrees(path, nodes, (2, 3, 2, 2), **constants)) == ["Conv2D"]


def test_preprocessing_in_front_becomes_one_norm_that_training_leaves_alone(path):
    nodes = [node("Sub", "x mean", "centred"), node("Div", "centred std", "y")]
    found = agrees(path, nodes, (2, 3, 2, 2), mean=floats(1, 3, 1, 1), std=np.float32([[[2]], [[3]], [[4]]]))
    assert set(kinds(found)) == {"BatchNorm"}
    assert set(found.frozen) == set(found.network.nodes)


def formula(name: str) -> list[onnx.NodeProto]:
    gelu = [node("Add", "e one", "plus"), node("Mul", "x plus", "product"), node("Mul", "product half", "y")]
    bent = [node("Pow", "x three", "cube"), node("Mul", "cube c", "small"), node("Add", "x small", "bent")]
    return {
        "GELU": [node("Div", "x root", "inner"), node("Erf", "inner", "e"), *gelu],
        "GELU tanh": [*bent, node("Mul", "bent s", "inner"), node("Tanh", "inner", "e"), *gelu],
        "Swish": [node("Sigmoid", "x", "gate"), node("Mul", "gate x", "y")],
        "HardSwish": [
            *(node("Add", "x three", "shifted"), node("Clip", "shifted zero six", "clipped")),
            *(node("Mul", "x clipped", "product"), node("Div", "product six", "y")),
        ],
        "HardSwish by a gate": [node("HardSigmoid", "x", "gate", alpha=1 / 6, beta=0.5), node("Mul", "x gate", "y")],
    }[name]


NUMBERS = {"root": 2**0.5, "one": 1, "half": 0.5, "three": 3, "zero": 0, "six": 6, "c": 0.044715, "s": 0.7978845608}


@pytest.mark.parametrize("name", ["GELU", "GELU tanh", "Swish", "HardSwish", "HardSwish by a gate"])
def test_formulas_written_out_become_the_activation_they_are(path, name):
    file(path, formula(name), (1, 2, 3, 4), **{key: np.float32(value) for key, value in NUMBERS.items()})
    found = read(path)
    [layer] = found.network.nodes.values()
    assert layer.layer.type_name() == name.split()[0]
    assert layer.layer.values() == ({"form": "tanh"} if "tanh" in name else type(layer.layer)().values())


def test_clip_from_zero_to_six_is_a_clipped_relu(path):
    file(path, [node("Clip", "x low high", "y")], (1, 2, 3, 4), low=np.float32(0), high=np.float32(6))
    [layer] = read(path).network.nodes.values()
    assert (layer.layer.type_name(), layer.layer.ceiling) == ("ClippedReLU", 6)


def test_names_stay_where_they_are_legal_and_are_made_so_where_they_are_not(path):
    nodes = [node("Relu", "x", "a"), node("Relu", "a", "b"), node("Relu", "b", "c"), node("Relu", "c", "d")]
    for one, name in zip(nodes, ["/layer1/relu.0", "/layer1/relu.0", "1 für alle", ""]):
        one.name = name
    file(path, nodes, (1, 2, 3, 4))
    assert list(read(path).network.nodes) == ["layer1/relu.0", "layer1/relu.0_2", "relu_1_f_r_alle", "d"]


# ---- what is refused


def test_everything_that_stands_in_the_way_is_named_at_once(path):
    nodes = [
        node("LRN", "x", "a", size=4),
        node("Sin", "x", "b"),
        node("Sin", "b", "c"),
        node("Conv", "x x", "d", pads=[2, 2, 2, 2]),
        node("MaxPool", "x", "e places", kernel_shape=[3, 3], storage_order=1, pads=[1, 1, 1, 1]),
        node("Concat", "a c d e", "y", axis=1),
    ]
    file(path, nodes, (1, 3, 5, 5))
    reasons = refused(path)
    assert reasons == (
        "LRN (A): size 4 has no middle: use an odd number such as 5",
        "Sin (B, C): there is no layer for this operator",
        "Conv (D): its weight is computed by the network and must be constant",
        "MaxPool (E): it counts places by columns",
    )


def test_a_size_that_is_left_open_is_asked_for_and_may_be_given(path):
    file(path, [node("Conv", "x w", "y")], ("N", 3, "H", "W"), w=floats(2, 3, 1, 1))
    assert refused(path) == (
        "its input 'x' leaves height and width open; say the size of the image (height,width,channels)",
    )
    assert read(path, input=(5, 7, 3)).network.input == (5, 7, 3)
    assert refused(path, input=(5, 7, 4)) == ("its input 'x' has channels 3 and not 4",)


def test_several_outputs_are_named_and_one_is_chosen(path):
    model = file(path, [node("Relu", "x", "a"), node("Tanh", "x", "b")], (1, 2, 3, 4))
    model.graph.output.append(helper.make_tensor_value_info("a", TensorProto.FLOAT, (1, 2, 3, 4)))
    onnx.save(model, path)
    assert refused(path) == ("has 2 outputs, b, a; name one of them as output",)
    assert kinds(read(path, output="a")) == ["ReLU"]


def test_an_opset_that_is_too_old_is_refused(path):
    model = file(path, [node("Relu", "x", "y")], (1, 2, 3, 4))
    model.opset_import[0].version = 6
    onnx.save(model, path)
    assert "opset 6; use one from 7" in refused(path)[0]


# ---- files beside the file


def test_weights_beside_the_file_are_read_from_where_it_says(path):
    nodes = [node("Conv", "x w", "conv"), node("Relu", "conv", "y")]
    model = file(path, nodes, (1, 3, 4, 4), w=floats(4, 3, 2, 2))
    inside = load(path)
    onnx.save(model, path, save_as_external_data=True, location="net.data", size_threshold=0)
    assert path.stat().st_size < 1000
    x = floats(1, 4, 4, 3)
    assert np.array_equal(load(path).predict(x), inside.predict(x))


@pytest.mark.parametrize("location", ["../secret", "/etc/hostname", "sub/../../secret", "C:\\secret", "link", ""])
def test_weights_are_read_from_nowhere_else(path, location):
    (path.parent.parent / "secret").write_bytes(bytes(1000))
    if not (path.parent / "link").exists():
        os.symlink(path.parent.parent / "secret", path.parent / "link")
    outside(path, location, 0, 48)
    [reason] = refused(path)
    assert reason.startswith("the constant 'w' has its values in")


def test_weights_beside_the_file_that_end_too_early_are_refused(path):
    (path.parent / "short").write_bytes(bytes(40))
    outside(path, "short", 0, 48)
    assert refused(path) == ("the constant 'w' needs 48 bytes from byte 0 of short, which holds 40",)


def outside(path: Path, location: str, start: int, length: int) -> None:
    """A file whose weights are said to be in another."""
    model = file(path, [node("Conv", "x w", "y")], (1, 3, 4, 4), w=floats(4, 3, 1, 1))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": str(start), "length": str(length)}.items():
        tensor.external_data.add(key=key, value=value)
    onnx.save(model, path)


# ---- hostile files


def small(path: Path) -> onnx.ModelProto:
    nodes = [
        node("Conv", "x w b", "conv", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "conv b b b s", "norm"),
        node("Relu", "norm", "relu"),
        node("Shape", "relu", "shape"),
        node("Slice", "shape zero one", "batch"),
        node("Concat", "batch rest", "target", axis=0),
        node("Reshape", "relu target", "flat"),
        node("Gemm", "flat g", "y", transB=1),
    ]
    constants = {"w": floats(2, 1, 3, 3), "b": floats(2), "s": np.float32([1, 2]), "g": floats(3, 32)}
    return file(path, nodes, (1, 1, 4, 4), **constants, zero=whole(0), one=whole(1), rest=whole(-1))


def test_damaged_files_are_read_or_refused_in_a_sentence_and_nothing_else(path):
    small(path)
    sound, chance = path.read_bytes(), random.Random(1)
    results = {"read": 0, "refused": 0}
    for _ in range(300):
        damaged = bytearray(sound)
        for _ in range(chance.choice([1, 1, 3, 12])):
            damaged[chance.randrange(len(sound))] = chance.randrange(256)
        path.write_bytes(damaged[: chance.choice([len(sound), len(sound), chance.randrange(len(sound))])])
        try:
            read(path)
            results["read"] += 1
        except ConvscopeError:
            results["refused"] += 1
    assert min(results.values()) > 10


@pytest.mark.parametrize("number", [0, -1, 1 << 31, 1 << 40, (1 << 63) - 1])
def test_huge_sizes_are_refused_before_anything_is_made_of_them(path, number):
    sound = small(path)
    for change in range(4):
        model = onnx.ModelProto()
        model.CopyFrom(sound)
        if change == 0:
            model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = number
        elif change == 1:
            model.graph.initializer[0].dims[0] = number
        elif change == 2:
            model.graph.node[0].attribute[0].ints[1] = number
        else:
            model.graph.initializer[-1].raw_data = whole(number).tobytes()
        onnx.save(model, path)
        if change == 3 and number == -1:
            continue  # that is what stands there
        assert refused(path)


def test_a_few_bytes_that_ask_for_much_memory_are_refused(path):
    nodes = [node("ConstantOfShape", "many", "ones"), node("Tile", "ones many", "more"), node("Add", "x more", "y")]
    file(path, nodes, (1, 2, 3, 4), many=whole(1 << 40))
    assert "ConstantOfShape (ONES)" in " ".join(refused(path))


def test_a_cycle_is_refused(path):
    model = small(path)
    model.graph.node[0].input[0] = "relu"
    onnx.save(model, path)
    assert "is not valid" in refused(path)[0]


def test_functions_that_call_each_other_without_end_are_refused(path):
    model = file(path, [node("Relu", "x", "y")], (1, 2, 3, 4))
    body = [helper.make_node("f1", ["a"], ["b"], domain="own"), helper.make_node("f1", ["b"], ["c"], domain="own")]
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    for number in range(40):
        for one in body:
            one.op_type = f"f{number + 1}"
        inner = body if number < 39 else [helper.make_node("Relu", ["a"], ["c"])]
        model.functions.append(helper.make_function("own", f"f{number}", ["a"], ["c"], inner, imports))
    model.opset_import.append(imports[1])
    model.graph.node[0].op_type, model.graph.node[0].domain = "f0", "own"
    onnx.save(model, path)
    assert any("more than 100,000 operators" in reason for reason in refused(path))


# ---- what was written here


@pytest.mark.parametrize("name", ["lenet5", "resnet8", "squeezenet_mini", "googlenet_mini", "mobilenet_mini"])
@pytest.mark.parametrize("opset", [11, 17, 23])
def test_a_network_that_was_exported_comes_back_with_its_names_layers_and_weights(path, name, opset):
    model = Model(zoo.build(name), seed=4)
    path.write_bytes(model_bytes(model.network, model.weights, opset))
    found = read(path)
    assert described(found.network) == described(model.network)
    assert found.weights.keys() == set(model.weights)
    assert all(np.array_equal(array, model.weights[key]) for key, array in found.weights.items())


def described(network: Network) -> dict[str, Any]:
    """Every layer with its parameters and inputs; padding in numbers, as files have it."""
    found = {}
    for one in network.order():
        values = one.layer.values()
        if "kernel" in values:
            height, width, _ = network.input_shapes(one.name)[0]
            values["padding"] = one.layer.geometry.pads(height, width)
        found[one.name] = (one.layer.type_name(), values, one.inputs)
    return found


# ---- as models


def test_files_are_told_by_what_they_hold_and_taken_where_models_are(path, capsys):
    small(path)
    renamed = path.with_suffix(".bin")
    path.rename(renamed)
    assert open_any(renamed).network.name == "net"
    assert main(["summary", str(renamed)]) == 0
    assert "CONV" in capsys.readouterr().out
    path.write_bytes(b"no such thing")
    with pytest.raises(FileError, match="not an ONNX file"):
        load(path)


def test_an_imported_model_keeps_preprocessing_and_class_names(path, capsys):
    small(path)
    names, out = path.with_name("names.txt"), path.with_name("net.safetensors")
    names.write_text("n00000001 tench, Tinca tinca\nn00000002 goldfish\nn00000003 great white shark\n")
    assert main(["import", str(path), str(out), "--preprocess", "raw", "--classes", str(names)]) == 0
    assert "3 class names" in capsys.readouterr().out
    model = load(out)
    assert model.classes == ("tench, Tinca tinca", "goldfish", "great white shark")
    assert model.preprocessing.scale == 1
    x = floats(1, 4, 4, 1)
    assert np.array_equal(model.predict(x), load(path).predict(x))


def test_class_names_that_are_not_as_many_as_outputs_are_refused(path):
    small(path)
    with pytest.raises(FileError, match="has 3 outputs and there are 2 class names"):
        import_onnx(path, classes=("one", "two"))


def test_class_names_are_read_from_lines_and_from_json(tmp_path):
    file = tmp_path / "names"
    for text in [
        "cat\ndog\n",
        '["cat", "dog"]',
        '{"1": "dog", "0": "cat"}',
        '{"0": ["n1", "cat"], "1": ["n2", "dog"]}',
    ]:
        file.write_text(text)
        assert read_class_names(file) == ("cat", "dog")
    for text in ["", "cat\n\ndog", "[1, 2]", '{"a": "cat"}', "[" * 100_000]:
        file.write_text(text)
        with pytest.raises(FileError):
            read_class_names(file)


def test_what_the_file_itself_tells_of_classes_and_pixels_is_kept(path, tmp_path):
    small(path)
    model = import_onnx(path, preprocessing="caffe", classes=("a", "b", "c"))
    assert model.preprocessing.order == "bgr"
    save(model, tmp_path / "net.safetensors")
    with pytest.raises(ConvscopeError, match="did you mean 'imagenet'"):
        import_onnx(path, preprocessing="imagnet")
