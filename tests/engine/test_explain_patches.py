"""The index of strongest patches: against looking at every response, saved and read back."""

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network, explain
from convscope.engine import layers as L
from convscope.engine.explain.patch_index import PatchIndex, build_index


@pytest.fixture(scope="module")
def model():
    net = Network((10, 8, 1), "small")
    net.add(L.Conv2D(5, 3, padding=1), "conv")
    net.add(L.ReLU(), "relu")
    net.add(L.MaxPool2D(2, 2), "pool")
    net.add(L.Conv2D(4, 3), "conv2")
    net.add(L.Flatten(), "flatten")
    net.add(L.Dense(3), "scores")
    return Model(net, seed=2)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(0, 255, (150, 10, 8, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def index(model, images):
    return build_index(model, images, top=4)


def by_hand(model, images, layer, channel, top):
    """Each image's strongest place, the best of them first; the first of equals."""
    model.forward(model.prepare(images), keep=[layer])
    maps = model.activations[layer].reshape(len(images), -1, model.activations[layer].shape[-1])[..., channel]
    order = np.argsort(-maps.max(1), kind="stable")[:top]
    return [(int(n), int(maps[n].argmax()), float(maps[n].max())) for n in order]


@pytest.mark.parametrize(
    ("layer", "channel", "width"), [("conv", 3, 8), ("pool", 0, 4), ("conv2", 2, 2), ("scores", 1, 1)]
)
def test_the_index_holds_what_looking_at_every_response_finds(model, images, index, layer, channel, width):
    found = index.strongest(layer, channel)
    expected = by_hand(model, images, layer, channel, 4)
    assert [(p.image, p.position[0] * width + p.position[1]) for p in found] == [(n, at) for n, at, _ in expected]
    assert np.allclose([p.response for p in found], [r for *_, r in expected], rtol=1e-5)


def test_the_box_is_all_that_the_unit_sees(model, images, index):
    patch = index.strongest("conv2", 1)[0]
    top, bottom, left, right = patch.box
    assert (bottom - top, right - left) == (8, 8)
    kept = images[patch.image].copy()
    outside = np.ones(kept.shape, bool)
    outside[max(top, 0) : bottom, max(left, 0) : right] = False
    kept[outside] = 13
    model.forward(model.prepare(kept[None]), keep=["conv2"])
    assert model.activations["conv2"][0][(*patch.position, 1)] == pytest.approx(patch.response, rel=1e-5)


def test_patches_are_cut_out_with_black_beyond_the_image(model, images):
    found = explain.strongest_patches(model, images, layer="conv2", unit=1, count=3)
    told = found.scores["patches"]
    assert found.array.shape == (3, 8, 8, 1)
    assert len({patch["image"] for patch in told}) == 3
    assert [patch["response"] for patch in told] == sorted((patch["response"] for patch in told), reverse=True)
    top, bottom, left, right = told[0]["box"]
    inside = images[told[0]["image"], max(top, 0) : bottom, max(left, 0) : right]
    assert np.array_equal(found.array[0, max(-top, 0) :, max(-left, 0) :][: len(inside), : inside.shape[1]], inside)


def test_an_index_is_read_back_as_it_was_saved(model, index, tmp_path):
    index.save(tmp_path / "index.npz")
    again = PatchIndex.load(tmp_path / "index.npz", model)
    assert again.layers == index.layers
    assert all(again.strongest(layer, 0) == index.strongest(layer, 0) for layer in index.layers)


def test_what_is_no_index_is_refused(model, index, tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(ConvscopeError, match="build it anew"):
        PatchIndex.load(tmp_path / "text.npz", model)
    with pytest.raises(ConvscopeError, match="There is no file"):
        PatchIndex.load(tmp_path / "none.npz", model)
    index.save(tmp_path / "index.npz")
    net = Network((10, 8, 1), "other")
    net.add(L.GlobalAvgPool(), "scores")
    with pytest.raises(ConvscopeError, match="belongs to small"):
        PatchIndex.load(tmp_path / "index.npz", Model(net))
    with pytest.raises(ConvscopeError, match="use 0 to 4"):
        index.strongest("conv", 5)
    with pytest.raises(ConvscopeError, match="There is no layer 'nowhere'"):
        build_index(model, np.zeros((1, 10, 8, 1)), ["nowhere"])


def test_a_set_smaller_than_the_index_is_no_harm(model):
    found = build_index(model, np.full((2, 10, 8, 1), 50.0), ["conv"], top=5)
    assert len(found.strongest("conv", 0)) == 2
