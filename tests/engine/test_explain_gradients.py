"""Methods that take gradients back to the image: the oracles, completeness, and what does not matter."""

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network, Preprocessing, explain, zoo
from convscope.engine import layers as L

PLAIN = Preprocessing(scale=1.0)


def small(seed=0, preprocessing=PLAIN):
    net = Network((9, 7, 3), "small")
    net.add(L.Conv2D(6, 3, padding=1), "conv1")
    net.add(L.ReLU(), "relu1")
    net.add(L.MaxPool2D(2, 2), "pool1")
    net.add(L.Conv2D(5, 3), "conv2")
    net.add(L.ReLU(), "relu2")
    net.add(L.GlobalAvgPool(), "pool2")
    net.add(L.Dense(4), "scores")
    return Model(net, seed=seed, preprocessing=preprocessing)


def pictures(count=1, seed=0, shape=(9, 7, 3)):
    found = np.random.default_rng(seed).uniform(0, 255, (count, *shape)).astype(np.float32)
    return found if count > 1 else found[0]


def worked_example():
    """Two 3×3 filters of ones, biases −50 and −75, ReLU, dense rows of ones: the example of explain's oracles."""
    net = Network((4, 4, 1), "worked")
    net.add(L.Conv2D(2, 3, padding="valid"), "conv")
    net.add(L.ReLU(), "relu")
    net.add(L.Flatten(), "flatten")
    net.add(L.Dense(1), "scores")
    model = Model(net, preprocessing=PLAIN)
    model.weights["conv.weight"] = np.ones((3, 3, 1, 2), np.float32)
    model.weights["conv.bias"] = np.array([-50, -75], np.float32)
    planes = np.array([1, 1, 1, 1, 1, -1, -1, -1], np.float32)  # two planes of 2×2, one after the other
    model.weights["scores.weight"] = planes.reshape(2, 4).T.reshape(8, 1)
    model.weights["scores.bias"] = np.zeros(1, np.float32)
    return model, np.arange(16, dtype=np.float32).reshape(4, 4, 1)


GUIDED = [[0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]]
DECONVNET = [[2, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]]


@pytest.mark.parametrize(("method", "expected"), [("guided_backprop", GUIDED), ("deconvnet", DECONVNET)])
def test_the_worked_example_comes_out_to_the_digit(method, expected):
    model, image = worked_example()
    found = getattr(explain, method)(model, image, target=0)
    assert np.array_equal(found.array[..., 0], np.array(expected, np.float32))


def test_without_any_relu_all_rules_are_the_gradient():
    net = Network((6, 5, 2), "linear")
    net.add(L.Conv2D(3, 3, padding=1), "conv")
    net.add(L.Flatten(), "flatten")
    net.add(L.Dense(4), "scores")
    model, image = Model(net, preprocessing=PLAIN), pictures(shape=(6, 5, 2))
    gradient = explain.saliency(model, image, target=1).extras["gradient"]
    for method in (explain.guided_backprop, explain.deconvnet):
        assert np.array_equal(method(model, image, target=1).array, gradient)


def test_saliency_agrees_with_central_differences_in_pixel_units():
    preprocessing = Preprocessing(scale=1 / 255, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25), order="bgr")
    model, image = small(preprocessing=preprocessing), pictures()
    gradient = explain.saliency(model, image, target=2).extras["gradient"]
    for place in [(0, 0, 0), (4, 3, 1), (8, 6, 2)]:
        up, down = image.copy(), image.copy()
        up[place] += 2
        down[place] -= 2
        scores = model.predict(model.prepare(np.stack([up, down])))[:, 2].astype(np.float64)
        assert gradient[place] == pytest.approx((scores[0] - scores[1]) / 4, rel=2e-2, abs=1e-5)


def test_integrated_gradients_sum_to_the_difference_of_scores():
    model = small()
    found = explain.integrated_gradients(model, pictures(2), target=1, points=200)
    scores = found.scores
    for total, after, before in zip(scores["sum"], scores["responses"], scores["baseline"]):
        assert total == pytest.approx(after - before, rel=1e-2)


def test_each_image_of_a_batch_is_explained_as_if_alone():
    model, images = small(), pictures(19)
    for name in ("saliency", "guided_backprop", "deconvnet", "grad_cam", "smoothgrad", "integrated_gradients"):
        method = getattr(explain, name)
        together = method(model, images)
        assert together.batched
        if name == "smoothgrad":  # the noise belongs to the place in the batch
            assert np.array_equal(together.array[0], method(model, images[0]).array)
            continue
        for which in (0, 7, 18):
            assert np.allclose(together.array[which], method(model, images[which]).array, rtol=1e-5, atol=1e-6), name


def test_a_unit_of_a_layer_is_taken_back_from_its_strongest_position():
    model, image = small(), pictures()
    found = explain.guided_backprop(model, image, layer="relu2", unit=3)
    values = model.forward(model.prepare(image[None]), keep=["relu2"]) is not None and model.activations["relu2"][0]
    row, column = np.unravel_index(values[..., 3].argmax(), values.shape[:2])
    assert found.scores["positions"] == [[row, column]]
    exact = explain.guided_backprop(model, image, layer="relu2", unit=(int(row), int(column), 3))
    assert np.array_equal(found.array, exact.array)
    weighted = explain.guided_backprop(model, image, layer="relu2", unit=3, begin_with="activation")
    assert np.allclose(weighted.array, found.array * values[row, column, 3], rtol=1e-5)


def test_grad_cam_is_the_weighted_sum_of_the_layer_s_maps():
    model, image = small(), pictures()
    found = explain.grad_cam(model, image, target=0, layer="relu2", positive="signed")
    model.forward(model.prepare(image[None]), keep=["relu2"])
    maps, weights = model.activations["relu2"][0], model.weights["scores.weight"][:, 0]
    expected = (maps * weights).sum(-1) / (maps.shape[0] * maps.shape[1])
    assert np.allclose(found.extras["map"], expected, rtol=1e-4, atol=1e-6)
    assert found.array.shape == image.shape[:2]


def test_grad_cam_needs_a_layer_with_maps_before_the_score():
    model, image = worked_example()
    for layer, text in (("flatten", "no maps"), ("nowhere", "There is no layer")):
        with pytest.raises(ConvscopeError, match=text):
            explain.grad_cam(model, image, layer=layer)


def test_smoothgrad_repeats_bit_for_bit_and_without_noise_is_saliency():
    model, image = small(), pictures()
    first, again = (explain.smoothgrad(model, image, seed=3, samples=20) for _ in range(2))
    other = explain.smoothgrad(model, image, seed=4, samples=20)
    assert np.array_equal(first.array, again.array)
    assert not np.array_equal(first.array, other.array)
    still = explain.smoothgrad(model, image, noise=0.0, samples=3)
    assert np.allclose(still.array, explain.saliency(model, image).array, rtol=1e-5)


def test_grey_colour_and_other_sizes_are_brought_to_the_network_s_input():
    model = small()
    for shape in [(9, 7), (20, 31, 3), (9, 7, 1), (4, 3, 3)]:
        found = explain.saliency(model, pictures(shape=shape))
        assert found.array.shape == (9, 7)
        assert np.isfinite(found.array).all()


@pytest.mark.parametrize(
    ("image", "options", "text"),
    [
        (pictures() / 255, {}, "from 0 to 1; give pixels from 0 to 255"),
        (pictures() - 50, {}, "give pixels from 0 to 255"),
        (np.full((9, 7, 3), np.nan, np.float32), {}, "NaN"),
        (pictures(shape=(9, 7, 2)), {}, "2 channels and the network reads 3"),
        (np.zeros((2, 2, 2, 2, 2), np.uint8), {}, "use pixels"),
        (pictures(), {"target": 4}, "use 0 to 3"),
        (pictures(), {"target": -1}, "use 0 to 3"),
        (pictures(), {"layer": "nowhere"}, "there are: conv1"),
        (pictures(), {"layer": "relu2", "unit": (9, 9, 0)}, "within"),
        (pictures(), {"layer": "relu2", "target": 1}, "ask for a class, or for a layer and its unit"),
        (pictures(), {"over_channels": "median"}, "largest, sum"),
        (pictures(), {"patch": 3}, "unknown parameter"),
        (None, {}, "needs an image"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_one_line(image, options, text):
    with pytest.raises(ConvscopeError) as caught:
        explain.saliency(small(), image, **options)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_that_are_not_numbers_are_named():
    model = small()
    model.weights["conv2.weight"] = np.full(model.weights["conv2.weight"].shape, np.nan, np.float32)
    with pytest.raises(ConvscopeError, match="not finite"):
        explain.saliency(model, pictures(), target=0)


def test_asking_for_a_method_that_does_not_exist_lists_those_that_do():
    with pytest.raises(AttributeError, match="saliency"):
        explain.telepathy  # noqa: B018


def test_results_save_as_picture_array_and_facts(tmp_path):
    found = explain.saliency(small(), pictures(2))
    for name in ("heat.png", "heat.npy", "heat.json"):
        found.save(tmp_path / name)
    assert np.array_equal(np.load(tmp_path / "heat.npy"), found.array)
    assert '"method": "saliency"' in (tmp_path / "heat.json").read_text()
    assert (tmp_path / "heat.png").read_bytes().startswith(b"\x89PNG")


def test_a_zoo_network_with_a_softmax_is_asked_for_its_score_before_it():
    net = zoo.lenet5()
    net.add(L.Softmax(), "softmax")
    model = Model(net)
    found = explain.saliency(model, pictures(shape=(28, 28, 1)))
    assert found.scores["node"] == "scores"
