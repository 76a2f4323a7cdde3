"""Which layers of a network there is something to see of, and how their arrays are pictures."""

from __future__ import annotations

from functools import lru_cache

from convscope.engine.graph.network import Network
from convscope.engine.spec import Layer, NetworkError, Shape, format_shape


def weight_name(network: Network, key: str) -> str:
    """Full name of the weight that a key of `weight_layers` stands for, "" if it is no filter.

    A key is a layer's name, which stands for its first filters, or `name:weight` (names hold no colon).
    """
    layer, _, weight = key.partition(":")
    shapes = _filter_shapes(network, layer)
    weight = weight or next(iter(shapes), "")
    return f"{layer}.{weight}" if weight in shapes else ""


def filter_shape(network: Network, key: str) -> Shape | None:
    """A layer's weights as filters (rows, columns, channels, filters); None if it has none to look at.

    The weights of a Dense that reads a flattened image are filters too, as large as the image; those of any other
    Dense, and of a 1×1 convolution, are one picture of a row for each output.
    """
    layer, _, weight = weight_name(network, key).rpartition(".")
    if not layer:
        return None
    shape = _filter_shapes(network, layer)[weight]
    if len(shape) == 4:
        return shape if shape[:2] != (1, 1) else (shape[3], shape[2], 1, 1)
    image = flattened_image(network, layer)
    if image is not None:
        return (*image, shape[1])
    return (shape[1], shape[0], 1, 1)


def _filter_shapes(network: Network, layer: str) -> dict[str, Shape]:
    """A layer's filters and matrices, `weight` for most, with their shapes; biases and scales have but one axis."""
    if layer not in network:
        return {}
    shapes = network.shapes()
    inputs = tuple([shape for source in network.nodes[layer].inputs if (shape := shapes.get(source)) is not None])
    if len(inputs) < len(network.nodes[layer].inputs):
        raise NetworkError(network.errors())
    return _declared(network[layer], inputs)


@lru_cache(maxsize=4096)  # the same few layers in the same few places, asked for at every edit of a large network
def _declared(layer: Layer, inputs: tuple[Shape, ...]) -> dict[str, Shape]:
    return {weight.name: weight.shape for weight in layer.weights(inputs) if len(weight.shape) in (2, 4)}


def flattened_image(network: Network, name: str) -> Shape | None:
    """The (H, W, C) that a layer's input was before Flatten; None if it was none, or a single pixel."""
    source = network.nodes[name].inputs[0] if network.nodes[name].inputs else ""
    if source not in network or network[source].type_name() != "Flatten":
        return None
    shape = network.shapes()[network.nodes[source].inputs[0]]
    return shape if shape is not None and len(shape) == 3 and shape[0] * shape[1] > 1 else None


def weight_layers(network: Network) -> list[tuple[str, str]]:
    """Filters to see, as (key, text); a layer with several kinds of filters has a key for each."""
    found = []
    for node in network.order():
        for i, weight in enumerate(names := _filter_shapes(network, node.name)):
            key = f"{node.name}:{weight}" if i else node.name
            shape = filter_shape(network, key)
            if shape is not None:
                kind = f"{weight} " if len(names) > 1 else ""
                found.append((key, f"{node.name} · {kind}{_filters_text(shape)}"))
    return found


def activation_layers(network: Network) -> list[tuple[str, str]]:
    """All layers, as (name, text) with their output shape."""
    shapes = network.shapes()
    return [(node.name, f"{node.name} · {format_shape(shapes[node.name])}") for node in network.order()]


def first_of(network: Network, kind: str) -> str:
    """Name of the first layer of a type, "" if there is none."""
    return next((node.name for node in network.order() if node.layer.type_name() == kind), "")


def deep_of(network: Network, kind: str) -> str:
    """Name of the layer of a type that lies two thirds of the way in, where units see parts of things; "" for none."""
    found = [node.name for node in network.order() if node.layer.type_name() == kind]
    return found[len(found) * 2 // 3] if found else ""


def _filters_text(shape: Shape) -> str:
    rows, columns, channels, filters = shape
    if filters == 1 and channels == 1:
        return f"{columns:,} → {rows:,}"
    return format_shape((filters, rows, columns, channels))
