"""Average a big map instead of flattening it: dense layers on a flattened map hold most weights of older networks.

Averages of whole channels and one dense layer give as many scores (Lin, Chen & Yan 2013, Network in Network, §3.2).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...graph import Node
from ...layers.dense.spec import Dense
from ...layers.pool.spec import GlobalAvgPool
from ...layers.reshape.spec import Flatten
from ...spec import Shape, format_shape
from .findings import Advice
from .rewrite import Exchange, Rewrite
from .study import Study, filter_weights

# Positions from which a map is called big; below, flattening keeps little more than an average does.
_BIG = 16
# A head that holds a smaller share of the parameters is not what makes the network heavy.
_SHARE = 0.5
# With fewer averages than this share of the scores, the averages would be a tight bottleneck of their own.
_FEWEST_AVERAGES = 0.5
_PART_OF_A_HEAD = {"dense", "activation", "normalisation", "regularisation"}


def check(study: Study) -> Iterator[Advice]:
    """Flattened big maps whose first dense layer holds most parameters of the network."""
    for node in study.nodes:
        if not isinstance(node.layer, Flatten) or len(study.reads(node)[0]) != 3:
            continue
        head = _head(study, node)
        dense = [part for part in head if isinstance(part.layer, Dense)]
        if dense and _is_heavy(study, dense[0], study.reads(node)[0], study.shapes[dense[-1].name][0]):
            yield _advice(study, head, dense[0])


def _head(study: Study, flatten: Node) -> list[Node]:
    """The nodes from Flatten to the last dense layer, each read by the next only."""
    head, network = [flatten], study.network
    while len(readers := network.consumers(head[-1].name)) == 1:
        reader = network.nodes[readers[0]]
        if reader.layer.about.category not in _PART_OF_A_HEAD or reader.name not in study.shapes:
            break
        head.append(reader)
    while not isinstance(head[-1].layer, Dense | Flatten):
        head.pop()
    return head


def _is_heavy(study: Study, first: Node, image: Shape, scores: int) -> bool:
    share = study.work(first)[0] / study.total[0]
    return image[0] * image[1] >= _BIG and share >= _SHARE and image[2] >= _FEWEST_AVERAGES * scores


def _advice(study: Study, head: list[Node], first: Node) -> Advice:
    image, last = study.reads(head[0])[0], head[-1]
    pool, values = GlobalAvgPool(), study.shapes[head[0].name]
    exchange = Exchange(tuple(head), image, ((study.network.free_name(pool), pool), (last.name, last.layer)))
    share, weights = study.work(first)[0] / study.total[0], filter_weights(last.layer, (image[2],))
    text = (
        f"{first.name}: it reads {format_shape(image)} = {values[0]:,} values and holds {study.work(first)[0]:,} "
        f"parameters, {share:.0%} of the network's".replace("%", " %")
        + f"; averages of the {image[2]} channels and one dense layer give as many scores for {weights:,} weights"
    )
    rewrite = Rewrite(f"{first.name}: averages instead of a flattened map", (exchange,))
    return Advice((first.name,), "dense-head", text, rewrite)
