"""Looking at steps and units of a network that learns, and keeping its moments."""

import math

import numpy as np
import pytest

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.train.film import Film, Frame, photograph
from convscope.engine.train.internals import BINS, SAMPLES, Spread, StepWatch, UnitFacts, unit_facts
from convscope.engine.train.optimizer import SGD

from .training_cases import blobs


def small() -> Model:
    network = Network((6, 6, 1), "small")
    network.add(L.Conv2D(3, 3, padding="same"), "conv1")
    network.add(L.ReLU(), "relu1")
    network.add(L.Flatten(), "flatten")
    network.add(L.Dense(3), "scores")
    return Model(network, seed=1)


def test_a_spread_counts_every_value_between_its_ends():
    values = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    spread = Spread.of(values)
    expected, _ = np.histogram(values.astype(np.float64), BINS, (spread.low, spread.high))
    assert (spread.low, spread.high) == (values.min(), values.max())
    assert spread.counts.sum() == 600
    assert np.abs(spread.counts - expected).sum() <= 2  # on an edge the two may differ
    assert spread.rms == pytest.approx(np.sqrt(np.square(values, dtype=np.float64).mean()))


def test_a_spread_tells_of_values_that_are_not_finite_and_takes_constants():
    spread = Spread.of(np.array([1.0, np.nan, np.inf, 1.0], np.float32))
    assert (spread.bad, spread.low, spread.high, spread.counts[0]) == (2, 1.0, 1.0, 2)
    assert Spread.of(np.array([np.nan], np.float32)).bad == 1
    assert Spread.of(np.zeros(5 * SAMPLES, np.float32)).counts.sum() <= SAMPLES


def test_a_step_is_told_as_weights_gradients_and_their_ratio():
    model, data, watch = small(), blobs(), StepWatch()
    run = model.fit(data, epochs=1, batch_size=8, optimizer=SGD(0.1, momentum=0.0, weight_decay=0.0))
    before, found = None, None
    for event in run:
        if type(event).__name__ != "Batch":
            continue
        if before is not None:
            found = watch.end(model, event.step).read()
            break
        watch.begin(model)
        before = model.weights["conv1.weight"].astype(np.float64)
    run.close()
    change = model.weights["conv1.weight"] - before
    expected = math.log10(np.sqrt(np.square(change).sum() / np.square(before).sum()))
    assert set(found.ratios) == {"conv1", "scores"}
    assert found.ratios["conv1"] == pytest.approx(expected, abs=1e-6)
    assert found.gradients["conv1"].rms == pytest.approx(
        float(np.sqrt(np.square(change).mean())) / event.learning_rate, rel=1e-3
    )
    assert watch.end(small(), 3) is None  # another model's


def test_units_that_are_zero_for_every_image_are_dead():
    model = small()
    model.weights["conv1.bias"] = np.array([0.0, -1e6, -1e6], np.float32)
    images = np.random.default_rng(0).integers(0, 256, (5, 6, 6, 1), dtype=np.uint8)
    found = unit_facts(model, images).read()
    assert found.units == {"relu1": (2, 3)}
    assert found.alarms() == ("relu1",)
    assert found.alarms(0.9) == ()
    assert found.activations["relu1"].low == 0.0
    assert set(found.activations) == {"conv1", "relu1", "flatten", "scores"}
    assert UnitFacts({}, {"relu": (0, 4)}).alarms() == ()


def test_a_frame_holds_weights_and_what_layers_make_of_pinned_images():
    model = small()
    pixels = np.random.default_rng(0).integers(0, 256, (6, 6, 1), dtype=np.uint8)
    frame = photograph(model, 7, {"a": pixels}).read()
    model.forward(model.prepare(pixels[None]), keep=["relu1"])
    assert np.array_equal(frame.activations["a"]["relu1"], model.activations["relu1"][0])
    assert np.array_equal(frame.weights["conv1.weight"], model.weights["conv1.weight"])
    assert frame.probabilities["a"].sum() == pytest.approx(1)
    model.weights["conv1.weight"] = np.zeros((3, 3, 1, 3), np.float32)
    assert frame.weights["conv1.weight"].any()


def test_a_film_stays_small_and_spans_the_whole_run():
    film = Film(most_frames=8)
    for step in range(1000):
        if film.wants(step):
            film.add(Frame(step, {}))
    assert film.steps[0] == 0
    assert 4 <= len(film) <= 8
    gaps = np.diff(film.steps)
    assert gaps.max() == gaps.min()
    assert film.steps[-1] >= 1000 - 2 * gaps[0]


def test_a_film_keeps_to_its_bytes_and_forgets_what_was_undone():
    film = Film(most_bytes=10_000)
    for step in range(20):
        film.add(Frame(step, {"w": np.zeros(500, np.float32)}))
    assert sum(frame.nbytes for frame in film) <= 10_000
    film.add(Frame(4, {}))
    assert film.steps[-1] == 4
    film.clear()
    assert film.wants(0)
