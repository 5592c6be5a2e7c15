"""Whether stored entries are what an act asks for: a command id that is used again must mean the same act.

Times are not compared: "10:00" said again tomorrow is another instant, and the entry is still the one meant.
Words are kept as salted commitments and are not compared either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal

import msgspec

from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.events.body import open_body, references
from ledger.events.dosing import InfusionRecorded, InfusionStarted
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected
from ledger.protocol.dictionary import load_dictionary
from ledger.values import wire_decimal

_AS_SAID = frozenset(
    {
        "drug", "agent", "lot", "why", "route", "outcome", "relation", "rule", "sex", "scope", "test", "unit",
        "location", "form", "level", "phase", "person", "checked_by", "comparator", "criteria", "roles", "tasks",
        "not_met", "decided_by", "stopped",
    }
)  # fmt: skip
"""Fields of acts whose value stands in the entry as it was said."""
_NAMES = frozenset({"order", "dose", "toxicity", "hold", "entry", "subject", "delegation", "to_order", "export"})
"""Fields of acts that name an entry."""
_STORED = frozenset({"tolerated", "serious", "important"})
"""Fields of acts that are yes or no in the entry too."""
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?[A-Za-z%]*\Z")


def same(act: object, entries: Sequence[Entry], ledger: Ledger) -> bool:
    """Tell whether stored entries can be this act: its kind, its streams, and every value that it states."""
    streams = act.about() if hasattr(act, "about") else ()
    if getattr(act, "kind", None) not in (None, *(entry.kind for entry in entries)):
        return False
    if streams and not any(entry.stream in streams for entry in entries):
        return False
    values = [value for entry in entries for value in _values(_event(entry))]
    named = {name for entry in entries for name in _named(entry, ledger)}
    return all(_agrees(name, value, values, named, ledger) for name, value in _stated(act))


def _stated(act: object) -> Iterator[tuple[str, object]]:
    if not is_dataclass(act):
        return
    for one in fields(act):
        value = getattr(act, one.name)
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        if value is not None and value != default:
            yield one.name, value


def _agrees(name: str, value: object, values: Sequence[object], named: set[str], ledger: Ledger) -> bool:
    match value:
        case bool():
            return name not in _STORED or value in [one for one in values if isinstance(one, bool)]
        case int():
            return value in [one for one in values if not isinstance(one, bool)]
        case Decimal():
            return name == "percent" or wire_decimal(value) in values
        case date():
            return value.isoformat() in values
        case tuple():
            return all(_part(name, one, values) for one in value)
        case str() if name == "term":
            return _term(value, ledger) in values
        case str() if name in _NAMES:
            return _is_named(value, named, ledger)
        case str():
            return name not in _AS_SAID or value in values
        case _:
            return True


def _part(name: str, one: object, values: Sequence[object]) -> bool:
    if name == "changes" and isinstance(one, tuple):
        amount = _AMOUNT.match(str(one[1]))
        return amount is None or wire_decimal(Decimal(amount[1])) in values or one[1] in values
    return name not in _AS_SAID or one in values


def _term(said: str, ledger: Ledger) -> str:
    active = ledger.roster().protocol
    try:
        return said if active is None else load_dictionary(ledger.blob(active.dictionary.digest)).term(said).name
    except BadInput:
        return said


def _is_named(said: str, named: set[str], ledger: Ledger) -> bool:
    """Tell whether what is named is what the entries are about; a dose is also named by its order."""
    try:
        found = ledger.find(said).id
    except BadInput:
        return True  # a patient, where an order could stand; the stream was compared
    started = (ledger.find(name).event for name in named)
    return found in named or any(
        isinstance(event, InfusionStarted | InfusionRecorded) and event.order == found for event in started
    )


def _event(entry: Entry) -> msgspec.Struct:
    event = entry.event
    return open_body(event.kind, event.body) if isinstance(event, EntryCorrected) else event


def _named(entry: Entry, ledger: Ledger) -> Iterator[str]:
    """What an entry names; a correction of a correction is also about what that one corrects."""
    yield from references(entry.event)
    yield from (ref.id for ref in entry.payload.causes if ref.position is not None)
    about = entry.payload.corrects
    while about is not None and about.position is not None:
        yield about.id
        about = ledger.entry(about.position).payload.corrects


def _values(value: object) -> Iterator[object]:
    """Every single value of a struct, however deep."""
    match value:
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from _values(getattr(value, name))
        case tuple():
            for one in value:
                yield from _values(one)
        case _:
            yield value
