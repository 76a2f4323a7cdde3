"""Picture files as pixels."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from .dataset import DataError

# Formats that hold pixels; EPS and the like are programs, which Pillow would run.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
_GREY_MODES = frozenset({"1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I;16N", "I"})


def read_image(path: str | os.PathLike[str], channels: int | None = None) -> NDArray[np.uint8]:
    """The first frame of a picture file as uint8 pixels (H, W, 3) RGB or (H, W, 1) grey.

    `channels` 1 or 3 converts; None keeps grey pictures grey. The camera's rotation (EXIF) is applied, transparency
    is laid over white, 16-bit grey is scaled to 8 bits. DataError if the file is no picture, damaged, of a kind whose
    range of values is unknown, or larger than Pillow's limit against decompression bombs.
    """
    path = Path(path)
    if channels not in {None, 1, 3}:
        raise DataError(f"A picture cannot have {channels} channels; use 1 (grey) or 3 (RGB).")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd tags
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                _check_range(image, path)
                image.load()
                upright = ImageOps.exif_transpose(image)
        return _pixels(upright, channels)
    except DataError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError(f"{path} has more than {Image.MAX_IMAGE_PIXELS:,} pixels; scale it down first.") from None
    except UnidentifiedImageError:
        raise DataError(f"{path} is not a picture that can be read; use one of {', '.join(FORMATS)}.") from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the path and its permissions.") from None
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise DataError(f"{path} is damaged ({error or type(error).__name__}); use another file.") from None


def _check_range(image: Image.Image, path: Path) -> None:
    """Refuse pixels whose black and white nobody knows. In PNG and PPM files mode I means 0–65535."""
    if image.mode == "F" or (image.mode == "I" and image.format not in {"PNG", "PPM"}):
        raise DataError(f"{path} holds 32-bit pixels of unknown range; save it with 8 or 16 bits.")


def _pixels(image: Image.Image, channels: int | None) -> NDArray[np.uint8]:
    grey = image.mode in _GREY_MODES
    if image.mode.startswith("I"):
        image = _eight_bit(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    wanted = channels or (1 if grey else 3)
    array = np.asarray(image.convert("L" if wanted == 1 else "RGB"))
    return np.ascontiguousarray(array.reshape(*array.shape[:2], wanted))


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit grey as 8-bit: 0–65535 becomes 0–255."""
    values = np.asarray(image).astype(np.int64)
    return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
