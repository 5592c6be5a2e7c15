"""The log as it was written, row by row, and one entry of it in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ledger.anchors.sandwich import Sandwich
from ledger.book import Ledger
from ledger.course.history import History, effective
from ledger.course.patient import fold
from ledger.course.state import Dose
from ledger.errors import BadInput
from ledger.events.base import Payload, Ref
from ledger.events.body import references
from ledger.events.entry import Entry
from projections.anchors import sandwich
from projections.effects import Amendment, Effect, amendments, effects
from projections.findings import FindingRow, finding_row
from projections.printed import Needed, Signature, View, needed, second, signature, utc
from projections.replay import PatientAt, Window, open_patient, window, zone_of
from projections.words import TextRow, of_dose, texts, told

GIVEN = frozenset({"infusion.started/1", "infusion.recorded/1"})
"""The kinds that state that an infusion was started."""


class LogRow(View, frozen=True, kw_only=True):
    """One row of the log. `effect` is known where one patient is asked for, else null."""

    position: int
    id: str
    stream: str
    patient: str | None
    kind: str
    occurred: str
    recorded_at: str
    recorded_at_utc: str
    what: str
    performed_by: str | None
    reason: str | None
    corrects: int | None
    effect: Effect | None
    signatures: tuple[Signature, ...]


class Named(View, frozen=True, kw_only=True):
    """Another entry that this one names; `position` is null for one of the same command."""

    position: int | None
    id: str


class Shown(View, frozen=True, kw_only=True):
    """One entry in full: its place, its signed payload as it stands, its texts, and everything said about it.

    `as_it_stands` restates the body where it was corrected, else null; `missing` are signatures that it lacks;
    `sandwich` says between which times outside it was written, as the anchors in the log state them.
    """

    position: int
    id: str
    leaf: str
    log: str
    stream: str
    patient: str | None
    kind: str
    what: str
    occurred: str
    recorded_at: str
    recorded_at_utc: str
    payload: dict[str, object]
    texts: tuple[TextRow, ...]
    signatures: tuple[Signature, ...]
    missing: tuple[Needed, ...]
    effect: Effect
    corrects: Named | None
    causes: tuple[Named, ...]
    amendments: tuple[Amendment, ...]
    as_it_stands: dict[str, object] | None
    named_by: tuple[int, ...]
    findings: tuple[FindingRow, ...]
    sandwich: Sandwich


def log(
    ledger: Ledger,
    *,
    patient: str | None = None,
    given: bool = False,
    since: int | datetime | None = None,
    until: int | datetime | None = None,
    person: str | None = None,
    kind: str | None = None,
) -> Iterator[LogRow]:
    """Give the rows of the log in its order, one by one.

    `since` and `until` are a number of entries or a log time: rows after the first, up to the second. `kind` is a kind
    with or without its version, or its noun alone; `person` signed it or performed it; `given` are started infusions.
    BadInput when nobody of that patient number is known.
    """
    start, stop = _size(ledger, since, 0), _size(ledger, until, ledger.size)
    zone = ZoneInfo(zone_of(ledger.roster()))
    known: Mapping[str, Effect] = {}
    doses: Mapping[str, Dose] = {}
    entries: Iterable[Entry] = ledger.entries(start, stop)
    if patient is not None:
        whole = ledger.stream(f"patient/{patient}")
        if not whole:
            raise BadInput(f"There is no patient {patient}.", fix="see: doseledger patient list")
        history = effective(whole)
        known = effects(whole, history, ledger.log_time(ledger.size - 1))
        doses = {dose.id: dose for dose in fold(history.facts).doses}
        entries = (entry for entry in whole if start <= entry.position < stop)
    for entry in entries:
        wanted = (not given or entry.kind in GIVEN) and _of_kind(entry, kind) and _of_person(entry, person)
        if wanted:
            yield _row(entry, zone, known.get(entry.id), doses.get(entry.id))


def sorted_by(rows: Iterable[LogRow], order: str) -> list[LogRow]:
    """Put rows in another order than that of writing, which decides between equals; BadInput for an unknown one."""
    orders: dict[str, Callable[[LogRow], tuple[datetime | str, int]]] = {
        "occurred": lambda row: (_moment(row), row.position),
        "about": lambda row: (row.patient or row.stream, row.position),
        "kind": lambda row: (row.kind, row.position),
        "person": lambda row: (row.signatures[0].person, row.position),
    }
    if order not in orders:
        raise BadInput(f"{order!r} is not an order of the log.", fix=f"one of: recorded, {', '.join(orders)}")
    return sorted(rows, key=orders[order])


def _moment(row: LogRow) -> datetime:
    """Give when it happened; a day is over at its end, where it was signed."""
    day = row.occurred if "T" in row.occurred else f"{row.occurred}T23:59{row.signatures[0].at[-6:]}"
    return datetime.fromisoformat(day)


def show(ledger: Ledger, entry: Entry, *, now: datetime, known_at: int | datetime | None = None) -> Shown:
    """Give one entry with everything that is known about it; BadInput when it was not known then."""
    through = window(ledger, now=now, known_at=known_at)
    if entry.position >= through.size:
        raise BadInput(f"Entry #{entry.position} was not known then.", why=f"the log held {through.size} entries")
    opened = _patient(ledger, entry, through)
    stream = opened.entries if opened is not None else ledger.stream(entry.stream, up_to=through.size)
    history = opened.history if opened is not None else History((), (), (), ())
    payload = payload_of(entry)
    fact = next((fact for fact in history.facts if fact.id == entry.id), None)
    waiting = next((item.missing for item in history.awaiting if item.entry.id == entry.id), ())
    restated = None
    if fact is not None and fact.amended_by is not None:
        restated = {"kind": fact.kind, "occurred": fact.occurred.at, "body": msgspec.to_builtins(fact.event)}
    return Shown(
        position=entry.position,
        id=entry.id,
        leaf=entry.leaf,
        log=entry.log,
        stream=entry.stream,
        patient=patient_of(entry),
        kind=entry.kind,
        what=told(entry),
        occurred=entry.payload.occurred.at,
        recorded_at=second(entry.recorded_at, through.zone),
        recorded_at_utc=utc(entry.recorded_at),
        payload=payload,
        texts=tuple(texts(ledger, payload)),
        signatures=tuple(signature(signer) for signer in entry.everyone),
        missing=tuple(needed(need) for need in (fact.missing if fact is not None else waiting)),
        effect=effects(stream, history, through.known_at).get(entry.id, "note") if opened is not None else "note",
        corrects=_named(entry.payload.corrects),
        causes=tuple(Named(position=ref.position, id=ref.id) for ref in entry.payload.causes),
        amendments=amendments(entry, stream, history, through.known_at),
        as_it_stands=restated,
        named_by=tuple(e.position for e in stream if e.position > entry.position and _names(e.payload, e, entry.id)),
        findings=tuple(finding_row(one) for one in opened.findings if one.target == entry.id)
        if opened is not None
        else (),
        sandwich=sandwich(ledger, entry, size=through.size),
    )


def patient_of(entry: Entry) -> str | None:
    """Give the patient whom an entry is about."""
    family, _, number = entry.stream.partition("/")
    return number if family == "patient" else None


def payload_of(entry: Entry) -> dict[str, object]:
    """Give the signed payload as builtins, with its body and what a correction restates inside it."""
    payload: dict[str, object] = msgspec.json.decode(msgspec.json.encode(entry.payload))
    return payload


def _patient(ledger: Ledger, entry: Entry, through: Window) -> PatientAt | None:
    number = patient_of(entry)
    return open_patient(ledger, number, through) if number is not None else None


def _names(payload: Payload, entry: Entry, name: str) -> bool:
    return name in references(entry.event) or any(ref.id == name for ref in payload.causes)


def _named(ref: Ref | None) -> Named | None:
    return None if ref is None else Named(position=ref.position, id=ref.id)


def _size(ledger: Ledger, bound: int | datetime | None, default: int) -> int:
    if isinstance(bound, datetime):
        return ledger.position_at(bound)
    return default if bound is None else max(0, min(bound, ledger.size))


def _of_kind(entry: Entry, kind: str | None) -> bool:
    return kind is None or entry.kind == kind or entry.kind.startswith((f"{kind}/", f"{kind}."))


def _of_person(entry: Entry, person: str | None) -> bool:
    return (
        person is None
        or entry.payload.performed_by == person
        or any(signer.person == person for signer in entry.everyone)
    )


def _row(entry: Entry, zone: ZoneInfo, effect: Effect | None, dose: Dose | None) -> LogRow:
    payload = entry.payload
    return LogRow(
        position=entry.position,
        id=entry.id,
        stream=entry.stream,
        patient=patient_of(entry),
        kind=entry.kind,
        occurred=payload.occurred.at,
        recorded_at=second(entry.recorded_at, zone),
        recorded_at_utc=utc(entry.recorded_at),
        what=told(entry) if dose is None or entry.attested else of_dose(dose),
        performed_by=payload.performed_by,
        reason=payload.reason.code if payload.reason is not None else None,
        corrects=payload.corrects.position if payload.corrects is not None else None,
        effect=effect,
        signatures=tuple(signature(signer) for signer in entry.everyone),
    )
