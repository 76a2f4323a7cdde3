"""What PyTorch makes of an input with an exported file: a program, `python -m MODULE FILE INPUT OUTPUT`."""

import importlib.util
import sys

import numpy as np
import torch


def main(file: str, given: str, result: str) -> None:
    """Load the file as a person would, run it on the array in one NumPy file and write the first output to another."""
    specification = importlib.util.spec_from_file_location("exported", file)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    with torch.inference_mode():
        output = module.load()(torch.from_numpy(np.load(given, allow_pickle=False)))
    np.save(result, (output[0] if isinstance(output, tuple) else output).numpy())


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(*sys.argv[1:])
