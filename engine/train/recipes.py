"""Recipes: all settings of a run under one name, as papers gave them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..runtime.initialisers import Gaussian, He, Initialiser
from ..spec import ConvscopeError
from .loss import CrossEntropy, Loss
from .optimizer import SGD, AdamW, Optimizer
from .schedule import OneCycle, Plateau, Schedule, Step


@dataclass(frozen=True)
class Recipe:
    """What a run does with any network and data set; every value may be replaced by another.

    `epochs` are the paper's, on its data set. `augment` lists augmentations in their text form. The initialiser is for
    whoever builds the model: a run finds its weights there.
    """

    name: str
    title: str
    summary: str
    source: str
    epochs: int
    batch_size: int
    optimizer: Optimizer
    schedule: Schedule
    augment: tuple[str, ...] = ()
    initialiser: Initialiser = field(default_factory=He)
    loss: Loss = field(default_factory=CrossEntropy)
    mixup: float = 0.0


_ALEXNET = Recipe(
    name="alexnet",
    title="AlexNet",
    summary="Momentum at 0.01, a tenth whenever the test error rests; crops, reflections and shifted colours.",
    source="Krizhevsky et al. 2012, §4.1 and §5",
    epochs=90,
    batch_size=128,
    optimizer=SGD(0.01, 0.9, 5e-4),
    schedule=Plateau(0.1, monitor="test_accuracy", warm_up=0),
    augment=("crop", "flip", "pca-colour"),
    initialiser=Gaussian(0.01),
)
_VGG = Recipe(
    name="vgg",
    title="VGG",
    summary="As AlexNet with twice the batch; crops at random scales.",
    source="Simonyan & Zisserman 2015, §3.1",
    epochs=74,
    batch_size=256,
    optimizer=SGD(0.01, 0.9, 5e-4),
    schedule=Plateau(0.1, monitor="test_accuracy", warm_up=0),
    augment=("short-side-crop", "flip", "pca-colour"),
    initialiser=Gaussian(0.01),
)
_RESNET = Recipe(
    name="resnet",
    title="ResNet on ImageNet",
    summary="Momentum at 0.1, a tenth whenever the test error rests; He's start, batch norm in place of dropout.",
    source="He et al. 2015, §3.4",
    epochs=120,
    batch_size=256,
    optimizer=SGD(0.1, 0.9, 1e-4),
    schedule=Plateau(0.1, monitor="test_accuracy", warm_up=0),
    augment=("short-side-crop", "flip", "pca-colour"),
)
_RESNET_CIFAR = Recipe(
    name="resnet-cifar",
    title="ResNet on CIFAR-10",
    summary="Momentum at 0.1 for 64,000 steps, a tenth after 32,000 and 48,000; shifts by up to 4 pixels, reflections.",
    source="He et al. 2015, §4.2",
    epochs=164,
    batch_size=128,
    optimizer=SGD(0.1, 0.9, 1e-4),
    schedule=Step(warm_up=0),
    augment=("crop:padding=4", "flip"),
)
_QUICK = Recipe(
    name="quick",
    title="Quick",
    summary="AdamW in one cycle of the learning rate: good figures after few epochs.",
    source="Loshchilov & Hutter 2019; Smith & Topin 2018",
    epochs=10,
    batch_size=64,
    optimizer=AdamW(3e-3, weight_decay=0.01),
    schedule=OneCycle(),
)

RECIPES: Mapping[str, Recipe] = {recipe.name: recipe for recipe in (_QUICK, _ALEXNET, _VGG, _RESNET, _RESNET_CIFAR)}
"""Recipes by name."""


def recipe(given: str | Recipe) -> Recipe:
    """A recipe from its name, or itself; ConvscopeError with the known names if there is none."""
    if isinstance(given, Recipe):
        return given
    if given in RECIPES:
        return RECIPES[given]
    near = difflib.get_close_matches(str(given), RECIPES, 1)
    meant = f", did you mean {near[0]!r}? Use" if near else "; use"
    raise ConvscopeError(f"There is no recipe {given!r}{meant} one of: {', '.join(RECIPES)}")
