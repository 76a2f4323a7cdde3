"""What holds for every method: any kind and size of image, batches, cancelling, bad input, files."""

import json
from itertools import islice

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network, explain
from convscope.engine import layers as L
from convscope.engine.explain import fooling, partial, patch_index, probe
from convscope.engine.io.errors import FileError

IMAGE, TARGET, LAYER, UNIT = {"image": True}, {"target": 1}, {"layer": "conv2"}, {"layer": "conv2", "unit": 3}
CASES = {
    "activations": {**IMAGE, **LAYER},
    "class_dream": {**TARGET, "first": 3, "second": 2, "third": 1},
    "class_image": {**TARGET, "iterations": 3},
    "closest_fooling": {**IMAGE, "iterations": 3, "bisections": 2},
    "deconvnet": {**IMAGE, **UNIT},
    "deep_dream": {**IMAGE, **LAYER, "iterations": 2, "octaves": 2},
    "dream_zoom": {**IMAGE, **LAYER, "iterations": 1, "octaves": 2, "frames": 3},
    "evolved_fooling": {**IMAGE, **TARGET, "population": 4, "most": 4, "certainty": 0.999},
    "feature_visualisation": {**UNIT, "iterations": 3},
    "fgsm": {**IMAGE},
    "grad_cam": {**IMAGE, **LAYER},
    "gradient_fooling": {**IMAGE, **TARGET, "most": 4, "certainty": 0.999},
    "guided_backprop": {**IMAGE, **TARGET},
    "integrated_gradients": {**IMAGE, "points": 20},
    "inversion": {**IMAGE, **LAYER, "iterations": 4, "reconstructions": 2},
    "occlusion": {**IMAGE, "patch": 5, "stride": 2},
    "pgd": {**IMAGE, "count": 3},
    "randomisation_check": {**IMAGE},
    "receptive_field": {**IMAGE, **UNIT},
    "saliency": {**IMAGE, **TARGET},
    "smoothgrad": {**IMAGE, "samples": 20},
    "strongest_patches": {**IMAGE, **UNIT, "count": 3},
    "unit_image": {**UNIT, "iterations": 3},
    "weights": {"layer": "conv1"},
}
EVERY = pytest.mark.parametrize("name", CASES)


def network(shape):
    """Small, of any size up to its last map."""
    net = Network(shape, "small")
    net.add(L.Conv2D(4, 3, padding=1), "conv1")
    net.add(L.ReLU(), "relu1")
    net.add(L.MaxPool2D(2), "pool1")
    net.add(L.Conv2D(5, 3, padding=1), "conv2")
    net.add(L.ReLU(), "relu2")
    net.add(L.Conv2D(3, 1), "conv3")
    net.add(L.GlobalAvgPool(), "scores")
    return Model(net, seed=4)


@pytest.fixture(scope="module")
def model():
    return network((14, 10, 3))


def picture(shape=(14, 10, 3), seed=0):
    y, x = np.mgrid[: shape[0], : shape[1]]
    waves = [np.sin(y / (2 + c + seed)) * np.cos(x / (3 + c)) for c in range(shape[2])]
    noise = np.random.default_rng(seed).normal(0, 12, shape)
    return np.clip(128 + 80 * np.stack(waves, -1) + noise, 0, 255).astype(np.float32)


def asked(name, pixels, **changes):
    given = {**CASES[name], **({"image": pixels} if "image" in CASES[name] else {}), **changes}
    return {key: value for key, value in given.items() if value is not None}


def run(model, name, pixels, **changes):
    return getattr(explain, name)(model, **asked(name, pixels, **changes))


def test_every_method_there_is_has_a_case():
    assert list(CASES) == list(explain.METHODS)


@EVERY
@pytest.mark.parametrize(
    ("shape", "given"),
    [((14, 10, 3), (14, 10, 3)), ((9, 15, 1), (9, 15, 1)), ((14, 10, 3), (21, 26, 3)), ((14, 10, 3), (12, 17, 1))],
    ids=["not square", "grey", "larger", "grey for colour"],
)
def test_any_kind_and_size_of_image_will_do(name, shape, given, tmp_path):
    model, pixels = network(shape), picture(given).astype(np.uint8)
    found = run(model, name, pixels)
    assert np.isfinite(found.array).all()
    assert found.array.size
    if explain.METHODS[name].any_size and "image" in CASES[name]:
        assert found.array.shape[-3:-1] == (given if given[0] >= shape[0] else shape)[:2]
    if found.kind == "heat map":
        assert found.array.shape[:2] == found.image.shape[:2] == shape[:2]
    found.save(tmp_path / "found.json")
    assert json.loads((tmp_path / "found.json").read_text())["method"] == name
    found.save(tmp_path / "found.npy")
    assert np.array_equal(np.load(tmp_path / "found.npy"), found.array)
    if found.kind != "table":
        found.save(tmp_path / "found.png")
        found.save(tmp_path / "raw.png", raw=True)


@pytest.mark.parametrize("name", [name for name in CASES if "image" in CASES[name] and name != "strongest_patches"])
def test_an_image_among_others_gives_what_it_gives_alone(model, name):
    images = np.stack([picture(seed=number) for number in range(3)])
    if explain.METHODS[name].asks >= {"target"} and "layer" not in CASES[name]:
        options = {"target": 2}  # the class that each prefers is another one
    else:
        options = {"unit": 2} if name in {"activations", "receptive_field"} else {}
    together = run(model, name, images, **options).array
    for number, image in enumerate(images):
        alone = run(model, name, image, **options).array
        part = together[number] if name != "inversion" else together[2 * number : 2 * number + 2]
        np.testing.assert_allclose(part, alone, rtol=1e-3, atol=1e-3 * np.abs(alone).max())


@pytest.mark.parametrize("name", ["saliency", "smoothgrad", "integrated_gradients", "grad_cam", "occlusion", "pgd"])
def test_how_many_images_are_run_at_once_does_not_matter(model, name, monkeypatch):
    images = np.stack([picture(seed=number) for number in range(5)])
    usual = run(model, name, images).array
    chunks = probe._chunks
    monkeypatch.setattr(probe, "_chunks", lambda pixels, chunk: chunks(pixels, 2))
    monkeypatch.setattr(fooling, "CHUNK", 2)
    monkeypatch.setattr(partial, "_CHUNK", 3)
    np.testing.assert_allclose(run(model, name, images).array, usual, rtol=1e-4, atol=1e-5 * np.abs(usual).max())


def test_nor_does_it_for_the_index_of_strongest_patches(model, monkeypatch):
    images = np.stack([picture(seed=number) for number in range(7)])
    usual = run(model, "strongest_patches", images)
    monkeypatch.setattr(patch_index, "_CHUNK", 2)
    again = run(model, "strongest_patches", images)
    assert [p["image"] for p in again.scores["patches"]] == [p["image"] for p in usual.scores["patches"]]
    np.testing.assert_array_equal(again.array, usual.array)


@EVERY
def test_it_can_be_stopped_behind_any_step_and_leaves_the_model_as_it_was(model, name):
    weights = {key: array.copy() for key, array in model.weights.items()}
    steps = list(getattr(explain, name).steps(model, **asked(name, picture())))
    whole = steps[-1].result
    for count in range(1, len(steps)):
        begun = getattr(explain, name).steps(model, **asked(name, picture()))
        assert [step.result for step in islice(begun, count)] == [None] * count
        begun.close()
    for step in steps[:-1]:
        assert step.step < step.steps or step.steps == len(steps) - 1
        assert step.partial is None or np.isfinite(step.partial).all()
    assert all(np.array_equal(model.weights[key], array) for key, array in weights.items())
    np.testing.assert_array_equal(run(model, name, picture()).array, whole.array)


@EVERY
def test_weights_that_are_no_numbers_are_named_in_one_line(name):
    model = network((14, 10, 3))
    model.weights["conv1.weight"] = np.full_like(model.weights["conv1.weight"], np.nan)
    if name == "weights":  # which shows them
        assert run(model, name, None).picture().size
        return
    with pytest.raises(ConvscopeError) as refused:
        run(model, name, picture())
    assert "is not finite; check the model's weights" in str(refused.value)
    assert "\n" not in str(refused.value)


def wrong_questions(name):
    """What a method may be asked in vain, with words of the refusal."""
    asks, given = explain.METHODS[name].asks, CASES[name]
    if "image" in asks:
        yield {"image": "nowhere.png"}, "nowhere.png cannot be read"
        yield {"image": np.zeros((14, 10, 2), np.uint8)}, "2 channels and the network reads 3"
        yield {"image": picture() / 255}, "multiply by 255"
        yield {"image": np.full((14, 10, 3), np.inf)}, "NaN or infinite"
        yield {"image": np.array("picture")}, "use pixels (H, W)"
    if "target" in asks and "layer" not in given:
        yield {"target": 3}, "has no class 3; use 0 to 2"
        yield {"target": -1}, "has no class -1"
    if "layer" in asks:
        yield {"layer": "conv9", "target": None}, "There is no layer 'conv9'"
    if "unit" in asks and "unit" in given:
        yield {"unit": 5}, "has no unit 5; use 0 to 4"
        yield {"unit": (7, 0, 0)}, "has no unit (7, 0, 0)"
    yield {"seed": -1}, "The seed is -1"
    yield {"sharpness": 3}, "unknown parameter"


@EVERY
def test_wrong_questions_are_refused_in_one_line(model, name):
    for changes, words in wrong_questions(name):
        with pytest.raises(ConvscopeError) as refused:
            run(model, name, picture(), **changes)
        assert words in str(refused.value), changes
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("file", ["found.png", "found.npy", "found.json", "found.gif", "found.mp4", "found"])
def test_a_disk_that_is_full_leaves_no_file_behind(model, file, tmp_path, monkeypatch):
    if file.endswith("mp4"):
        pytest.importorskip("imageio_ffmpeg", reason="videos are an extra")
    found = run(model, "dream_zoom", picture())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(FileError) as refused:
        found.save(tmp_path / file)
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []
