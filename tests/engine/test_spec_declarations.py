"""Every layer type, found in the folders, declares all that palette, forms, files and generic tests read."""

import dataclasses
from itertools import combinations
from pathlib import Path
from typing import get_args

import pytest

from convscope.engine import layers as L
from convscope.engine.spec import Cost, Layer, Param, size
from convscope.engine.spec.layer import Category

TYPES = list(L.TYPES.values())
CASES = [(example.layer, example.inputs) for layer_type in TYPES for example in layer_type.examples()]
each_type = pytest.mark.parametrize("layer_type", TYPES, ids=lambda t: t.__name__)
each_case = pytest.mark.parametrize(("layer", "inputs"), CASES, ids=str)


def test_every_family_folder_declares_a_layer_and_all_are_reachable():
    families = {p.parent.name for p in Path(L.__file__).parent.glob("*/spec.py")}
    assert {L.family_of(t).rpartition(".")[2] for t in TYPES} == families
    assert all(getattr(L, name) is layer_type for name, layer_type in L.TYPES.items())


def test_the_layers_of_the_first_release_are_there():
    first = "Conv2D MaxPool2D AvgPool2D GlobalAvgPool Dense Flatten ReLU LeakyReLU Tanh Sigmoid Softmax Dropout"
    assert {*first.split(), "BatchNorm", "Add", "Concat", "PadChannels"} <= set(L.TYPES)


@each_type
def test_texts_are_complete(layer_type):
    about = layer_type.about
    assert about.category in get_args(Category)
    assert 5 < len(about.summary) < 60, "a summary fits on a palette line"
    assert len(about.help) > 40
    assert about.help.endswith(".")
    assert about.source or layer_type is L.Flatten, "nobody published flattening"
    assert layer_type.__doc__


@each_type
def test_parameters_are_described_and_their_defaults_are_canonical(layer_type):
    assert dataclasses.is_dataclass(layer_type)
    assert layer_type.__dataclass_params__.frozen
    defaults = layer_type()
    for name, param in layer_type.params().items():
        assert isinstance(param, Param)
        assert param.label[0].isupper()
        assert len(param.help) > 15
        assert param.help.endswith(".")
        assert param.parse(param.default) == param.default == getattr(defaults, name)


@each_type
def test_labels_are_unique(layer_type):
    labels = [param.label for param in layer_type.params().values()]
    assert len(set(labels)) == len(labels)


@each_type
def test_there_are_examples_and_they_exercise_every_parameter(layer_type):
    examples = layer_type.examples()
    assert examples
    for name in layer_type.params():
        assert len({getattr(example.layer, name) for example in examples}) > 1, f"no example varies {name}"


@each_case
def test_an_example_infers_a_shape_and_a_cost(layer, inputs):
    assert layer.ports.accepts(len(inputs))
    output = layer.infer_shape(inputs)
    assert all(isinstance(d, int) and d >= 1 for d in output)
    cost = layer.cost(inputs, output)
    assert isinstance(cost, Cost)
    assert min(dataclasses.astuple(cost)) >= 0


@each_case
def test_weights_have_positive_shapes_distinct_names_and_fans(layer, inputs):
    weights = layer.weights(inputs)
    assert not any(a.name == b.name for a, b in combinations(weights, 2))
    for weight in weights:
        assert size(weight.shape) >= 1
        assert min(weight.fan_in, weight.fan_out) >= 1


@each_case
def test_a_layer_that_renames_keeps_every_value(layer, inputs):
    for training in (False, True):
        if layer.renames(training):
            assert size(layer.infer_shape(inputs)) == size(inputs[0])


@each_case
def test_a_layer_round_trips_through_its_values(layer, inputs):
    assert type(layer)().replace(**layer.values()) == layer


@each_case
def test_saved_arrays_are_named_once_and_have_shapes(layer, inputs):
    saved = layer.saved(inputs, layer.infer_shape(inputs))
    assert len({array.name for array in saved}) == len(saved)
    assert all(size(array.shape) >= 1 for array in saved)


@each_type
def test_backward_needs_are_known_words(layer_type):
    assert layer_type.backward_needs <= {"input", "output"}


def test_convolution_weights_count_as_in_the_lectures():
    [weight, bias] = L.Conv2D(96, 11, stride=4).weights([(227, 227, 3)])
    assert (size(weight.shape), size(bias.shape)) == (34_848, 96)
    assert L.Conv2D(96, 11, stride=4).cost([(227, 227, 3)], (55, 55, 96)).macs == 105_415_200
    assert sum(size(w.shape) for w in L.Conv2D(10, 5).weights([(32, 32, 3)])) == 760


def test_grouped_convolution_divides_weights_and_work_by_the_groups():
    plain, grouped = L.Conv2D(8, 3, padding=1), L.Conv2D(8, 3, padding=1, groups=4)
    shape = (6, 6, 8)
    assert size(grouped.weights([shape])[0].shape) * 4 == size(plain.weights([shape])[0].shape)
    assert grouped.cost([shape], shape).macs * 4 == plain.cost([shape], shape).macs


def test_declarations_do_not_import_numba():
    assert all(issubclass(t, Layer) for t in TYPES)
    sources = Path(L.__file__).parent.glob("*/spec.py")
    assert not [p for p in sources if "numba" in p.read_text(encoding="utf-8")]
