"""Cost tables for programs: JSON and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from .figures import FIGURES
from .receptive import Field
from .summary import Row, Summary

_OF_FIELD = ("receptive_field", "effective_stride", "effective_padding")
_SHARES = {"params_share": "params", "macs_share": "macs", "activation_share": "activation_bytes"}
_NUMBERS = tuple(figure.key for figure in FIGURES if figure.key not in (*_OF_FIELD, *_SHARES))


def document(summary: Summary) -> dict[str, Any]:
    """The JSON form: what scripts look for first, then all totals, and what the figures mean."""
    totals = summary.totals
    return {
        "name": summary.name,
        "input": list(summary.input),
        "params": totals.params,
        "macs": totals.macs,
        "activation_bytes": totals.activation_bytes,
        "training_bytes": totals.training_bytes,
        "layers": [_layer(summary, row) for row in summary.rows],
        "inference_bytes": totals.inference_bytes,
        "batch": summary.batch,
        "complete": totals.complete,
        "learned_params": totals.learned,
        "totals": {key: getattr(totals, key) for key in _NUMBERS},
        "memory": {
            "inference": None if totals.inference is None else asdict(totals.inference),
            "training": None if totals.training is None else asdict(totals.training),
        },
        "measured": None if summary.measured is None else _passes(summary),
        "figures": {figure.key: {k: v for k, v in asdict(figure).items() if k != "key"} for figure in FIGURES},
    }


def sheet(summary: Summary) -> str:
    """The CSV form: a line of keys, one line a layer, and one with the totals. Shapes and pairs are written 3x1."""
    text = io.StringIO()
    keys = ("name", "type", "inputs", "output", *(figure.key for figure in FIGURES))
    lines = csv.DictWriter(text, keys, lineterminator="\n")
    lines.writeheader()
    for row in summary.rows:
        layer = _layer(summary, row) | {"inputs": " ".join(row.inputs)}
        lines.writerow({key: _written(value) for key, value in layer.items()})
    totals = {key: _written(getattr(summary.totals, key)) for key in _NUMBERS}
    lines.writerow({"name": "total", **totals})
    return text.getvalue()


def _layer(summary: Summary, row: Row) -> dict[str, Any]:
    found = {key: getattr(row, key) for key in _NUMBERS} | dict(zip(_OF_FIELD, _field(row.field)))
    found |= {key: summary.share(row, whole) for key, whole in _SHARES.items()}
    first = ("params", "macs", "activation_bytes", "receptive_field", "effective_stride")
    return {
        "name": row.name,
        "type": row.type,
        "inputs": list(row.inputs),
        "output": None if row.output is None else list(row.output),
        **{key: found.pop(key) for key in first},
        **found,
    }


def _passes(summary: Summary) -> dict[str, Any]:
    return {key: value for key, value in vars(summary.measured).items() if key != "layers"}


def _field(field: Field | None) -> tuple[Any, Any, Any]:
    """Receptive field, stride and padding; the latter two are not known where branches disagree."""
    if field is None:
        return None, None, None
    stride, padding = (field.stride, field.padding) if field.aligned else (None, None)
    return _plain(field.size), _plain(stride), _plain(padding)


def _plain(pair: tuple[int | Fraction, int | Fraction] | None) -> Any:
    """One number where rows and columns agree, else both."""
    numbers = [n if isinstance(n, int) else float(n) for n in pair or ()]
    return None if pair is None else numbers[0] if numbers[0] == numbers[1] else numbers


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "x".join(map(str, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
