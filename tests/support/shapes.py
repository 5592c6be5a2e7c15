"""The shapes of the signed bytes, as tests and docs/spec/kinds.md read them: members in order, types, grammars.

python tests/support/shapes.py     adds new kinds to tests/vectors/entries/shapes.json; what stands there stays
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from ledger import wire
from ledger.events.base import Payload
from ledger.events.people import KeyRequest
from ledger.events.registry import KINDS
from ledger.signing.header import Header

FROZEN = Path(__file__).parents[1] / "vectors" / "entries" / "shapes.json"
ROOTS: dict[str, type[msgspec.Struct]] = {
    "payload": Payload,
    "protected header": Header,
    "key request": KeyRequest,
    **{name: row.struct for name, row in KINDS.items()},
}
"""Every struct that is signed as a whole: the envelope, the header, the request, and the body of each kind."""


def fields(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The members of a struct in their order, each with its type as the source spells it."""
    return {name: str(struct.__annotations__[name]) for name in struct.__struct_fields__}


def leaves(hint: object) -> Iterator[object]:
    """What a type is made of, once unions and tuples are opened; an annotated type stays as it is."""
    if get_origin(hint) in {UnionType, Union, tuple}:
        for one in get_args(hint):
            if one is not Ellipsis:
                yield from leaves(one)
    else:
        yield hint


def hints(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The resolved types of a struct's members."""
    return get_type_hints(struct, include_extras=True)


def parts(struct: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """The structs inside a struct, in the order of their first use, the struct itself left out."""
    found: list[type[msgspec.Struct]] = []
    for hint in hints(struct).values():
        for leaf in leaves(hint):
            if isinstance(leaf, type) and issubclass(leaf, msgspec.Struct):
                found += [one for one in (leaf, *parts(leaf)) if one not in found]
    return found


def every_struct() -> list[type[msgspec.Struct]]:
    """All structs of the signed bytes."""
    return list(dict.fromkeys(one for root in ROOTS.values() for one in (root, *parts(root))))


def words(struct: type[msgspec.Struct]) -> dict[str, object]:
    """The names that a struct's types use for lists of words and ranges of numbers, each with what it stands for."""
    module = vars(sys.modules[struct.__module__])
    found: dict[str, object] = {}
    for spelling in fields(struct).values():
        for name in re.findall(r"\b(?:wire\.)?[A-Z]\w*", re.sub(r"'[^']*'", "", spelling)):
            value = getattr(wire, name[5:]) if name.startswith("wire.") else module.get(name)
            if get_origin(value) is Literal:
                found[name.removeprefix("wire.")] = list(get_args(value))
            elif (
                get_origin(value) is Annotated
                and get_args(value)[0] is int
                and not hasattr(wire, name.removeprefix("wire."))
            ):
                found[name] = [value.__metadata__[0].ge, value.__metadata__[0].le]
    return found


def grammars() -> dict[str, dict[str, object]]:
    """The grammars of `ledger.wire`: the pattern of each text, the range of each number."""
    found: dict[str, dict[str, object]] = {}
    for name, value in vars(wire).items():
        if name.startswith("_") or get_origin(value) is not Annotated:
            continue
        meta = value.__metadata__[0]
        limits = {key: getattr(meta, key) for key in ("pattern", "max_length", "ge", "le")}
        found[name] = {key: limit for key, limit in limits.items() if limit is not None}
    return found


def current() -> dict[str, dict[str, object]]:
    """Everything that is frozen, as it stands now."""
    named = {one.__name__: fields(one) for one in every_struct() if one not in ROOTS.values()}
    lists: dict[str, object] = {}
    for struct in every_struct():
        for name, value in words(struct).items():
            if lists.setdefault(name, value) != value:
                raise ValueError(f"two lists of words are called {name}")
    return {
        "roots": {name: fields(struct) for name, struct in ROOTS.items()},
        "parts": named,
        "words": lists,
        "grammars": dict(grammars()),
    }


if __name__ == "__main__":
    known = json.loads(FROZEN.read_text(encoding="utf-8")) if FROZEN.exists() else {}
    merged = {table: {**rows, **known.get(table, {})} for table, rows in current().items()}
    FROZEN.write_text(json.dumps(merged, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
