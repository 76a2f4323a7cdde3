"""The list of architectures, and how one is fitted to a dataset."""

import subprocess
import sys

import pytest

from convscope.engine import blocks, zoo
from convscope.engine.spec import ConvscopeError, NetworkError, ParameterError

each = pytest.mark.parametrize("name", zoo.ARCHITECTURES)


@each
def test_an_entry_tells_where_the_architecture_comes_from(name):
    entry = zoo.architecture(name)
    assert entry.name == name
    assert entry.build.__doc__
    assert 1980 < entry.year < 2030
    assert len(entry.source) > 10
    assert getattr(zoo, name) is entry.build


@each
def test_the_blocks_of_an_architecture_are_what_they_are_recorded_as(name):
    net = zoo.build(name)
    assert [group.name for group in net.groups.values() if not blocks.intact(net, group)] == []


@each
def test_an_architecture_is_sound_at_its_published_input(name):
    net = zoo.build(name)
    assert net.name == name
    assert net.input == zoo.architecture(name).input
    assert net.errors() == []
    assert net.shapes()[net.output] == (10 if max(net.input) <= 32 else 1000,)


def test_only_squeezenet_leaves_a_row_out_at_its_published_input():
    doubtful = {name: [problem.kind for problem in zoo.build(name).problems()] for name in zoo.ARCHITECTURES}
    assert {name: kinds for name, kinds in doubtful.items() if kinds} == {
        "squeezenet1_0": ["lost-rows"],
        "squeezenet1_1": ["lost-rows"],
    }


@pytest.mark.parametrize("name", [name for name, entry in zoo.ARCHITECTURES.items() if entry.compact])
@pytest.mark.parametrize("image", [(28, 28, 1), (32, 32, 3)])
def test_compact_architectures_take_digits_and_icons_as_they_are(name, image):
    net = zoo.build_for(name, image, classes=10)
    assert net.input == image
    assert net.errors() == []


@each
def test_the_number_of_classes_is_that_of_the_last_layer(name):
    net = zoo.build(name, classes=37)
    assert net.shapes()[net.output] == (37,)


@each
def test_two_builds_are_equal_and_independent(name):
    one, two = zoo.build(name), zoo.build(name)
    assert one == two
    one.remove(one.output)
    assert two == zoo.build(name)


@pytest.mark.parametrize(
    ("name", "image", "taken"),
    [
        ("lenet5", (28, 28, 1), (28, 28, 1)),  # its own size
        ("lenet5", (8, 8, 1), (28, 28, 1)),  # digits: too small, the images are enlarged
        ("lenet5", (32, 32, 3), (32, 32, 3)),
        ("lenet5", (14, 14, 1), (14, 14, 1)),  # half the size still fits
        ("vgg_mini", (28, 28, 1), (28, 28, 1)),  # Fashion-MNIST
        ("vgg_mini", (8, 8, 1), (32, 32, 1)),
        ("vgg_mini", (16, 15, 3), (32, 32, 3)),
        ("resnet20_cifar", (28, 28, 1), (28, 28, 1)),
        ("resnet20_cifar", (64, 48, 3), (64, 48, 3)),
    ],
)
def test_images_are_taken_at_their_size_where_the_layers_fit_them(name, image, taken):
    net = zoo.build_for(name, image, classes=7)
    assert net.input == taken
    assert net.errors() == []
    assert net.shapes()[net.output] == (7,)


def test_images_that_do_not_fit_the_layers_are_resized():
    [error] = zoo.lenet5((14, 3, 1)).errors()[:1]
    assert error.kind == "shape"
    assert zoo.build_for("lenet5", (14, 14, 2), 3).input == (14, 14, 2)
    assert zoo.build_for("lenet5", (100, 3, 1), 3).input == (28, 28, 1)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lenet", "There is no architecture 'lenet'; did you mean lenet5?"),
        ("vgg-mini", "There is no architecture 'vgg-mini'; did you mean vgg_mini?"),
        ("resnet20", "There is no architecture 'resnet20'; did you mean resnet20_cifar?"),
        ("qqqq", "There is no architecture 'qqqq'; `convscope zoo` lists the "),
        ("", "There is no architecture ''; `convscope zoo` lists the "),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_or_where_all_are_listed(name, said):
    for ask in (zoo.architecture, zoo.build, lambda n: zoo.build_for(n, (28, 28, 1), 10)):
        with pytest.raises(ConvscopeError) as caught:
            ask(name)
        assert str(caught.value).startswith(said)


def test_an_unknown_attribute_says_where_the_architectures_are_listed():
    with pytest.raises(AttributeError, match="there is no architecture 'lenet9'; ARCHITECTURES lists those"):
        zoo.lenet9  # noqa: B018


def test_impossible_options_are_told():
    with pytest.raises(ParameterError, match="units 0: use a whole number of at least 1"):
        zoo.build("lenet5", classes=0)
    with pytest.raises(NetworkError, match="use height, width and channels"):
        zoo.build("lenet5", input=(28, 28))


def test_resnet20_pads_channels_in_its_two_shortcuts_that_change_shape():
    net = zoo.resnet20_cifar()
    pads = [name for name, node in net.nodes.items() if node.layer.type_name() == "PadChannels"]
    assert {name: (*net.input_shapes(name)[0], *net.shapes()[name]) for name in pads} == {
        "s2b1_pad": (16, 16, 16, 16, 16, 32),
        "s3b1_pad": (8, 8, 32, 8, 8, 64),
    }
    assert sum(node.layer.type_name() == "Conv2D" for node in net.nodes.values()) == 19


@pytest.mark.parametrize("room", ["spec", "graph", "cost", "blocks", "zoo"])
def test_declarations_graphs_and_costs_load_without_the_jit(room):
    script = f"import sys, convscope.engine.{room}; sys.exit(bool({{'numba', 'llvmlite'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
