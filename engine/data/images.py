"""Picture files as pixels."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from .dataset import DataError
from .geometry import Fit, placing

# Formats that hold pixels; EPS and the like are programs, which Pillow would run.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
_GREY_MODES = frozenset({"1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I;16N", "I"})
_TURNED = frozenset({5, 6, 7, 8})  # values of EXIF's orientation that exchange rows and columns

# Pillow warns of odd tags, which help nobody. Set once: to silence it around each file is not safe between threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True)
class Header:
    """What the beginning of a picture file says: height and width of the upright picture, and whether it is grey."""

    height: int
    width: int
    grey: bool


@cache
def suffixes() -> frozenset[str]:
    """Endings of the files that can be read, such as `.png`."""
    return frozenset(suffix for suffix, kind in Image.registered_extensions().items() if kind in FORMATS)


def read_image(path: str | os.PathLike[str], channels: int | None = None) -> NDArray[np.uint8]:
    """The first frame of a picture file as uint8 pixels (H, W, 3) RGB or (H, W, 1) grey.

    `channels` 1 or 3 converts; None keeps grey pictures grey. The camera's rotation (EXIF) is applied, transparency
    is laid over white, 16-bit grey is scaled to 8 bits. DataError if the file is no picture, damaged, of a kind whose
    range of values is unknown, or larger than Pillow's limit against decompression bombs.
    """
    _check_channels(channels)
    with _opened(Path(path)) as image:
        image.load()
        return _array(_plain(ImageOps.exif_transpose(image), channels))


def read_fitted(
    path: str | os.PathLike[str], channels: int, size: tuple[int, int], fit: Fit = "crop"
) -> NDArray[np.uint8]:
    """As `read_image`, brought to a height and width by `geometry.placing`: (H, W, C) uint8.

    Large photographs (JPEG) are decoded at a half, quarter or eighth of their size where that is still large enough,
    which takes a fraction of the time.
    """
    _check_channels(channels)
    with _opened(Path(path)) as image:
        image.draft(None, (max(size), max(size)))
        image.load()
        plain = _plain(ImageOps.exif_transpose(image), channels)
        place = placing((plain.height, plain.width), size, fit)
        if place.scaled != (plain.height, plain.width):
            plain = plain.resize((place.scaled[1], place.scaled[0]), Image.Resampling.BILINEAR)
        return _array(plain.crop((place.left, place.top, place.left + place.width, place.top + place.height)))


def read_header(path: str | os.PathLike[str]) -> Header:
    """Size and kind without decoding the pixels; DataError as for `read_image`, as far as the beginning shows it."""
    with _opened(Path(path)) as image:
        height, width = image.height, image.width
        exif = Image.Image.getexif(image)  # as known so far: PNG's own would decode the whole file to look behind it
        if exif.get(ExifTags.Base.Orientation) in _TURNED:
            height, width = width, height
        return Header(height, width, image.mode in _GREY_MODES)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The file as a lazy image; whatever goes wrong with it becomes a DataError."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            _check_pixels(image, path)
            yield image
    except DataError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _bomb(path) from None
    except UnidentifiedImageError:
        raise DataError(f"{path} is not a picture that can be read; use one of {', '.join(FORMATS)}.") from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the path and its permissions.") from None
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise DataError(f"{path} is damaged ({error or type(error).__name__}); use another file.") from None


def _check_channels(channels: int | None) -> None:
    if channels not in {None, 1, 3}:
        raise DataError(f"A picture cannot have {channels} channels; use 1 (grey) or 3 (RGB).")


def _check_pixels(image: Image.Image, path: Path) -> None:
    """Refuse too many pixels, and pixels whose black and white nobody knows: in PNG and PPM mode I means 0–65535."""
    if Image.MAX_IMAGE_PIXELS is not None and image.width * image.height > Image.MAX_IMAGE_PIXELS:
        raise _bomb(path)
    if image.mode == "F" or (image.mode == "I" and image.format not in {"PNG", "PPM"}):
        raise DataError(f"{path} holds 32-bit pixels of unknown range; save it with 8 or 16 bits.")


def _bomb(path: Path) -> DataError:
    return DataError(f"{path} has more than {Image.MAX_IMAGE_PIXELS:,} pixels; scale it down first.")


def _plain(image: Image.Image, channels: int | None) -> Image.Image:
    """The picture in mode L or RGB."""
    grey = image.mode in _GREY_MODES
    if image.mode.startswith("I"):
        image = _eight_bit(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    return image.convert("L" if (channels or (1 if grey else 3)) == 1 else "RGB")


def _array(image: Image.Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image).reshape(image.height, image.width, -1))


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit grey as 8-bit: 0–65535 becomes 0–255."""
    values = np.asarray(image).astype(np.int64)
    return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
