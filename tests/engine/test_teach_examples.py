"""Worked examples of pooling, softmax and receptive fields: the lectures' figures, and the kernels' results."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.engine import ConvscopeError, Network, ShapeError, teach
from convscope.engine import layers as L
from convscope.engine.cost import receptive_fields
from convscope.engine.teach.labels import number
from tests.engine.teach_cases import one_layer
from tests.oracles.differences import relative_error

few = settings(max_examples=40)

# ---- pooling


def test_the_lectures_pooling_with_its_switches() -> None:
    pooling = teach.max_pooling()
    assert pooling.output.tolist() == [[6, 8], [3, 4]]
    assert pooling.switches.tolist() == [[3, 3], [0, 3]]
    assert pooling.pixels.tolist() == [[[1, 1], [1, 3]], [[2, 0], [3, 3]]]
    assert pooling.unpooled.tolist() == [[0, 0, 0, 0], [0, 6, 0, 8], [3, 0, 0, 0], [0, 0, 0, 4]]
    assert pooling.label(0, 0) == "max(1, 1, 5, 6) = 6"
    assert teach.max_pooling(stride=1).output.tolist() == [[6, 7, 8], [6, 7, 8], [3, 3, 4]]


@few
@given(st.data())
def test_pooling_equals_the_kernels_forward_backward_and_back(data: st.DataObject) -> None:
    """Whole numbers, so that maxima are often shared."""
    kernel, stride = (data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) for _ in range(2))
    pads = tuple(data.draw(st.integers(0, k - 1)) for k in kernel for _ in range(2))
    options = {"padding": data.draw(st.sampled_from([pads, "same", "valid"])), "ceil_mode": data.draw(st.booleans())}
    shape = data.draw(st.tuples(st.integers(3, 7), st.integers(3, 7)))
    image = np.random.default_rng(data.draw(st.integers(0, 99))).integers(-3, 4, shape).astype(float)
    pooling = teach.max_pooling(image, kernel, stride, **options)
    model = one_layer(L.MaxPool2D(kernel, stride, **options), (*shape, 1))
    y = model.forward(image[None, ..., None])
    assert np.array_equal(y[0, ..., 0], pooling.output)
    assert np.array_equal(model.backward(y)[0, ..., 0], pooling.unpooled)
    for row, column in np.ndindex(*pooling.output.shape):
        read = pooling.read[row, column, pooling.switches[row, column]]
        assert divmod(int(read), shape[1]) == tuple(pooling.pixels[row, column])


def test_pooling_refuses_what_it_cannot_show() -> None:
    with pytest.raises(ShapeError, match="use kernel ≤ 4"):
        teach.max_pooling(kernel=5)
    with pytest.raises(ConvscopeError, match="262,144 can be shown"):
        teach.max_pooling(np.zeros((600, 600)), 3, 1)


# ---- softmax


def test_the_lectures_softmax_step_by_step() -> None:
    example = teach.softmax()
    assert np.round(example.probabilities, 4).tolist() == [0.1025, 0.7573, 0.1025, 0.0377]
    assert np.round(example.shares, 4).tolist() == [0.2222, 0.4444, 0.2222, 0.1111]
    assert example.largest.tolist() == [0, 1, 0, 0]
    assert example.steps == (
        "e^2 = 7.3891, e^4 = 54.5982, e^2 = 7.3891, e^1 = 2.7183",
        "7.3891 + 54.5982 + 7.3891 + 2.7183 = 72.0945",
        "7.3891/72.0945 = 0.1025, 54.5982/72.0945 = 0.7573, 7.3891/72.0945 = 0.1025, 2.7183/72.0945 = 0.0377",
    )


@few
@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=12))
def test_softmax_equals_the_kernel(scores: list[float]) -> None:
    example = teach.softmax(scores)
    got = one_layer(L.Softmax(), (1, 1, len(scores))).forward(np.reshape(scores, (1, 1, 1, -1)))
    assert relative_error(got.ravel(), example.probabilities) <= 1e-5


@pytest.mark.parametrize("scores", [[1000, 1], [-101, 0]])
def test_scores_whose_exponentials_are_no_figures_are_refused(scores: list[float]) -> None:
    with pytest.raises(ConvscopeError, match="use scores from −100 to 100"):
        teach.softmax(scores)


def test_plain_shares_are_left_out_where_scores_are_not_positive() -> None:
    assert teach.softmax([1, -1]).shares is None
    assert teach.softmax([-1, 0]).steps[0] == "e^(−1) = 0.3679, e^0 = 1"


# ---- receptive fields


@pytest.mark.parametrize("layers", range(1, 9))
@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_with_stride_one_each_layer_adds_its_kernel_less_one(kernel: int, layers: int) -> None:
    table = teach.growth([(kernel, 1)] * layers)
    assert [step.size for step in table.steps] == [1 + n * (kernel - 1) for n in range(1, layers + 1)]
    assert table.formula == f"1 + {layers}·({kernel} − 1) = {1 + layers * (kernel - 1)}"


@pytest.mark.parametrize("layers", range(1, 9))
def test_with_stride_two_the_receptive_field_doubles(layers: int) -> None:
    table = teach.growth([(3, 2)] * layers)
    assert [step.size for step in table.steps] == [2 ** (n + 1) - 1 for n in range(1, layers + 1)]
    assert table.formula == f"2^({layers} + 1) − 1 = {2 ** (layers + 1) - 1}"


def test_other_equal_layers_have_the_general_formula() -> None:
    assert teach.growth([(4, 3)] * 2).formula == "1 + (4 − 1)·(3^2 − 1)/(3 − 1) = 13"
    assert 1 + (4 - 1) * (3**2 - 1) // (3 - 1) == teach.growth([(4, 3)] * 2).steps[-1].size == 13


@few
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), min_size=1, max_size=5))
def test_growth_is_that_of_the_network_counted_in_both_directions(chain: list[tuple[int, int]]) -> None:
    net = Network((5000, 5000, 1))
    for position, (kernel, stride) in enumerate(chain):
        net.add(L.Conv2D(1, kernel, stride=stride), f"layer{position}")
    fields, table = receptive_fields(net), teach.growth(chain)
    for position, step in enumerate(table.steps):
        field = fields[f"layer{position}"]
        assert (step.size, step.stride) == (field.size[0], field.stride[0])
        assert step.text.endswith(f"= {step.size}")
    assert table.needed == table.steps[-1].size
    assert table.steps[-1].needed == 1
    assert (table.formula == "") == (len(set(chain)) > 1)


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        ([], "has 0 layers; use 1 to 100"),
        ([(3, 1)] * 101, "has 101 layers"),
        ([(3, 1), (0, 1)], "Layer 2 of the chain: kernel 0: use a whole number from 1 to 1,000"),
        ([(3, 1.5)], "Layer 1 of the chain: stride 1.5"),
        (7, "use for example"),
        ([3, 1], "use for example"),
    ],
)
def test_chains_that_make_no_sense_are_refused(chain, message: str) -> None:
    with pytest.raises(ConvscopeError, match=message):
        teach.growth(chain)


# ---- texts, and how the room is reached


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *[
            (0, "0"),
            (3, "3"),
            (-5, "−5"),
            (255, "255"),
            (10 / 3, "10/3"),
            (float(np.float32(1 / 3)), "1/3"),
            (1e-9, "0"),
        ],
        *[(-0.5, "−1/2"), (0.1025, "0.1025"), (127.3, "127.3"), (12345678.5, "1.235e+07"), (0.0000251, "2.51e−05")],
    ],
)
def test_numbers_are_written_as_people_write_them(value: float, text: str) -> None:
    assert number(value) == text


def test_the_engine_loads_the_room_when_it_is_first_asked_for() -> None:
    script = (
        "import sys, convscope.engine as engine; assert 'convscope.engine.teach' not in sys.modules; "
        "assert 'numba' not in sys.modules; print(engine.teach.softmax().total)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(72.0945, abs=1e-4)
