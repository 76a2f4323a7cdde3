"""Receptive fields against sets of pixels, followed through the network unit by unit."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.engine import layers as L
from convscope.engine import zoo
from convscope.engine.cost import Field, receptive_fields
from convscope.engine.cost.receptive import merged, through
from convscope.engine.graph import INPUT, Network
from convscope.engine.spec import Window, format_shape

from .random_networks import networks

Box = tuple[int, int, int, int]


def seen_box(network: Network, name: str, row: int, column: int) -> Box:
    """Bounding box of the pixels a unit depends on, the image continued without end on all sides."""

    @cache
    def pixels(node: str, position: int, axis: int) -> frozenset[int]:
        if node == INPUT:
            return frozenset({position})
        ports = zip(network.nodes[node].inputs, network[node].windows(network.input_shapes(node)))
        read = [(source, tap) for source, windows in ports for tap in taps(windows, position, axis)]
        return frozenset().union(*(pixels(source, tap, axis) for source, tap in read))

    rows, columns = pixels(name, row, 0), pixels(name, column, 1)
    if not rows or not columns:
        return 0, 0, 0, 0
    return min(rows), max(rows) + 1, min(columns), max(columns) + 1


def taps(windows: Sequence[Window], position: int, axis: int) -> set[int]:
    """Positions of a port that an output position depends on through windows that follow each other."""
    seen = {position}
    for window in reversed(windows):
        firsts = [at * window.stride[axis] - window.padding[axis] for at in seen]
        spread = {first + tap for first in firsts for tap in range(window.kernel[axis])}
        seen = {at // window.upsampling[axis] for at in spread if at % window.upsampling[axis] == 0}
    return seen


def check_everywhere(network: Network) -> None:
    fields = receptive_fields(network)
    assert set(fields) == {INPUT, *network.nodes}
    for name, shape in network.shapes().items():
        rows, columns = shape[:2] if len(shape) == 3 else (1, 1)
        for row in {0, rows // 2, rows - 1}:
            for column in {0, columns - 1}:
                assert fields[name].box(row, column) == seen_box(network, name, row, column)


windows = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))


@given(st.lists(windows, min_size=1, max_size=4))
def test_chains_of_windows_see_what_is_computed(chain):
    net = Network((64, 50, 1))
    for kernel, stride, padding, dilation in chain:
        net.add(L.Conv2D(1, (kernel, 3), stride=(stride, 2), padding=padding, dilation=(dilation, 1)))
    if not net.errors():
        check_everywhere(net)


@st.composite
def chains(draw: st.DrawFn, factors: tuple[int, ...], gaps: bool) -> list[Window]:
    """Windows one after another that shrink or enlarge the rows by one of these factors."""
    windows = []
    for _ in range(draw(st.integers(1, 3))):
        upsampling = draw(st.sampled_from(factors))
        kernel = draw(st.integers(1 if gaps else upsampling, 5))
        stride, padding = draw(st.sampled_from(factors)), draw(st.integers(-1, 3))
        windows.append(Window((kernel, 1), (stride, 1), (padding, 0), (upsampling, 1)))
    return windows


def field_behind(chain: list[Window]) -> Field:
    field = Field()
    for window in chain:
        field = through(field, window)
    return field


@given(chains((1, 2, 4), gaps=False))
def test_behind_enlarging_windows_every_box_is_exact_and_the_size_is_the_largest_ones(chain):
    field, sizes = field_behind(chain), []
    for position in range(4 ** len(chain)):  # behind so many units all repeats
        seen = taps(chain, position, 0)
        assert field.box(position, 0) == (min(seen), max(seen) + 1, 0, 1)
        sizes.append(max(seen) + 1 - min(seen))
    assert field.size == (max(sizes), 1)


@given(chains((1, 2, 3), gaps=True), st.integers(0, 40))
def test_no_box_leaves_out_what_is_seen(chain, position):
    top, bottom, _, _ = field_behind(chain).box(position, 0)
    assert taps(chain, position, 0) <= set(range(top, bottom))


@pytest.mark.parametrize(
    "pool",
    [L.MaxPool2D(2), L.MaxPool2D(3, 2, padding=(1, 0, 0, 1)), L.MaxPool2D((1, 3), (2, 3)), L.MaxPool2D(2, dilation=2)],
)
def test_unpooled_values_see_what_chose_their_place(pool):
    net = Network((24, 24, 1))
    net.add(L.Conv2D(1, 3, padding=1), "before")
    net.add(pool, "pool")
    net.add(L.Conv2D(1, 3, padding=1), "changed")
    net.add(L.MaxUnpool2D(**pool.values()), "unpool", inputs=["changed", "before"])
    net.add(L.Conv2D(1, 3, stride=2), "after")
    assert net.errors() == []
    check_everywhere(net)


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
def test_units_of_a_decoder_with_shortcuts_see_what_is_computed(kernel):
    net = Network((32, 32, 1))
    first = net.add(L.Conv2D(1, 3, padding=1))
    second = net.add(L.Conv2D(1, 3, stride=2, padding=1))
    net.add(L.Conv2D(1, 3, stride=2, padding=1))
    net.add(L.ConvTranspose2D(1, kernel, 2, padding="same"))
    net.add(L.Concat(), inputs=[next(reversed(net.nodes)), second])
    net.add(L.ConvTranspose2D(1, kernel, 2, padding="same"))
    net.add(L.Concat(), "both", inputs=[next(reversed(net.nodes)), first])
    net.add(L.Conv2D(1, 3, padding=1), "scores")
    assert net.errors() == []
    check_everywhere(net)
    fields = receptive_fields(net)
    sizes = [bottom - top for top, bottom, _, _ in (fields["scores"].box(row, 0) for row in range(8))]
    assert fields["scores"].aligned
    assert (fields["scores"].stride, fields["scores"].size[0]) == ((1, 1), max(sizes))


def test_branches_that_were_shrunk_and_enlarged_again_are_aligned():
    whole, halved = Field(), field_behind([Window((2, 2), (2, 2)), Window((2, 2), (1, 1), (1, 1), (2, 2))])
    both = merged([whole, halved])
    assert both.aligned
    assert (both.size, both.stride) == ((2, 2), (1, 1))
    assert [both.box(row, 0)[:2] for row in range(4)] == [(0, 2), (0, 2), (2, 4), (2, 4)]


def test_units_that_share_a_pixel_are_a_fraction_of_it_apart():
    field = field_behind([Window((2, 2), (1, 1), (1, 1), (2, 2))])
    assert (field.size, field.stride) == ((1, 1), (Fraction(1, 2), Fraction(1, 2)))
    assert format_shape(field.stride) == "1/2×1/2"


@given(networks(most=6))
def test_branches_see_the_box_around_all_of_them(network):
    check_everywhere(network)
    assert all(field.aligned for field in receptive_fields(network).values())


def misaligned() -> Network:
    """Two branches of 7×7 units: one at stride 2, one at stride 1, and a convolution on their sum."""
    net = Network((14, 14, 1))
    net.add(L.MaxPool2D(2), "halved")
    net.add(L.Conv2D(1, 8), "valid", inputs=[INPUT])
    net.add(L.Add(), "sum", inputs=["halved", "valid"])
    net.add(L.Conv2D(1, 3, stride=2, padding=1), "conv")
    net.add(L.Concat(), "again", inputs=["conv", "conv"])
    return net


def test_branches_of_different_stride_keep_every_box_exact():
    net = misaligned()
    assert net.problems() == []
    check_everywhere(net)
    fields = receptive_fields(net)
    assert [fields[n].aligned for n in ("halved", "valid", "sum", "conv", "again")] == [True, True, False, False, False]
    assert fields["sum"].size == (8, 8)
    assert fields["conv"].stride == (4, 4)


def test_where_strides_disagree_the_table_and_the_json_do_not_claim_one():
    summary = misaligned().summary()
    stride = {row["name"]: row["effective_stride"] for row in summary.to_dict()["layers"]}
    assert stride == {"halved": 2, "valid": 1, "sum": None, "conv": None, "again": None}
    assert "8×8 (misaligned)" in str(summary)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_the_lectures_formula_for_chains_of_one_filter_size(count):
    net = Network((99, 99, 1))
    for _ in range(count):
        name = net.add(L.Conv2D(1, 3, padding=1))
    assert receptive_fields(net)[name].size == (1 + 2 * count,) * 2


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_lectures_formula_for_chains_of_stride_two(count):
    net = Network((99, 99, 1))
    for _ in range(count):
        name = net.add(L.Conv2D(1, 3, stride=2, padding=1))
    assert receptive_fields(net)[name].size == (2 ** (count + 1) - 1,) * 2


def test_dense_layers_see_all_that_their_input_sees():
    fields = receptive_fields(zoo.lenet5())
    assert (fields["conv1"].size, fields["pool2"].size) == ((5, 5), (16, 16))
    assert fields["scores"].size == (32, 32)
    assert fields["scores"].box(0, 0) == (-2, 30, -2, 30)


def test_nodes_without_a_shape_have_no_field():
    net = Network((8, 8, 1))
    net.add(L.Dense(3), "wrong")
    net.add(L.ReLU(), "behind")
    net.add(L.ReLU(), "good", inputs=[INPUT])
    assert set(receptive_fields(net)) == {INPUT, "good"}
