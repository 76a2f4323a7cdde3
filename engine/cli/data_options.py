"""The options that name a data set, the same for every command that takes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
WHAT = (
    "Data set: digits, mnist, fashion-mnist, cifar-10, shapes; or the path of a folder with a subfolder of pictures "
    "for each class, a CSV file (image,label), COCO or VOC annotations, a .zip or .tar of these. Options follow a "
    "colon: shapes:size=64,count=2000 (see `convscope data`)."
)


def data_options(command: F) -> F:
    """`--data` and `--data-dir`."""
    where = "Folder that holds the data set's files; for lists the folder of their pictures."
    folder = click.option("--data-dir", type=click.Path(path_type=Path), help=where)
    return click.option("--data", required=True, metavar="NAME|PATH", help=WHAT)(folder(command))
