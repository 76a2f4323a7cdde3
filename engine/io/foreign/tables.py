"""What other programs call the layers of the zoo's networks, as data.

Each table maps our layers' names to theirs. Names beyond a network's layers do no harm, so that one table serves a
family. Only architectures that compute the same are here: torchvision's AlexNet, GoogLeNet (with batch norm) and
timm's MobileNet (with ReLU6) differ from those that were published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...data.preprocess import Preprocessing

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PHOTOS = Preprocessing(mean=_MEAN, std=_STD, fit="crop", short_side=256)
LARGE_PHOTOS = Preprocessing(mean=_MEAN, std=_STD, fit="crop", short_side=342)
ICONS = Preprocessing(mean=_MEAN, std=_STD)


@dataclass(frozen=True)
class Table:
    """Names in one program's files for some architectures, and what the networks trained there need.

    `unused` are beginnings of names that a network for inference does without; `epsilon` is that of all batch norms.
    """

    program: str
    architectures: tuple[str, ...]
    names: Mapping[str, str]
    preprocessing: Preprocessing = PHOTOS
    epsilon: float | None = None
    unused: tuple[str, ...] = ()


def _resnet(stages: range, last: str) -> dict[str, str]:
    """Bottlenecks and plain blocks alike; ours count from 1."""
    found = {"conv1": "conv1", "bn1": "bn1", "scores": last}
    for stage in stages:
        for block in range(1, 37):
            ours, theirs = f"s{stage}b{block}", f"layer{stage}.{block - 1}"
            found |= {f"{ours}_{kind}{n}": f"{theirs}.{kind}{n}" for kind in ("conv", "bn") for n in (1, 2, 3)}
            found |= {
                f"{ours}_shortcut_conv": f"{theirs}.downsample.0",
                f"{ours}_shortcut_bn": f"{theirs}.downsample.1",
            }
    return found


_VGG = {
    "vgg_a": {"1_1": 0, "2_1": 3, "3_1": 6, "3_2": 8, "4_1": 11, "4_2": 13, "5_1": 16, "5_2": 18},
    "vgg_b": {
        "1_1": 0, "1_2": 2, "2_1": 5, "2_2": 7, "3_1": 10, "3_2": 12, "4_1": 15, "4_2": 17, "5_1": 20, "5_2": 22,
    },
    "vgg_d": {
        "1_1": 0, "1_2": 2, "2_1": 5, "2_2": 7, "3_1": 10, "3_2": 12, "3_3": 14, "4_1": 17, "4_2": 19, "4_3": 21,
        "5_1": 24, "5_2": 26, "5_3": 28,
    },
    "vgg_e": {
        "1_1": 0, "1_2": 2, "2_1": 5, "2_2": 7, "3_1": 10, "3_2": 12, "3_3": 14, "3_4": 16, "4_1": 19, "4_2": 21,
        "4_3": 23, "4_4": 25, "5_1": 28, "5_2": 30, "5_3": 32, "5_4": 34,
    },
}  # fmt: skip
"""The places of convolutions among ReLUs and poolings."""

_VGG_HEADS = {
    "torchvision": {"dense6": "classifier.0", "dense7": "classifier.3", "scores": "classifier.6"},
    "timm": {"dense6": "pre_logits.fc1", "dense7": "pre_logits.fc2", "scores": "head.fc"},
}


def _vgg(name: str, program: str) -> dict[str, str]:
    return {f"conv{ours}": f"features.{place}" for ours, place in _VGG[name].items()} | _VGG_HEADS[program]


_FIRES = {
    "squeezenet1_0": {2: 3, 3: 4, 4: 5, 5: 7, 6: 8, 7: 9, 8: 10, 9: 12},
    "squeezenet1_1": {2: 3, 3: 4, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12},
}
"""The places of fire blocks among poolings."""


def _squeezenet(name: str) -> dict[str, str]:
    found = {"conv1": "features.0", "conv10": "classifier.1"}
    for fire, place in _FIRES[name].items():
        found |= {
            f"fire{fire}_conv_{part}": f"features.{place}.{part}" for part in ("squeeze", "expand1x1", "expand3x3")
        }
    return found


def _densenet() -> dict[str, str]:
    found = {"conv1": "features.conv0", "bn1": "features.norm0", "bn": "features.norm5", "scores": "classifier"}
    for stage in range(1, 5):
        found |= {f"transition{stage}_conv": f"features.transition{stage}.conv"}
        found |= {f"transition{stage}_bn": f"features.transition{stage}.norm"}
        for layer in range(1, 49):
            theirs = f"features.denseblock{stage}.denselayer{layer}"
            found |= {f"dense{stage}_{layer}_conv{n}": f"{theirs}.conv{n}" for n in (1, 2)}
            found |= {f"dense{stage}_{layer}_bn{n}": f"{theirs}.norm{n}" for n in (1, 2)}
    return found


_STACKED = {
    "1_{}1": "branch1x1", "2_{}1": "branch5x5_1", "2_{}2": "branch5x5_2", "3_{}1": "branch3x3dbl_1",
    "3_{}2": "branch3x3dbl_2", "3_{}3": "branch3x3dbl_3", "{}_pool": "branch_pool",
}  # fmt: skip
_ASYMMETRIC = {
    "1_{}1": "branch1x1", "{}_pool": "branch_pool", **{f"2_{{}}{n}": f"branch7x7_{n}" for n in (1, 2, 3)},
    **{f"3_{{}}{n}": f"branch7x7dbl_{n}" for n in (1, 2, 3, 4, 5)},
}  # fmt: skip
_WIDE = {
    "1_{}1": "branch1x1", "2_{}1": "branch3x3_1", "2a_{}1": "branch3x3_2a", "2b_{}1": "branch3x3_2b",
    "3_{}1": "branch3x3dbl_1", "3_{}2": "branch3x3dbl_2", "3a_{}1": "branch3x3dbl_3a", "3b_{}1": "branch3x3dbl_3b",
    "{}_pool": "branch_pool",
}  # fmt: skip
_INCEPTION = {
    "inc35_1": ("Mixed_5b", _STACKED), "inc35_2": ("Mixed_5c", _STACKED), "inc35_3": ("Mixed_5d", _STACKED),
    "reduce17": ("Mixed_6a", {"1_{}1": "branch3x3", **{f"2_{{}}{n}": f"branch3x3dbl_{n}" for n in (1, 2, 3)}}),
    "inc17_1": ("Mixed_6b", _ASYMMETRIC), "inc17_2": ("Mixed_6c", _ASYMMETRIC), "inc17_3": ("Mixed_6d", _ASYMMETRIC),
    "inc17_4": ("Mixed_6e", _ASYMMETRIC),
    "reduce8": ("Mixed_7a", {
        **{f"1_{{}}{n}": f"branch3x3_{n}" for n in (1, 2)}, **{f"2_{{}}{n}": f"branch7x7x3_{n}" for n in (1, 2, 3, 4)},
    }),
    "inc8_1": ("Mixed_7b", _WIDE), "inc8_2": ("Mixed_7c", _WIDE),
}  # fmt: skip
"""Our blocks, theirs, and the convolutions in them; {} is conv or bn."""

_INCEPTION_STEM = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3")


def _inception() -> dict[str, str]:
    found = {"scores": "fc"}
    for kind in ("conv", "bn"):
        found |= {f"{kind}{n}": f"{theirs}.{kind}" for n, theirs in enumerate(_INCEPTION_STEM, start=1)}
        for ours, (block, parts) in _INCEPTION.items():
            found |= {f"{ours}_{part.format(kind)}": f"{block}.{theirs}.{kind}" for part, theirs in parts.items()}
    return found


def _whole(name: str, first: str, last: str) -> dict[str, str]:
    """The convolutions before and behind the blocks of inverted residuals, with their batch norms."""
    places = {"1": first, "2": last}
    return {f"{kind}{n}": f"{name}.{place}.{i}" for n, place in places.items() for i, kind in enumerate(("conv", "bn"))}


def _inverted(block: str, parts: Mapping[str, str], inside: str) -> dict[str, str]:
    """The convolutions of an inverted residual by their places, and its dense layers."""
    found: dict[str, str] = {}
    for part, place in parts.items():
        found |= {f"{block}_conv_{part}": f"{inside}.{place}.0", f"{block}_bn_{part}": f"{inside}.{place}.1"}
    return found


def _mobilenet_v2() -> dict[str, str]:
    found = _whole("features", "0", "18") | {"scores": "classifier.1"}
    for number in range(1, 18):
        parts = {"depthwise": "0"} if number == 1 else {"expand": "0", "depthwise": "1"}
        inside = f"features.{number}.conv"
        found |= _inverted(f"b{number}", parts, inside)
        found |= {f"b{number}_conv_project": f"{inside}.{len(parts)}"}
        found |= {f"b{number}_bn_project": f"{inside}.{len(parts) + 1}"}
    return found


def _excited(block: str, inside: str, expands: bool, excites: bool) -> dict[str, str]:
    """A block of MobileNetV3 and EfficientNet: what it has is counted through."""
    parts = [*(["expand"] if expands else []), "depthwise", *(["se"] if excites else []), "project"]
    places = {part: str(number) for number, part in enumerate(parts)}
    dense = {f"{block}_se_dense{n}": f"{inside}.{places['se']}.fc{n}" for n in (1, 2) if excites}
    return _inverted(block, {part: place for part, place in places.items() if part != "se"}, inside) | dense


_PLAIN_AT = {"mobilenet_v3_small": (2, 3), "mobilenet_v3_large": (1, 2, 3, 7, 8, 9, 10)}
"""Blocks without squeeze-and-excitation."""


def _mobilenet_v3(name: str, blocks: int) -> dict[str, str]:
    found = _whole("features", "0", str(blocks + 1)) | {"dense1": "classifier.0", "scores": "classifier.3"}
    for number in range(1, blocks + 1):
        excites = number not in _PLAIN_AT[name]
        found |= _excited(f"b{number}", f"features.{number}.block", number > 1, excites)
    return found


def _efficientnet() -> dict[str, str]:
    found = _whole("features", "0", "8") | {"scores": "classifier.1"}
    for stage in range(1, 8):
        for number in range(1, 5):
            inside = f"features.{stage}.{number - 1}.block"
            found |= _excited(f"s{stage}b{number}", inside, stage > 1, excites=True)
    return found


_BOTH = "torchvision and timm"
TABLES = (
    Table(_BOTH, ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"), _resnet(range(1, 5), "fc")),
    Table(
        "ResNets for CIFAR-10 by Y. Idelbayev", ("resnet8", "resnet14", "resnet20_cifar", "resnet56_cifar"),
        _resnet(range(1, 4), "linear"), ICONS,
    ),
    *(Table(program, (name,), _vgg(name, program)) for name in _VGG for program in _VGG_HEADS),
    *(Table("torchvision", (name,), _squeezenet(name)) for name in _FIRES),
    Table(_BOTH, ("densenet121",), _densenet()),
    Table("torchvision", ("mobilenet_v2",), _mobilenet_v2()),
    Table("torchvision", ("mobilenet_v3_small",), _mobilenet_v3("mobilenet_v3_small", 11), epsilon=1e-3),
    Table("torchvision", ("mobilenet_v3_large",), _mobilenet_v3("mobilenet_v3_large", 15), epsilon=1e-3),
    Table("torchvision", ("efficientnet_b0",), _efficientnet()),
    Table(_BOTH, ("inception_v3",), _inception(), LARGE_PHOTOS, epsilon=1e-3, unused=("AuxLogits.",)),
)  # fmt: skip


def tables_for(architecture: str) -> tuple[Table, ...]:
    """The tables that know an architecture."""
    return tuple(table for table in TABLES if architecture in table.architectures)
