"""Hypothesis strategies for networks with branches."""

from hypothesis import strategies as st

from convscope.engine import layers as L
from convscope.engine.graph import INPUT, Network

SAME_SIZE = (
    L.Conv2D(2, 3, padding="same"),
    L.Conv2D(3, 1),
    L.Conv2D(2, 3, padding="same", dilation=2),
    L.ReLU(),
    L.LeakyReLU(),
    L.BatchNorm(),
    L.PReLU(),
    L.Linear(),
    L.LocalResponseNorm(3, alpha=0.5),
    L.Dropout(0.3),
    L.Dropout(0.3, "inference"),
    L.MaxPool2D(2, 1, padding="same"),
    L.AvgPool2D(3, 1, padding=1),
)


@st.composite
def networks(draw: st.DrawFn, most: int = 9) -> Network:
    """A sound network: branches and joins over one 6×6 image size, then pooling, all ends side by side, and scores."""
    net = Network((6, 6, 2), "random")
    for _ in range(draw(st.integers(1, most))):
        names = [INPUT, *net.nodes]
        source = draw(st.sampled_from(names))
        alike = [name for name in names if net.shapes()[name] == net.shapes()[source]]
        kind = draw(st.integers(0, 7))
        if kind == 0:
            net.add(L.Add(), inputs=[source, *draw(st.lists(st.sampled_from(alike), min_size=1, max_size=2))])
        elif kind == 1:
            net.add(L.Concat(), inputs=[source, draw(st.sampled_from(names))])
        elif kind == 2:
            net.add(L.MaxUnpool2D(3, 1, padding=1), inputs=[source, draw(st.sampled_from(alike))])
        elif kind == 3:
            net.add(L.Multiply(), inputs=[source, draw(st.sampled_from(alike))])
        else:
            net.add(draw(st.sampled_from(SAME_SIZE)), inputs=[source])
    ends = net.outputs()
    pooled = [net.add(L.GlobalAvgPool() if i % 2 else L.Flatten(), inputs=[end]) for i, end in enumerate(ends)]
    if len(pooled) > 1:
        net.add(L.Concat(), inputs=pooled)
    net.add(L.Dense(3))
    return net
