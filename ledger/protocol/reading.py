"""Reads the bytes of a pack strictly: every parameter declared, of its type and unit, and nothing else."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from ledger import wire
from ledger.errors import BadInput
from ledger.protocol.declared import Declared, MgRange

FAMILY = "premed"
"""Parameters named `premed.AGENT` are declared by the pack: one for each agent of the premedication."""
FAMILY_TYPE = Annotated[MgRange, Declared("mg")]

Line = Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a pack says about itself before its parameters."""

    format: Literal[1]
    id: wire.Token
    version: wire.Code
    title: Line
    registration: wire.Code
    """The trial's number in a public registry, e.g. an NCT number."""
    notice: Line
    """What the pack is for and what it is not; printed wherever a dose is shown."""


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One parameter as it is written, without its value."""

    unit: str
    source: Line
    fictional: bool = False
    unset: bool = False


class Written(Struct, frozen=True, kw_only=True):
    """One parameter as it is written; `value` is what TOML made of it, None when the pack leaves it unset."""

    value: object
    unit: str
    source: str
    fictional: bool


def read(data: bytes) -> tuple[Header, dict[str, Written]]:
    """Split a pack into its header and its parameters as written; BadInput names what is wrong."""
    try:
        document = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the pack is not TOML: {error}") from error
    tables = document.pop("parameters", None)
    if not isinstance(tables, dict):
        raise BadInput("the pack has no table of parameters")
    try:
        header = msgspec.convert(document, Header)
    except msgspec.ValidationError as error:
        raise BadInput(f"the head of the pack: {error}") from error
    return header, {name: _written(name, table) for name, table in _flat(tables)}


def convert(name: str, written: Written, kind: object, declared: Declared) -> object:
    """Give a parameter its declared type; BadInput names the parameter, None when it is unset."""
    if written.unit != declared.unit:
        raise BadInput(f"parameter {name}: its unit is {declared.unit!r}, not {written.unit!r}")
    if written.value is None:
        return None
    for leaf in _leaves(written.value):
        if isinstance(leaf, float):
            raise BadInput(
                f"parameter {name}: {leaf} is a binary float",
                why="a dose must not depend on how a machine rounds",
                fix="write amounts as decimal strings in quotes, counts as whole numbers",
            )
    try:
        value: object = msgspec.convert(written.value, kind)
        for leaf in _leaves(msgspec.to_builtins(value, builtin_types=(Decimal,))):
            if isinstance(leaf, Decimal):
                _check_amount(leaf, declared)
    except msgspec.ValidationError as error:
        raise BadInput(f"parameter {name}: {error}") from error
    if not _same(value, written.value):
        raise BadInput(
            f"parameter {name}: a number stands where a decimal string belongs",
            fix='write amounts in quotes, for example "0.9"',
        )
    return value


def _flat(tables: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, table in tables.items():
        if "." in name:
            raise BadInput(f"parameter {name!r}: the name of a parameter has no dot of its own")
        if name != FAMILY:
            yield name, table
        elif isinstance(table, dict):
            for agent, inner in table.items():
                yield f"{FAMILY}.{agent}", inner
        else:
            raise BadInput(f"parameter {FAMILY}: it is a table with one parameter for each agent")


def _written(name: str, table: object) -> Written:
    if not isinstance(table, dict):
        raise BadInput(f"parameter {name}: it is a table with value, unit and source")
    value = table.pop("value", None)
    try:
        if name.startswith(f"{FAMILY}."):
            msgspec.convert(name.removeprefix(f"{FAMILY}."), wire.Token)
        row = msgspec.convert(table, Row)
    except msgspec.ValidationError as error:
        raise BadInput(f"parameter {name}: {error}") from error
    if row.unset == (value is not None):
        raise BadInput(f"parameter {name}: it has either a value or `unset = true`")
    if row.unset and row.fictional:
        raise BadInput(f"parameter {name}: what is unset cannot be fictional")
    return Written(value=value, unit=row.unit, source=row.source, fictional=row.fictional)


def _check_amount(amount: Decimal, declared: Declared) -> None:
    try:
        msgspec.convert(str(amount), wire.Amount)
    except msgspec.ValidationError as error:
        raise msgspec.ValidationError(f"{amount} is not an amount in its shortest form, such as 90 or 0.5") from error
    if declared.unit == "fraction" and amount > 1:
        raise msgspec.ValidationError(f"a fraction is at most 1, not {amount}")


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _same(value: object, written: object) -> bool:
    """Tell whether the value is what was written: msgspec also makes a Decimal of a whole number."""
    try:
        return msgspec.json.encode(value, order="sorted") == msgspec.json.encode(written, order="sorted")
    except OverflowError:
        return False
