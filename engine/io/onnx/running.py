"""What ONNX Runtime makes of an input: a program, `python -m MODULE FILE INPUT OUTPUT`."""

import sys

import numpy as np
import onnxruntime


def main(file: str, given: str, result: str) -> None:
    """Run the file on the array in one NumPy file and write the first output to another."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {session.get_inputs()[0].name: np.load(given, allow_pickle=False)})
    np.save(result, outputs[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
