"""ONNX Runtime's side: inference on the CPU, all optimisations, as many threads as ours."""

from __future__ import annotations

import onnxruntime

from ...io.channels_first import channels_last
from ...io.onnx.writing import model_bytes
from .. import party
from ..cases import Arrays, NetworkCase, images
from ..party import Ready


class Worker(party.Worker):
    """Runs ONNX Runtime."""

    def prepare_inference(self, case: NetworkCase, weights: Arrays, threads: int) -> Ready:
        """The step `optimised`, on an input with channels first, as ONNX has it."""
        network = case.network()
        session = _session(model_bytes(network, weights, batch=case.batch), threads)
        inputs = {"input": images(case).transpose(0, 3, 1, 2).copy()}
        self.steps = {"optimised": lambda: session.run(None, inputs)}
        [result] = session.run(None, inputs)
        return Ready({"optimised": channels_last(result)})


def _session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
