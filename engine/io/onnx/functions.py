"""Functions that a file defines itself, put in the place of their calls by the format's own tool."""

from __future__ import annotations

import onnx

MOST_OPERATORS = 100_000


def inlined(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without functions. ValueError if they call each other in a circle, or are too much once written out."""
    if not model.functions:
        return model
    bodies = {(f.domain, f.name, f.overload): f.node for f in model.functions}
    sizes: dict[tuple[str, str, str], int] = {}

    def size(nodes: object, above: tuple[object, ...]) -> int:
        total = 0
        for node in nodes:  # type: ignore[attr-defined]
            key = (node.domain, node.op_type, node.overload)
            if key in bodies and key not in sizes:
                if key in above or len(above) > 100:
                    raise ValueError(f"its function {node.op_type} calls itself")
                sizes[key] = size(bodies[key], (*above, key))
            total += sizes.get(key, 1)
            if total > MOST_OPERATORS:
                raise ValueError(f"its functions come to more than {MOST_OPERATORS:,} operators")
        return total

    size(model.graph.node, ())
    from onnx import inliner  # noqa: PLC0415

    return inliner.inline_local_functions(model)
