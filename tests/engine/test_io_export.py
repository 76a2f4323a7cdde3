"""Exported files take the place of older ones only when running them gave our outputs; PyTorch code and the command."""

import importlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from convscope.engine import ConvscopeError, Model, Network, Preprocessing, export, trained
from convscope.engine import layers as L
from convscope.engine.cli.main import main
from convscope.engine.data.mean_image import MeanImage
from convscope.engine.io import FileError, proof
from convscope.engine.io.export import FORMATS
from convscope.engine.io.proof import Difference
from convscope.engine.io.pytorch import names, writing
from convscope.engine.io.pytorch.code import coded
from convscope.engine.io.pytorch.names import identifiers, printable

from .export_cases import difference, lively, solved

AGREES = Difference("Runtime", 1e-6, 1e-7)


def small() -> Network:
    net = Network((4, 5, 3), "small")
    net.add(L.Conv2D(4, 3), "conv")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(3), "scores")
    return net


def source(net: Network) -> str:
    model = lively(net)
    return writing.text(net, coded(net), model.preprocessing, ())


# ---- files are proven


@pytest.fixture
def proven(monkeypatch: pytest.MonkeyPatch):
    """Say what running a file finds, instead of running it."""

    def with_result(result: Difference | Exception) -> None:
        def found(*_: object) -> Difference:
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(proof, "difference", found)
        monkeypatch.setattr(proof.Runtime, "missing", lambda self: ())

    return with_result


@pytest.mark.parametrize(
    ("result", "part"),
    [
        (Difference("ONNX Runtime", 3.0, 0.2), "gives other results: ONNX Runtime agrees to 3.0e+00, 2.0e-01"),
        (Difference("ONNX Runtime", np.nan, np.nan), "gives other results"),
        (proof.RunError("no kernel"), "cannot run it: no kernel"),
    ],
)
def test_a_file_that_computes_something_else_does_not_replace_the_old_one(
    tmp_path: Path, proven, result: Difference | Exception, part: str
) -> None:
    proven(result)
    path = tmp_path / "m.onnx"
    path.write_text("old")
    with pytest.raises(FileError) as caught:
        export(lively(small()), path)
    assert part in str(caught.value)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("m.onnx", "old")]


def test_what_was_found_is_told(tmp_path: Path, proven) -> None:
    proven(AGREES)
    done = export(lively(small()), tmp_path / "m.onnx")
    assert str(done) == "Runtime agrees to 1.0e-06, 1.0e-07 of the largest output"
    assert done.to_dict()["verified"] == {"runtime": "Runtime", "absolute": 1e-6, "relative": 1e-7}


@pytest.mark.parametrize("name", FORMATS)
def test_where_the_other_program_is_absent_the_file_is_written_and_what_to_install_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None)
    done = export(lively(small()), tmp_path / "m", to=name)
    runtime = FORMATS[name].runtime
    assert str(done) == (
        f"not verified, {runtime.title} is not installed; to have it run: pip install {' '.join(runtime.packages)}"
    )
    assert all(file.exists() for file in done.files)


def test_a_full_disk_is_told_with_the_name_of_the_file_that_was_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(kept: object, path: Path, **options: object) -> None:
        raise FileError(path.with_suffix(".safetensors"), ["was not written, the disk is full"])

    monkeypatch.setattr(writing, "write", full)
    with pytest.raises(FileError, match="the disk is full") as caught:
        export(Model(small()), tmp_path / "small.py", verify=False)
    assert caught.value.path == str(tmp_path / "small.safetensors")


def test_unknown_formats_and_folders_are_named(tmp_path: Path) -> None:
    model = lively(small())
    for path, to, part in (("m.xyz", None, ".onnx for ONNX, .py for PyTorch"), ("m", "keras", "use onnx or pytorch")):
        with pytest.raises(ConvscopeError, match=part):
            export(model, tmp_path / path, to)
    with pytest.raises(FileError, match="there is no folder"):
        export(model, tmp_path / "nowhere" / "m.onnx", verify=False)


def test_onnx_runtime_proves_a_file_in_its_own_process(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    done = export(trained.load("resnet8_shapes"), tmp_path / "m.onnx", opset=20, with_preprocessing=True)
    assert done.difference is not None
    assert done.difference.relative < 1e-5


def test_pytorch_proves_a_file_in_its_own_process(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    done = export(trained.load("squeezenet_boxes"), tmp_path / "m.py")
    assert done.difference is not None
    assert done.difference.relative < 1e-5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.py", "m.safetensors"]


# ---- the command


def test_the_command_writes_and_tells(tmp_path: Path, proven, capsys: pytest.CaptureFixture[str]) -> None:
    proven(AGREES)
    path = tmp_path / "m.onnx"
    assert main(["export", "lenet5_digits", "--to", "onnx", str(path), "--opset", "13", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "format": "onnx",
        "files": [str(path)],
        "verified": {"runtime": "Runtime", "absolute": 1e-6, "relative": 1e-7},
        "note": None,
    }
    assert main(["export", "lenet5_digits", str(tmp_path / "m.py"), "--no-verify"]) == 0
    assert capsys.readouterr().out.endswith("m.safetensors: not verified.\n")


def test_options_of_the_other_format_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "lenet5_digits", str(tmp_path / "m.py"), "--opset", "13"]) == 2
    assert "are of ONNX" in capsys.readouterr().err


# ---- PyTorch code


def test_every_layer_type_can_be_written_as_pytorch_code() -> None:
    for kind in L.TYPES.values():
        family = kind.__module__.rpartition(".")[0]
        assert kind in importlib.import_module(f"{family}.to_torch").MODULES


def test_pytorch_computes_every_layer() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    translated = importlib.import_module("convscope.engine.bench.peers.torch_layers").translated
    for case in solved():
        module = translated(case.model.network, dict(case.model.weights)).eval()
        with torch.inference_mode():
            result = module(torch.from_numpy(case.x).permute(0, 3, 1, 2))
        result = (result[0] if isinstance(result, tuple) else result).numpy()
        result = result.transpose(0, 2, 3, 1) if result.ndim == 4 else result
        assert difference(result, case.expected) < 1e-5, case.layer


def test_the_code_reads_as_a_person_would_write_it() -> None:
    lines = source(small()).splitlines()
    for line in (
        "class Small(nn.Module):",
        "        self.conv = nn.Conv2d(3, 4, 3)",
        "        self.scores = nn.Linear(24, 3)",
        "        x = self.conv(x)",
        "        x = torch.flatten(x, 1)",
        "        return self.scores(x)",
    ):
        assert line in lines
    assert "import convscope" not in source(small())


def test_weights_beside_the_code_have_pytorchs_layout(tmp_path: Path) -> None:
    model = lively(small())
    _, weights = writing.write(model, tmp_path / "m.py")
    found = load_file(weights)
    np.testing.assert_array_equal(found["conv.weight"], model.weights["conv.weight"].transpose(3, 2, 0, 1))
    rows = model.weights["scores.weight"].reshape(2, 3, 4, 3).transpose(2, 0, 1, 3).reshape(24, 3)
    np.testing.assert_array_equal(found["scores.weight"], rows.T)


def test_the_code_makes_input_of_pixels_as_the_model_does(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    random, net = np.random.default_rng(3), small()
    image = MeanImage.of(random.uniform(0, 1, net.input).astype(np.float32))
    how = Preprocessing(mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7), order="bgr", mean_image=image)
    model = Model(net, preprocessing=how)
    path, _ = writing.write(model, tmp_path / "m.py")
    names: dict[str, Any] = {"__file__": str(path)}
    exec(compile(path.read_text(), str(path), "exec"), names)
    pixels = random.integers(0, 256, (2, *net.input)).astype(np.float32)
    with torch.inference_mode():
        result = names["load"]()(names["prepare"](torch.from_numpy(pixels).permute(0, 3, 1, 2))).numpy()
    assert difference(result, model.predict(model.prepare(pixels))) < 1e-5


def test_names_of_layers_never_break_or_become_code() -> None:
    net = Network((4, 4, 2), 'a"""\nimport os\n"""')
    for name in ("class", "forward", "x", "a.b", "a/b", "a_b", "F", "__init__"):
        net.add(L.Tanh(), name)
    text = source(net)
    compile(text, "exported", "exec")
    assert "\nimport os" not in text
    assert len(set(identifiers(net.nodes).values())) == len(net)
    assert printable('a"""\n\\b') == "a_____b"


def test_no_layer_takes_the_name_of_what_a_module_has() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    own = {name for name in dir(torch.nn.Module()) if not name.startswith("_")}
    assert own <= names._MODULES_OWN
