"""Large numbers for people."""

from __future__ import annotations


def format_count(value: float) -> str:
    """`834`, `61.7 K`, `416.5 K`, `15.5 G`: three to four digits and a decimal prefix."""
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= limit:
            return f"{value / limit:.{_decimals(value / limit)}f} {unit}"
    return f"{value:.0f}"


def format_bytes(value: float) -> str:
    """`512 B`, `18.4 KiB`, `93.0 MiB`: binary prefixes."""
    for limit, unit in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if abs(value) >= limit:
            return f"{value / limit:.{_decimals(value / limit)}f} {unit}"
    return f"{value:.0f} B"


def _decimals(scaled: float) -> int:
    return 2 if abs(scaled) < 10 else 1
