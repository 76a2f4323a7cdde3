"""Figures as text for labels that must not jump about: fixed digits, real minus signs, units."""

from __future__ import annotations

import math


def plain(value: float) -> str:
    """Three significant digits: `0.113`, `−1.24`, `12.5`, `3.1e−07`."""
    if not math.isfinite(value):
        return "∞" if value == math.inf else "−∞" if value == -math.inf else "not a number"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e5 or size < 1e-3:
        text = f"{value:.1e}"
    else:
        text = f"{value:.{max(2 - math.floor(math.log10(size)), 0)}f}"
    return text.replace("-", "−")


def loss(value: float | None) -> str:
    """Four decimals, or fewer for large values."""
    if value is None:
        return "–"
    return f"{value:.4f}" if math.isfinite(value) and abs(value) < 100 else plain(value)


def percent(value: float | None) -> str:
    """A share as `97.25 %`."""
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:.2f} %"


def share(value: float) -> str:
    """A share as `98 %`."""
    return f"{100 * value:.0f} %"


def rate(value: float | None) -> str:
    """Images a second: `12,300`."""
    if value is None:
        return "–"
    digits = 10 ** max(math.floor(math.log10(max(value, 1))) - 2, 0)
    return f"{round(value / digits) * digits:,.0f}"


def duration(seconds: float | None) -> str:
    """`under 1 s`, `42 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    whole = math.ceil(seconds)
    if seconds < 1:
        return "under 1 s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
