"""The libraries that Convscope can be measured against. Each is imported only in a process started for it."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import ConvscopeError


@dataclass(frozen=True)
class Peer:
    """A library: its title, the module of this package that runs it, the packages that must be there."""

    name: str
    title: str
    module: str
    packages: tuple[str, ...]
    trains: bool
    explains: tuple[str, ...] = ()
    """Packages that explanations need as well; none where there are no explanations."""
    on_gpu: str = ""
    """The module that runs it on a GPU; empty where none does."""


PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "torch",
            "PyTorch",
            f"{__name__}.torch",
            ("torch",),
            trains=True,
            explains=("captum",),
            on_gpu=f"{__name__}.torch_cuda",
        ),
        Peer("onnxruntime", "ONNX Runtime", f"{__name__}.onnx", ("onnxruntime", "onnx"), trains=False),
    )
}


def chosen(
    names: Sequence[str], trains: bool = False, explains: bool = False, on_gpu: bool = False
) -> tuple[Peer, ...]:
    """The peers of these names; ConvscopeError if one is unknown, not installed, or cannot do what it must."""
    for name in names:
        if name not in PEERS:
            raise ConvscopeError(f"There is no peer {name!r}; use one or more of: {','.join(PEERS)}")
        peer = PEERS[name]
        if trains and not peer.trains:
            able = ", ".join(p.name for p in PEERS.values() if p.trains)
            raise ConvscopeError(f"{peer.title} only infers; compare training and kernels with: {able}")
        if explains and not peer.explains:
            able = ", ".join(p.name for p in PEERS.values() if p.explains)
            raise ConvscopeError(f"{peer.title} explains nothing; compare explanations with: {able}")
        if on_gpu and not peer.on_gpu:
            able = ", ".join(p.name for p in PEERS.values() if p.on_gpu)
            raise ConvscopeError(f"{peer.title} is not measured on a GPU; compare with: {able}")
        needed = (*peer.packages, *(peer.explains if explains else ()))
        if missing := [package for package in needed if importlib.util.find_spec(package) is None]:
            raise ConvscopeError(
                f"{peer.title} cannot be compared with, {' and '.join(missing)} not being installed; "
                "pip install 'convscope[bench]'"
            )
    return tuple(PEERS[name] for name in dict.fromkeys(names))
