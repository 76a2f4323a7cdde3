"""Picture files: every usual kind becomes the same pixels, and damage is told."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from convscope.engine.data import DataError, read_image

pytestmark = pytest.mark.filterwarnings("ignore:::PIL")  # about odd tags

RNG = np.random.default_rng(2)
RGB = RNG.integers(0, 256, (6, 9, 3), np.uint8)
GREY = RNG.integers(0, 256, (6, 9), np.uint8)


@pytest.fixture
def saved(tmp_path):
    def saved(image, name="picture.png", **options):
        path = tmp_path / name
        image.save(path, **options)
        return path

    return saved


def fault(path, channels=None) -> str:
    with pytest.raises(DataError) as caught:
        read_image(path, channels)
    assert str(caught.value).startswith(str(path)), "the file is named"
    return str(caught.value)


def same(path, expected, channels=None) -> None:
    pixels = read_image(path, channels)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "ppm", "webp"])
def test_lossless_files_come_back_exactly(saved, suffix):
    options = {"lossless": True} if suffix == "webp" else {}
    same(saved(Image.fromarray(RGB), f"p.{suffix}", **options), RGB)


def test_photographs_come_back_nearly(saved):
    smooth = np.linspace(0, 255, 64 * 64, dtype=np.uint8).reshape(64, 64)
    path = saved(Image.fromarray(np.stack([smooth] * 3, -1)), "p.jpg", quality=95)
    assert np.abs(read_image(path).astype(int)[..., 1] - smooth).max() < 16


def test_the_name_does_not_matter(saved, tmp_path):
    path = saved(Image.fromarray(RGB)).rename(tmp_path / "picture.dat")
    same(str(path), RGB)


def test_grey_stays_grey_unless_asked(saved):
    path = saved(Image.fromarray(GREY))
    same(path, GREY[..., None])
    same(path, np.stack([GREY] * 3, -1), channels=3)


def test_colour_becomes_grey_when_asked(saved):
    expected = np.asarray(Image.fromarray(RGB).convert("L"))[..., None]
    same(saved(Image.fromarray(RGB)), expected, channels=1)


def test_black_and_white_becomes_0_and_255(saved):
    bits = GREY > 127
    same(saved(Image.fromarray(bits)), bits[..., None] * np.uint8(255))


def test_palettes_are_looked_up(saved):
    image = Image.fromarray(GREY // 64).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    table = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90], [100, 110, 120]], np.uint8)
    same(saved(image), table[GREY // 64])
    same(saved(image, "p.gif"), table[GREY // 64])


def test_transparency_is_laid_over_white(saved):
    rgba = np.dstack([RGB, np.full((6, 9), 255, np.uint8)])
    rgba[0] = (10, 20, 30, 0)
    rgba[1] = (0, 0, 0, 128)
    expected = RGB.copy()
    expected[0], expected[1] = 255, 127
    same(saved(Image.fromarray(rgba)), expected)


def test_grey_transparency_is_laid_over_white_and_stays_grey(saved):
    pixels = np.dstack([GREY, np.full((6, 9), 255, np.uint8)])
    pixels[2, :, 1] = 0
    expected = GREY[..., None].copy()
    expected[2] = 255
    same(saved(Image.fromarray(pixels, "LA")), expected)


def test_one_transparent_palette_colour_becomes_white(saved):
    image = Image.fromarray(GREY // 64).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    pixels = read_image(saved(image, transparency=1))
    assert (pixels[GREY // 64 == 1] == 255).all()
    assert (pixels[GREY // 64 == 0] == (10, 20, 30)).all()


@pytest.mark.parametrize("suffix", ["png", "tiff", "pgm"])
def test_16_bit_grey_is_scaled_to_8_bits(saved, suffix):
    deep = np.array([[0, 257, 65535], [128, 32768, 129]], np.uint16)
    path = saved(Image.fromarray(deep), f"deep.{suffix}")
    same(path, np.array([[0, 1, 255], [0, 128, 1]], np.uint8)[..., None])


def test_cmyk_becomes_rgb(saved):
    cmyk = Image.new("CMYK", (9, 6), (0, 255, 255, 0))
    pixels = read_image(saved(cmyk, "p.tiff"))
    assert pixels.shape == (6, 9, 3)
    assert (pixels == (255, 0, 0)).all()


@pytest.mark.parametrize(
    ("orientation", "undo"),
    [
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.transpose(1, 0, 2)),
        (6, lambda a: np.rot90(a, -1)),
        (8, np.rot90),
    ],
)
def test_the_cameras_rotation_is_applied(saved, orientation, undo):
    exif = Image.Exif()
    exif[0x0112] = orientation
    same(saved(Image.fromarray(RGB), exif=exif), undo(RGB))


def test_the_first_frame_of_a_film_is_taken(saved):
    frames = [Image.fromarray(np.full((4, 4), level, np.uint8)) for level in (50, 200)]
    path = saved(frames[0], "film.gif", save_all=True, append_images=frames[1:])
    assert (read_image(path, 1) == 50).all()


# ---- what cannot be read


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tiff", "webp"])
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_picture_that_stops_too_early_is_told(saved, suffix, kept):
    noise = RNG.integers(0, 256, (40, 40, 3), np.uint8)
    path = saved(Image.fromarray(noise), f"p.{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    said = fault(path)
    assert "is damaged" in said or "is not a picture" in said


@pytest.mark.parametrize("content", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg/>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_told_with_the_kinds_that_are(tmp_path, content):
    path = tmp_path / "file.png"
    path.write_bytes(content)
    assert "is not a picture that can be read; use one of PNG, JPEG" in fault(path)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    assert "cannot be read (No such file" in fault(tmp_path / "none.png")
    assert "cannot be read" in fault(tmp_path)


def test_decompression_bombs_are_refused_before_they_are_unpacked(saved, monkeypatch):
    path = saved(Image.fromarray(RGB))
    for limit in (40, 20):  # more than the limit warns in Pillow, more than twice the limit is an error
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        assert f"has more than {limit} pixels; scale it down first." in fault(path)


def test_pixels_of_unknown_range_are_refused(saved):
    assert "32-bit pixels of unknown range" in fault(saved(Image.fromarray(np.ones((4, 4), np.float32)), "f.tiff"))
    assert "32-bit pixels of unknown range" in fault(saved(Image.fromarray(np.ones((4, 4), np.int32)), "i.tiff"))


@pytest.mark.parametrize("channels", [0, 2, 4])
def test_an_impossible_number_of_channels_is_refused(saved, channels):
    with pytest.raises(DataError, match=r"use 1 \(grey\) or 3 \(RGB\)"):
        read_image(saved(Image.fromarray(RGB)), channels)


def pictures() -> list[bytes]:
    found = []
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        stream = io.BytesIO()
        Image.fromarray(RGB).save(stream, kind)
        found.append(stream.getvalue())
    return found


@settings(max_examples=200)
@given(
    st.sampled_from(pictures()), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=5)
)
def test_damaged_pictures_are_read_or_told(tmp_path_factory, picture, damages):
    content = bytearray(picture)
    for place, value in damages:
        content[place % len(content)] = value
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(bytes(content))
    try:
        pixels = read_image(path)
    except DataError as error:
        assert str(path) in str(error)
    else:
        assert pixels.ndim == 3
        assert pixels.shape[2] in {1, 3}


def test_photographs_of_the_shared_folder_are_read(shared):
    folder = shared / "data" / "photos"
    if not folder.is_dir():
        pytest.skip("../shared/data/photos is absent")
    for path in folder.glob("*.[jp]*g"):
        assert read_image(path, 3).shape[2] == 3
