"""Model files: bit for bit there and back, and every kind of damage told, nothing executed."""

import copy
import json
import math
import pickle
import struct

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.engine import layers as L
from convscope.engine import zoo
from convscope.engine.data import Preprocessing
from convscope.engine.graph import Network
from convscope.engine.io import FileError, load, load_network, load_training_state, open_any, save, save_network
from convscope.engine.runtime.model import Model

STATE = {
    "meta": {"epoch": 3, "rate": 0.1, "best": None, "history": [[1, 2.5], [2, math.inf]], "text": "×"},
    "arrays": {
        "velocity.conv.weight": np.linspace(-1, 1, 18, dtype=np.float32).reshape(3, 3, 1, 2),
        "order": np.arange(7),
        "generator": np.array([2**63, 5], np.uint64),
        "flags": np.array([True, False]),
        "scalar": np.array(2.5),
        "empty": np.zeros((0, 4), np.float32),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    },
}


def small_network() -> Network:
    net = Network((6, 6, 1), "small")
    net.add(L.Conv2D(2, 3), "conv")
    net.add(L.BatchNorm(), "bn")
    net.add(L.ReLU(), "relu")
    net.add(L.Flatten(), "flatten")
    net.add(L.Dense(3), "scores")
    net.layout["conv"] = (10.0, 20.5)
    return net


@pytest.fixture(scope="module")
def model() -> Model:
    made = Model(small_network(), seed=4, preprocessing=Preprocessing(mean=(0.3,), std=(0.7,)), classes=("a", "b", "c"))
    for number, array in enumerate(made.weights.values()):
        array[...] = np.random.default_rng(number).normal(size=array.shape)
    made.weights_changed()
    return made


@pytest.fixture
def path(tmp_path, model):
    path = tmp_path / "model.safetensors"
    save(model, path, STATE)
    return path


def contents(path) -> tuple[dict, dict]:
    """The document and the arrays of a model file."""
    with safetensors.safe_open(path, framework="np") as file:
        return json.loads(file.metadata()["convscope"]), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def rewrite(path, document, arrays) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_bytes(safetensors.numpy.save(arrays, {"convscope": text}))


def faults(path, read=load) -> tuple[str, ...]:
    with pytest.raises(FileError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path)), "the file is named"
    assert "\n" not in str(caught.value)
    return caught.value.reasons


# ---- there and back


def test_a_model_comes_back_bit_for_bit(path, model):
    twin = load(path)
    assert twin.network == model.network
    assert twin.network.layout == model.network.layout
    assert (twin.preprocessing, twin.classes) == (model.preprocessing, model.classes)
    assert list(twin.weights) == list(model.weights)
    for name, array in model.weights.items():
        np.testing.assert_array_equal(twin.weights[name], array)


def test_a_loaded_model_answers_as_the_saved_one(path, model):
    x = np.random.default_rng(0).normal(size=(5, 6, 6, 1)).astype(np.float32)
    np.testing.assert_array_equal(load(path).forward(x), model.forward(x))


def test_the_same_model_gives_the_same_bytes(path, tmp_path):
    again = tmp_path / "again.safetensors"
    save(load(path), again, load_training_state(path))
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", [name for name, entry in zoo.ARCHITECTURES.items() if entry.compact])
def test_every_compact_architecture_is_saved_and_loaded(name, tmp_path):
    made = Model(zoo.build(name), seed=1)
    save(made, tmp_path / "m")
    twin = load(tmp_path / "m")
    assert twin.network == made.network
    assert all(np.array_equal(twin.weights[n], w) for n, w in made.weights.items())


def test_the_training_state_comes_back_with_its_types(path):
    state = load_training_state(path)
    assert state["meta"] == STATE["meta"]
    assert set(state["arrays"]) == set(STATE["arrays"])
    for name, array in STATE["arrays"].items():
        assert state["arrays"][name].dtype == array.dtype
        assert state["arrays"][name].shape == array.shape
        np.testing.assert_array_equal(state["arrays"][name], array)


def test_a_file_without_training_state_says_none(tmp_path, model):
    save(model, tmp_path / "m")
    assert load_training_state(tmp_path / "m") is None
    save(model, tmp_path / "m", {"meta": None, "arrays": {}})
    assert load_training_state(tmp_path / "m") == {"meta": None, "arrays": {}}


def test_no_layer_name_can_collide_with_the_training_state(tmp_path):
    net = Network((2, 2, 1))
    net.add(L.Conv2D(1, 1), "training")
    made = Model(net)
    save(made, tmp_path / "m", {"meta": {}, "arrays": {"weight": np.array([9.0])}})
    np.testing.assert_array_equal(load(tmp_path / "m").weights["training.weight"], made.weights["training.weight"])
    assert load_training_state(tmp_path / "m")["arrays"]["weight"] == [9.0]


def test_weights_lie_under_their_names_for_other_programs(path, model):
    arrays = safetensors.numpy.load_file(path)
    np.testing.assert_array_equal(arrays["conv.weight"], model.weights["conv.weight"])
    document, _ = contents(path)
    assert (document["format"], document["version"]) == ("convscope-model", 1)
    assert document["convscope"]
    assert Network.from_dict(document["network"]) == model.network


# ---- saving


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_model_with_broken_weights_does_not_replace_a_good_file(path, tmp_path, value):
    before = path.read_bytes()
    broken = load(path)
    broken.weights["bn.weight"][1] = value
    with pytest.raises(
        FileError, match=r"was not written, there is NaN or infinity in bn\.weight; an older file is unchanged"
    ):
        save(broken, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_full_disk_while_saving_leaves_the_old_file(path, model, monkeypatch):
    before = path.read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FileError, match="the disk is full, and an older file is unchanged"):
        save(model, path)
    monkeypatch.undo()
    assert path.read_bytes() == before


def test_state_arrays_that_cannot_be_stored_are_named(tmp_path, model):
    with pytest.raises(FileError, match="was not written, training:names has type <U1"):
        save(model, tmp_path / "m", {"meta": {}, "arrays": {"names": np.array(["a"])}})
    assert not (tmp_path / "m").exists()


# ---- damage


@pytest.mark.parametrize(
    "content", [b"", b"x", b"hello" * 100, bytes(100), struct.pack("<Q", 1 << 40) + b"{}", b"PK\x03\x04"]
)
def test_what_is_no_model_file_is_told(tmp_path, content):
    path = tmp_path / "file.safetensors"
    path.write_bytes(content)
    [reason] = faults(path)
    assert reason.startswith("is damaged or not a model file (")
    assert "use another copy" in reason


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_told(path, kept):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert "is damaged" in faults(path)[0]
    assert "is damaged" in faults(path, load_training_state)[0]


def test_a_pickle_is_never_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").write_text, ("x",))

    path = tmp_path / "evil.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    faults(path)
    faults(path, open_any)
    faults(path, load_training_state)
    assert not (tmp_path / "sprung").exists()


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    assert faults(tmp_path / "none") == ("there is no such file; check the path",)
    assert faults(tmp_path) == ("is a folder; name a file in it",)


def test_arrays_of_another_program_are_told(tmp_path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(safetensors.numpy.save({"w": np.zeros(3, np.float32)}, {"format": "pt"}))
    [fault] = faults(path)
    assert fault.startswith("holds arrays but no Convscope network; name a file written by Convscope, or give its")


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "3", "[" * 100_000, "1" * 5000])
def test_a_description_that_is_no_json_object_is_told(path, text):
    rewrite(path, text, contents(path)[1])
    assert faults(path) == ("its description is not JSON; use another copy",)


def test_another_format_and_another_version_are_told(path):
    document, arrays = contents(path)
    rewrite(path, {**document, "format": "else"}, arrays)
    assert faults(path) == ("is not a Convscope model; name a file written by Convscope",)
    rewrite(path, {**document, "version": 9, "convscope": "7.0"}, arrays)
    expected = "has format version 9, written by Convscope 7.0, and this program reads 1; update Convscope"
    assert faults(path) == faults(path, load_training_state) == (expected,)


def test_missing_foreign_misshapen_mistyped_and_broken_weights_are_all_listed(path):
    document, arrays = contents(path)
    del arrays["conv.weight"]
    arrays["alien"] = np.zeros(2, np.float32)
    arrays["scores.weight"] = arrays["scores.weight"].T.copy()
    arrays["bn.weight"] = arrays["bn.weight"].astype(np.float64)
    arrays["bn.bias"] = np.array([np.nan, 1], np.float32)
    rewrite(path, document, arrays)
    assert sorted(faults(path)) == [
        "the array alien belongs to no layer; remove it",
        "the weight bn.bias holds NaN or infinity; use an earlier copy",
        "the weight bn.weight is F64 2 instead of F32 2; use another copy",
        "the weight conv.weight is missing; use another copy",
        "the weight scores.weight is F32 3×32 instead of F32 32×3; use another copy",
    ]


def test_faults_of_network_preprocessing_and_classes_are_all_listed(path):
    document, arrays = contents(path)
    document["network"]["layers"][0]["params"]["filters"] = 0
    document["network"]["layers"][1]["type"] = "Magic"
    document["preprocessing"]["std"] = [0]
    document["classes"] = "abc"
    rewrite(path, document, arrays)
    reasons = " | ".join(faults(path))
    for said in ("conv (Conv2D): filters 0", "bn ('Magic')", "scale and std must be positive", "not a list of texts"):
        assert said in reasons


def test_a_network_that_cannot_run_is_told(path):
    document, arrays = contents(path)
    document["network"]["layers"][0]["params"]["kernel"] = [9, 9]
    rewrite(path, document, arrays)
    assert faults(path)[0].startswith("conv (Conv2D): kernel 9×9 does not fit input 6×6")


def test_a_wrong_number_of_class_names_is_told(path):
    document, arrays = contents(path)
    rewrite(path, {**document, "classes": ["a", "b"]}, arrays)
    assert faults(path) == ("it names 2 classes and the network has 3 outputs; use another copy",)


def test_a_giant_network_without_its_weights_takes_no_memory(path):
    document, _ = contents(path)
    document["network"]["layers"][0]["params"]["filters"] = 10**9
    rewrite(path, document, {})
    assert "the weight conv.weight is missing; use another copy" in faults(path)


def test_element_types_that_numpy_lacks_are_told(tmp_path):
    header = json.dumps(
        {
            "__metadata__": {"convscope": json.dumps({"format": "convscope-model", "version": 1, "training": {}})},
            "training:x": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]},
        }
    ).encode()
    path = tmp_path / "m"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0")
    [reason] = faults(path, load_training_state)
    assert reason.startswith("training:x has elements of type BF16; use one of F32")


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_changed_bytes_are_read_or_told(tmp_path_factory, damages):
    folder = tmp_path_factory.getbasetemp()
    original, path = folder / "original.safetensors", folder / "fuzzed.safetensors"
    if not original.exists():
        save(Model(small_network(), classes="abc"), original, STATE)
    content = bytearray(original.read_bytes())
    for place, value in damages:
        content[place % len(content)] = value
    path.write_bytes(bytes(content))
    for read in (load, load_training_state, open_any):
        try:
            read(path)
        except FileError as error:
            assert error.reasons


places = st.sampled_from(["format", "version", "convscope", "network", "preprocessing", "classes", "training"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(places, values, min_size=1, max_size=3))
def test_any_description_at_all_is_read_or_told(tmp_path_factory, changes):
    folder = tmp_path_factory.getbasetemp()
    original, path = folder / "original.safetensors", folder / "described.safetensors"
    if not original.exists():
        save(Model(small_network(), classes="abc"), original, STATE)
    document, arrays = contents(original)
    rewrite(path, {**document, **changes}, arrays)
    for read in (load, load_training_state):
        try:
            read(path)
        except FileError as error:
            assert error.reasons


# ---- network files, and opening anything


def test_a_network_file_comes_back_unchanged(tmp_path):
    net = small_network()
    save_network(net, tmp_path / "net.json")
    twin = load_network(tmp_path / "net.json")
    assert twin == net
    assert twin.layout == net.layout
    assert [p.name for p in tmp_path.iterdir()] == ["net.json"]


def test_a_half_built_network_can_be_saved(tmp_path):
    net = small_network()
    net.remove("relu")
    save_network(net, tmp_path / "net.json")
    assert load_network(tmp_path / "net.json") == net


def test_network_files_of_other_editors_are_read(tmp_path):
    (tmp_path / "net.json").write_bytes(b"\xef\xbb\xbf" + small_network().to_json().replace("\n", "\r\n").encode())
    assert load_network(tmp_path / "net.json") == small_network()
    assert open_any(tmp_path / "net.json") == small_network()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the text is not JSON"),
        (b"{", "the text is not JSON"),
        (b"\xff\xfe{", "is not text; name a .json file"),
        (b"{}", "this is not a Convscope network"),
    ],
)
def test_a_damaged_network_file_is_told(tmp_path, content, said):
    (tmp_path / "net.json").write_bytes(content)
    assert faults(tmp_path / "net.json", load_network)[0].startswith(said)


def test_all_faults_of_a_network_file_are_listed(tmp_path):
    document = small_network().to_dict()
    for layer in document["layers"]:
        layer["type"] = "Nothing"
    (tmp_path / "net.json").write_text(json.dumps(document))
    assert len(faults(tmp_path / "net.json", load_network)) == 5


def test_a_giant_file_is_not_read_as_a_network(tmp_path, monkeypatch):
    monkeypatch.setattr("convscope.engine.io.network_file.MOST_BYTES", 100)
    save_network(small_network(), tmp_path / "net.json")
    assert faults(tmp_path / "net.json", load_network)[0].startswith("is too large for a network file")


def test_files_are_opened_by_what_they_hold(tmp_path, path):
    model_named_json = path.rename(tmp_path / "model.json")
    save_network(small_network(), tmp_path / "net.safetensors")
    assert isinstance(open_any(model_named_json), Model)
    assert isinstance(open_any(tmp_path / "net.safetensors"), Network)
    (tmp_path / "spaced").write_text("\n\n  " + small_network().to_json(indent=None))
    assert isinstance(open_any(str(tmp_path / "spaced")), Network)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(50), b"[1, 2]", b"\x80\x04K\x01."])
def test_what_is_neither_is_told(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    [reason] = faults(tmp_path / "file", open_any)
    assert reason.startswith("is neither a network (.json), a model (.safetensors) nor an ONNX file")


def test_a_truncated_model_is_told_as_a_model(path):
    path.write_bytes(path.read_bytes()[:200])
    assert "is damaged or not a model file" in faults(path, open_any)[0]


def test_a_json_text_that_looks_like_a_header_is_still_a_text(tmp_path):
    text = json.dumps(copy.deepcopy(small_network().to_dict()))
    (tmp_path / "net").write_text('{"a": [ {' + text[1:])
    assert faults(tmp_path / "net", open_any)[0].startswith("the text is not JSON")


def test_missing_files_are_told_by_all_that_open(tmp_path):
    for read in (load, load_network, load_training_state, open_any):
        assert faults(tmp_path / "none", read) == ("there is no such file; check the path",)
        assert faults(tmp_path, read) == ("is a folder; name a file in it",)
