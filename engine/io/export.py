"""Models for other programs: files written, and proven by running them before they take the place of older ones."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..spec import ConvscopeError
from . import proof
from .atomic import reason
from .errors import FileError
from .proof import Difference, Runtime
from .still import Answers, Still, still

if TYPE_CHECKING:
    from ..runtime.model import Model

TOLERANCE = 1e-4
"""The largest difference, relative to the largest output, that rounding explains."""


@dataclass(frozen=True)
class Format:
    """A kind of file: its title and suffix, the module that writes it and the runtime that proves it."""

    name: str
    title: str
    suffix: str
    module: str
    runtime: Runtime


_ROOM = __package__
FORMATS = {
    one.name: one
    for one in (
        Format(
            "onnx", "ONNX", ".onnx", f"{_ROOM}.onnx.writing",
            Runtime("ONNX Runtime", f"{_ROOM}.onnx.running", ("onnxruntime",)),
        ),
        Format(
            "pytorch", "PyTorch", ".py", f"{_ROOM}.pytorch.writing",
            Runtime("PyTorch", f"{_ROOM}.pytorch.running", ("torch", "safetensors")),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Exported:
    """What was written, and how far the other program's output is from ours; None, and why, if it was not run."""

    format: str
    files: tuple[Path, ...]
    difference: Difference | None
    unverified: str = ""

    def __str__(self) -> str:
        return str(self.difference or self.unverified)

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        found = self.difference
        figures = {"runtime": found.runtime, "absolute": found.absolute, "relative": found.relative} if found else None
        return {
            "format": self.format,
            "files": [str(file) for file in self.files],
            "verified": figures,
            "note": self.unverified or None,
        }


def export(
    model: Model | Still, path: str | os.PathLike[str], to: str | None = None, verify: bool = True, **options: Any
) -> Exported:
    """Write a model for another program, told by the file's suffix unless `to` is `"onnx"` or `"pytorch"`.

    Where that program is installed the file is run in a process of its own on two random images, and written only if
    its outputs agree with ours within `TOLERANCE`. Options are those of the format: for ONNX `opset` and
    `with_preprocessing`. ConvscopeError lists all layers that cannot be written; FileError says why the file was not.
    """
    target, chosen = Path(path), chosen_format(path, to)
    write: Callable[..., tuple[Path, ...]] = importlib.import_module(chosen.module).write
    missing = chosen.runtime.missing()
    kept = model if isinstance(model, Still) else still(model, copied=False, asked=verify and not missing)
    try:
        with tempfile.TemporaryDirectory(prefix=".convscope-", dir=target.parent, ignore_cleanup_errors=True) as folder:
            written = write(kept, Path(folder) / target.name, **options)
            found = None
            if verify and not missing and kept.answers is not None:
                pixels = bool(options.get("with_preprocessing"))
                found = _proven(kept.answers, chosen.runtime, target, written[0], pixels)
            files = tuple(target.with_name(file.name) for file in written)
            for source, destination in reversed([*zip(written, files)]):  # what the first one names comes first
                os.replace(source, destination)
    except FileError as error:  # names the file in the folder that is gone
        raise FileError(target.with_name(Path(error.path).name), error.reasons) from None
    except OSError as error:
        raise FileError(target, [reason(error, target)]) from None
    return Exported(chosen.name, files, found, "" if found else _why_not(chosen.runtime, verify, missing))


def chosen_format(path: str | os.PathLike[str], to: str | None) -> Format:
    """The format of this name or of the file's suffix; ConvscopeError if there is none."""
    if to is not None:
        if to in FORMATS:
            return FORMATS[to]
        raise ConvscopeError(f"There is no format {to!r}; use {' or '.join(FORMATS)}.")
    for one in FORMATS.values():
        if Path(path).suffix == one.suffix:
            return one
    known = ", ".join(f"{one.suffix} for {one.title}" for one in FORMATS.values())
    raise ConvscopeError(f"{path}: the format is not told by the name; use a suffix ({known}) or name the format.")


def _proven(answers: Answers, runtime: Runtime, target: Path, file: Path, pixels: bool) -> Difference:
    """The difference that running the file finds; FileError if it is too large or the file does not run."""
    try:
        found = proof.difference(answers, runtime, file, pixels)
    except proof.RunError as error:
        raise FileError(target, [f"was not written, {runtime.title} cannot run it: {error}"]) from None
    if not found.relative <= TOLERANCE:
        raise FileError(target, [f"was not written, {runtime.title} gives other results: {found}; please report it"])
    return found


def _why_not(runtime: Runtime, verify: bool, missing: tuple[str, ...]) -> str:
    if not verify:
        return "not verified"
    return f"not verified, {runtime.title} is not installed; to have it run: pip install {' '.join(missing)}"
