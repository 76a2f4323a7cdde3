"""Weights of other programs: names, layouts, faults all at once, and PyTorch's files read without unpickling."""

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from convscope.engine import ConvscopeError, export, load_weights, zoo
from convscope.engine.cli.main import main
from convscope.engine.io import FileError, load
from convscope.engine.io.channels_first import theirs
from convscope.engine.io.foreign import pickled_tensors
from convscope.engine.io.foreign.state import opened
from convscope.engine.io.foreign.tables import TABLES, tables_for

from .export_cases import lively

Arrays = dict[str, np.ndarray]


def as_theirs(model) -> Arrays:
    """The state that the program of the first table would save."""
    [table] = tables_for(model.network.name)
    state = {}
    for name, array in model.weights.items():
        layer, _, own = name.rpartition(".")
        state[f"{table.names[layer]}.{own}"] = np.ascontiguousarray(theirs(array))
    return state


@pytest.fixture(scope="module")
def resnet():
    return lively(zoo.resnet8())


def assert_equal_weights(one, other) -> None:
    for name, array in one.weights.items():
        np.testing.assert_array_equal(array, other.weights[name])


# ---- tables


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.program}: {table.architectures[-1]}")
def test_a_table_names_every_layer_once(table) -> None:
    for name in table.architectures:
        layers = {weight.rpartition(".")[0] for weight in zoo.build(name).weights()}
        assert layers <= set(table.names)
        assert len({table.names[layer] for layer in layers}) == len(layers)


def test_weights_come_into_their_places(tmp_path: Path, resnet) -> None:
    state = as_theirs(resnet) | {"bn1.num_batches_tracked": np.array(3)}
    save_file({f"module.{name}": array for name, array in state.items()}, tmp_path / "m.safetensors")
    found = load_weights("resnet8", tmp_path / "m.safetensors")
    assert_equal_weights(resnet, found)
    assert found.preprocessing.mean == (0.485, 0.456, 0.406)


def test_code_that_was_exported_gives_its_weights_back(tmp_path: Path) -> None:
    """The rows of a dense layer behind a flattened image are sorted both ways; the file says how many classes."""
    model = lively(zoo.lenet5(classes=7))
    export(model, tmp_path / "m.py", verify=False)
    found = load_weights("lenet5", tmp_path / "m.safetensors")
    assert found.network.shapes()["scores"] == (7,)
    assert_equal_weights(model, found)


def test_everything_that_does_not_fit_is_named_at_once(tmp_path: Path, resnet) -> None:
    state = as_theirs(resnet)
    del state["bn1.bias"]
    state["conv1.weight"] = state["conv1.weight"][:, :2].copy()
    state["layer1.0.conv1.weight"] = state["layer1.0.conv1.weight"].astype(np.int32)
    state["head.weight"] = np.zeros(3, np.float32)
    save_file(state, tmp_path / "m.safetensors")
    with pytest.raises(FileError) as caught:
        load_weights("resnet8", tmp_path / "m.safetensors")
    assert set(caught.value.reasons) == {
        "bn1.bias, for bn1.bias, is missing",
        "conv1.weight is 16×2×3×3 and conv1.weight needs 16×3×3×3",
        "layer1.0.conv1.weight holds I32 instead of floating-point numbers",
        "head.weight belongs to no layer of resnet8",
    }


def test_architectures_of_other_names_are_told(tmp_path: Path) -> None:
    save_file({"conv9.weight": np.zeros(3, np.float32)}, tmp_path / "m.safetensors")
    with pytest.raises(ConvscopeError, match="No other program's names are known for lenet5; use one of densenet121"):
        load_weights("lenet5", tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("content", "part"), [(b"", "is damaged"), (b"hello, world, hello", "is damaged"), (b"PK\x03\x04", "archive")]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, part: str) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(FileError, match=part):
        load_weights("resnet8", tmp_path / "m")


def test_the_command_saves_a_model(tmp_path: Path, resnet, capsys: pytest.CaptureFixture[str]) -> None:
    save_file(as_theirs(resnet), tmp_path / "theirs.safetensors")
    assert main(["weights", "resnet8", str(tmp_path / "theirs.safetensors"), str(tmp_path / "m.safetensors")]) == 0
    assert "resnet8 with 75,290 parameters" in capsys.readouterr().out
    assert_equal_weights(resnet, load(tmp_path / "m.safetensors"))


# ---- PyTorch's files, written by hand


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def tensor(key: str, count: int, shape: tuple[int, ...], strides: tuple[int, ...], kind: str = "FloatStorage") -> bytes:
    storage = b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + number(count) + b"tQ"
    hooks = b"\x89ccollections\nOrderedDict\n)R"
    sizes = number(0) + numbers(shape) + numbers(strides)
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + sizes + hooks + b"tR"


def dictionary(items: dict[str, bytes]) -> bytes:
    return b"}(" + b"".join(text(name) + value for name, value in items.items()) + b"u"


VALUES = np.arange(6, dtype=np.float32)
STATE = {"w": tensor("7", 6, (3, 2), (1, 3)), "v": tensor("7", 6, (2,), (1,))}


def archive(pickle: bytes, method: int = zipfile.ZIP_STORED, **storages: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as parts:
        parts.writestr("m/data.pkl", b"\x80\x02" + pickle + b".")
        for key, content in (storages or {"7": VALUES.tobytes()}).items():
            parts.writestr(f"m/data/{key}", content)
    return file.getvalue()


def stream(pickle: bytes) -> bytes:
    magic = pickled_tensors.MAGIC.to_bytes(10, "little")
    head = [b"\x8a\x0a" + magic, number(1001), b"}" + text("little_endian") + b"\x88s"]
    body = [*head, pickle, b"](" + text("7") + b"e"]
    return b"".join(b"\x80\x02" + part + b"." for part in body) + struct.pack("<q", 6) + VALUES.tobytes()


CHECKPOINT = dictionary({"epoch": number(3), "best": b"G" + struct.pack(">d", 0.5), "state_dict": dictionary(STATE)})


@pytest.mark.parametrize("content", [archive(CHECKPOINT), stream(CHECKPOINT)], ids=["archive", "stream"])
def test_tensors_are_read_with_their_strides(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.pth").write_bytes(content)
    with opened(tmp_path / "m.pth") as arrays:
        np.testing.assert_array_equal(arrays["w"].read(), [[0, 3], [1, 4], [2, 5]])
        np.testing.assert_array_equal(arrays["v"].read(), [0, 1])


def test_numbers_of_half_length_are_read(tmp_path: Path) -> None:
    half = np.array([1, -2.5, 1e-3], np.float16)
    upper = (np.array([1, -2.5, 3], np.float32).view(np.uint32) >> 16).astype(np.uint16)
    state = {"h": tensor("0", 3, (3,), (1,), "HalfStorage"), "b": tensor("1", 3, (3,), (1,), "BFloat16Storage")}
    (tmp_path / "m.pt").write_bytes(archive(dictionary(state), **{"0": half.tobytes(), "1": upper.tobytes()}))
    with opened(tmp_path / "m.pt") as arrays:
        np.testing.assert_array_equal(arrays["h"].read(), half.astype(np.float32))
        np.testing.assert_array_equal(arrays["b"].read(), [1, -2.5, 3])


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (archive(b"cposix\nsystem\n" + text("true") + b"\x85R"), "holds the name 'posix system'"),
        (archive(dictionary({"args": b"cargparse\nNamespace\n)R"})), "holds the name 'argparse Namespace'"),
        (archive(dictionary({"w": tensor("7", 6, (1 << 30, 1 << 30), (0, 0))})), "a tensor beyond its values"),
        (archive(dictionary({"w": tensor("7", 6, (4, 2), (2, 1))})), "a tensor beyond its values"),
        (archive(dictionary(STATE), zipfile.ZIP_DEFLATED), "holds compressed parts"),
        (archive(dictionary({"epoch": number(3)})), "holds no tensors by name"),
        (stream(CHECKPOINT)[:-4], "it ends too early"),
    ],
)
def test_anything_else_is_refused_in_one_line_with_the_way_to_convert_it(
    tmp_path: Path, content: bytes, part: str
) -> None:
    (tmp_path / "m.pth").write_bytes(content)
    with pytest.raises(FileError) as caught, opened(tmp_path / "m.pth"):
        pass
    assert part in str(caught.value)
    assert "save_file" in str(caught.value) or "state dict" in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=150)
@given(
    st.sampled_from([archive(CHECKPOINT), stream(CHECKPOINT)]), st.lists(st.tuples(st.integers(0), st.integers(0, 255)))
)
def test_a_damaged_file_is_refused_or_read_but_never_fails_otherwise(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, changes: list[tuple[int, int]]
) -> None:
    damaged = bytearray(content)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    path = tmp_path_factory.getbasetemp() / "damaged.pth"
    path.write_bytes(damaged)
    try:
        with opened(path) as arrays:
            for array in arrays.values():
                array.read()
    except (FileError, ValueError):
        pass


def test_what_pytorch_saves_is_read(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    state = {"w": torch.nn.Parameter(torch.arange(6.0).reshape(2, 3).t()), "v": torch.arange(9.0)[2:5].bfloat16()}
    for zipped in (True, False):
        torch.save({"model": state, "epoch": 1}, tmp_path / "m.pt", _use_new_zipfile_serialization=zipped)
        with opened(tmp_path / "m.pt") as arrays:
            for name, value in state.items():
                np.testing.assert_array_equal(arrays[name].read(), value.detach().float().numpy())
    module = torch.nn.Linear(2, 2)
    torch.save(module, tmp_path / "m.pt")
    with pytest.raises(FileError, match="Linear"), opened(tmp_path / "m.pt"):
        pass


def test_the_resnet_that_others_trained_gives_its_published_outputs(shared: Path) -> None:
    file = shared / "data" / "weights" / "resnet20-12fca82f.th"
    if not file.exists():
        pytest.skip("../shared/data/weights is absent")
    model = load_weights("resnet20_cifar", file)
    known = np.load(shared / "data" / "reference" / "resnet20_activations_test0-1.npz")
    found = model.predict(known["input"].transpose(0, 2, 3, 1))
    assert np.abs(found - known["logits"]).max() < 1e-4 * np.abs(known["logits"]).max()
