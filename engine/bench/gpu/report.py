"""What has been found so far, kept in a file that is whole after every stage."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...io.atomic import atomic_write


@dataclass
class Report:
    """Findings by stage; what was left out for want of time, and what failed; `file` is None if none is kept.

    `seconds` is what each stage took.
    """

    about: dict[str, Any]
    file: Path | None = None
    stages: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    complete: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            **self.about, "complete": self.complete, "stages": self.stages, "seconds": self.seconds,
            "left_out": self.left_out, "failures": self.failures, "notes": self.notes,
        }  # fmt: skip

    def save(self) -> None:
        """Write it; FileError if that is impossible."""
        if self.file is not None:
            atomic_write(self.file, json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n")
