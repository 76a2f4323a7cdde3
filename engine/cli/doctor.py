"""`convscope doctor`: what this machine offers, and what is missing."""

from __future__ import annotations

from typing import Any

import click

from .output import emit, say

_TITLES = {"cuda": "CUDA"}


@click.command(short_help="Show versions, processor, threads, CUDA, Qt and caches.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Show what this machine offers: versions, processor, threads, CUDA, Qt, caches; and what is missing."""
    from .facts import gather  # loads Numba and Qt  # noqa: PLC0415

    facts = gather()
    if as_json:
        emit(facts)
        return
    width = max(len(name) for values in facts.values() for name in values)
    groups = [
        "\n".join(
            [_TITLES.get(title, title.capitalize()), *(_line(name, value, width) for name, value in values.items())]
        )
        for title, values in facts.items()
    ]
    say("\n\n".join(groups))


def _line(name: str, value: Any, width: int) -> str:
    from ..cost.units import format_bytes  # noqa: PLC0415

    text = format_bytes(value) if name.endswith("_bytes") and value is not None else _shown(value)
    return f"  {name.removesuffix('_bytes').replace('_', ' ').ljust(width)}  {text}"


def _shown(value: Any) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(map(str, value)) or "none yet"
    return str(value)
