"""The shape of an image as an option takes it."""

from __future__ import annotations

import click


class ImageShape(click.ParamType):
    """Height, width and channels, as 28,28,1 or 28x28x1."""

    name = "H,W,C"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        parts = str(value).lower().replace("×", ",").replace("x", ",").split(",")
        if len(parts) != 3 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is not a shape, write height,width,channels such as 28,28,1", param, ctx)
        return tuple(int(part) for part in parts)
