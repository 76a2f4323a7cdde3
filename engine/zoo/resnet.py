"""Residual networks (He, Zhang, Ren & Sun 2015)."""

from ..graph import Network
from ..layers.activation.spec import ReLU
from ..layers.conv.spec import Conv2D
from ..layers.dense.spec import Dense
from ..layers.merge.spec import Add
from ..layers.norm.spec import BatchNorm
from ..layers.pool.spec import AvgPool2D, GlobalAvgPool
from ..layers.reshape.spec import PadChannels
from ..spec import Shape
from .catalogue import entry


@entry(2015, "He et al., Deep Residual Learning, §4.2, padding shortcuts (option A)", (32, 32, 3), compact=True)
def resnet20_cifar(input: Shape = (32, 32, 3), classes: int = 10) -> Network:
    """20 layers of 3×3 convolution in three stages of 16, 32 and 64 channels; 269,722 parameters."""
    net = Network(input, "resnet20_cifar")
    net.add(Conv2D(16, 3, padding=1, bias=False), "conv1")
    net.add(BatchNorm(), "bn1")
    last, channels = net.add(ReLU(), "relu1"), 16
    for stage, filters in enumerate((16, 32, 64), start=1):
        for block in range(1, 4):
            stride = 2 if stage > 1 and block == 1 else 1
            last = basic_block(net, f"s{stage}b{block}", last, channels, filters, stride)
            channels = filters
    net.add(GlobalAvgPool(), "pool", inputs=[last])
    net.add(Dense(classes), "scores")
    return net


def basic_block(net: Network, prefix: str, source: str, channels: int, filters: int, stride: int) -> str:
    """Two 3×3 convolutions around a shortcut that, where the shape changes, subsamples and pads channels with zeros."""
    net.add(Conv2D(filters, 3, stride=stride, padding=1, bias=False), f"{prefix}_conv1", inputs=[source])
    net.add(BatchNorm(), f"{prefix}_bn1")
    net.add(ReLU(), f"{prefix}_relu1")
    net.add(Conv2D(filters, 3, padding=1, bias=False), f"{prefix}_conv2")
    main = net.add(BatchNorm(), f"{prefix}_bn2")
    shortcut = source
    if stride != 1:
        shortcut = net.add(AvgPool2D(1, stride), f"{prefix}_subsample", inputs=[shortcut])
    if filters != channels:
        before = (filters - channels) // 2
        shortcut = net.add(PadChannels(before, filters - channels - before), f"{prefix}_pad", inputs=[shortcut])
    net.add(Add(), f"{prefix}_add", inputs=[main, shortcut])
    return net.add(ReLU(), f"{prefix}_relu2")
