"""The number of threads: set in three ways, refused where it cannot be, and the layer that runs them."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network, set_threads, threads
from convscope.engine import layers as L
from convscope.engine.runtime.threads import most_threads


@pytest.fixture(autouse=True)
def threads_as_before():
    before = threads()
    yield
    set_threads(before)


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_threads_come_from_the_call_then_the_setting_then_numba() -> None:
    code = "from convscope.engine import threads; print(threads())"
    assert run(code, NUMBA_NUM_THREADS="1").stdout == "1\n"
    if most_threads() > 1:
        assert run(code, CONVSCOPE_THREADS="1").stdout == "1\n"
        assert run(code.replace("print", "import convscope.engine as e; e.set_threads(1); print")).stdout == "1\n"


@pytest.mark.parametrize("count", ["0", "many", "1000000"])
def test_a_number_that_cannot_be_says_what_can(count: str) -> None:
    with pytest.raises(ConvscopeError, match=f"is {count}; use 1 to {most_threads()}"):
        set_threads(count)
    done = run("from convscope.engine import threads; threads()", CONVSCOPE_THREADS=count)
    assert f"CONVSCOPE_THREADS is {count}" in done.stderr


def test_a_plan_is_made_anew_for_another_number_of_threads() -> None:
    net = Network((64, 64, 16))
    net.add(L.Conv2D(64, 3, padding=1), "conv")
    model = Model(net)
    x = np.ones((4, 64, 64, 16), np.float32)
    shared = model.predict(x)
    set_threads(1)
    assert [row.threads for row in model.plan(4).describe().rows] == [1]
    assert np.allclose(model.predict(x), shared, rtol=1e-5)


def test_a_thread_safe_layer_is_asked_for_where_there_is_one() -> None:
    code = (
        "import numpy as np, numba\n"
        "from convscope.engine.runtime import threads\n"
        "from convscope.engine.kernels.elementwise import fill_zero\n"
        "fill_zero.parallel(np.empty(64, np.float32), 64, 1)\n"
        "print(numba.config.THREADING_LAYER, numba.threading_layer())\n"
    )
    asked, layer = run(code).stdout.split()
    assert (asked == "threadsafe") == (layer in ("tbb", "omp"))
    assert run(code, NUMBA_THREADING_LAYER="workqueue").stdout.split() == ["workqueue", "workqueue"]
