"""Where a network's class scores stand."""

from .network import Network
from .node import INPUT


def score_node(network: Network) -> str:
    """The node that holds the class scores (logits): the output, or what it reads where it is a Softmax or adds a box.

    Losses and explanations begin before the Softmax: log(e^x / Σe^x) is exact there, and its gradient is p − target.
    """
    node = network.nodes[network.output]
    if node.layer.type_name() == "WithBox" and node.inputs[0] != INPUT:
        node = network.nodes[node.inputs[0]]
    ends_in_softmax = node.layer.type_name() == "Softmax" and node.inputs[0] != INPUT
    return node.inputs[0] if ends_in_softmax else node.name
