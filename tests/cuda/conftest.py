"""CUDA kernels are tested on a GPU where there is one, else under Numba's simulator, in a process of its own.

The simulator is chosen before Numba is loaded, and changes what numba.cuda is for all of a process.
"""

from pathlib import Path

import pytest

from convscope.engine import ConvscopeError
from convscope.engine.runtime.cuda import chip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    own = [item for item in items if here in item.path.parents]
    if not own:
        return
    try:
        chip()
    except ConvscopeError:
        reason = "needs a GPU, or the simulator: NUMBA_ENABLE_CUDASIM=1 python -m pytest tests/cuda"
        for item in own:
            item.add_marker(pytest.mark.skip(reason=reason))
