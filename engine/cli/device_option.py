"""The option that names a device, the same for every command that computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..runtime.devices import CPU, DEVICES, require

F = TypeVar("F", bound=Callable[..., Any])


def device_option(default: str | None = CPU, help: str = "Where to compute.") -> Callable[[F], F]:
    """`--device`. One that cannot be used is refused as the line is read, before anything is loaded."""
    return click.option(
        "--device", type=click.Choice(DEVICES), default=default, show_default=default is not None,
        callback=_there, help=help,
    )  # fmt: skip


def _there(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not context.resilient_parsing:
        require(value)
    return value
