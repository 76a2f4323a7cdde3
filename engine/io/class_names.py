"""Names of classes from a file of one's own."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from .errors import FileError
from .network_file import unreadable

_MOST_BYTES = 16 << 20
_WORDNET = re.compile(r"n\d{8}\s+(?P<name>.+)")


def read_class_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """A name a line, or JSON: a list, or an object that gives each number its name.

    Identifiers of WordNet before names, as lists of ImageNet have them, are left out. FileError if it is neither.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise unreadable(path, error) from None
    except UnicodeDecodeError:
        raise FileError(path, ["is not text; name a file of class names, one a line"]) from None
    names = _of_json(path, text) if text.lstrip()[:1] in {"[", "{"} else [line.strip() for line in text.splitlines()]
    while names and not names[-1]:
        names.pop()
    if not names or not all(names):
        raise FileError(path, ["has no names or an empty line among them; write the name of a class on every line"])
    prefixed = [_WORDNET.fullmatch(name) for name in names]
    return tuple(match["name"] if match else name for match, name in zip(prefixed, names))


def _of_json(path: str | os.PathLike[str], text: str) -> list[str]:
    try:
        found: Any = json.loads(text)
        if isinstance(found, dict):
            found = [found[str(number)] for number in range(len(found))]
    except (ValueError, RecursionError, KeyError):
        raise FileError(path, ["is no list of names and no object with the numbers from 0; correct it"]) from None
    names = [entry[-1] if isinstance(entry, list) and entry else entry for entry in found]  # Keras: [identifier, name]
    if not all(isinstance(name, str) for name in names):
        raise FileError(path, ["holds names that are not texts; correct it"])
    return names
