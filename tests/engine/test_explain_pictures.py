"""Methods that make a picture: scores rise, the seed decides every bit, any size and kind of image, clear refusals."""

import json

import numpy as np
import pytest

from convscope.engine import (
    ConvscopeError,
    Model,
    Network,
    ParameterError,
    Preprocessing,
    explain,
    load_dataset,
    trained,
)
from convscope.engine import layers as L

PREPARED = Preprocessing(mean=(0.4, 0.5, 0.45), std=(0.2, 0.25, 0.3), order="bgr")


def network(shape=(20, 24, 3)):
    net = Network(shape, "small")
    net.add(L.Conv2D(6, 3, padding=1), "conv1")
    net.add(L.ReLU(), "relu1")
    net.add(L.MaxPool2D(2), "pool1")
    net.add(L.Conv2D(8, 3, padding=1), "conv2")
    net.add(L.ReLU(), "relu2")
    net.add(L.Conv2D(4, 3, padding=1), "conv3")
    net.add(L.GlobalAvgPool(), "scores")
    return net


@pytest.fixture(scope="module")
def model():
    return Model(network(), seed=1, preprocessing=PREPARED)


def picture(shape=(20, 24, 3), seed=0):
    """Smooth, as photographs are."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    waves = [128 + 100 * np.sin(y / random.uniform(2, 6) + x / random.uniform(2, 6)) for _ in range(shape[2])]
    return np.stack(waves, -1).astype(np.float32)


CLASS, UNIT, LAYER = {"target": 2}, {"layer": "conv3", "unit": 1}, {"image": picture(), "layer": "conv2"}
CASES = {
    "class_image": {**CLASS, "iterations": 12},
    "unit_image": {**UNIT, "preset": "blur", "iterations": 12},
    "feature_visualisation": {**UNIT, "iterations": 12, "size": 24},
    "deep_dream": {**LAYER, "iterations": 3, "octaves": 2},
    "class_dream": {**CLASS, "first": 8, "second": 4, "third": 4, "blur": 0.5, "last_blur": 0.2, "correlation": 0.0},
    "dream_zoom": {**LAYER, "iterations": 2, "octaves": 2, "frames": 3},
    "inversion": {**LAYER, "iterations": 4},
}


def run(model, name, seed=5, **changes):
    return getattr(explain, name)(model, seed=seed, **{**CASES[name], **changes})


@pytest.mark.parametrize("name", [name for name in CASES if name != "inversion"])
def test_the_score_rises_and_pixels_stay_in_range(model, name):
    result = run(model, name)
    assert result.scores["after"][0] > result.scores["before"][0]
    assert 0 <= result.array.min() <= result.array.max() <= 255
    assert len(result.history) == len(result.extras["score"]) > 1
    assert np.isfinite(result.extras["score"]).all()
    json.dumps(result.meta)
    assert result.picture().dtype == np.uint8


@pytest.mark.parametrize("name", CASES)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(model, name):
    first, again, other = (run(model, name, seed).array for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", ["class_image", "unit_image", "deep_dream"])
def test_a_batch_gives_what_its_images_give_alone(model, name):
    images = np.stack([picture(seed=number) for number in range(3)])
    few = {"iterations": 2, "jitter": 2} if name != "unit_image" else {"iterations": 3}
    together = run(model, name, image=images, **few)
    assert together.array.shape == images.shape
    for number, image in enumerate(images):
        alone = run(model, name, image=image, **few)
        np.testing.assert_allclose(together.array[number], alone.array, atol=0.05)
        assert alone.scores["after"][0] == pytest.approx(together.scores["after"][number], rel=1e-3)


@pytest.mark.parametrize("name", ["class_image", "feature_visualisation", "deep_dream"])
def test_every_step_shows_a_picture_like_the_result_s_and_may_be_the_last(model, name):
    weights = {key: array.copy() for key, array in model.weights.items()}
    steps = getattr(explain, name).steps(model, **{**CASES[name]})
    seen = [next(steps) for _ in range(3)]
    steps.close()
    whole = run(model, name, seed=None)
    for number, step in enumerate(seen, 1):
        assert (step.step, step.result) == (number, None)
        assert step.partial.shape == whole.array.shape
        assert step.figures["score"] == pytest.approx(whole.history[number - 1]["score"])
    assert not np.array_equal(seen[0].partial, seen[2].partial)
    for key, array in model.weights.items():
        np.testing.assert_array_equal(array, weights[key])


@pytest.mark.parametrize("name", CASES)
def test_grey_images_and_networks_of_one_size_are_read_too(name):
    net = network((17, 12, 1))
    net.remove("scores")
    net.add(L.Flatten(), "flatten", ["conv3"])
    net.add(L.Dense(3), "scores")
    case = {**CASES[name], "iterations": 2}
    if name == "class_dream":
        case |= {"first": 2, "second": 1, "third": 1}
        del case["iterations"]
    if name in {"deep_dream", "dream_zoom", "inversion"}:
        case["image"] = picture((17, 12, 1))
    if name == "feature_visualisation":
        case = {"target": 1, "iterations": 2}
    result = getattr(explain, name)(Model(net, seed=2), **case)
    assert result.array.shape[-1] == 1
    assert result.array.shape[-3:-1] == ((17, 12) if name != "class_dream" else (24, 17))


def test_the_best_picture_of_a_unit_is_kept_not_the_last(model):
    own = {"preset": "own", "rule": "constant", "rate": 3e4, "decay": 0.5, "small_norm": 30.0, "blur": 0.0}
    result = run(model, "unit_image", iterations=15, **own)
    reached = result.extras["score"]
    assert reached.argmax() < len(reached) - 1 or result.scores["after"][0] >= reached.max()
    assert result.scores["after"][0] == pytest.approx(max(reached.max(), result.extras["best"][-1]), rel=1e-4)
    assert (np.diff(result.extras["best"]) >= 0).all()


@pytest.mark.parametrize("preset", ["small norm", "decay", "blur", "small contribution"])
def test_a_preset_sets_the_published_parameters(preset):
    method = explain.METHODS["unit_image"](preset=preset)
    table = {
        "small norm": (0.0, 0.5, 50.0, 0.0, 500, "progress", 100.0),
        "decay": (0.3, 0.0, 20.0, 0.0, 750, "constant", 100.0),
        "blur": (1e-4, 1.0, 0.0, 0.0, 1000, "constant", 100.0),
        "small contribution": (0.0, 0.5, 0.0, 90.0, 1000, "progress", 1e8),
    }
    names = ("decay", "blur", "small_norm", "small_contribution", "iterations", "rule", "rate")
    assert tuple(method.values()[name] for name in names) == table[preset]
    assert type(method)(**method.values()) == method
    assert type(method)().replace(preset="decay").replace(preset=preset) == method
    assert method.replace(iterations=7).iterations == 7


def test_a_preset_is_not_changed_in_silence():
    with pytest.raises(ParameterError, match=r'decay 0.2: the preset sets 0.3; use preset "own"'):
        explain.METHODS["unit_image"](preset="decay", decay=0.2)


def test_progress_asked_for_is_the_progress_made(model):
    own = {"preset": "own", "blur": 0.0, "small_norm": 0.0, "desired": 1e-3, "rate": 1e9}
    score = run(model, "unit_image", iterations=6, **own).extras["score"]
    np.testing.assert_allclose(np.diff(score), 1e-3, rtol=0.2)


def test_a_unit_that_is_off_everywhere_is_woken():
    net = network()
    net.remove("scores")
    net.add(L.ReLU(), "relu3", ["conv3"])
    net.add(L.GlobalAvgPool(), "scores")
    model = Model(net, seed=1)
    model.weights["conv3.bias"][:] = -0.6 * np.abs(model.predict(model.prepare(np.zeros((1, 20, 24, 3))))).max() - 0.05
    model.weights_changed()
    result = explain.class_image(model, target=2, iterations=30)
    assert result.extras["score"][0] == 0
    assert result.scores["after"][0] > 0


def test_a_unit_behind_a_relu_is_sought_through_what_the_relu_reads(model):
    result = explain.unit_image(model, layer="relu2", unit=3, iterations=2)
    assert (result.scores["node"], result.scores["positions"]) == ("conv2", [[5, 6]])


def test_a_single_unit_is_visualised_in_the_middle_of_a_picture_of_any_size(model):
    result = run(model, "feature_visualisation", unit=(9, 11, 1), size=10)
    assert result.scores["positions"] == [[2, 2]]
    assert result.scores["after"][0] > result.scores["before"][0]


def test_a_dream_of_one_channel_is_another_dream(model):
    one, all_ = run(model, "deep_dream", unit=3), run(model, "deep_dream")
    assert one.scores["channel"] == 3
    assert not np.allclose(one.array, all_.array)


def test_a_guide_s_values_are_dreamt_of(model):
    guide = picture((14, 18, 3), seed=7)
    dreamt = run(model, "deep_dream", second_image=guide)
    assert dreamt.scores["after"][0] > dreamt.scores["before"][0]
    with pytest.raises(ConvscopeError, match="has no use for a second image"):
        explain.class_image(model, target=1, second_image=guide)


def test_a_dream_adds_nothing_but_detail(model):
    base = picture()
    dreamt = run(model, "deep_dream", image=base, rate=0.0)
    np.testing.assert_allclose(dreamt.array, base, atol=1e-3)


def test_dreams_of_large_pictures_run_in_tiles(model):
    image = picture((60, 52, 3))
    few = {"image": image, "octaves": 1, "iterations": 1}
    whole, tiled = run(model, "deep_dream", **few, tile=0), run(model, "deep_dream", **few, tile=40)
    np.testing.assert_allclose(tiled.array, whole.array, atol=0.02)


def test_pictures_smaller_than_the_network_s_input_are_brought_to_it(model):
    assert explain.deep_dream(model, picture((3, 30, 3)), layer="conv3", iterations=1, octaves=1).array.shape == (
        20,
        24,
        3,
    )


def test_tiny_pictures_are_dreamt_of_in_fewer_octaves_and_more_are_refused():
    model, tiny = Model(network((3, 4, 3)), seed=1), picture((3, 4, 3))
    assert len(explain.deep_dream(model, tiny, layer="conv3", iterations=2).history) == 2 * 3
    with pytest.raises(ConvscopeError, match=r"5 octaves of 1:1.4 begin at 1×1 pixels and conv3 needs 2×3; use 3 or f"):
        explain.deep_dream(model, tiny, layer="conv3", octaves=5)


@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3"])
def test_an_inversion_comes_closer_to_what_the_layer_saw(model, layer):
    result = explain.inversion(model, picture(), layer=layer, iterations=60, smoothness="weak")
    error = result.extras["error"]
    assert error[-1] < 0.3 * error[0]
    assert result.scores["error after"][0] == pytest.approx(error[-1], rel=0.2)


def test_shallower_layers_of_a_trained_network_are_inverted_more_closely():
    lenet, images = trained.load("lenet5_digits"), load_dataset("digits").test_images[:2]
    images = lenet.preprocessing.sized(images, (28, 28))
    layers = ("conv1", "conv2", "pool2", "dense3", "scores")
    found = [explain.inversion(lenet, images, layer=layer, iterations=250).scores for layer in layers]
    for apart in zip(*(scores["image error after"] for scores in found)):
        assert list(apart) == sorted(apart)
        assert apart[0] < 0.3
        assert apart[-1] > 0.8


@pytest.mark.parametrize("layer", ["pool", "scores"])
def test_an_inversion_whose_steps_are_far_too_long_takes_shorter_ones(layer):
    resnet, image = trained.load("resnet8_shapes"), picture((48, 48, 3))
    objective = explain.inversion(resnet, image, layer=layer, iterations=30, rate=0.1).extras["objective"]
    assert np.isfinite(objective).all()
    assert objective.min() < objective[0]


def test_reconstructions_differ_and_do_not_depend_on_their_number(model):
    images = np.stack([picture(seed=number) for number in range(2)])
    few = {"layer": "conv2", "iterations": 5, "seed": 3}
    several = explain.inversion(model, images, reconstructions=3, **few)
    assert several.array.shape == (6, 20, 24, 3)
    assert not np.allclose(several.array[0], several.array[1], atol=5)
    alone = explain.inversion(model, images[1], reconstructions=2, **few)
    np.testing.assert_allclose(alone.array, several.array[3:5], atol=0.02)


def test_a_layer_that_is_zero_cannot_be_inverted():
    model = Model(network(), seed=1)
    model.weights["conv1.bias"][:] = -100
    model.weights_changed()
    with pytest.raises(ConvscopeError, match="relu1 is zero everywhere"):
        explain.inversion(model, picture(), layer="relu1")


def test_a_zoom_is_a_film_that_is_saved_frame_by_frame(model, tmp_path):
    result = run(model, "dream_zoom")
    assert result.array.shape == (3, 20, 24, 3)
    result.save(tmp_path / "film")
    result.save(tmp_path / "film.gif")
    result.save(tmp_path / "last.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film", "film.gif", "last.png"]
    assert len(list((tmp_path / "film").iterdir())) == 3


def test_without_steps_a_zoom_only_comes_closer(model):
    flat = np.full((20, 24, 3), 90, np.uint8)
    result = run(model, "dream_zoom", image=flat, rate=0.0)
    np.testing.assert_allclose(result.array, 90, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("class_image", {}, "needs a target"),
        ("class_image", {"target": 4}, "has no class 4; use 0 to 3"),
        ("unit_image", {"layer": "conv2"}, "needs a target class, or a layer and a unit"),
        ("unit_image", {"layer": "conv9", "unit": 1}, "There is no layer 'conv9'"),
        ("feature_visualisation", {"layer": "conv2", "unit": (50, 1, 1)}, "has no unit"),
        ("deep_dream", {"image": picture()}, "needs a layer"),
        ("deep_dream", {"image": picture(), "layer": "conv2", "unit": (1, 1, 1)}, "takes its channel"),
        ("deep_dream", {"image": picture() / 300, "layer": "conv2"}, "multiply by 255"),
        ("inversion", {"layer": "conv2"}, "needs an image"),
        ("class_dream", {"target": 1, "first": 0}, "first steps 0"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(model, name, asked, words):
    with pytest.raises(ConvscopeError) as refusal:
        getattr(explain, name)(model, **asked)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_seed_below_zero_is_refused(model):
    with pytest.raises(ConvscopeError, match="The seed is -1"):
        run(model, "deep_dream", seed=-1)


def test_a_film_that_memory_cannot_hold_is_refused(model):
    with pytest.raises(ConvscopeError, match="The frames need .* use fewer frames"):
        run(model, "dream_zoom", image=picture((3000, 3000, 3)), layer="conv1", frames=100_000, octaves=1)


def test_weights_that_are_no_numbers_are_named():
    model = Model(network(), seed=1)
    model.weights["conv2.weight"][:] = np.nan
    model.weights_changed()
    with pytest.raises(ConvscopeError, match="not finite"):
        explain.deep_dream(model, picture(), layer="conv3")
