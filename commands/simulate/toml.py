"""Writes values as TOML, on one line each."""

from __future__ import annotations

import json
import re

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def key(name: str) -> str:
    """Write a key, in quotes where it needs them."""
    return name if _BARE.match(name) else json.dumps(name, ensure_ascii=False)


def value(given: object) -> str:
    """Write a value: text, number, yes or no, list, table."""
    match given:
        case bool():
            return "true" if given else "false"
        case dict():
            return (
                "{ " + ", ".join(f"{key(name)} = {value(inner)}" for name, inner in given.items()) + " }"
                if given
                else "{}"
            )
        case list() | tuple():
            return "[" + ", ".join(value(inner) for inner in given) + "]"
        case str():
            return json.dumps(given, ensure_ascii=False).replace("\x7f", "\\u007f")
        case _:
            return str(given)
