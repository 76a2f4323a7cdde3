"""What methods that make pictures are built of: priors, parametrisations, views, octaves, pyramids, tiles, films."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from convscope.engine import ConvscopeError, Model, Network
from convscope.engine import layers as L
from convscope.engine.explain import films, pyramid
from convscope.engine.explain.adam import Adam
from convscope.engine.explain.octaves import octave_sizes
from convscope.engine.explain.parametrisation import Parametrisation
from convscope.engine.explain.priors import sixth_norm, total_variation
from convscope.engine.explain.question import ask
from convscope.engine.explain.scales import Scales
from convscope.engine.explain.smoothing import back, blurred, shifted
from convscope.engine.explain.tiles import Tiled, tiles
from convscope.engine.explain.viewing import View
from convscope.engine.io.errors import FileError

RANDOM = np.random.default_rng


def photo(height=40, width=56):
    whole = Image.fromarray(load_sample_image("china.jpg"))
    return np.asarray(whole.resize((width, height), Image.Resampling.BOX), np.float32)[None]


def convolutions(stride=1, rectified=True, shape=(64, 48, 3)):
    net = Network(shape, "convolutions")
    net.add(L.Conv2D(4, 3, padding=1, stride=stride), "conv1")
    if rectified:
        net.add(L.ReLU(), "relu1")
    net.add(L.Conv2D(5, 3, padding=1), "conv2")
    return Model(net, seed=3)


@pytest.mark.parametrize("prior", [total_variation, sixth_norm])
def test_a_prior_s_gradient_equals_central_differences(prior):
    random = RANDOM(0)
    x, direction = random.normal(0, 1, (2, 2, 5, 7, 3))
    x, direction = x[:1], direction[:1]
    step = 1e-5
    slope = (prior(x + step * direction)[0] - prior(x - step * direction)[0]) / (2 * step)
    assert slope == pytest.approx((prior(x)[1] * direction).sum(), rel=1e-6)


def test_total_variation_is_the_sum_of_squared_differences_to_neighbours():
    image = np.array([[1.0, 4.0], [3.0, 3.0]])[None, :, :, None]
    value, _ = total_variation(image)
    assert value == pytest.approx((3 - 1) ** 2 + (3 - 4) ** 2 + (4 - 1) ** 2 + 0)


@pytest.mark.parametrize("fourier", [True, False])
@pytest.mark.parametrize("decorrelated", [True, False])
def test_every_parametrisation_can_fit_a_photo(fourier, decorrelated):
    wanted = photo()
    made = Parametrisation(wanted.shape, fourier, decorrelated)
    adam = Adam(made.start(RANDOM(0)), -0.05)
    for step in range(1200):
        adam.rate = -0.05 * 0.99 ** (step / 4)
        pixels = made.image(adam.params)
        adam.step(made.gradient(pixels, np.sign(pixels - wanted)))
    assert np.abs(made.image(adam.params) - wanted).mean() / 255 < 0.01


@pytest.mark.parametrize("shape", [(1, 6, 8, 3), (2, 7, 5, 3), (1, 6, 7, 1)])
@pytest.mark.parametrize("fourier", [True, False])
def test_a_parametrisation_s_gradient_equals_differences(shape, fourier):
    made, random = Parametrisation(shape, fourier), RANDOM(1)
    params, direction = made.start(random) * 30, made.start(random) * 100
    weights = random.normal(0, 1, shape).astype(np.float32)
    gradient = made.gradient(made.image(params), weights)
    step = np.float32(1e-2)
    above, below = made.image(params + step * direction), made.image(params - step * direction)
    slope = ((above - below) * weights).sum(dtype=np.float64) / (2 * step)
    assert (gradient * direction).sum(dtype=np.float64) == pytest.approx(slope, rel=2e-3)


def test_a_view_straight_on_shows_the_picture_and_grey_around_it():
    image = RANDOM(0).uniform(0, 255, (2, 5, 6, 3)).astype(np.float32)
    view = View((9, 10), (9, 10))
    seen = view.seen(image, view.matrix((5, 6)))
    np.testing.assert_allclose(seen[:, 2:7, 2:8], image, rtol=1e-5)
    assert (seen[:, :2] == 127.5).all()


def test_gradients_come_back_from_a_view_as_they_went():
    random, view = RANDOM(0), View((7, 8), (9, 11), (0.7, -1.2), 1.07, 8.0, (0.3, 0.4))
    image, weights = random.normal(0, 1, (1, 6, 5, 2)), random.normal(0, 1, (1, 7, 8, 2))
    matrix = view.matrix((6, 5))
    there = ((view.seen(image + 127.5, matrix) - 127.5) * weights).sum()
    assert there == pytest.approx((view.unseen(weights, matrix, (6, 5)) * image).sum(), rel=1e-5)


def test_a_turned_view_turns_the_picture():
    image = np.zeros((1, 5, 5, 1), np.float32)
    image[0, 0, 2] = 255
    view = View((5, 5), (5, 5), angle=90)
    seen = view.seen(image, view.matrix((5, 5)))[0, :, :, 0]
    assert seen[2].max() > 250
    assert seen[0].max() < 130


def test_bands_of_a_pyramid_add_up_to_the_gradient(monkeypatch):
    monkeypatch.setattr(pyramid, "_unit", lambda band: band)
    gradient = RANDOM(0).normal(0, 1, (2, 13, 18, 3)).astype(np.float32)
    np.testing.assert_allclose(pyramid.levelled(gradient, 6), gradient, atol=1e-5)


def test_a_pyramid_makes_coarse_and_fine_structure_equally_strong():
    y, x = np.mgrid[:64, :64]
    gradient = (np.sin(y / 12) + 0.05 * (-1.0) ** (x + y)).astype(np.float32)[None, :, :, None]
    levelled = pyramid.levelled(gradient, 4)
    assert grain(levelled) > 3 * grain(gradient)
    np.testing.assert_allclose(pyramid.levelled(3 * gradient, 4), levelled, rtol=1e-3, atol=1e-3)


def grain(images):
    """Differences between neighbouring columns as a share of all differences."""
    return np.diff(images, axis=2).std() / (2 * images.std())


def test_a_blur_keeps_the_mean_and_a_shift_can_be_undone():
    image = photo()
    assert blurred(image, 0) is image
    assert blurred(image, 2.0).mean() == pytest.approx(image.mean(), rel=1e-4)
    assert np.abs(np.diff(blurred(image, 2.0), axis=1)).sum() < np.abs(np.diff(image, axis=1)).sum() / 2
    np.testing.assert_array_equal(shifted(shifted(image, (3, -50)), back((3, -50))), image)


def test_octaves_grow_to_the_image_by_their_ratio():
    scales = Scales(ask(convolutions(), None, layer="conv2"), "conv2")
    assert octave_sizes(scales, (140, 98), 3, 1.4) == [(71, 50), (100, 70), (140, 98)]


def test_octaves_that_the_network_cannot_read_are_left_out_or_refused():
    net = Network((20, 20, 1), "deep")
    for number in range(3):
        net.add(L.MaxPool2D(2), f"pool{number}")
    net.add(L.Conv2D(2, 2), "conv")
    scales = Scales(ask(Model(net), None, layer="conv"), "conv")
    assert octave_sizes(scales, (40, 30), 0, 1.4) == [(29, 21), (40, 30)]
    with pytest.raises(ConvscopeError, match=r"4 octaves.*11 pixels and conv needs 21×16; use 2 or fewer"):
        octave_sizes(scales, (40, 30), 4, 1.4)


@pytest.mark.parametrize(("length", "side", "field", "stride"), [(100, 32, 5, 2), (97, 48, 9, 4), (33, 32, 3, 1)])
def test_tiles_keep_every_pixel_once_and_begin_at_the_stride(length, side, field, stride):
    found = tiles(length, side, field, stride)
    assert [tile.first for tile in found[1:]] == [tile.last for tile in found[:-1]]
    assert (found[0].first, found[-1].last) == (0, length)
    for tile in found:
        assert tile.start % stride == 0
        assert 0 <= tile.start <= tile.first < tile.last <= tile.stop <= length
        assert tile.start == 0 or tile.first - tile.start >= field
        assert tile.stop == length or tile.stop - tile.last >= field
    assert {tile.stop - tile.start for tile in found} <= {side, side + (length - side) % stride}


@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize("stride", [1, 2])
def test_tiles_give_the_gradient_of_the_whole_picture(rectified, stride):
    model = convolutions(stride, rectified)
    scales = Scales(ask(model, None, layer="conv2"), "conv2")
    image = RANDOM(0).uniform(0, 255, (2, 64, 48, 3)).astype(np.float32)

    def mean(values):
        return values.mean((1, 2, 3))

    score, whole = Tiled(scales, 0).gradient(image, lambda values: values, mean)
    _, parts = Tiled(scales, 32).gradient(image, lambda values: values, mean)
    np.testing.assert_allclose(parts, whole, atol=1e-5 * np.abs(whole).max())
    np.testing.assert_allclose(Tiled(scales, 0).score(image, mean), score, rtol=1e-4)


def frames(count=3):
    return list(RANDOM(0).integers(0, 256, (count, 11, 16, 3)).astype(np.uint8))


def test_a_folder_holds_every_frame_to_the_bit(tmp_path):
    films.write(tmp_path / "film", frames())
    names = sorted(path.name for path in (tmp_path / "film").iterdir())
    assert names == ["0000.png", "0001.png", "0002.png"]
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "film" / "0002.png")), frames()[2])
    assert [path.name for path in tmp_path.iterdir()] == ["film"]


def test_an_animation_has_as_many_frames(tmp_path):
    films.write(tmp_path / "film.gif", frames(4))
    with Image.open(tmp_path / "film.gif") as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (4, (16, 11), 0)


def test_a_video_has_even_sides(tmp_path):
    pytest.importorskip("imageio_ffmpeg", reason="videos are an extra")
    v2 = pytest.importorskip("imageio.v2", reason="videos are an extra")
    films.write(tmp_path / "film.mp4", frames(4))
    with v2.get_reader(tmp_path / "film.mp4") as film:
        assert film.get_data(0).shape == (10, 16, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_frames_never_overwrite_a_folder_and_leave_nothing_half_written(tmp_path):
    (tmp_path / "film").mkdir()
    with pytest.raises(FileError, match="there already"):
        films.write(tmp_path / "film", frames())
    with pytest.raises(FileError, match="was not written"):
        films.write(tmp_path / "nowhere" / "film", frames())
    broken = [*frames(), np.zeros((2, 2, 5), np.uint8)]
    with pytest.raises(TypeError):
        films.write(tmp_path / "other", broken)
    assert [path.name for path in tmp_path.iterdir()] == ["film"]
