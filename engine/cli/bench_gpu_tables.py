"""A GPU's measurement as tables for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .output import table


def text(found: Mapping[str, Any]) -> str:
    """All stages that there are."""
    shown: dict[str, Callable[[Any], str]] = {
        "machine": _machine, "conformance": _conformance, "launches": _launches, "tiles": _tiles, "passes": _passes,
        "training": _steps, "inference": _steps,
    }  # fmt: skip
    stages = found["stages"]
    return "\n\n".join(shown[name](stages[name]) for name in shown if stages.get(name))


def _machine(found: Mapping[str, Any]) -> str:
    gpu, peer = found["gpu"], found["peer"]
    versions = [f"{name.replace('_', '-')} {gpu[name]}" for name in ("driver", "numba_cuda", "toolkit") if gpu[name]]
    lines = [f"{gpu['name']}, compute capability {gpu['compute_capability']}", ", ".join(versions)]
    if peer:
        lines.append(f"PyTorch {peer['torch']}, CUDA {peer['torch_cuda']}, cuDNN {peer['cudnn']}")
    return "\n".join(line for line in lines if line)


def _conformance(found: Mapping[str, Any]) -> str:
    lines = [f"{found['checked']} examples of layers compared with the CPU, {len(found['wrong'])} wrong"]
    for row in found["wrong"]:
        where = f"{row['layer']} {row['example']}{' in training' if row['training'] else ''}"
        lines.append(f"  {where}: {row['what']} {_error(row['relative_error'])}")
    said = {"same_bits_again": "the same seed gives the same bits", "same_bits_without_graph": "also without a graph"}
    lines += [f"{said[name]}: {'yes' if value else 'no'}" for name, value in found.get("repeats", {}).items()]
    return "\n".join(lines)


def _launches(found: Mapping[str, Any]) -> str:
    graphed = found["graphed_seconds"]
    within = "" if graphed is None else f", {_micro(graphed)} within a graph"
    return f"A launch: {_micro(found['host_seconds'])} of the host, {_micro(found['eager_seconds'])} in all{within}"


def _tiles(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = [
        (row["convolution"], row["pass"], _micro(row["seconds"]["chosen"]), row["fastest"],
         _micro(row["seconds"][row["fastest"]]))
        for row in rows
    ]  # fmt: skip
    return table(("N,C,H,K,F,S,P", "pass", "as chosen", "fastest tile", ""), cells, (False, False, True, False, True))


def _passes(rows: Sequence[Mapping[str, Any]]) -> str:
    head = ("N,C,H,K,F,S,P,G", "pass", "math", "time", "GFLOP/s", "off float32", *_PEER_HEAD)
    cells = [
        (row["convolution"], row["pass"], row["math"], _micro(row["seconds"]), f"{row['gflops']:,.0f}",
         f"{row['error_to_float32']:.0e}", *_peer(row))
        for row in rows
    ]  # fmt: skip
    return _table(head, cells, 6)


def _steps(rows: Sequence[Mapping[str, Any]]) -> str:
    rates = [name for name in rows[0] if name.endswith("_images_per_second")]
    head = ("network", "batch", *(f"{name.removesuffix('_images_per_second')} images/s" for name in rates), *_PEER_HEAD)
    cells = [(row["network"], f"{row['batch']}", *(f"{row[name]:,.0f}" for name in rates), *_peer(row)) for row in rows]
    return _table(head, cells, 2 + len(rates))


_PEER_HEAD = ("peer in float32", "time", "ratio", "peer's fastest", "time", "ratio")


def _peer(row: Mapping[str, Any]) -> tuple[str, ...]:
    if "peer_seconds" not in row:
        return ("",) * len(_PEER_HEAD)
    exact, fastest = row["peer_float32"], row["peer_fastest"]
    return (
        exact, _micro(row["peer_seconds"][exact]), f"{row['ratio_float32']:.2f}",
        fastest, _micro(row["peer_seconds"][fastest]), f"{row['ratio_fastest']:.2f}",
    )  # fmt: skip


def _table(head: Sequence[str], cells: Sequence[Sequence[str]], own: int) -> str:
    """Without a peer its columns are left out."""
    width = len(head) if any(cell for row in cells for cell in row[own:]) else own
    words = {"network", "pass", "math", "N,C,H,K,F,S,P,G", _PEER_HEAD[0], _PEER_HEAD[3]}
    right = tuple(name not in words for name in head)
    return table(head[:width], [row[:width] for row in cells], right[:width])


def _micro(seconds: float) -> str:
    return f"{1e6 * seconds:,.1f} µs"


def _error(error: float | None) -> str:
    return "" if error is None else f"is off by {error:.1e}"
