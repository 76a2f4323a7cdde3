"""The options that name a device and how it multiplies, the same for every command that computes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..kernels.modes import MODES
from ..runtime.devices import CPU, DEVICES, require

F = TypeVar("F", bound=Callable[..., Any])


def device_option(default: str | None = CPU, help: str = "Where to compute.") -> Callable[[F], F]:
    """`--device` and `--math`. What cannot be used is refused as the line is read, before anything is loaded."""
    device = click.option(
        "--device", type=click.Choice(DEVICES), default=default, show_default=default is not None, is_eager=True,
        callback=_there, help=help,
    )  # fmt: skip
    math = click.option(
        "--math", type=click.Choice(MODES), expose_value=False, callback=_set_mode,
        help="How a GPU multiplies: in float32; or by tensor cores in three products, as exact, or in one, "
        "a thousandth off  [default: float32]",
    )  # fmt: skip
    return lambda command: device(math(command))


def hand_on_math_mode(device: str) -> None:
    """Let processes that are started from now on multiply on a GPU as this one would."""
    if device != CPU:
        from ..runtime.cuda_math import SETTING, math_mode  # noqa: PLC0415

        os.environ[SETTING] = math_mode()


def _there(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not context.resilient_parsing:
        require(value)
    return value


def _set_mode(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Let models made from now on multiply so, if the GPU can."""
    if value is None or context.resilient_parsing:
        return
    device = context.params.get("device")
    if device == CPU:
        raise click.UsageError(f"--math {value} is for a GPU; use it with --device cuda.")
    from ..runtime.cuda_math import set_math_mode  # noqa: PLC0415

    set_math_mode(value, "--math")
    if device is not None:
        require(device)
