"""Activation maps, filters, receptive fields, and the check by randomisation."""

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network, explain, trained, zoo
from convscope.engine import layers as L
from convscope.engine.layers.conv import choice


def picture(shape=(28, 28, 1), seed=0):
    return np.random.default_rng(seed).uniform(0, 255, shape).astype(np.float32)


@pytest.fixture(scope="module")
def lenet():
    return Model(zoo.lenet5(), seed=1)


def test_activation_maps_are_the_layer_s_output(lenet):
    image = picture()
    lenet.forward(lenet.prepare(image[None]), keep=["relu2"])
    expected = lenet.activations["relu2"][0]
    assert np.allclose(explain.activations(lenet, image, layer="relu2").array, expected, atol=1e-6)
    one = explain.activations(lenet, image, layer="relu2", unit=7)
    assert np.allclose(one.array, expected[..., 7:8], atol=1e-6)
    assert one.picture().ndim == 3
    with pytest.raises(ConvscopeError, match="before the flatten"):
        explain.activations(lenet, image, layer="dense3")


def test_filters_show_in_colour_where_they_read_colour():
    model = Model(zoo.resnet8())
    first = explain.weights(model)
    assert first.array.shape == (3, 3, 16, 3)
    assert np.array_equal(first.array, model.weights["conv1.weight"].transpose(0, 1, 3, 2))
    assert explain.weights(model, layer="s2b1_conv1").array.shape == (3, 3, 32 * 16)
    assert explain.weights(model, layer="conv1", unit=4).array.shape == (3, 3, 1, 3)
    with pytest.raises(ConvscopeError, match="layers that have: conv1"):
        explain.weights(model, layer="relu1")


def test_a_dense_layer_s_weights_have_the_shape_of_the_maps_it_reads(lenet):
    found = explain.weights(lenet, layer="dense3", unit=3)
    expected = lenet.weights["dense3.weight"][:, 3].reshape(5, 5, 16)
    assert np.array_equal(found.array, expected)
    assert explain.weights(lenet, layer="dense4", unit=0).array.shape == (1, 1, 120)


def test_no_gradient_leaves_the_box_of_the_receptive_field():
    net = Network((24, 20, 1), "deep")
    net.add(L.Conv2D(4, 3, padding=1), "conv1")
    net.add(L.ReLU(), "relu1")
    net.add(L.AvgPool2D(2, 2), "pool1")
    net.add(L.Conv2D(4, 5, padding=2), "conv2")
    model, image = Model(net), picture((24, 20, 1))
    unit = (6, 1, 2)
    box = explain.receptive_field(model, image, layer="conv2", unit=unit, show="box")
    top, bottom, left, right = box.scores["box"]
    assert (bottom - top, right - left) == (12, 12)
    assert left < 0  # it sees padding
    inside = np.zeros((24, 20), bool)
    inside[top:bottom, :right] = True
    assert np.array_equal(box.array > 0, inside)
    effective = explain.receptive_field(model, image, layer="conv2", unit=unit)
    assert not effective.array[~inside].any()
    assert effective.array[inside].any()
    assert effective.scores["effective"][0][0] <= 12


@pytest.mark.parametrize("name", ["resnet8_shapes", "squeezenet_boxes"])
def test_no_gradient_leaves_the_box_at_any_layer_of_trained_networks(name):
    """Through branches and shortcuts, too. The algorithm is the direct one, whose zeros are exact."""
    with choice.forced("direct"):
        model = trained.load(name)
        shapes, image = model.network.shapes(), picture(model.network.input)
        for layer in (node for node in model.network.nodes if len(shapes[node]) == 3):
            height, width, _ = shapes[layer]
            for place in ((0, 0), (height // 2, width // 3)):
                found = explain.receptive_field(model, image, layer=layer, unit=(*place, 0))
                top, bottom, left, right = found.scores["box"]
                inside = np.zeros(image.shape[:2], bool)
                inside[max(top, 0) : bottom, max(left, 0) : right] = True
                assert not found.array[~inside].any(), layer


def test_a_unit_that_is_off_has_an_effective_field_in_the_frame_of_its_box(lenet):
    image = picture()
    lenet.forward(lenet.prepare(image[None]), keep=["relu1"])
    row, column, channel = (int(at) for at in np.argwhere(lenet.activations["relu1"][0] == 0)[40])
    found = explain.receptive_field(lenet, image, layer="relu1", unit=(row, column, channel))
    assert found.array.any()
    top, _, left, _ = found.scores["box"]
    assert found.shown[max(top, 0), max(left, 0)] == found.array.max()


def test_without_learning_left_a_gradient_map_no_longer_resembles_itself(lenet):
    found = explain.randomisation_check(lenet, picture(), target=3, method="saliency")
    correlation = found.scores["correlation"][0]
    assert found.scores["layers"] == ["none", "scores", "dense4", "dense3", "conv2", "conv1"]
    assert correlation[0] == 1
    assert correlation[-1] < 0.6
    assert found.extras["maps"].shape == (6, 28, 28)


def test_the_check_leaves_the_model_as_it_was(lenet):
    before = {name: array.copy() for name, array in lenet.weights.items()}
    explain.randomisation_check(lenet, picture(), method="grad_cam")
    assert all(np.array_equal(before[name], lenet.weights[name]) for name in before)


def test_maps_make_a_grid_of_readable_pictures(lenet, tmp_path):
    found = explain.activations(lenet, picture(), layer="pool2")
    shown = found.picture()
    assert shown.shape[0] > 4 * 20
    found.save(tmp_path / "maps.png", raw=True)
