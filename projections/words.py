"""Bodies of entries for people: one line for lists, and every free text behind its commitment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from ledger.book import Ledger
from ledger.course.state import Dose
from ledger.events.base import Wire
from ledger.events.body import open_body
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected
from projections.printed import View, amount

_COMMITMENT = re.compile(r"sha256:[0-9a-f]{64}\Z")
_OPAQUE = re.compile(
    r"(?:sha256:[0-9a-f]{64}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9_-]{43})\Z"
)
_UNITS = (
    ("_mg_m2", "mg/m2"),
    ("_m2", "m2"),
    ("_ml_min", "mL/min"),
    ("_ml_h", "mL/h"),
    ("_mg", "mg"),
    ("_ml", "mL"),
    ("_kg", "kg"),
    ("_cm", "cm"),
    ("_min", "min"),
    ("_s", "s"),
)
_LONGEST = 160
_SKIPPED = frozenset({"unit", "key", "log_key", "recovery_key", "request", "checks", "witnesses", "exit"})


class TextRow(View, frozen=True, kw_only=True):
    """A free text of an entry: where it stands, its commitment, and its words where this ledger has them.

    `redacted_by` is the entry that deleted them.
    """

    field: str
    commitment: str
    state: Literal["present", "redacted", "missing"]
    text: str | None
    redacted_by: int | None


def texts(ledger: Ledger, data: object, at: str = "") -> Iterator[TextRow]:
    """List the texts behind every commitment in the builtins of an entry, named by their place."""
    if isinstance(data, str) and _COMMITMENT.match(data):
        found = ledger.text(data)
        words = None if found is None else found.decode(errors="replace")
        gone = ledger.redacted(data)
        state: Literal["present", "redacted", "missing"] = "missing"
        if found is not None or gone is not None:
            state = "present" if found is not None else "redacted"
        yield TextRow(field=at, commitment=data, state=state, text=words, redacted_by=gone)
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from texts(ledger, value, f"{at}.{name}" if at else str(name))
    elif isinstance(data, list | tuple):
        for place, value in enumerate(data):
            yield from texts(ledger, value, f"{at}.{place}")


def told(entry: Entry) -> str:
    """Say in one line what an entry states; of one that was lost and came back, by whose word."""
    line = summary(entry.event)
    names = ", ".join(signer.name for signer in entry.attested)
    return f"{line} (recovered, attested by {names})" if names else line


def summary(event: Wire) -> str:
    """Say in one line what a body states: its own fields with their units; ids and commitments are left out."""
    if isinstance(event, EntryCorrected):
        return f"{event.kind}: {summary(open_body(event.kind, event.body))}"
    line = ", ".join(_said(event))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def of_dose(dose: Dose) -> str:
    """Say in one line what was given, as it stands: drug, amount, how it ended."""
    given = amount(dose.given_mg)
    ended = "is running" if dose.status == "running" else dose.status
    return (
        f"{dose.drug} {given} mg given, {ended}"
        if given is not None
        else f"{dose.drug} {amount(dose.amount_mg)} mg, {ended}"
    )


def _said(event: Wire) -> Iterator[str]:
    data = msgspec.to_builtins(event)
    for name, value in data.items():
        if name in _SKIPPED:
            continue
        word = _value(name, value)
        if word:
            label, unit = _labelled(name)
            yield f"{label} {word}{unit if not isinstance(value, list | tuple) else ''}"
    if data.get("unit") not in (None, "none"):
        yield f"in {data['unit']}"


def _labelled(name: str) -> tuple[str, str]:
    for suffix, unit in _UNITS:
        if name.endswith(suffix):
            return name.removesuffix(suffix).replace("_", " "), f" {unit}"
    return name.replace("_", " "), ""


def _value(name: str, value: object) -> str:
    if value is None or value in ((), [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return "" if _OPAQUE.match(value) else value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        parts = [_value(name, one) for one in value]
        return " + ".join(part for part in parts if part)
    if isinstance(value, dict):
        own = ((key, _value(key, one)) for key, one in value.items() if key not in _SKIPPED)
        parts = [f"{word}{_labelled(key)[1]}" for key, word in own if word]
        return " ".join(parts)
    return ""
