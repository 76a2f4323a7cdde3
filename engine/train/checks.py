"""Whether a network can learn a data set: every reason why not, found before the first step."""

from __future__ import annotations

from collections.abc import Sequence

from ..data import Dataset
from ..data.augment import Augmentation, pipeline
from ..graph import Network
from ..graph.score_setting import score_setting
from ..graph.scores import score_node
from ..spec import format_shape
from .localisation import box_node
from .loss import Loss
from .targets import Targets


def misfits(network: Network, dataset: Dataset) -> list[str]:
    """Reasons, each with its fix, why this network cannot be trained or evaluated on this data set."""
    return [*channel_misfit(network, dataset), *_score_misfit(network, dataset), *_label_faults(dataset)]


def goal_misfits(network: Network, dataset: Dataset, loss: Loss, targets: Targets | None) -> list[str]:
    """As `misfits`, where the goal may be values."""
    if targets is None:
        reasons = misfits(network, dataset)
        if loss.for_values:
            reasons.append(f"the loss {loss.name} is for values, give `targets` or use cross-entropy")
        return reasons
    reasons = [*channel_misfit(network, dataset), *targets.misfits(network, dataset)]
    if not loss.for_values:
        reasons.append(f"the loss {loss.name} is for classes, use l2 or smooth-l1 where targets are values")
    return reasons


def augmentation_misfits(network: Network, dataset: Dataset, augment: Sequence[Augmentation]) -> list[str]:
    """Reasons, each with its fix, why these augmentations do not suit the data set and the network."""
    return pipeline.misfits(augment, dataset.image_shape[:2], (network.input[0], network.input[1]))


def box_misfits(network: Network, dataset: Dataset, mixup: float) -> list[str]:
    """Reasons, each with its fix, why the box of a network that gives one cannot be trained."""
    if box_node(network) is None:
        return []
    reasons = []
    if dataset.train_boxes is None:
        end = network.output
        reasons.append(
            f"{dataset.name} has no boxes, remove {end} ({network[end].type_name()}) or give a set with boxes"
        )
    if mixup:
        reasons.append("mixup mixes images, and boxes cannot be mixed, set mixup to 0")
    return reasons


def channel_misfit(network: Network, dataset: Dataset) -> list[str]:
    wanted, given = network.input[2], dataset.image_shape[2]
    if wanted == given:
        return []
    what = f"the network's input has {_count(wanted, 'channel')} and the images of {dataset.name} have {given}"
    return [f"{what}, set the input to {format_shape((*network.input[:2], given))}"]


def _score_misfit(network: Network, dataset: Dataset) -> list[str]:
    name, classes = score_node(network), len(dataset.classes)
    shape, layer = network.shapes()[name], network[name].type_name()
    if shape is None or len(shape) != 1:
        what = f"{name} ({layer}) gives {format_shape(shape)} where one score for each class is needed"
        return [f"{what}, end with Flatten and Dense({classes})"]
    if shape[0] == classes:
        return []
    what = f"{name} ({layer}) gives {_count(shape[0], 'score')} and {dataset.name} has {classes} classes"
    setting = score_setting(network, classes)
    if setting is None:
        return [f"{what}, end with Dense({classes})"]
    source, parameter = setting
    return [f"{what}, set {f'its {parameter}' if source == name else f'the {parameter} of {source}'} to {classes}"]


def _label_faults(dataset: Dataset) -> list[str]:
    """Kernels look labels up without bounds checks, and arrays may have been written to since the data set was made."""
    faults, classes = [], len(dataset.classes)
    for which, labels in (("training", dataset.train_labels), ("test", dataset.test_labels)):
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
            faults.append(f"{which} labels lie between {labels.min()} and {labels.max()}, use 0 to {classes - 1}")
    return faults


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
