"""Kernels compiled ahead: which ones a network calls, found without running any, and the command that prepares them."""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from numba.core import event
from numba.core.dispatcher import Dispatcher

from convscope.engine import Model, Network, NetworkError, evaluate, zoo
from convscope.engine import layers as L
from convscope.engine.data.dataset import Dataset
from convscope.engine.io import save_network
from convscope.engine.kernels import elementwise
from convscope.engine.runtime.warm_up import Build, Pass, builds
from convscope.engine.train import warm_up

BATCH = 16


def tiny() -> Network:
    net = Network((8, 8, 1), "tiny")
    net.add(L.Flatten())
    net.add(L.Dense(10), "scores")
    return net


def dataset(network: Network) -> Dataset:
    """Images of the network's shape: two whole batches and a smaller one."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (2 * BATCH + 3, *network.input), dtype=np.uint8)
    labels = np.arange(len(images), dtype=np.int64) % 10
    return Dataset("noise", images, labels, images[:5], labels[:5], tuple("0123456789"))


def environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "CONVSCOPE_CACHE_DIR": str(cache)}


def command(*arguments: object, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "convscope.engine.cli", *map(str, arguments)],
        env=environment(cache), capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


# ---- which builds


def branching() -> Network:
    """Small enough for one thread at any batch size, with layers of most families and a sum of two branches."""
    net = Network((6, 6, 3), "branching")
    net.add(L.Conv2D(4, 3, padding="same"), "conv")
    net.add(L.BatchNorm(), "norm")
    net.add(L.ReLU(), "relu")
    net.add(L.Conv2D(4, 1), "side", inputs=["relu"])
    net.add(L.Add(), "sum", inputs=["relu", "side"])
    net.add(L.Dropout(0.5))
    net.add(L.MaxPool2D(2))
    net.add(L.Flatten())
    net.add(L.Dense(10), "scores")
    net.add(L.Softmax())
    return net


def kernels_in_this_process() -> int:
    """Builds of our kernels that were compiled or loaded."""
    found = [o for o in gc.get_objects() if issubclass(type(o), Dispatcher) and o.__module__.startswith("convscope.")]
    return sum(len(dispatcher.signatures) for dispatcher in found)


def test_training_evaluating_and_looking_in_take_the_builds_found_and_no_more() -> None:
    network = branching()
    for build in warm_up.builds(network, BATCH):
        build.prepare()
    before = kernels_in_this_process()
    model, data = Model(network, seed=0), dataset(network)
    events = list(model.fit(data, epochs=1, batch_size=BATCH))
    evaluate(model, data)
    x = model.prepare(data.test_images[:1])
    for node in network.nodes:
        model.forward(x, keep=[node])
        model.backward(np.ones_like(model.activations[node]), at=node)
    model.probabilities(data.test_images[:1])
    assert getattr(events[-1], "reason", "") == "completed"
    assert kernels_in_this_process() == before > 10


def test_looking_at_a_network_runs_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a kernel ran")

    monkeypatch.setattr("numba.core.dispatcher.Dispatcher.__call__", refuse)
    with event.install_recorder("numba:compile") as compiled:
        found = warm_up.builds(zoo.build("resnet20_cifar"), BATCH)
    assert len(found) == len(set(found)) > 10
    assert compiled.buffer == []


def test_the_builds_of_a_pass_come_once_and_in_the_order_of_their_calls() -> None:
    net = Network((4, 4, 2), "twice")
    for _ in range(2):
        net.add(L.MaxPool2D(2))
        net.add(L.Tanh())
    names = [build.name for build in builds(net, [Pass(2, "gradient", backward=(net.output,))])]
    forward = names.index("layers.pool.cpu.max_forward")
    assert names.count("layers.pool.cpu.max_forward") == 1
    assert forward < names.index("layers.pool.cpu.max_backward")


def test_only_kernels_with_two_builds_have_a_twin() -> None:
    values = np.empty(3, np.float32)
    both = Build.called(elementwise.fill_zero, 1, (values, 3, 1))
    twin = both.twin()
    assert twin is not None
    assert (both.parallel, twin.parallel) == (False, True)
    assert twin.twin() == both
    assert Build.called(elementwise.fill_zero, 2, (values, 3, 2)) == twin
    single = Build.called(warm_up.cpu.gather_values, 2, (values.reshape(1, 3), np.empty(1, np.int64), values))
    assert single.twin() is None


def test_a_network_that_cannot_run_is_refused_with_its_problems() -> None:
    with pytest.raises(NetworkError, match="use kernel"):
        warm_up.builds(zoo.lenet5(input=(2, 2, 1)), BATCH)


# ---- the cache

_KERNEL = """
import sys
import numpy as np
from convscope.engine.kernels import cache
from convscope.engine.kernels.elementwise import fill_zero
from convscope.engine.runtime.warm_up import Build
build = Build.called(fill_zero, 1, (np.empty(5, np.float32), 4, 1))
for step in sys.stdin:
    print(getattr(build, step.strip())(), cache.state()[0], flush=True)
"""


class Process:
    """Another process that loads or prepares one kernel when told to; its answer, and the kernels on disk."""

    def __init__(self, cache: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _KERNEL], env=environment(cache), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def do(self, step: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(step + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[tuple[Process, Process]]:
    both = Process(tmp_path), Process(tmp_path)
    yield both
    for process in both:
        process.close()


def test_a_running_process_loads_what_another_has_compiled_since(processes: tuple[Process, Process]) -> None:
    running, other = processes
    assert running.do("load") == "False 0"
    assert other.do("prepare") == "True 1"
    assert running.do("load") == "True 1"
    assert running.do("prepare") == "False 1"


def test_a_kernel_that_was_refused_can_still_be_compiled(processes: tuple[Process, Process]) -> None:
    alone, _ = processes
    assert alone.do("load") == "False 0"
    assert alone.do("prepare") == "True 1"


# ---- the command


@pytest.mark.slow
def test_after_the_command_another_process_trains_without_compiling(tmp_path: Path) -> None:
    save_network(tiny(), tmp_path / "tiny.json")
    size = ("--batch-size", 32)
    done = command("warm-up", tmp_path / "tiny.json", *size, "--jobs", 2, "--json", "--background", cache=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kernels = [e for e in events if e["event"] == "prepared"]
    own = [e for e in kernels if e["network"] == "tiny"]
    assert [e["done"] for e in kernels] == list(range(1, kernels[0]["total"] + 1))
    assert [e["left"] for e in own] == list(range(len(own)))[::-1]
    assert {e["cached"] for e in kernels} == {False}
    assert events[events.index(own[-1]) + 1] == {"event": "ready", "network": "tiny"}
    count = len(kernels)
    assert (events[-1]["event"], events[-1]["kernels"], events[-1]["compiled"]) == ("finished", count, count)

    compiled = sorted(tmp_path.rglob("*.nbc"))
    assert len(compiled) == count
    run = ("--data", "digits", "--epochs", 1, *size)
    trained = command("train", tmp_path / "tiny.json", *run, cache=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert sorted(tmp_path.rglob("*.nbc")) == compiled

    again = command("warm-up", tmp_path / "tiny.json", *size, cache=tmp_path)
    assert again.stdout.splitlines()[0] == "tiny is ready"
    assert re.fullmatch(rf"0 kernels compiled in [\d.]+ s, {count} were in the cache", again.stdout.splitlines()[1])


def test_the_processes_that_help_end_with_the_command(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "convscope.engine.cli", "warm-up", "lenet5", "--jobs", "2"],
        env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    helpers: list[psutil.Process] = []
    while len(helpers) < 2:
        assert process.poll() is None
        helpers = psutil.Process(process.pid).children()
        time.sleep(0.01)
    time.sleep(1)  # in the middle of starting, or of a kernel
    process.kill()
    process.wait()
    _, left = psutil.wait_procs(helpers, timeout=10)
    assert left == []


def test_the_command_says_where_no_kernels_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "kernels").write_text("a file where the folder should be")
    done = command("warm-up", "lenet5", cache=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "CONVSCOPE_CACHE_DIR" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_command_names_what_it_does_not_know(tmp_path: Path) -> None:
    done = command("warm-up", "lenet", cache=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "convscope: There is no architecture 'lenet'; did you mean lenet5?\n"
