"""Networks handed to other libraries: every layer, every architecture, with our weights, gives our outputs."""

import importlib.util
from types import ModuleType

import numpy as np
import pytest

from convscope.engine import INPUT, ConvscopeError, Model, Network, zoo
from convscope.engine import layers as L
from convscope.engine.bench import cases, peers
from convscope.engine.bench.agreement import relative_error
from convscope.engine.bench.cases import ConvCase, NetworkCase
from convscope.engine.io.channels_first import channels_last

Outputs = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def torch_side() -> ModuleType:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    return importlib.import_module("convscope.engine.bench.peers.torch")


@pytest.fixture(scope="module")
def onnx_side() -> ModuleType:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    pytest.importorskip("onnx", reason="onnx is not installed")
    return importlib.import_module("convscope.engine.bench.peers.onnx")


def lively(network: Network) -> Model:
    model = Model(network)
    cases.lively(model.weights)
    return model


def image(network: Network, batch: int = 3) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((batch, *network.input), np.float32)


def by_torch(side: ModuleType, model: Model, x: np.ndarray) -> np.ndarray:
    module = side.translated(model.network, dict(model.weights))
    return side._output(module, side._channels_first(x, "channels_last"))


def by_onnx(side: ModuleType, model: Model, x: np.ndarray) -> np.ndarray:
    network = model.network
    session = side._session(side.model_bytes(network, dict(model.weights)), 1)
    [result] = session.run(None, {INPUT: np.ascontiguousarray(x.transpose(0, 3, 1, 2))})
    return channels_last(result)


# ---- architectures


@pytest.mark.parametrize("name", [name for name, entry in zoo.ARCHITECTURES.items() if entry.compact])
def test_pytorch_computes_every_compact_architecture(torch_side: ModuleType, name: str) -> None:
    model = lively(zoo.build(name))
    x = image(model.network)
    assert relative_error(by_torch(torch_side, model, x), model.predict(x)) < 1e-4


@pytest.mark.parametrize("name", [name for name, entry in zoo.ARCHITECTURES.items() if entry.compact])
def test_onnx_runtime_computes_every_compact_architecture(onnx_side: ModuleType, name: str) -> None:
    model = lively(zoo.build(name))
    x = image(model.network)
    assert relative_error(by_onnx(onnx_side, model, x), model.predict(x)) < 1e-4


# ---- other orders of flattened pictures


def branches() -> Network:
    """Two flattened pictures side by side, normalised and padded as vectors; the output keeps the peers' order."""
    net = Network((4, 5, 3), "branches")
    net.add(L.Conv2D(6, 3), "conv")
    net.add(L.Flatten(), "right", inputs=["conv"])
    net.add(L.MaxPool2D(2), "pool", inputs=["conv"])
    net.add(L.Flatten(), "left", inputs=["pool"])
    net.add(L.Concat(), "both", inputs=["left", "right"])
    net.add(L.BatchNorm(), "norm")
    net.add(L.PadChannels(2, 1), "padded")
    net.add(L.ReLU(), "relu")
    return net


def test_a_vector_that_ends_in_another_order_is_sorted_back(torch_side: ModuleType) -> None:
    model = lively(branches())
    x = image(model.network)
    assert relative_error(by_torch(torch_side, model, x), model.predict(x)) < 1e-5


def test_the_same_order_survives_in_onnx(onnx_side: ModuleType) -> None:
    model = lively(branches())
    x = image(model.network)
    assert relative_error(by_onnx(onnx_side, model, x), model.predict(x)) < 1e-5


def test_a_relu_overwrites_its_input_only_where_nobody_reads_it_again(torch_side: ModuleType) -> None:
    net = Network((4, 4, 2))
    net.add(L.Conv2D(2, 1), "conv")
    net.add(L.ReLU(), "alone")
    net.add(L.Sigmoid(), "sigmoid")
    net.add(L.ReLU(), "over_sigmoid")
    net.add(L.Conv2D(2, 1), "shared")
    net.add(L.ReLU(), "beside")
    net.add(L.Add(), inputs=["shared", "beside"])
    module = torch_side.translated(net, {})
    assert [getattr(module, name).inplace for name in ("alone", "over_sigmoid", "beside")] == [True, False, False]


# ---- workers


@pytest.mark.parametrize("text", ["2,4,7,6,3,2,1,2", "2,3,8,5,5,1,2", "1,16,9,16,3,1,1"])
def test_pytorchs_passes_are_ours(torch_side: ModuleType, text: str) -> None:
    case = ConvCase.parse(text)
    ours = importlib.import_module("convscope.engine.bench.ours")
    mine = ours.Worker().prepare_convolution(case).results
    theirs = torch_side.Worker().prepare_convolution(case, 1).results
    assert {step.split()[0] for step in theirs} == set(mine) == set(case.passes)
    for step, result in theirs.items():
        assert relative_error(result, mine[step.split()[0]]) < 1e-5, step


def test_a_failing_compiler_leaves_its_configuration_out_and_says_so(
    torch_side: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_compiler(*_: object, **__: object) -> None:
        raise RuntimeError("No working C++ compiler found\nand many more lines")

    monkeypatch.setattr("torch.compile", no_compiler)
    ready = torch_side.Worker().prepare_inference(NetworkCase("lenet5", 1), {}, 1)
    assert set(ready.results) == {"NCHW", "channels_last"}
    assert ready.notes == ("torch.compile is left out, it failed (No working C++ compiler found)",)


def test_a_training_step_of_pytorch_lowers_the_loss(torch_side: ModuleType) -> None:
    """One batch over and over: the step learns it, so it does all that a step is to do."""
    case = NetworkCase("lenet5", 8)
    model = lively(zoo.build("lenet5"))
    module = torch_side.translated(model.network, dict(model.weights))
    before = {name: parameter.detach().clone() for name, parameter in module.named_parameters()}
    step = torch_side._training_step(module, case, cases.pixels(case), "NCHW")
    losses = [step() for _ in range(30)]
    assert losses[-1] < losses[0]
    assert all((before[name] != parameter).any() for name, parameter in module.named_parameters())


# ---- which peers there are


def test_a_peer_that_is_not_installed_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConvscopeError) as caught:
        peers.chosen(["torch"])
    assert "torch not being installed" in str(caught.value)
    assert "pip install 'convscope[bench]'" in str(caught.value)


@pytest.mark.parametrize(("name", "part"), [("tensorflow", "no peer 'tensorflow'"), ("onnxruntime", "only infers")])
def test_an_unfit_peer_is_refused(name: str, part: str) -> None:
    with pytest.raises(ConvscopeError, match=part):
        peers.chosen([name], trains=True)
