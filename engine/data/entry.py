"""What is known of a dataset before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .dataset import Dataset
from .download import Progress
from .options import Options


@dataclass(frozen=True)
class Entry:
    """A dataset by name: texts for a menu, its image shape and classes, and how to get it.

    `download_bytes` is what the first use fetches from the internet when no folder is named; 0 for bundled data.
    `options` is the kind of options it takes; image shape and classes are those without any.
    """

    name: str
    title: str
    summary: str
    source: str
    image_shape: tuple[int, int, int]
    classes: tuple[str, ...]
    download_bytes: int
    load: Callable[[Path | None, Progress | None, Options], Dataset] = field(repr=False)
    options: type[Options] = Options
