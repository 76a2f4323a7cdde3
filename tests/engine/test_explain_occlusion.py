"""Occlusion: against covering every patch by hand, whatever is computed again in part."""

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network, Preprocessing, explain, zoo
from convscope.engine import layers as L
from convscope.engine.data.mean_image import MeanImage
from convscope.engine.explain import partial


def branching(shape=(30, 23, 3)):
    """Strides, dilation, uneven padding, a shortcut and two branches, so that every case of a crop comes up."""
    net = Network(shape, "branching")
    net.add(L.Conv2D(5, 3, stride=2, padding="same"), "conv1")
    net.add(L.ReLU(), "relu1")
    net.add(L.Conv2D(5, 3, padding=(2, 0, 1, 1)), "conv2")
    net.add(L.ReLU(), "relu2")
    net.add(L.Conv2D(5, 3, padding=2, dilation=2), "left", ["relu2"])
    net.add(L.Conv2D(5, 1), "right", ["relu2"])
    net.add(L.Add(), "sum", ["left", "right"])
    net.add(L.MaxPool2D(3, 2, padding=2, dilation=2), "pool")
    net.add(L.Conv2D(4, 3, padding=1), "conv3")
    net.add(L.GlobalAvgPool(), "average")
    net.add(L.Dense(3), "scores")
    return net


def with_biases(net, **options):
    model = Model(net, **options)
    random = np.random.default_rng(1)
    for name in model.weights:
        if name.endswith("bias"):
            model.weights[name] = random.normal(0, 0.2, model.weights[name].shape)
    return model


def picture(shape):
    return np.random.default_rng(2).uniform(0, 255, shape).astype(np.float32)


def by_hand(model, image, target, patch, stride):
    """Every place covered with black, one image each, in the plainest way; the mean drop of the raw score."""
    height, width = image.shape[:2]
    whole = model.predict(model.prepare(image[None]))[0, target].astype(np.float64)
    total, count = np.zeros((height, width)), np.zeros((height, width))
    for top in range(0, height - patch + stride, stride):
        for left in range(0, width - patch + stride, stride):
            covered = image.copy()
            covered[top : top + patch, left : left + patch] = 0
            score = model.predict(model.prepare(covered[None]))[0, target].astype(np.float64)
            total[top : top + patch, left : left + patch] += whole - score
            count[top : top + patch, left : left + patch] += 1
    return total / count


@pytest.mark.parametrize(("patch", "stride"), [(5, 3), (4, 4), (1, 1), (23, 7)])
def test_it_is_what_covering_each_patch_by_hand_gives(patch, stride):
    model = with_biases(branching((12, 23, 3) if patch == 1 else (30, 23, 3)))
    image = picture(model.network.input)
    found = explain.occlusion(model, image, 1, patch=patch, stride=stride, of="score", fill="black")
    expected = by_hand(model, image, 1, patch, stride)
    assert np.abs(found.array - expected).max() < 2e-5 * max(np.abs(expected).max(), 1)


def test_crops_give_the_same_as_whole_maps(monkeypatch):
    model = with_biases(branching((64, 47, 3)))
    image = picture((64, 47, 3))
    assert partial._cuts(model.network, "scores") == ["relu1", "relu2", "sum", "pool", "conv3"]
    crops = explain.occlusion(model, image, 2, patch=6, stride=5, of="score")
    monkeypatch.setattr(partial, "_WORTH", 0.0)
    whole = explain.occlusion(model, image, 2, patch=6, stride=5, of="score")
    assert np.allclose(crops.extras["answers"], whole.extras["answers"], rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", ["lenet5", "resnet8"])
def test_networks_of_the_zoo_lose_most_where_the_pixels_matter(name):
    net = getattr(zoo, name)()
    model, image = with_biases(net), picture(net.input)
    found = explain.occlusion(model, image, patch=7, stride=7, fill="blur")
    assert found.array.shape == net.input[:2]
    assert np.isfinite(found.array).all()
    assert 0 <= found.extras["answers"].min() <= found.extras["answers"].max() <= 1


def test_a_network_blind_to_half_the_image_loses_nothing_there():
    net = Network((8, 8, 1), "half")
    net.add(L.Flatten(), "flatten")
    net.add(L.Dense(2), "scores")
    model = Model(net)
    weights = model.weights["scores.weight"].reshape(8, 8, 2).copy()
    weights[:, 4:] = 0
    model.weights["scores.weight"] = weights.reshape(64, 2)
    found = explain.occlusion(model, picture((8, 8, 1)), 0, patch=2, stride=2, of="score")
    assert not found.array[:, 4:].any()
    assert found.array[:, :4].any()


def test_a_layer_s_channel_is_watched_by_its_summed_response():
    model = with_biases(branching())
    image = picture((30, 23, 3))
    found = explain.occlusion(model, image, layer="relu2", patch=10, stride=10, fill="black")
    values = model.forward(model.prepare(image[None]), keep=["relu2"]) is not None and model.activations["relu2"][0]
    channel = int(values.sum((0, 1)).argmax())
    assert found.scores["channels"] == [channel]
    covered = image.copy()
    covered[:10, :10] = 0
    model.forward(model.prepare(covered[None]), keep=["relu2"])
    assert found.extras["answers"][0, 0] == pytest.approx(model.activations["relu2"][0, ..., channel].sum(), rel=1e-4)


def test_a_mean_image_of_the_preprocessing_is_what_covers_and_what_is_subtracted():
    mean = np.random.default_rng(3).uniform(0, 1, (12, 9, 3)).astype(np.float32)
    preprocessing = Preprocessing(mean_image=MeanImage.of(mean))
    net = Network((12, 9, 3), "mean")
    net.add(L.Conv2D(4, 3, padding=1, bias=False), "conv")
    net.add(L.Flatten(), "flatten")
    net.add(L.Dense(2, bias=False), "scores")
    model = Model(net, preprocessing=preprocessing)
    found = explain.occlusion(model, picture((12, 9, 3)), 0, patch=9, stride=3, of="score")
    everything = explain.occlusion(model, 255 * mean, 0, patch=9, stride=3, of="score")
    assert np.abs(found.array).max() > 0.05
    assert np.abs(everything.array).max() < 1e-4  # the mean covered with the mean


def test_each_batch_of_places_reports_the_map_so_far_and_stopping_leaves_nothing_held():
    model = with_biases(branching())
    steps = explain.occlusion.steps(model, picture((30, 23, 3)), 0, patch=4, stride=1)
    first = next(steps)
    assert 0 < first.step < first.steps
    assert first.partial.shape == (30, 23)
    steps.close()
    assert np.isfinite(model.predict(model.prepare(picture((30, 23, 3))[None]))).all()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"patch": 24}, "larger than the image, 30×23; use 1 to 23"),
        ({"patch": 4, "stride": 5}, "would skip pixels"),
        ({"patch": 0}, "patch"),
        ({"fill": "pink"}, "mean, black, blur"),
    ],
)
def test_impossible_patches_are_refused(options, text):
    with pytest.raises(ConvscopeError, match=text):
        explain.occlusion(Model(branching()), picture((30, 23, 3)), **options)
