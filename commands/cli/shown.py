"""What is about to be signed, in full and in words: who, what, when, how much, and what each signature means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from commands.cli import beforehand
from commands.draft import Circumstances, Draft
from commands.perform import Plan
from commands.signatures import Signing
from ledger.book import Ledger
from ledger.codec import open_entry
from ledger.errors import DoseLedgerError
from ledger.events.base import Wire
from ledger.events.body import open_body
from ledger.events.record import EntryCorrected, EntryRecovered
from ledger.events.registry import NAMES
from ledger.signing.meanings import text as statement
from projections.words import summary

_UNITS = {
    "_mg": "mg",
    "_ml": "mL",
    "_ml_h": "mL/h",
    "_kg": "kg",
    "_cm": "cm",
    "_mg_m2": "mg/m2",
    "_m2": "m2",
    "_min": "min",
    "_s": "s",
}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_HIDDEN = frozenset({"request", "key", "body"})


def lines(planned: Plan, said: Circumstances, ledger: Ledger) -> list[str]:
    """Describe the entries of a plan, one block each; entries that they name are described too."""
    found: list[str] = []
    for number, (draft, signed) in enumerate(zip(planned.drafts, planned.signings, strict=True), 1):
        head = f"Entry {number} of {len(planned.drafts)}" if len(planned.drafts) > 1 else "Entry"
        found += [
            f"{head}: {NAMES[type(draft.event)]} on {draft.stream}",
            *_body(draft, planned.act, said, ledger),
            *beforehand.lines(draft, ledger),
            *_signers(signed),
        ]
    return found


def as_data(planned: Plan) -> list[dict[str, object]]:
    """Give the entries of a plan for a program."""
    return [
        {
            "kind": NAMES[type(draft.event)],
            "stream": draft.stream,
            "occurred": msgspec.to_builtins(draft.occurred),
            "body": msgspec.to_builtins(draft.event),
            "shown": list(draft.shown),
            "signatures": [{"person": s.person, "name": s.name, "role": s.role, "meaning": s.meaning} for s in signed],
            "needs": [msgspec.to_builtins(need) for signing in signed[:1] for need in signing.needs],
        }
        for draft, signed in zip(planned.drafts, planned.signings, strict=True)
    ]


def _body(draft: Draft, act: object, said: Circumstances, ledger: Ledger) -> list[str]:
    found = [("when", f"{draft.occurred.at} ({draft.occurred.zone}, {draft.occurred.basis})")]
    if draft.performed_by is not None:
        found.append(("performed by", draft.performed_by))
    if draft.source.kind != "direct":
        found.append(("source", f"{draft.source.kind} {said.source_ref or ''}".strip()))
    if draft.reason is not None:
        found.append(("reason", f"{draft.reason.code} {said.reason_text or ''}".strip()))
    if draft.corrects is not None:
        found.append(("about", f"entry #{draft.corrects.position}"))
    if isinstance(draft.event, EntryCorrected):
        found += _restated(draft.event, draft.target, act, ledger)
    if isinstance(draft.event, EntryRecovered):
        found += _lost(draft.event)
    for name in msgspec.structs.fields(type(draft.event)):
        value = getattr(draft.event, name.name)
        if value is not None and value != () and name.name not in _HIDDEN and type(draft.event) is not EntryRecovered:
            found.append((_label(name.name), _value(name.name, value, act, ledger)))
    if draft.shown:
        found.append(("findings seen", ", ".join(draft.shown)))
    width = max(len(label) for label, _ in found)
    return [f"    {label:<{width}}  {value}" for label, value in found]


def _lost(event: EntryRecovered) -> list[tuple[str, str]]:
    """Say what a lost entry states, who signed it when, and where it stood."""
    inside = open_entry(event.entry.encode(), log="main", position=1)
    signed = (f"{one.name} ({one.person}), {one.role}, {one.at[:16]}: {one.meaning}" for one in inside.signers)
    return [("lost entry", inside.kind), ("states", summary(inside.event)), *(("signed then", one) for one in signed)]


def _restated(event: EntryCorrected, target: Wire | None, act: object, ledger: Ledger) -> list[tuple[str, str]]:
    """Show every field of the entry as it will stand; a changed one with what it said before."""
    now = open_body(event.kind, event.body)
    rows = []
    for field in msgspec.structs.fields(type(now)):
        value, before = getattr(now, field.name), getattr(target, field.name, None)
        said = _value(field.name, value, act, ledger) if value is not None else "nothing"
        if target is not None and value != before:
            said += f"   (before: {_value(field.name, before, act, ledger) if before is not None else 'nothing'})"
        if value not in (None, ()) or value != before:
            rows.append((f"now: {_label(field.name)}", said))
    return rows


def _label(name: str) -> str:
    unit = next((suffix for suffix in sorted(_UNITS, key=len, reverse=True) if name.endswith(suffix)), "")
    return name.removesuffix(unit).replace("_", " ")


def _value(name: str, value: object, act: object, ledger: Ledger) -> str:
    unit = next(
        (unit for suffix, unit in sorted(_UNITS.items(), key=lambda item: -len(item[0])) if name.endswith(suffix)), ""
    )
    if isinstance(value, Wire):
        value = msgspec.to_builtins(value)
    if isinstance(value, Mapping):
        return ", ".join(
            f"{_label(key)} {_value(key, item, act, ledger)}" for key, item in value.items() if item is not None
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(_value(name, item, act, ledger) for item in value)
    if isinstance(value, str) and value.startswith("sha256:"):
        typed = getattr(act, name, None)
        return f"'{typed}' (kept beside the record)" if isinstance(typed, str) else "(words kept beside the record)"
    if isinstance(value, str) and _UUID.match(value):
        return _named(value, ledger)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value} {unit}".strip()


def _named(entry_id: str, ledger: Ledger) -> str:
    """Describe an entry that is named by its id; one of the same act has no place yet."""
    try:
        entry = ledger.find(entry_id)
    except DoseLedgerError:
        return "the entry of this act above"
    return f"#{entry.position} {entry.kind} of {entry.payload.occurred.at}: {summary(entry.event)}"


def _signers(signed: Sequence[Signing]) -> list[str]:
    found = []
    for signing in signed:
        found.append(
            f"    signed by {signing.name} ({signing.person}), {signing.role}, {signing.organisation}: "
            f"{signing.meaning}"
        )
        found.append(f'        "{statement(signing.meaning)}"')
    lacking = Counter((need.meaning, need.role) for signing in signed[:1] for need in signing.needs)
    lacking -= Counter((signing.meaning, signing.role) for signing in signed)
    found += [f"    still needed afterwards: {meaning} by {role}" for meaning, role in lacking.elements()]
    return found
