"""The benchmark of explanations: every case runs, and Captum finds what we find."""

import importlib
import importlib.util

import numpy as np
import pytest

from convscope.engine import ConvscopeError
from convscope.engine.bench import explaining, ours, peers
from convscope.engine.bench.agreement import NETWORK_TOLERANCE, relative_error
from convscope.engine.bench.explaining import ExplainCase

CASES = [
    ExplainCase("occlusion", "lenet5", (28, 28, 1), {"patch": 6, "stride": 4, "of": "score", "fill": "black"}),
    ExplainCase("saliency", "lenet5", (28, 28, 1)),
    ExplainCase("guided_backprop", "lenet5", (28, 28, 1)),
    ExplainCase("deconvnet", "lenet5", (28, 28, 1)),
    ExplainCase("integrated_gradients", "lenet5", (28, 28, 1), {"points": 8}),
    ExplainCase("grad_cam", "lenet5", (28, 28, 1), {"positive": "signed"}),
    ExplainCase("deep_dream", "lenet5", (28, 28, 1), {**explaining._DREAM, "octaves": 2}, "relu1", {"iterations": 2}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.method)
def test_captum_finds_the_same_on_the_same_weights(case):
    for package in ("torch", "captum"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    theirs = importlib.import_module("convscope.engine.bench.peers.torch").Worker()
    mine = ours.Worker()
    [expected] = mine.prepare_explaining(case).results.values()
    for layout, found in theirs.prepare_explaining(case, mine.weights(), 1).results.items():
        assert relative_error(found, expected) < NETWORK_TOLERANCE, layout


def test_every_case_asks_a_method_that_exists_for_what_it_can():
    from convscope.engine import explain  # noqa: PLC0415 (kernels are loaded where they are needed)

    for case in explaining.CASES:
        explain.METHODS[case.method]().replace(**case.compared.parameters)
        assert case.layer is None or case.layer in case.network()
        assert case.network().input == case.input
        assert np.ptp(case.image()) > 100


def test_a_method_without_a_benchmark_is_told_with_those_that_have_one():
    with pytest.raises(ConvscopeError, match="occlusion, saliency"):
        explaining.chosen(["telepathy"])
    assert {case.method for case in explaining.chosen(["saliency"])} == {"saliency"}


def test_a_peer_that_explains_nothing_is_refused():
    if importlib.util.find_spec("onnxruntime") is None:
        pytest.skip("ONNX Runtime is not installed")
    with pytest.raises(ConvscopeError, match="compare explanations with: torch"):
        peers.chosen(["onnxruntime"], explains=True)
