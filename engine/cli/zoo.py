"""`convscope zoo`: the architectures that are there, and the networks that come trained."""

from __future__ import annotations

import click

from .output import emit, percent, say, table


@click.command(short_help="List the architectures.")
@click.option("--trained", is_flag=True, help="List the networks that come trained instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def zoo(trained: bool, as_json: bool) -> None:
    """List the architectures by age, with their published input, parameters and multiply-adds.

    Any command that takes an architecture or a file also takes the name of a network that comes trained.
    """
    if trained:
        _list_trained(as_json)
    else:
        _list_architectures(as_json)


def _list_architectures(as_json: bool) -> None:
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


def _list_trained(as_json: bool) -> None:
    from ..io.trained import TRAINED  # noqa: PLC0415

    rows = [(one, one.network().summary().totals) for one in TRAINED.values()]
    if as_json:
        emit([
            {
                "name": one.name, "summary": one.summary, "data": one.data, "test_accuracy": one.accuracy,
                "test_located": one.located, "params": totals.params, "macs": totals.macs,
                "bytes": one.path.stat().st_size, "file": str(one.path),
            }
            for one, totals in rows
        ])  # fmt: skip
        return
    cells = [
        (
            one.name, f"{totals.params:,}", f"{one.path.stat().st_size / 1024:,.0f} KiB", percent(one.accuracy),
            percent(one.located), one.data, one.summary,
        )
        for one, totals in rows
    ]  # fmt: skip
    head = ("name", "parameters", "file", "test images right", "box too", "data", "what it is")
    say(table(head, cells, (False, True, True, True, True, False, False)))
