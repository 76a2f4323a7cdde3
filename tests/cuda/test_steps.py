"""Steps of training on the GPU: losses with their gradients, what is told late, and steps launched as one graph."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.data import Dataset
from convscope.engine.runtime import cuda as runtime
from convscope.engine.runtime.backend import DeviceLostError
from convscope.engine.runtime.cuda_graph import Graphs
from convscope.engine.train import fit, loss
from convscope.engine.train.events import Batch, Warned
from convscope.engine.train.feed import Feed
from convscope.engine.train.loss import cuda as kernels
from convscope.engine.train.optimizer import optimizer as find_optimizer
from convscope.engine.train.outcome import DivergedError
from convscope.engine.train.step import Stepper

from .pairs import gap, pair

pytestmark = [
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),  # a hash wraps around
    pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning"),
]


def dropping() -> Network:
    """Its random numbers depend on the step."""
    net = Network((2, 2, 1))
    net.add(L.Flatten(), "flat")
    net.add(L.Dropout(0.3), "drop")
    net.add(L.Dense(3), "scores")
    return net


def small_data() -> Dataset:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 2, 2, 1), np.uint8)
    labels = np.arange(8) % 3
    return Dataset("tiny", pixels, labels, pixels[:0], labels[:0], ("a", "b", "c"))


def events_of(model: Model, **settings: Any) -> list[Any]:
    return list(fit(model, small_data(), **{"epochs": 2, "batch_size": 3, "seed": 1} | settings))


def batches(events: list[Any]) -> list[Batch]:
    return [event for event in events if isinstance(event, Batch)]


def heard(run: Any, count: int) -> list[Any]:
    """The events of a run up to so many batches."""
    events: list[Any] = []
    while len(batches(events)) < count:
        events.append(next(run))
    return events


def there(backend: runtime.CudaBackend, values: Any, dtype: str = "float64") -> Any:
    array = np.asarray(values, dtype).reshape(-1)
    found = backend.zeros(array.size, dtype)
    found.copy_to_device(array)
    return found


# ---- losses


@pytest.mark.parametrize(("smoothing", "share"), [(0.0, 1.0), (0.2, 0.3), (0.0, 0.5)])
def test_cross_entropy_equals_the_cpus(smoothing: float, share: float) -> None:
    random, backend, n, k = np.random.default_rng(0), runtime.CudaBackend(), 4, 19
    scores = (random.standard_normal((n, k)) * 5).astype(np.float32)
    scores[1] = 2.5  # the first of equal scores counts
    labels = np.array([3, 0, k - 1, 3])
    slopes = np.empty_like(scores)
    mean, correct = loss.with_gradient(loss.CrossEntropy(smoothing), scores, labels, np.arange(n), slopes, share)

    gradient = there(backend, np.full(n * k, np.nan), "float32")
    losses, hits, figures = (there(backend, [np.nan] * count) for count in (n, n, 2))
    figures = there(backend, np.zeros(kernels.FIGURES))
    aim = there(backend, [share, smoothing, 1.0])
    args = (there(backend, scores, "float32"), there(backend, labels, "int64"), aim, gradient, losses, hits, n, k)
    backend.build(kernels.cross_entropy_gradient, 1)(*args)
    backend.build(kernels.judge, 1)(losses, n, hits, n, figures)
    found = figures.copy_to_host()
    assert found[kernels.LOSS] == pytest.approx(mean, rel=1e-6)
    assert found[kernels.CORRECT] == correct
    assert gap(gradient.copy_to_host().reshape(n, k), slopes) <= 1e-6


@pytest.mark.parametrize("declared", [loss.L2(), loss.SmoothL1(0.5)], ids=lambda declared: declared.name)
def test_losses_of_some_of_the_values_equal_the_cpus(declared: loss.Loss) -> None:
    random, backend, n, wide, width = np.random.default_rng(0), runtime.CudaBackend(), 3, 20, 4
    outputs = random.standard_normal((n, wide), np.float32)
    targets = random.standard_normal((n, width), np.float32)
    columns, share, weight = np.array([16, -1, 4]), 0.7, 2.0
    gradient = there(backend, np.full(n * wide, np.nan), "float32")
    losses, aim = there(backend, [np.nan] * n), there(backend, [share, declared.parameter, weight])
    places = there(backend, columns, "int64")
    args = (there(backend, outputs, "float32"), there(backend, targets, "float32"), places, aim, gradient, losses)
    backend.build(getattr(kernels, f"{declared.kernel}_gradient"), 1)(*args, n, width, wide)

    expected, total = np.zeros((n, wide), np.float32), 0.0
    for i in (0, 2):
        part = slice(columns[i], columns[i] + width)
        mixed = (share * targets[i].astype(float) + (1 - share) * targets[n - 1 - i]).astype(np.float32)
        slopes = np.empty((1, width), np.float32)
        mean, _ = loss.with_gradient(declared, outputs[i : i + 1, part].copy(), mixed[None], np.zeros(1, int), slopes)
        expected[i, part], total = slopes * weight / n, total + mean * weight / n
    assert losses.copy_to_host().sum() == pytest.approx(total, rel=1e-5)
    assert gap(gradient.copy_to_host().reshape(n, wide), expected) <= 1e-5


def test_a_run_with_mixed_and_smoothed_targets_tells_what_it_tells_on_the_cpu() -> None:
    settings = {"mixup": 0.4, "loss": "cross-entropy:smoothing=0.1", "optimizer": "adam:clip_norm=0.3"}
    models = pair(dropping())
    expected, found = ([*events_of(model, **settings)] for model in models)
    assert [type(event) for event in found] == [type(event) for event in expected]
    for one, other in zip(batches(found), batches(expected), strict=True):
        assert (one.epoch, one.batch, one.step, one.accuracy) == (other.epoch, other.batch, other.step, other.accuracy)
        assert one.loss == pytest.approx(other.loss, rel=1e-5)
    for name in models[0].weights:
        assert gap(models[1].weights[name], models[0].weights[name]) <= 1e-4, name


def test_scores_and_a_box_learn_what_they_learn_on_the_cpu() -> None:
    net = Network((2, 2, 1))
    flat = net.add(L.Flatten(), "flat")
    net.add(L.Dense(3), "scores")
    net.add(L.Dense(12), "box", [flat])
    net.add(L.WithBox("smooth-l1"), "both", ["scores", "box"])
    models, data = pair(net), small_data()
    boxes = np.array([[0, 0, 1, 1], [0, 1, 2, 2], [3, 3, 4, 4], [1, 0, 2, 2]], np.float32)  # the third is outside
    losses = []
    for model in models:
        declared = find_optimizer("sgd")
        feed = Feed(data.train_images, data.train_labels, model.preprocessing, net.input)
        steps = Stepper(model, feed, declared, model.companions(declared.buffers), boxes=np.tile(boxes, (2, 1)))
        losses.append([steps.step(np.arange(n, n + 4), n, declared, 0.1) for n in range(3)])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
    for name in models[0].weights:
        assert gap(models[1].weights[name], models[0].weights[name]) <= 1e-5, name


# ---- what is told late


def test_a_run_resumed_between_two_events_gives_the_same_bits() -> None:
    whole = Model(dropping(), device="cuda", seed=2)
    events_of(whole)
    first, second = (Model(dropping(), device="cuda", seed=2) for _ in range(2))
    run = fit(first, small_data(), epochs=2, batch_size=3, seed=1)
    assert heard(run, 2)[-1].step == 2
    state = run.state()
    assert state["meta"]["progress"]["step"] == 3  # the step that was begun before the second was read
    second.take_weights(first)
    *_, ended = fit(second, small_data(), resume=state)
    assert ended.reason == "completed", ended.message
    assert all(np.array_equal(second.weights[name], whole.weights[name]) for name in whole.weights)


def test_a_run_that_is_stopped_tells_of_every_step_first() -> None:
    run = fit(Model(dropping(), device="cuda"), small_data(), epochs=2, batch_size=3, seed=1)
    events = heard(run, 1)
    run.cancel()
    events += run
    assert [batch.step for batch in batches(events)] == [1, 2]
    assert events[-1].reason == "cancelled"
    assert events[-1].step == 2


def stepper(model: Model, data: Dataset, optimizer: str) -> tuple[Stepper, Any]:
    declared = find_optimizer(optimizer)
    feed = Feed(data.train_images.astype(np.float32), data.train_labels, model.preprocessing, model.network.input)
    return Stepper(model, feed, declared, model.companions(declared.buffers)), declared


def test_steps_begun_after_a_loss_that_is_not_finite_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows = Model(dropping(), device="cuda"), np.arange(3)
    steps, declared = stepper(model, small_data(), "sgd")
    steps.step(rows, 0, declared, 0.1)
    before = {name: array.copy() for name, array in model.weights.items()}
    monkeypatch.setattr(steps._feed, "fill", lambda rows, out: out.fill(np.nan))
    bad = steps.begin(rows, 1, declared, 0.1)
    monkeypatch.undo()
    after = steps.begin(rows, 2, declared, 0.1)
    with pytest.raises(DivergedError, match="loss is not a number"):
        bad.read()
    after.read()
    assert all(np.array_equal(model.weights[name], before[name]) for name in before)
    assert np.isfinite(steps.step(rows, 9, declared, 0.1)[0])  # who has read it may go on
    assert not np.array_equal(model.weights["scores.weight"], before["scores.weight"])


def test_a_run_that_diverges_names_the_layer_that_it_names_on_the_cpu() -> None:
    messages = []
    for model in pair(dropping()):
        model.weights["scores.weight"] = model.weights["scores.weight"] * np.float32(1e36)
        before = {name: array.copy() for name, array in model.weights.items()}
        *_, ended = events_of(model, learning_rate=999.0, weight_decay=1.0)
        messages.append((ended.reason, ended.layer, ended.message))
        assert all(np.array_equal(model.weights[name], before[name]) for name in before)
    assert messages[1] == messages[0]
    assert messages[0][:2] == ("error", "scores")


# ---- steps as graphs


class Tape:
    """A driver that notes launches and runs them later; it may refuse to."""

    def __init__(self, backend: Taped) -> None:
        self._backend = backend

    def begin(self) -> None:
        self._backend.done.append("begin")
        self._backend.tape = []

    def end(self) -> Any:
        self._backend.done.append("end")
        tape, self._backend.tape = self._backend.tape, None
        if self._backend.refusing:
            raise RuntimeError("CUDA_ERROR_STREAM_CAPTURE_INVALIDATED: operation failed")
        return tape

    def abandon(self) -> None:
        self._backend.done.append("abandon")
        self._backend.tape = None

    def launch(self, graph: Any) -> None:
        self._backend.done.append("launch")
        for one in graph:
            self._backend.launch(one)

    def drop(self, graph: Any) -> None:
        self._backend.done.append("drop")


Real = runtime.CudaBackend


class Taped(Real):
    """A GPU that notes launches instead of running them while a graph is made, and then allows nothing else."""

    refusing = False
    last: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.tape: list[Any] | None = None
        self.done: list[str] = []
        self.counts: list[int] = []
        type(self).last = self

    def repeater(self) -> Any:
        return Graphs(Tape(self))

    def launch(self, launch: Any) -> None:
        if self.tape is None:
            super().launch(launch)
        else:
            self.tape.append(launch)

    def lane(self, array: Any) -> Any:
        lane = super().lane(array)
        return SimpleNamespace(send=lambda host: self._alone(lane.send, host))

    def _alone(self, work: Any, *args: Any) -> Any:
        assert self.tape is None, "between the begin and the end of a graph there are launches only"
        return work(*args)


for _name in ("allocate", "zeros", "host", "upload", "fetch", "finish", "table"):

    def _watched(self: Taped, *args: Any, _name: str = _name) -> Any:
        return self._alone(getattr(Real, _name).__get__(self), *args)

    setattr(Taped, _name, _watched)


@pytest.fixture
def taped(monkeypatch: pytest.MonkeyPatch) -> type[Taped]:
    monkeypatch.setattr(runtime, "CudaBackend", Taped)
    monkeypatch.setattr(Taped, "refusing", False)
    return Taped


def trained(**settings: Any) -> tuple[list[Any], Model]:
    model = Model(dropping(), device="cuda", seed=2)
    return events_of(model, **settings), model


def test_steps_launched_as_graphs_give_the_bits_of_steps_launched_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"optimizer": "adam:clip_norm=0.3", "batch_size": 6, "epochs": 3, "schedule": "cosine"}
    plainly, model = trained(**settings)
    monkeypatch.setattr(runtime, "CudaBackend", Taped)
    as_graphs, again = trained(**settings)
    assert [b.loss for b in batches(as_graphs)] == [b.loss for b in batches(plainly)]
    assert all(np.array_equal(again.weights[name], model.weights[name]) for name in model.weights)
    # batches of 6 and 2: the first of each size is launched one by one, the second is captured
    assert Taped.last.done == [*["begin", "end", "launch"] * 2, "launch", "launch"]


def test_a_graph_is_made_anew_when_layers_are_frozen(taped: type[Taped]) -> None:
    model = Model(dropping(), device="cuda")
    steps, declared = stepper(model, small_data(), "sgd")
    rows = np.arange(4)
    for number in range(3):
        steps.step(rows, number, declared, 0.1)
    assert taped.last.done == ["begin", "end", "launch", "launch"]
    model.freeze("scores")
    before = model.weights["scores.weight"].copy()
    for number in range(3):
        steps.step(rows, number, declared, 0.1)
    assert taped.last.done == [*["begin", "end", "launch", "launch"] * 2]
    assert np.array_equal(model.weights["scores.weight"], before)


def test_where_no_graph_can_be_made_steps_go_on_and_the_user_is_told_once(
    taped: type[Taped], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taped, "refusing", True)
    events, model = trained(batch_size=4)
    assert events[-1].reason == "completed"
    (warning,) = [event for event in events if isinstance(event, Warned) and "graph" in event.message]
    assert "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED" in warning.message
    assert taped.last.done == ["begin", "end", "abandon"]
    monkeypatch.undo()
    _, other = trained(batch_size=4)
    assert all(np.array_equal(other.weights[name], model.weights[name]) for name in model.weights)


def test_old_graphs_are_dropped() -> None:
    done: list[Any] = []
    capture: Any = SimpleNamespace(
        begin=lambda: None, end=lambda: len(done), abandon=lambda: None, launch=lambda graph: None, drop=done.append
    )
    graphs = Graphs(capture)
    for key in range(6):
        graphs.run(key, lambda: None)
        graphs.run(key, lambda: None)
    assert done == [0, 0]
    del graphs
    assert len(done) == 6


# ---- a GPU that is lost, and snapshots


class LaunchError(RuntimeError):
    """As the driver's are."""

    code = SimpleNamespace(name="CUDA_ERROR_LAUNCH_FAILED")


def test_weights_of_the_last_epoch_are_kept_when_the_gpu_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(dropping(), device="cuda")
    before = {name: array.copy() for name, array in model.weights.items()}
    run = fit(model, small_data(), epochs=1, batch_size=2, seed=1)
    heard(run, 1)

    def fail(*_: object) -> None:
        raise LaunchError("unspecified launch failure")

    monkeypatch.setattr(runtime.cuda_jit.CudaKernel, "compiled", property(fail))
    *_, ended = run
    assert ended.reason == "error"
    assert "stopped answering (CUDA_ERROR_LAUNCH_FAILED)" in ended.message
    assert "The weights from before training are kept" in ended.message
    assert isinstance(run.error, DeviceLostError)
    assert all(np.array_equal(model.weights[name], before[name]) for name in before)
    with pytest.raises(DeviceLostError):
        model.predict(np.zeros((1, 2, 2, 1), np.float32))


def test_snapshots_hold_what_was_there_when_they_were_asked_for() -> None:
    model = Model(dropping(), device="cuda")
    steps, declared = stepper(model, small_data(), "sgd")
    steps.step(np.arange(4), 0, declared, 0.1)
    snapshot = model.glimpse_weights(["scores.weight"])
    before = model.weights["scores.weight"].copy()
    steps.step(np.arange(4), 1, declared, 0.1)
    assert snapshot.ready
    assert np.array_equal(snapshot.read()["scores.weight"], before)
    assert not np.array_equal(model.weights["scores.weight"], before)


def test_glimpses_of_outputs_and_gradients_are_those_of_the_cpu_and_wait_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cpu, gpu = pair(dropping())
    x = np.random.default_rng(1).standard_normal((2, 2, 2, 1), np.float32)
    for model in (cpu, gpu):
        scores = model.forward(x)
        model.backward(np.ones_like(scores))
    expected = cpu.glimpse_outputs(x, ["scores", "input"]).read() | cpu.glimpse_gradients(["scores.weight"]).read()
    waits: list[str] = []
    fetch = runtime.CudaBackend.fetch

    def late(*given: Any) -> Any:
        fetch(*given)
        return SimpleNamespace(ready=lambda: False, synchronize=lambda: waits.append("fetch"))

    monkeypatch.setattr(runtime.CudaBackend, "fetch", late)
    monkeypatch.setattr(runtime.CudaBackend, "download", lambda *_: waits.append("download"))
    outputs, slopes = gpu.glimpse_outputs(x, ["scores", "input"]), gpu.glimpse_gradients(["scores.weight"])
    shapes = gpu.glimpse_outputs(x, ["scores"], lambda name, values: (name, values.shape))
    assert not waits
    assert not outputs.ready
    found = outputs.read() | slopes.read()
    assert all(gap(found[name], expected[name]) < 1e-6 for name in expected)
    assert shapes.read() == {"scores": ("scores", (2, 3))}
