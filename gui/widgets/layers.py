"""Which layers of a network there is something to see of, and how their arrays are pictures."""

from __future__ import annotations

from convscope.engine.graph.network import Network
from convscope.engine.spec import Shape, format_shape


def filter_shape(network: Network, name: str) -> Shape | None:
    """A layer's weights as filters (rows, columns, channels, filters); None if it has none to look at.

    The weights of a Dense that reads a flattened image are filters too, as large as the image; those of any other
    Dense are one picture of a row for each output.
    """
    full = f"{name}.weight"
    weights = network.weights()
    if full not in weights:
        return None
    shape = weights[full].shape
    if len(shape) == 4:
        return shape
    if len(shape) != 2:
        return None
    image = flattened_image(network, name)
    if image is not None:
        return (*image, shape[1])
    return (shape[1], shape[0], 1, 1)


def flattened_image(network: Network, name: str) -> Shape | None:
    """The (H, W, C) that a layer's input was before Flatten; None if it was none, or a single pixel."""
    source = network.nodes[name].inputs[0] if network.nodes[name].inputs else ""
    if source not in network or network[source].type_name() != "Flatten":
        return None
    shape = network.shapes()[network.nodes[source].inputs[0]]
    return shape if shape is not None and len(shape) == 3 and shape[0] * shape[1] > 1 else None


def weight_layers(network: Network) -> list[tuple[str, str]]:
    """Layers with filters to see, as (name, text)."""
    found = []
    for node in network.order():
        shape = filter_shape(network, node.name)
        if shape is not None:
            found.append((node.name, f"{node.name} · {_filters_text(shape)}"))
    return found


def activation_layers(network: Network) -> list[tuple[str, str]]:
    """All layers, as (name, text) with their output shape."""
    shapes = network.shapes()
    return [(node.name, f"{node.name} · {format_shape(shapes[node.name])}") for node in network.order()]


def first_of(network: Network, kind: str) -> str:
    """Name of the first layer of a type, "" if there is none."""
    return next((node.name for node in network.order() if node.layer.type_name() == kind), "")


def _filters_text(shape: Shape) -> str:
    rows, columns, channels, filters = shape
    if filters == 1 and channels == 1:
        return f"{columns:,} → {rows:,}"
    return format_shape((filters, rows, columns, channels))
