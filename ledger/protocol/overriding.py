"""Changes parameters of a pack for a simulated run, before the pack is written again and read."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping

import msgspec
from msgspec.structs import replace

from ledger.errors import BadInput
from ledger.protocol.declarations import declaration
from ledger.protocol.reading import Written

SOURCE = "[override]"


def changed(written: Mapping[str, Written], overrides: Mapping[str, str], unset: Collection[str]) -> dict[str, Written]:
    """Return the parameters with `overrides` set and `unset` emptied; BadInput names one that the pack lacks."""
    result = dict(written)
    for name in (*overrides, *unset):
        if name not in written:
            raise BadInput(f"parameter {name}: there is no such parameter to override")
    for name, text in overrides.items():
        old = written[name]
        # A value where the pack has none stands for an unpublished one.
        fictional = old.fictional or old.value is None
        result[name] = replace(old, value=_value(name, text), source=SOURCE, fictional=fictional)
    for name in unset:
        result[name] = replace(result[name], value=None, source=SOURCE, fictional=False)
    return result


def _value(name: str, text: str) -> object:
    """Read an override: the text itself where the parameter is a text or an amount, else a TOML value."""
    kind, _ = declaration(name)
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        pass
    else:
        return text
    try:
        document = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        document = {}
    if list(document) != ["value"]:
        raise BadInput(f"parameter {name}: {text!r} is not a value that it can have")
    return document["value"]
