"""Writes a pack in its one canonical form: what simulate signs when it runs with overrides."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ledger.protocol.reading import Header, Written


def render(header: Header, parameters: Mapping[str, Written]) -> bytes:
    """Write the pack as TOML: the head, then every parameter in the order given."""
    blocks = ["".join(_line(key, value) for key, value in _members(header))]
    for name, written in parameters.items():
        block = f"[parameters.{name}]\n"
        block += _line("unset", value=True) if written.value is None else _line("value", written.value)
        block += _line("unit", written.unit) + _line("source", written.source)
        if written.fictional:
            block += _line("fictional", value=True)
        blocks.append(block)
    return "\n".join(blocks).encode()


def _members(header: Header) -> list[tuple[str, object]]:
    return [(key, getattr(header, key)) for key in header.__struct_fields__]


def _line(key: str, value: object) -> str:
    return f"{key} = {_toml(value)}\n"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
