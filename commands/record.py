"""Acts on entries: correct, void, countersign."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

import msgspec

from commands.chart import PatientFile
from commands.draft import Desk, Draft, When, local, refuse
from commands.reading import read_when
from commands.shelf import ShelfFile
from ledger.course.history import Fact
from ledger.course.needs import Struck
from ledger.errors import BadInput, Conflict, NotAllowed
from ledger.events.base import Wire
from ledger.events.body import close_body, references
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided
from ledger.events.registry import KINDS
from ledger.events.review import QueryOpened
from ledger.events.row import SPONSOR
from ledger.rules.finding import Hit
from ledger.rules.times import backwards
from ledger.values import parse_amount, parse_number, wire_decimal, wire_minute

_TEXTS = frozenset(
    {"verbatim", "rounding", "allergies", "guardian", "criterion", "cause", "root_cause", "action", "remarks"}
)
_TIMES = frozenset({"ended", "planned_start", "expires", "aware_at", "reported_at", "diluted_at", "valid_until"})
_UNITS = {"_mg": "mg", "_ml": "mL", "_kg": "kg", "_cm": "cm"}
VOID_REASONS = ("duplicate", "wrong-patient", "never-happened", "test", "entered-in-error")


@dataclass(frozen=True, kw_only=True)
class CorrectEntry:
    """The record was wrong: restate an entry with `changes` (field, text) and, with `at`, another time.

    `query` is the query that it answers.
    """

    verb: ClassVar[str] = "correct"
    kind: ClassVar[str | None] = None
    entry: str
    changes: tuple[tuple[str, str], ...] = ()
    at: When | None = None
    query: str | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the entry is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Restate the entry as it stands now; what needs the principal investigator waits for him."""
        file, fact = _fact(desk, self.entry)
        _reason(desk)
        _own(desk, fact)
        if not self.changes and self.at is None:
            raise BadInput("nothing is changed", fix="--set given=3mg, or --at TIME")
        event = _changed(fact.event, self.changes, desk)
        occurred = desk.occurred(self.at) if self.at is not None else fact.occurred
        if event == fact.event and occurred == fact.occurred:
            raise BadInput(
                "nothing is changed", why="the entry already says so", fix=f"see: doseledger show {fact.entry.position}"
            )
        if isinstance(file, PatientFile) and occurred.precision == "minute":
            wrong = backwards(file.course, event, fact.id, datetime.fromisoformat(occurred.at))
            refuse(f"entry #{fact.entry.position} not corrected", wrong, fix="check the times")
        head = fact.amended_by or fact.entry
        causes = [desk.book.find(name).ref for name in references(event)]
        if self.query is not None:
            causes.append(_query(desk, self.query).ref)
        body = EntryCorrected(kind=fact.kind, occurred=occurred, body=close_body(event))
        return (
            desk.draft(
                file.stream,
                body,
                causes=causes,
                corrects=head.ref,
                target=fact.event,
                moved=fact.occurred,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class VoidEntry:
    """An entry no longer counts; with `to_patient` the fact is recorded on the right patient in the same act."""

    verb: ClassVar[str] = "void"
    kind: ClassVar[str | None] = None
    entry: str
    to_patient: str | None = None
    to_order: str | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the entry is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A void needs the principal investigator beside its author, unless he takes back what still waits."""
        said = _reason(desk)
        if said not in VOID_REASONS:
            raise BadInput(f"{said!r} is not a reason for a void", fix=f"--reason {'|'.join(VOID_REASONS)}")
        if (said == "wrong-patient") != (self.to_patient is not None):
            raise BadInput(
                "a wrong-patient void names the right patient",
                fix="--reason wrong-patient --to-patient P [--to-order O]",
            )
        entry = desk.book.find(self.entry)
        file = _file(desk, entry)
        if any(struck.id == entry.id for struck, _ in file.history.struck):
            raise BadInput(f"entry #{entry.position} is already void", fix=f"see: doseledger show {entry.position}")
        fact = next(
            (f for f in file.history.facts if f.id == entry.id or (f.amended_by and f.amended_by.id == entry.id)), None
        )
        if fact is not None:
            _own(desk, fact)
        head = (
            fact.amended_by
            if fact is not None and fact.amended_by is not None and fact.amended_by.id != entry.id
            else None
        )
        _not_pending(file, entry, desk)
        if isinstance(file, PatientFile):
            _not_given(file, entry)
        body = EntryVoided(why=said)  # type: ignore[arg-type]
        void = desk.draft(
            file.stream,
            body,
            corrects=entry.ref,
            target=fact.event if fact is not None else entry.event,
            causes=[head.ref] if head is not None else (),
            struck=_struck(file, entry, desk),
        )
        if self.to_patient is None:
            return (void,)
        return (void, self._moved(desk, entry, fact, void))

    def _moved(self, desk: Desk, entry: Entry, fact: Fact | None, void: Draft) -> Draft:
        if fact is None or not KINDS[fact.kind].factual or KINDS[fact.kind].family != "patient":
            raise BadInput(
                f"entry #{entry.position} cannot be moved to another patient",
                why=f"{entry.kind} is not a fact of its own",
                fix="void it and do the act anew",
            )
        assert self.to_patient is not None  # noqa: S101 - the caller looked
        file = desk.patient(self.to_patient)
        order = file.order(desk.book.find(self.to_order)) if self.to_order is not None else None
        fields = msgspec.to_builtins(fact.event)
        if "order" in fields:
            fields["order"] = order.id if order is not None else None
        if fields.get("dose") is not None:
            raise BadInput(
                "an entry that belongs to a dose moves with its dose",
                fix="void it and record it anew on the right patient",
            )
        event = msgspec.convert(fields, type(fact.event))
        causes = [local(void.id), *([file.ref(order.id)] if order is not None else [])]
        moved = desk.draft(file.stream, event, causes=causes)
        return replace(moved, occurred=fact.occurred)


@dataclass(frozen=True, kw_only=True)
class CountersignEntry:
    """Sign an earlier entry: with the signature it lacks, else to acknowledge it."""

    verb: ClassVar[str] = "countersign"
    kind: ClassVar[str | None] = None
    entry: str

    def about(self) -> tuple[str, ...]:
        """Known only once the entry is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry on the target's stream."""
        entry = desk.book.find(self.entry)
        if isinstance(entry.event, EntryCountersigned):
            raise BadInput(f"entry #{entry.position} is itself a countersignature", fix="sign the entry that it signs")
        return (desk.draft(entry.stream, EntryCountersigned(target=entry.id), causes=[entry.ref]),)


def _query(desk: Desk, named: str) -> Entry:
    entry = desk.book.find(named)
    if not isinstance(entry.event, QueryOpened):
        raise BadInput(f"entry #{entry.position} is no query", why=f"it is {entry.kind}", fix="doseledger query list")
    return entry


def _file(desk: Desk, entry: Entry) -> PatientFile | ShelfFile:
    """Open what an entry is about: a patient, or the stock of a site."""
    if entry.stream.startswith("supply/"):
        return ShelfFile(entry.stream, desk.book.stream(entry.stream), desk.now)
    return desk.of_entry(entry)


def _fact(desk: Desk, named: str) -> tuple[PatientFile | ShelfFile, Fact]:
    entry = desk.book.find(named)
    file = _file(desk, entry)
    for fact in file.history.facts:
        if fact.id == entry.id or (fact.amended_by is not None and fact.amended_by.id == entry.id):
            _not_pending(file, fact.amended_by or fact.entry, desk)
            return file, fact
    raise BadInput(
        f"entry #{entry.position} has no effect that could be corrected",
        why=f"it is {entry.kind}, void, superseded or awaiting a signature",
        fix=f"see: doseledger show {entry.position}",
    )


def _not_pending(file: PatientFile | ShelfFile, head: Entry, desk: Desk) -> None:
    for item in file.history.awaiting:
        if item.target == head.id and not item.lapsed(desk.now):
            raise Conflict(
                f"entry #{head.position} already has an amendment that awaits a signature",
                winner=item.entry.position,
                why=f"#{item.entry.position}",
                fix=f"countersign it: doseledger countersign {item.entry.position}; or void it",
            )


def _struck(file: PatientFile | ShelfFile, entry: Entry, desk: Desk) -> Struck:
    """Tell what a void of the entry is judged by: whether its author takes it back, whether the sponsor signed it."""
    waits = any(item.entry.id == entry.id and not item.lapsed(desk.now) for item in file.history.awaiting)
    void = {one.id for one, _ in file.history.struck}
    later = [one for one in desk.book.stream(entry.stream) if one.id not in void]
    beside = [one for one in later if isinstance(one.event, EntryCountersigned) and one.event.target == entry.id]
    return Struck(
        waits=waits and desk.actors[0] == entry.author.person,
        sponsor=any(signer.role in SPONSOR for one in (entry, *beside) for signer in one.signers),
    )


def _not_given(file: PatientFile, entry: Entry) -> None:
    """Refuse to strike an order that a dose stands on: the dose would no longer count (I10)."""
    given = next((dose for course in file.courses for dose in course.doses if dose.order == entry.id), None)
    if given is not None:
        what = f"the dose of entry #{given.position} was given on this order"
        refuse(f"order #{entry.position} not voided", [Hit("S-ORDER", what)], fix="void the dose first, if it is wrong")


def _reason(desk: Desk) -> str:
    said = desk.circumstances.reason
    if said is None:
        raise BadInput(
            "a correction or void needs a reason",
            why="21 CFR 11.10(e); ICH E6(R3) 4.2.2",
            fix="--reason transcription --reason-text '...'",
        )
    return said


def _own(desk: Desk, fact: Fact) -> None:
    """Only the author, who performed it, or somebody delegated for the task amends an entry."""
    author, entry = desk.actors[0], fact.entry
    if author in {s.person for s in entry.signers} or author == entry.payload.performed_by:
        return
    task = KINDS[fact.kind].task
    roster = desk.setting.roster
    if task is None or not roster.delegated(author, task, desk.occurred(None), desk.now):
        raise NotAllowed(
            f"{author} may not amend entry #{entry.position}",
            why=f"it is {entry.author.name}'s, and {author} holds no delegation for {task}",
            fix="its author, or a delegated person, amends it",
        )


def _changed(event: Wire, changes: tuple[tuple[str, str], ...], desk: Desk) -> Wire:
    fields = msgspec.to_builtins(event)
    for name, text in changes:
        field = next((f for f in (name, *(f"{name}{unit}" for unit in _UNITS)) if f in fields), None)
        if field is None:
            raise BadInput(f"the entry has no field {name!r}", fix=f"one of: {', '.join(fields)}")
        commits = str(fields[field]).startswith("sha256:")
        fields[field] = desk.pad.commit(text) if commits else _value(field, text, desk)
    try:
        return msgspec.convert(fields, type(event), strict=False)
    except msgspec.ValidationError as error:
        raise BadInput("the corrected entry is not valid", why=str(error), fix="check the value's form") from error


def _value(field: str, text: str, desk: Desk) -> object:
    if text == "null":
        return None
    if field in _TEXTS:
        return desk.pad.commit(text)
    if field in _TIMES:
        return wire_minute(read_when(text, desk.now, desk.zone).at)
    unit = next((u for suffix, u in _UNITS.items() if field.endswith(suffix)), None)
    if unit is not None:
        return wire_decimal(
            parse_number(text) if text.replace(".", "").isdigit() and unit in ("kg", "cm") else parse_amount(text, unit)
        )
    return text
