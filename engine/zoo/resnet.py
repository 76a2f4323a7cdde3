"""Residual networks and the plain ones beside them (He, Zhang, Ren & Sun 2015)."""

from collections.abc import Iterable, Sequence

from ..blocks import Bottleneck, Residual
from ..blocks.chains import conv_bn_relu
from ..graph import Network
from ..layers.dense.spec import Dense
from ..layers.pool.spec import GlobalAvgPool, MaxPool2D
from ..spec import Shape
from .catalogue import entry

_SOURCE = "He et al., Deep Residual Learning for Image Recognition"
_CIFAR_SOURCE = f"{_SOURCE}, §4.2, padding shortcuts (option A)"
_PLAIN_SOURCE = f"{_SOURCE}, figure 3 middle: no shortcuts"
_PHOTO, _ICON = (224, 224, 3), (32, 32, 3)

_PROJECTED, _PADDED, _PLAIN = (Residual(shortcut=kind) for kind in ("project", "pad", "none"))


# ---- table 1: four stages of 64, 128, 256 and 512 filters on photographs


@entry(2015, _SOURCE, _PHOTO, compact=False)
def resnet18(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """Two basic blocks a stage; shortcuts that change shape are 1×1 convolutions (option B)."""
    return _on_photos("resnet18", input, classes, (2, 2, 2, 2), _PROJECTED)


@entry(2015, _SOURCE, _PHOTO, compact=False)
def resnet34(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """3, 4, 6 and 3 basic blocks; shortcuts that change shape are 1×1 convolutions (option B)."""
    return _on_photos("resnet34", input, classes, (3, 4, 6, 3), _PROJECTED)


@entry(2015, _SOURCE, _PHOTO, compact=False)
def resnet50(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """3, 4, 6 and 3 bottlenecks, their stride on the 3×3 convolution."""
    return _on_photos("resnet50", input, classes, (3, 4, 6, 3), Bottleneck())


@entry(2015, _SOURCE, _PHOTO, compact=False)
def resnet101(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """3, 4, 23 and 3 bottlenecks, their stride on the 3×3 convolution."""
    return _on_photos("resnet101", input, classes, (3, 4, 23, 3), Bottleneck())


@entry(2015, _SOURCE, _PHOTO, compact=False)
def resnet152(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """3, 8, 36 and 3 bottlenecks, their stride on the 3×3 convolution."""
    return _on_photos("resnet152", input, classes, (3, 8, 36, 3), Bottleneck())


@entry(2015, _PLAIN_SOURCE, _PHOTO, compact=False)
def plain18(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """ResNet-18 without its shortcuts: what it is compared with in the paper's table 2."""
    return _on_photos("plain18", input, classes, (2, 2, 2, 2), _PLAIN)


@entry(2015, _PLAIN_SOURCE, _PHOTO, compact=False)
def plain34(input: Shape = _PHOTO, classes: int = 1000) -> Network:
    """ResNet-34 without its shortcuts: deeper than plain18, and worse."""
    return _on_photos("plain34", input, classes, (3, 4, 6, 3), _PLAIN)


def _on_photos(name: str, input: Shape, classes: int, counts: Sequence[int], block: Residual | Bottleneck) -> Network:
    net = Network(input, name)
    conv_bn_relu(net, "conv1", 64, 7, stride=2, padding=3)
    net.add(MaxPool2D(3, 2, padding=1), "pool1")
    return _staged(net, zip((64, 128, 256, 512), counts), classes, block)


def _staged(net: Network, stages: Iterable[tuple[int, int]], classes: int, block: Residual | Bottleneck) -> Network:
    """Stages of (filters, blocks), all but the first beginning with stride 2, and the scores."""
    for stage, (filters, count) in enumerate(stages, start=1):
        for number in range(1, count + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            net.add_block(block.replace(filters=filters, stride=stride), f"s{stage}b{number}")
    net.add(GlobalAvgPool(), "pool")
    net.add(Dense(classes), "scores")
    return net


# ---- §4.2: three stages of 16, 32 and 64 filters on CIFAR-10; 6n + 2 layers with n blocks a stage


@entry(2015, _CIFAR_SOURCE, _ICON, compact=True)
def resnet8(input: Shape = _ICON, classes: int = 10) -> Network:
    """One block a stage: the smallest of the family."""
    return _cifar("resnet8", input, classes, blocks=1)


@entry(2015, _CIFAR_SOURCE, _ICON, compact=True)
def resnet14(input: Shape = _ICON, classes: int = 10) -> Network:
    """Two blocks a stage."""
    return _cifar("resnet14", input, classes, blocks=2)


@entry(2015, _CIFAR_SOURCE, _ICON, compact=True)
def resnet20_cifar(input: Shape = _ICON, classes: int = 10) -> Network:
    """20 layers of 3×3 convolution in three stages of 16, 32 and 64 channels; 269,722 parameters."""
    return _cifar("resnet20_cifar", input, classes, blocks=3)


@entry(2015, _CIFAR_SOURCE, _ICON, compact=True)
def resnet56_cifar(input: Shape = _ICON, classes: int = 10) -> Network:
    """Nine blocks a stage; 853,018 parameters."""
    return _cifar("resnet56_cifar", input, classes, blocks=9)


def _cifar(name: str, input: Shape, classes: int, blocks: int) -> Network:
    net = Network(input, name)
    conv_bn_relu(net, "conv1", 16, 3, padding=1)
    return _staged(net, ((filters, blocks) for filters in (16, 32, 64)), classes, _PADDED)
