"""Train the networks that come with the program: python -m convscope.assets.models.make [NAME …]

Everything random has a seed, so on the same kind of processor the weights come out the same to the last bit; on another
they differ in the last digits. All three take about ten minutes of two cores. The figures printed at the end belong in
`engine/io/trained.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from convscope.engine import Model, load_dataset, save, set_threads, zoo
from convscope.engine.io.trained import TRAINED
from convscope.engine.train import Epoch, TrainRun, fit
from convscope.engine.train.localisation import localise

THREADS = 2  # another number gives other last digits


@dataclass(frozen=True)
class Making:
    """An architecture, whether it gets a head for a box, and what `fit` is asked for."""

    architecture: str
    settings: Mapping[str, Any]
    boxes: bool = False
    seed: int = field(default=1, kw_only=True)


MAKINGS: dict[str, Making] = {
    "lenet5_digits": Making(
        "lenet5",
        {"recipe": "quick", "epochs": 30, "batch_size": 32, "augment": "rotation:degrees=8,stretch:strength=0.1"},
    ),
    "resnet8_shapes": Making(
        "resnet8", {"recipe": "quick", "epochs": 10, "augment": "flip,crop:padding=4,border=reflect"}
    ),
    "squeezenet_boxes": Making("squeezenet_mini", {"recipe": "quick", "epochs": 14, "augment": "flip"}, boxes=True),
}  # fmt: skip


def run_of(name: str, data: str | None = None) -> TrainRun:
    """The run that makes a network, before its first step; `data` in place of its own."""
    making, dataset = MAKINGS[name], load_dataset(data or TRAINED[name].data)
    network = zoo.build_for(making.architecture, dataset.image_shape, len(dataset.classes))
    network.name = name
    model = Model(network, seed=making.seed, preprocessing=dataset.preprocessing, classes=dataset.classes)
    if making.boxes:
        model = localise(model, seed=making.seed)
    return fit(model, dataset, seed=making.seed, **making.settings)


def make(name: str) -> None:
    """Train a network and write its file, with its recipe but without the optimiser's arrays, which nobody needs."""
    run = run_of(name)
    for event in run:
        if isinstance(event, Epoch):
            figures = f"accuracy {event.test_accuracy}, located {event.test_located}"
            print(f"{name}: epoch {event.epoch}, {figures}", flush=True)
    save(run.model, TRAINED[name].path, {"meta": run.state()["meta"], "arrays": {}})


if __name__ == "__main__":
    set_threads(THREADS)
    for chosen in sys.argv[1:] or MAKINGS:
        make(chosen)
