"""Layer parameters: what is accepted, what it becomes, and what is said of the rest."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.engine import layers as L
from convscope.engine.spec import Param, ParameterError
from convscope.engine.spec.param import LARGEST

INTEGER = Param("integer", 3, "Filters", "", 1, LARGEST)
NUMBER = Param("number", 0.5, "Rate", "", 0.0, 0.99)
OPEN = Param("number", 0.5, "Epsilon", "", 0.0, 1.0, open_ends=True)
FLAG = Param("flag", True, "Bias", "")
CHOICE = Param("choice", "a", "Mode", "", choices=("a", "b"))
PAIR = Param("pair", (1, 1), "Kernel", "", 1, LARGEST)
PADDING = Param("padding", "valid", "Padding", "", 0, LARGEST, choices=("same", "valid"))
ALL = (INTEGER, NUMBER, OPEN, FLAG, CHOICE, PAIR, PADDING)


@pytest.mark.parametrize(
    ("param", "value", "canonical"),
    [
        (INTEGER, 1, 1),
        (INTEGER, 4.0, 4),
        (INTEGER, np.int64(7), 7),
        (INTEGER, np.float32(7), 7),
        (INTEGER, LARGEST, LARGEST),
        (NUMBER, 0, 0.0),
        (NUMBER, 0.99, 0.99),
        (NUMBER, np.float32(0.25), 0.25),
        (OPEN, 1e-12, 1e-12),
        (FLAG, False, False),
        (CHOICE, "b", "b"),
        (PAIR, 3, (3, 3)),
        (PAIR, (2, 5), (2, 5)),
        (PAIR, [2, 5.0], (2, 5)),
        (PAIR, (4,), (4, 4)),
        (PADDING, 0, (0, 0, 0, 0)),
        (PADDING, (1, 2), (1, 1, 2, 2)),
        (PADDING, [1, 2, 3, 4], (1, 2, 3, 4)),
        (PADDING, "same", "same"),
        (PADDING, "valid", "valid"),
    ],
)
def test_legal_values_become_canonical(param, value, canonical):
    parsed = param.parse(value)
    assert parsed == canonical
    assert type(parsed) is type(canonical)


@pytest.mark.parametrize(
    ("param", "value", "said"),
    [
        (INTEGER, -1, "filters -1: use a whole number of at least 1"),
        (INTEGER, 0, "filters 0: use a whole number of at least 1"),
        (INTEGER, 2.5, "filters 2.5: use a whole number of at least 1"),
        (INTEGER, LARGEST + 1, "filters 1000000001: use a whole number from 1 to 1,000,000,000"),
        (INTEGER, True, "filters True: use a whole number of at least 1"),
        (INTEGER, "3", "filters '3': use a whole number of at least 1"),
        (INTEGER, None, "filters None: use a whole number of at least 1"),
        (INTEGER, math.nan, "filters nan: use a whole number of at least 1"),
        (NUMBER, 1.0, "rate 1.0: use a number from 0 to 0.99"),
        (NUMBER, math.nan, "rate nan: use a number from 0 to 0.99"),
        (NUMBER, -math.inf, "rate -inf: use a number from 0 to 0.99"),
        (NUMBER, True, "rate True: use a number from 0 to 0.99"),
        (OPEN, 0, "epsilon 0: use a number from 0 to 1 (ends excluded)"),
        (OPEN, 1.0, "epsilon 1.0: use a number from 0 to 1 (ends excluded)"),
        (FLAG, 1, "bias 1: use true or false"),
        (FLAG, "yes", "bias 'yes': use true or false"),
        (CHOICE, "c", "mode 'c': use one of a, b"),
        (CHOICE, ["a"], "mode ['a']: use one of a, b"),
        (PAIR, (1, 2, 3), "kernel (1, 2, 3): use a whole number of at least 1, or (rows, columns) of such"),
        (PAIR, (1, 0), "kernel (1, 0): use a whole number of at least 1, or (rows, columns) of such"),
        (PAIR, (), "kernel (): use a whole number of at least 1, or (rows, columns) of such"),
    ],
)
def test_illegal_values_are_named_with_the_remedy(param, value, said):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        param.parse(value)
    assert str(caught.value) == said


@pytest.mark.parametrize("value", [-1, (1, 2, 3), (1, -1, 0, 0), "full", 1.5, None, [[1]], (1, 2, 3, 4, 5)])
def test_illegal_padding_names_all_forms_that_are_legal(value):
    with pytest.raises(ValueError, match=r'two or four of such \(top, bottom, left, right\), "same" or "valid"'):
        PADDING.parse(value)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.just(10**400),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@pytest.mark.parametrize("param", ALL, ids=lambda p: p.kind)
@given(value=ANYTHING)
def test_parsing_anything_gives_a_canonical_value_or_a_short_sentence(param, value):
    try:
        canonical = param.parse(value)
    except ValueError as error:
        assert ": use " in str(error)
        assert len(str(error)) < 220
    else:
        assert param.parse(canonical) == canonical


def test_all_illegal_parameters_of_a_layer_are_named_at_once():
    with pytest.raises(ParameterError) as caught:
        L.Conv2D(-1, 0, stride=(1, 2, 3), padding=-1, dilation="x", groups=0, bias=None)
    assert [reason.split()[0] for reason in caught.value.reasons] == [
        "filters",
        "kernel",
        "stride",
        "padding",
        "dilation",
        "groups",
        "bias",
    ]
    assert caught.value.layer_type == "Conv2D"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: L.Conv2D(5, groups=2), "Conv2D: 5 filters cannot be split into 2 groups: use a multiple of 2 filters"),
        (lambda: L.MaxPool2D(2, padding=2), "MaxPool2D: padding 2 would make windows of padding alone: use less"),
        (lambda: L.AvgPool2D((3, 1), padding=(0, 0, 1, 0)), "AvgPool2D: padding 1 would make windows"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(make, said):
    with pytest.raises(ParameterError, match=said.replace("(", r"\(")):
        make()


def test_replace_changes_a_copy():
    conv = L.Conv2D(8, 3)
    wider = conv.replace(filters=16, padding=1)
    assert (conv.filters, wider.filters, wider.kernel, wider.padding) == (8, 16, (3, 3), (1, 1, 1, 1))


def test_replace_names_unknown_parameters_and_those_there_are():
    with pytest.raises(ParameterError, match=r"unknown parameter 'units': use one of filters, kernel") as caught:
        L.Conv2D().replace(units=3, filter=4)
    assert len(caught.value.reasons) == 2


def test_a_layer_without_parameters_says_so():
    with pytest.raises(ParameterError, match="use one of none"):
        L.ReLU().replace(slope=1)


def test_layers_are_values():
    assert L.Conv2D(8, 3, padding=1) == L.Conv2D(8, (3, 3), padding=(1, 1, 1, 1))
    assert L.Conv2D(8) != L.Conv2D(9)
    assert len({L.Dense(3), L.Dense(3), L.Dense(4)}) == 2
    assert pickle.loads(pickle.dumps(L.Conv2D(8))) == L.Conv2D(8)


def test_a_layer_cannot_be_changed_in_place():
    with pytest.raises(AttributeError):
        L.Dense(3).units = 4


def test_an_unknown_layer_type_is_answered_with_those_there_are():
    with pytest.raises(AttributeError, match="no layer type 'Conv3D'; there are: .*Conv2D"):
        L.Conv3D  # noqa: B018
