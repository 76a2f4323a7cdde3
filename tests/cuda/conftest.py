"""CUDA kernels are tested under Numba's simulator, which is chosen before Numba is loaded: in a process of its own."""

from pathlib import Path

import pytest

from convscope.engine.kernels.cuda_jit import SIMULATED

COMMAND = "NUMBA_ENABLE_CUDASIM=1 python -m pytest tests/cuda"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if SIMULATED:
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=f"needs a process with the simulator: {COMMAND}"))
