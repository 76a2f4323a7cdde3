"""Names of layers as names of Python."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

_MODULES_OWN = frozenset({
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile", "cpu",
    "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer", "get_extra_state",
    "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules", "mtia", "named_buffers",
    "named_children", "named_modules", "named_parameters", "parameters", "register_backward_hook", "register_buffer",
    "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook",
    "register_module", "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook",
    "requires_grad_", "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train",
    "training", "type", "xpu", "zero_grad",
})  # fmt: skip
"""What every module of PyTorch has already."""

_VARIABLES = frozenset({"x", "image", "self", "torch", "nn", "F", "unpool", "slice", "tuple"})


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """A name for each that can be an attribute of a module and a local variable; all differ."""
    found: dict[str, str] = {}
    taken = _MODULES_OWN | _VARIABLES
    for name in names:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII).lstrip("_") or "layer"
        plain = f"layer_{plain}" if plain[0].isdigit() else plain
        free, number = plain, 2
        while free in taken or keyword.iskeyword(free):
            free, number = f"{plain}_{number}", number + 1
        found[name] = free
        taken |= {free, f"{free}_depthwise", f"{free}_pointwise"}
    return found


def printable(text: str) -> str:
    """A text that can stand in a comment or docstring: whatever a name holds, it stays a text."""
    return re.sub(r"[^\w .,:;()/+-]", "_", text)[:80]


def class_name(name: str) -> str:
    """The name of a network as that of a class."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[0].upper() + word[1:] for word in words) or "Network"
    return f"Network{joined}" if joined[0].isdigit() or keyword.iskeyword(joined) else joined
