"""`convscope zoo`: the architectures that are there."""

from __future__ import annotations

import click

from .output import emit, say, table


@click.command(short_help="List the architectures.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def zoo(as_json: bool) -> None:
    """List the architectures by age, with their published input, parameters and multiply-adds."""
    from ..spec import format_shape  # noqa: PLC0415
    from ..zoo import ARCHITECTURES  # noqa: PLC0415

    rows = [(entry, entry.build().summary().totals) for entry in ARCHITECTURES.values()]
    rows.sort(key=lambda row: row[0].year)
    if as_json:
        emit([
            {
                "name": entry.name, "year": entry.year, "source": entry.source, "input": list(entry.input),
                "compact": entry.compact, "params": totals.params, "macs": totals.macs,
            }
            for entry, totals in rows
        ])  # fmt: skip
        return
    cells = [
        (entry.name, str(entry.year), format_shape(entry.input), f"{totals.params:,}", f"{totals.macs:,}", entry.source)
        for entry, totals in rows
    ]
    head = ("name", "year", "input", "parameters", "multiply-adds", "source")
    say(table(head, cells, (False, True, False, True, True, False)))
