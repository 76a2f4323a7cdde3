"""Pages of the help, as HTML: one for each layer, block and explanation method, made from its declaration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from convscope.engine import blocks, layers
from convscope.engine.blocks import Block
from convscope.engine.spec import Layer, Param

from ..layer_list import CATEGORIES


@dataclass(frozen=True)
class Entry:
    """A page: the section it stands in, its name, one line about it, and its text as HTML."""

    section: str
    name: str
    summary: str
    html: str


def of_layers() -> list[Entry]:
    """Pages of all layers, then of all blocks, by category."""
    ranked = sorted(layers.TYPES.values(), key=lambda kind: (CATEGORIES.index(kind.about.category), kind.__name__))
    return [_entry(kind.about.category.capitalize(), kind, f"layers.{kind.type_name()}") for kind in ranked] + [
        _entry("Blocks", kind, f"blocks.{kind.type_name()}") for kind in blocks.TYPES.values()
    ]


def of_methods(methods: Mapping[str, Any]) -> list[Entry]:
    """Pages of explanation methods, which are loaded later than layers: they need NumPy."""
    return [Entry("Looking inside", kind.title, kind.summary, _method(name, kind)) for name, kind in methods.items()]


def _entry(section: str, kind: type[Layer] | type[Block], script: str) -> Entry:
    name, about = kind.type_name(), kind.about
    facts = {"Reads": str(kind.ports) if issubclass(kind, Layer) else "1 input", "In a script": script}
    page = _page(name, about.summary, about.help, about.source, kind.params(), facts)
    return Entry(section, name, about.summary, page)


def _method(name: str, method: Any) -> str:
    facts = {
        "Can be asked about": ", ".join(sorted(method.asks)),
        "Gives": method.gives,
        "In a script": f"explain.{name}",
        "In a shell": f"convscope explain {name}",
    }
    return _page(method.title, method.summary, method.caveat, method.source, method.params(), facts)


def _page(
    title: str, summary: str, text: str, source: str, params: Mapping[str, Param], facts: Mapping[str, str]
) -> str:
    parts = [f"<h2>{escape(title)}</h2>", f"<p><b>{escape(summary)}</b></p>"]
    if text:
        parts.append(f"<p>{escape(text)}</p>")
    parts.append(_table((escape(name), escape(value)) for name, value in facts.items()))
    if params:
        parts.append("<h3>Parameters</h3>")
        parts.append(_table(_parameter(name, param) for name, param in params.items()))
    if source:
        parts.append(f"<h3>Source</h3><p>{escape(source)}</p>")
    return "\n".join(parts)


def _parameter(name: str, param: Param) -> tuple[str, str]:
    unit = f" {param.unit}" if param.unit else ""
    limits = param.limits()
    allowed = f" Allowed: {escape(limits)}." if limits else ""
    first = f"<span class='faint'>At first {escape(_shown(param.default))}{escape(unit)}.{allowed}</span>"
    return f"<b>{escape(param.label)}</b><br><code>{escape(name)}</code>", f"{escape(param.help)}<br>{first}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td class='name'>{name}</td><td>{value}</td></tr>" for name, value in rows)
    return f"<table cellspacing='0'>{cells}</table>"
