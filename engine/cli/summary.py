"""`convscope summary`: what a network costs, layer by layer."""

from __future__ import annotations

import click

from ..cost import advice
from . import sources
from .output import complain, emit, say


class _Shape(click.ParamType):
    """Height, width and channels, as 28,28,1 or 28x28x1."""

    name = "H,W,C"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        parts = str(value).lower().replace("×", ",").replace("x", ",").split(",")
        if len(parts) != 3 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is not a shape, write height,width,channels such as 28,28,1", param, ctx)
        return tuple(int(part) for part in parts)


@click.command(short_help="Show what a network costs, layer by layer.")
@click.argument("target", metavar="ARCH|FILE")
@click.option("--input", "shape", type=_Shape(), help="Shape of the image, instead of the network's own.")
@click.option("--batch", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="Images at a time.")
@click.option("--advice", "wants_advice", is_flag=True, help="Say what the guidelines of network design advise.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def summary(target: str, shape: tuple[int, ...] | None, batch: int, wants_advice: bool, as_json: bool) -> int:
    """Parameters, multiply-adds, memory and receptive field of ARCH (see `convscope zoo`) or of the network in FILE."""
    network = sources.network(target, shape)
    costs = network.summary(batch)
    errors = network.errors()
    if as_json and not errors:
        found = {"advice": advice.to_list(network, network.advice(), batch)} if wants_advice else {}
        emit(costs.to_dict() | found)
    elif not as_json:
        say(str(costs))
        if wants_advice:  # warnings are among it
            say(f"\n{advice.render(network, network.advice(), batch)}")
        for problem in network.problems():
            if problem.severity == "warning" and not wants_advice:
                say(f"\nWarning: {problem}")
    if errors:
        complain(" ".join(str(problem) for problem in errors))
    return 2 if errors else 0
