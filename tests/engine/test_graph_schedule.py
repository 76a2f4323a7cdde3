"""Planned memory, executed symbolically: every byte must still hold what was written when it is read."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.engine import layers as L
from convscope.engine import zoo
from convscope.engine.graph import INPUT, Network
from convscope.engine.graph.arena import ALIGNMENT, Span, aligned, least_bytes, pack
from convscope.engine.graph.freezing import freezable
from convscope.engine.graph.schedule import Schedule, build
from convscope.engine.graph.step import MASKED_BY_OUTPUT, Step
from convscope.engine.spec import NetworkError, size

from .random_networks import networks

MODES = ("inference", "gradient", "training")


class Memory:
    """An arena in which every cache line knows the buffer that was written there last.

    Gradients that share a place go by the name of the one that is written first.
    """

    def __init__(self, spans: dict[str, Span], nbytes: int, shared: dict[str, str] | None = None) -> None:
        self.spans, self.shared = spans, shared or {}
        self.owner: list[str | None] = [None] * (aligned(nbytes) // ALIGNMENT)

    def _lines(self, name: str) -> range:
        span = self.spans[name]
        assert span.offset % ALIGNMENT == 0
        return range(span.offset // ALIGNMENT, (span.offset + aligned(span.nbytes)) // ALIGNMENT)

    def _known_as(self, name: str) -> str:
        value = name.removeprefix("grad:")
        while name.startswith("grad:") and value in self.shared:
            value = self.shared[value]
        return f"grad:{value}" if name.startswith("grad:") else name

    def write(self, name: str) -> None:
        name = self._known_as(name)
        for line in self._lines(name):
            self.owner[line] = name

    def read(self, name: str) -> None:
        name = self._known_as(name)
        assert {self.owner[line] for line in self._lines(name)} == {name}, f"{name} was overwritten"


def forward(schedule: Schedule, memory: Memory) -> None:
    memory.write(f"value:{INPUT}")
    for step in schedule.steps:
        memory.write(f"value:{step.value}")
        for saved in saved_names(schedule, step):
            memory.write(saved.removeprefix("re"))
        for value in step.inputs:
            memory.read(f"value:{value}")
        memory.read(f"value:{step.value}")


def backward(schedule: Schedule, memory: Memory, at: str) -> None:
    """From the gradient at one value back to the input, through the steps it depends on."""
    written_by = {step.value: step for step in schedule.steps}
    behind, waiting = set(), [at]
    while waiting:
        name = waiting.pop()
        if name in written_by and name not in behind:
            behind.add(name)
            waiting += written_by[name].inputs
    begun = {at}
    memory.write(f"grad:{at}")
    mask(schedule, memory, at, None)
    entered = len(schedule.clock.starts) - 1
    for step in reversed(schedule.steps):
        if step.value not in behind or step.value not in schedule.differentiated:
            continue
        if (segment := schedule.clock.segment(step.index)) != entered:
            repeat(schedule, memory, schedule.clock.segments[segment])
            entered = segment
        backward_step(schedule, memory, step, begun)


def repeat(schedule: Schedule, memory: Memory, segment: range) -> None:
    """Compute a segment again."""
    for step in (schedule.steps[index] for index in segment if index in schedule.again):
        for value in step.inputs:
            memory.read(held(schedule, value))
        memory.write(held(schedule, step.value))
        for saved in saved_names(schedule, step):
            if saved.startswith("resaved:"):
                memory.write(saved)
        for value in step.inputs:
            memory.read(held(schedule, value))


def held(schedule: Schedule, value: str) -> str:
    """The buffer in which backward finds a value."""
    return f"again:{value}" if f"again:{value}" in schedule.spans else f"value:{value}"


def backward_step(schedule: Schedule, memory: Memory, step: Step, begun: set[str]) -> None:
    check_operands(schedule, memory, step)
    for port, value in sorted(enumerate(step.inputs), key=lambda item: shares(schedule, step, *item)):
        if value not in schedule.differentiated:
            continue
        total, part = f"grad:{value}", f"part:{value}>{step.name}.{port}"
        first = schedule.readers[value][0] == (step.index, port)
        # The first reader writes, if its own gradient is not there already; without it the sum starts from zeros.
        if not shares(schedule, step, port, value) and (first or value not in begun):
            memory.write(total)
        if not first:
            memory.write(part)
            memory.read(part)
        memory.read(total)
        mask(schedule, memory, value, step)
        begun.add(value)
        check_operands(schedule, memory, step)


def shares(schedule: Schedule, step: Step, port: int, value: str) -> bool:
    first = schedule.readers[value][0] == (step.index, port)
    return first and port in step.passes and value in schedule.shared_gradients


def mask(schedule: Schedule, memory: Memory, value: str, reader: Step | None) -> None:
    """What is read to hold back the gradient of a ReLU's output, which any reader of it may have to do."""
    if value in schedule.rectified:
        by_output = reader is not None and reader.layer.type_name() in MASKED_BY_OUTPUT
        by_output = by_output and len(schedule.readers[value]) == 1
        memory.read(held(schedule, reader.value if by_output else value))


def check_operands(schedule: Schedule, memory: Memory, step: Step) -> None:
    """What a step's backward kernels read is there, also after they have begun to write."""
    memory.read(f"grad:{step.value}")
    if "input" in step.layer.backward_needs:
        for port, value in enumerate(step.inputs):
            if port != step.epilogue.add_port:
                memory.read(held(schedule, value))
    if "output" in step.layer.backward_needs:
        memory.read(held(schedule, step.value))
    for saved in saved_names(schedule, step):
        memory.read(saved)


def saved_names(schedule: Schedule, step: Step) -> list[str]:
    """The buffers in which backward finds what a step has saved."""
    saved = step.layer.saved(step.input_shapes, step.output_shape) if schedule.mode != "inference" else ()
    names = [f"{step.name}.{array.name}" for array in saved]
    return [f"resaved:{name}" if f"resaved:{name}" in schedule.spans else f"saved:{name}" for name in names]


def run_all(network: Network, batch: int) -> None:
    some = set(freezable(network)[::2])
    cases = [*((mode, False, set()) for mode in MODES), ("training", True, set())]
    cases += [("training", False, some), ("training", True, some)]
    for mode, recompute, frozen in cases:
        kept = list(network.nodes)[::3] if mode == "inference" else []
        schedule = build(network, batch, mode, keep=kept, recompute=recompute, frozen=frozen)
        memory = Memory(schedule.spans, schedule.arena_bytes, schedule.shared_gradients)
        forward(schedule, memory)
        for name in [network.output, *kept]:
            memory.read(f"value:{schedule.value_of[name]}")
        if mode == "training":
            backward(schedule, memory, schedule.value_of[network.output])
        if mode == "gradient":
            for node in network.nodes:
                backward(schedule, memory, schedule.value_of[node])
                memory.read(f"grad:{INPUT}")
            for value in schedule.shapes:
                memory.read(f"value:{value}")


@given(networks(), st.integers(1, 3))
def test_random_networks_run_in_their_planned_memory(network, batch):
    run_all(network, batch)


QUICK = [name for name, entry in zoo.ARCHITECTURES.items() if entry.compact and len(entry.build()) <= 80]


@pytest.mark.parametrize("name", QUICK)
def test_architectures_run_in_their_planned_memory(name):
    run_all(zoo.build(name), batch=1)


def test_the_memory_model_notices_an_overlap():
    memory = Memory({"a": Span(0, 100), "b": Span(64, 10)}, 128)
    memory.write("a")
    memory.write("b")
    with pytest.raises(AssertionError, match="a was overwritten"):
        memory.read("a")


lives = st.dictionaries(
    st.text("abcdefgh", min_size=1),
    st.tuples(st.integers(1, 1000), st.integers(-1, 12), st.integers(0, 6)).map(lambda t: (t[0], t[1], t[1] + t[2])),
    max_size=14,
)


@given(lives)
def test_buffers_alive_at_one_time_never_overlap(lives):
    spans = pack(lives)
    assert {name: span.nbytes for name, span in spans.items()} == {name: life[0] for name, life in lives.items()}
    for moment in range(-1, 20):
        alive = sorted((spans[name] for name, life in lives.items() if life[1] <= moment <= life[2]), key=by_offset)
        assert all(a.offset + aligned(a.nbytes) <= b.offset for a, b in pairwise(alive))
    assert all(span.offset % ALIGNMENT == 0 for span in spans.values())


def by_offset(span: Span) -> int:
    return span.offset


@given(lives)
def test_the_least_memory_is_the_most_that_is_alive_at_once(lives):
    alive = [sum(aligned(n) for n, a, b in lives.values() if a <= moment <= b) for moment in range(-1, 20)]
    assert least_bytes(lives) == max(alive)


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=30))
def test_a_chain_takes_no_more_than_its_largest_neighbours(sizes):
    lives = {f"layer{i}": (nbytes, i, i + 1) for i, nbytes in enumerate(sizes)}
    spans = pack(lives)
    assert max(s.offset + aligned(s.nbytes) for s in spans.values()) == least_bytes(lives)
    rounded = [aligned(n) for n in sizes]
    assert least_bytes(lives) == max([rounded[0], *(a + b for a, b in pairwise(rounded))])


@pytest.mark.parametrize("name", zoo.ARCHITECTURES)
@pytest.mark.parametrize("mode", MODES)
def test_architectures_take_little_more_than_the_least_memory_possible(name, mode, monkeypatch):
    seen = []
    monkeypatch.setattr("convscope.engine.graph.lifetimes.pack", lambda lives: seen.append(lives) or pack(lives))
    schedule = build(zoo.build(name), 8, mode)
    assert aligned(schedule.arena_bytes) <= 1.05 * least_bytes(seen[0])


def test_buffers_that_need_nothing_give_an_empty_arena():
    assert pack({}) == {}
    assert least_bytes({}) == 0


def test_renaming_layers_take_no_step_and_no_memory():
    net = Network((4, 4, 1))
    net.add(L.ReLU(), "relu")
    net.add(L.Flatten(), "flatten")
    net.add(L.Dropout(), "dropout")
    net.add(L.Dense(2), "scores")
    assert [s.name for s in build(net, 1, "inference").steps] == ["relu", "scores"]
    training = build(net, 1, "training")
    assert [s.name for s in training.steps] == ["relu", "dropout", "scores"]
    assert training.value_of["flatten"] == "relu"
    assert training.value_of["dropout"] == "dropout"


def test_steps_follow_their_inputs_whatever_the_order_of_insertion():
    names = [f"n{i}" for i in range(30)]
    rng = Random(3)
    net = Network((2, 2, 1))
    for i, name in enumerate(names):
        net.add(L.ReLU() if i < 2 else L.Add(), name, [INPUT] if i < 2 else rng.sample(names[:i], 2))
    shuffled = net.to_dict()
    rng.shuffle(shuffled["layers"])
    order = [node.name for node in Network.from_dict(shuffled).order()]
    assert sorted(order) == sorted(names)
    for node in net.nodes.values():
        assert all(s == INPUT or order.index(s) < order.index(node.name) for s in node.inputs)


def test_activation_bytes_count_the_batch_and_float32():
    net = Network((4, 6, 3))
    net.add(L.ReLU(), "relu")
    spans = build(net, 5, "inference").spans
    assert spans["value:relu"].nbytes == 5 * size((4, 6, 3)) * 4


def test_keeping_an_unknown_node_is_refused():
    net = zoo.lenet5()
    with pytest.raises(NetworkError, match="there is no layer 'conv9'; use one of: conv1"):
        build(net, 1, "inference", keep=["conv9"])


def test_the_input_and_renamed_nodes_can_be_kept():
    schedule = build(zoo.lenet5(), 2, "inference", keep=[INPUT, "flatten"])
    memory = Memory(schedule.spans, schedule.arena_bytes)
    forward(schedule, memory)
    for value in (INPUT, "pool2"):
        memory.read(f"value:{value}")


def test_a_network_with_errors_has_no_schedule():
    net = Network((4, 4, 1))
    net.add(L.Dense(3), "scores")
    with pytest.raises(NetworkError, match="scores"):
        build(net, 1, "inference")
