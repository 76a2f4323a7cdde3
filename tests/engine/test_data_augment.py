"""Augmentation against slow float64 versions of every kind, and the facts it promises."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Preprocessing
from convscope.engine.data import augment as A
from convscope.engine.data.augment.augmenter import Augmenter
from convscope.engine.data.augment.base import Geometric
from convscope.engine.data.augment.components import principal_components
from convscope.engine.data.augment.draws import Draws
from convscope.engine.data.mean_image import MeanImage
from tests.oracles import augment as oracle

PREPROCESSING = Preprocessing(mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))
PIXELS = Preprocessing(scale=1.0)
NOTHING: dict[str, dict[str, Any]] = {
    "Brightness": {"strength": 0}, "Contrast": {"strength": 0}, "Cutout": {"size": 0}, "Flip": {"probability": 0},
    "FlipVertical": {"probability": 0}, "LensDistortion": {"strength": 0}, "PCAColour": {"sigma": 0},
    "RandomCrop": {"padding": 0}, "RandomResizedCrop": {"scale_min": 1 - 1e-12, "ratio_min": 1, "ratio_max": 1},
    "Rotation": {"degrees": 0}, "Shear": {"degrees": 0}, "ShortSideCrop": {"short_min": 9, "short_max": 9},
    "Stretch": {"strength": 0}, "Translation": {"share": 0},
}  # fmt: skip
"""Parameters with which each changes nothing on square images of 9 pixels."""
LISTS: list[tuple[str, tuple[int, int]]] = [
    ("flip,flip-vertical", (11, 8)),
    ("crop:padding=3", (11, 8)),
    ("crop:padding=3,border=edge", (6, 5)),
    ("crop:padding=9,border=reflect", (11, 8)),
    ("resized-crop", (7, 8)),
    ("short-side-crop:short_min=5,short_max=9", (4, 5)),
    ("translation:share=0.4", (11, 8)),
    ("translation:share=0.4,whole=no,border=reflect", (11, 8)),
    ("rotation:degrees=90", (11, 8)),
    ("stretch:strength=1,border=edge", (11, 8)),
    ("stretch:together=yes", (11, 8)),
    ("shear:degrees=40,border=reflect", (11, 8)),
    ("lens:strength=0.3", (11, 8)),
    ("rotation,lens,crop,shear,lens:strength=0.1,flip,translation:whole=no", (9, 7)),
    ("brightness,contrast,brightness:strength=0.4", (11, 8)),
    ("contrast:strength=0.9,pca-colour:sigma=3,contrast", (11, 8)),
    ("cutout:size=3,count=2,cutout:size=4", (11, 8)),
    ("flip,crop:padding=2,contrast,pca-colour,cutout", (11, 8)),
]


def pictures(count: int = 6, size: tuple[int, int] = (11, 8), channels: int = 3) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, *size, channels), dtype=np.uint8)


def shown(
    images: np.ndarray, text: Any, preprocessing: Preprocessing = PIXELS, window: Any = None, rows: Any = None,
    seed: int = 5, epoch: int = 2, threads: int = 1,
) -> np.ndarray:  # fmt: skip
    """Network input of the images, with a poisoned output."""
    rows = np.arange(len(images)) if rows is None else np.asarray(rows)
    shape = (*(window or images.shape[1:3]), images.shape[3])
    out = np.full((len(rows), *shape), np.nan, np.float32)
    Augmenter(images, preprocessing, shape, A.augmentations(text), seed).fill(epoch, rows, out, threads)
    return out


@pytest.mark.parametrize(("text", "window"), LISTS)
def test_pixels_equal_those_of_the_oracle(text: str, window: tuple[int, int]) -> None:
    images, listed = pictures(), A.augmentations(text)
    border = next((a.border for a in listed if hasattr(a, "border")), "edge")
    parts = principal_components(images)
    found = shown(images, listed, window=window)
    for row, image in enumerate(images.astype(np.float64)):
        expected, hidden = oracle.augmented(image, listed, window, 5, 2, row, border, parts)
        expected[hidden] = 0
        np.testing.assert_allclose(found[row], expected, atol=2e-3)


def test_grey_images_are_handled_alike() -> None:
    images, listed = pictures(channels=1), A.augmentations("rotation,flip,contrast,pca-colour,cutout:size=2")
    found = shown(images, listed)
    expected, hidden = oracle.augmented(
        images[3].astype(float), listed, (11, 8), 5, 2, 3, "zeros", principal_components(images)
    )
    expected[hidden] = 0
    np.testing.assert_allclose(found[3], expected, atol=2e-3)


@pytest.mark.parametrize("name", A.TYPES)
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_parameters_that_change_nothing_give_the_bits_of_the_preprocessing(name: str, order: Any) -> None:
    images = pictures(size=(9, 9))
    preprocessing = Preprocessing(mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3), order=order)
    found = shown(images, [A.TYPES[name](**NOTHING[name])], preprocessing)
    np.testing.assert_array_equal(found, preprocessing.apply(images, (9, 9)))


def test_images_of_another_size_begin_as_the_preprocessing_sizes_them() -> None:
    images = pictures(size=(9, 9))
    found = shown(images, [A.TYPES[name](**NOTHING[name]) for name in ("Flip", "Rotation")], PREPROCESSING, (12, 7))
    np.testing.assert_array_equal(found, PREPROCESSING.apply(images, (12, 7)))


def test_a_mean_image_is_taken_off() -> None:
    images = pictures(size=(9, 9))
    mean = MeanImage.of(np.random.default_rng(0).random((9, 9, 3)))
    preprocessing = Preprocessing(mean_image=mean, std=(0.5,))
    np.testing.assert_array_equal(
        shown(images, "flip:probability=0", preprocessing), preprocessing.apply(images, (9, 9))
    )


def test_flips_and_crops_copy_pixels() -> None:
    images = pictures()
    np.testing.assert_array_equal(shown(images, "flip:probability=1"), images[:, :, ::-1])
    np.testing.assert_array_equal(shown(images, "flip-vertical:probability=1"), images[:, ::-1])
    twice = shown(images, "flip:probability=1,flip:probability=1")
    np.testing.assert_array_equal(twice, images)
    padded = np.pad(images, ((0, 0), (4, 4), (4, 4), (0, 0)))
    for image, found in zip(padded, shown(images, "crop")):
        cuts = [image[y : y + 11, x : x + 8] for y in range(9) for x in range(9)]
        assert any(np.array_equal(found, cut) for cut in cuts)


@pytest.mark.parametrize("text", ["flip,crop,contrast,cutout", "rotation,lens,pca-colour"])
def test_an_image_looks_alike_in_every_batch_order_and_number_of_threads(text: str) -> None:
    images = np.tile(pictures(), (40, 4, 4, 1))
    whole = shown(images, text)
    order = np.random.default_rng(0).permutation(len(images))
    parts = [shown(images, text, rows=order[start : start + 7]) for start in range(0, len(images), 7)]
    np.testing.assert_array_equal(np.concatenate(parts), whole[order])
    np.testing.assert_array_equal(shown(images, text, threads=2), whole)


def test_epochs_seeds_and_images_differ() -> None:
    images = np.repeat(pictures(1), 6, 0)
    base = shown(images, "translation:share=0.9")
    assert len({image.tobytes() for image in base}) > 3
    assert not np.array_equal(base, shown(images, "translation:share=0.9", epoch=3))
    assert not np.array_equal(base, shown(images, "translation:share=0.9", seed=6))


def test_numbers_are_those_of_the_oracle_and_evenly_spread() -> None:
    draws = Draws(2**63 - 1, 4, 2, np.arange(2000))
    values = [draws.uniform(), draws.uniform(), draws.normal()]
    for row in (0, 1, 1999):
        numbers = oracle.Numbers(2**63 - 1, 4, 2, row)
        assert [v[row] for v in values] == pytest.approx([numbers.uniform(), numbers.uniform(), numbers.normal()])
    assert abs(np.corrcoef(values[0], values[1])[0, 1]) < 0.06
    assert abs(values[2].mean()) < 0.06
    assert values[2].std() == pytest.approx(1, abs=0.05)
    assert set(Draws(0, 0, 0, np.arange(99)).whole(-1, 2)) == {-1, 0, 1, 2}


def test_components_are_eigenvectors_times_eigenvalues_of_the_covariance() -> None:
    images = pictures(9)
    covariance = np.cov(images.reshape(-1, 3).T / 255, bias=True)
    parts = principal_components(images)
    lengths = np.linalg.norm(parts, axis=0)
    np.testing.assert_allclose(covariance @ parts, parts * lengths, atol=1e-12)
    np.testing.assert_allclose(lengths, np.sort(np.linalg.eigvalsh(covariance))[::-1], rtol=1e-9)


# ---- boxes


@pytest.mark.parametrize("name", [name for name, kind in A.TYPES.items() if issubclass(kind, Geometric)])
def test_the_box_of_a_rectangle_goes_where_the_rectangle_goes(name: str) -> None:
    kind, window = A.TYPES[name], (48, 40)
    small = {"ShortSideCrop": {"short_min": 42, "short_max": 50}, "RandomResizedCrop": {"scale_min": 0.7}}
    listed = [kind(**small.get(name, {}))]
    images, boxes = np.zeros((12, 60, 50, 1), np.uint8), np.tile(np.float32([18, 20, 33, 41]), (12, 1))
    images[:, 20:41, 18:33] = 255
    if not kind.makes_size:
        window = (60, 50)
    augmenter = Augmenter(images, PIXELS, (*window, 1), listed, 3)
    out = np.full((12, *window, 1), np.nan, np.float32)
    augmenter.fill(0, np.arange(12), out)
    moved, seen = augmenter.boxes(0, np.arange(12), boxes)
    assert seen.all()
    for image, box in zip(out[..., 0], moved):
        rows, columns = (np.flatnonzero((image > 127).any(axis)) for axis in (1, 0))
        expected = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
        np.testing.assert_allclose(box, expected, atol=1.3)  # corners that come to lie slantwise are pointed


def test_a_box_that_leaves_the_window_is_not_seen() -> None:
    images = np.zeros((64, 20, 20, 1), np.uint8)
    augmenter = Augmenter(images, PIXELS, (10, 10, 1), A.augmentations("crop:padding=0"), 0)
    boxes, seen = augmenter.boxes(0, np.arange(64), np.tile(np.float32([0, 0, 4, 4]), (64, 1)))
    out = np.empty((64, 10, 10, 1), np.float32)
    augmenter.fill(0, np.arange(64), out)
    left = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    assert {bool(s) for s in seen} == {True, False}
    np.testing.assert_array_equal(seen, left >= 4)
    assert boxes.min() >= 0
    assert boxes.max() <= 10


# ---- declarations


def test_every_augmentation_can_be_shown_in_a_form_and_kept_in_a_file() -> None:
    for kind in A.TYPES.values():
        made = kind()
        assert kind.title
        assert kind.summary.endswith(".")
        assert kind.source
        assert all(param.label and param.help for param in kind.params().values())
        assert A.augmentations([json.loads(json.dumps(made.to_dict()))]) == (made,)
        assert A.augmentations(str(made)) == (made,)


def test_lists_are_read_from_text_names_and_instances() -> None:
    expected = (A.Flip(), A.RandomCrop(2, "reflect"), A.Cutout(count=2))
    assert A.augmentations("flip, crop:padding=2,border=reflect,cutout:count=2") == expected
    assert A.augmentations(["flip", A.RandomCrop(2, "reflect"), {"name": "cutout", "count": 2}]) == expected
    assert A.augmentations("") == A.augmentations([]) == ()
    assert A.augmentations(A.Flip()) == (A.Flip(),)


def test_everything_wrong_in_a_list_is_told() -> None:
    with pytest.raises(ConvscopeError) as caught:
        A.augmentations("flp,crop:padding=-1,resized-crop:scale_min=0.9,scale_max=0.2")
    for part in ("'flp'", "did you mean 'flip'", "padding -1", "0.9", "exchange them"):
        assert part in str(caught.value)
    with pytest.raises(ConvscopeError, match="give a list"):
        A.augmentations(3)


def test_what_does_not_go_together_is_refused_with_its_fix() -> None:
    images = pictures(size=(40, 50))
    with pytest.raises(ConvscopeError, match="rotation for zeros and shear for edge, choose one"):
        shown(images, "rotation,shear:border=edge")
    with pytest.raises(ConvscopeError, match="least short side of 24 or more"):
        shown(images, "short-side-crop:short_min=20,short_max=60", window=(24, 20))


# ---- previews


def test_a_preview_shows_the_epochs_of_a_run() -> None:
    images = pictures()
    found = A.preview(images, "flip,rotation,brightness,cutout:size=2", seed=5, count=3, size=(12, 9))
    assert (found.shape, found.dtype) == ((6, 3, 12, 9, 3), np.uint8)
    still = A.preview(images, "flip:probability=0,cutout:size=4", count=1)[:, 0]
    hidden = (still == 128).all(-1)
    assert 0 < hidden.sum() <= 6 * 16
    np.testing.assert_array_equal(still[~hidden], images[~hidden])


def test_a_preview_tells_where_boxes_have_gone() -> None:
    images = np.zeros((1, 10, 10, 1), np.uint8)
    images[0, 2:5, 1:4] = 255
    boxes = np.array([[1, 2, 4, 5]], np.float32)
    found = A.preview(images, "flip:probability=1", count=2)
    moved, seen = A.preview_boxes(images, boxes, "flip:probability=1", count=2)
    assert moved.shape == (1, 2, 4)
    assert seen.all()
    x1, y1, x2, y2 = moved[0, 1].astype(int)
    assert (x1, y1, x2, y2) == (6, 2, 9, 5)
    assert (found[0, 1, y1:y2, x1:x2] == 255).all()
    assert found[0, 1].astype(int).sum() == 9 * 255
