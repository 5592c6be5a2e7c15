"""Opened entries made by hand, without keys or a ledger: for tests of what only folds entries.

dose = entry(0, lab("7"), at="2010-03-01T10:00-08:00")
entry(1, EntryVoided(why="duplicate"), corrects=dose, needs=TWO)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ledger import wire
from ledger.events.base import After, Clock, CommandRef, Need, Occurred, Payload, Source, Wire, Writer
from ledger.events.body import close_body
from ledger.events.dosing import InfusionRecorded
from ledger.events.entry import Entry, Signer
from ledger.events.registry import NAMES

ZONE = "America/Los_Angeles"
OFFSET = "-08:00"
BEGIN = datetime(2010, 3, 1, 18, 0, tzinfo=UTC)
AUTHOR = Need(meaning="authorship", role="nurse")
APPROVAL = Need(meaning="approved", role="principal-investigator")


def uuid(number: int) -> str:
    """The id of the entry with this number; ids rise with it."""
    return f"00000000-0000-7000-8000-{number:012x}"


def occurred(at: str) -> Occurred:
    """A time as stated: to the minute, or a day."""
    return Occurred(at=at, zone=ZONE, precision="day" if len(at) == 10 else "minute", basis="observed")


def signer(person: str, meaning: wire.Meaning = "authorship", role: wire.Role = "nurse") -> Signer:
    """A signature as an opened entry shows it."""
    return Signer(
        kid=person,
        person=person,
        name=person.title(),
        role=role,
        organisation="Demo Site",
        at=f"2010-03-01T10:00:00.000{OFFSET}",
        meaning=meaning,
        statement=meaning,
        n=0,
        act=uuid(0),
    )


def instant(at: str) -> datetime:
    """Where a stated time stands in the order; a day ends at its last millisecond."""
    return datetime.fromisoformat(at if len(at) > 10 else f"{at}T23:59:59.999{OFFSET}")


def entry(
    position: int,
    event: Wire,
    *,
    at: str = "2010-03-01T10:00-08:00",
    number: int | None = None,
    needs: tuple[Need, ...] = (AUTHOR,),
    signers: tuple[Signer, ...] = (signer("nurse.1"),),
    corrects: Entry | None = None,
    recorded: timedelta = timedelta(0),
) -> Entry:
    """An entry at a position of the log; `number` names it (its position, when None), `recorded` is from BEGIN."""
    payload = Payload(
        format=1,
        ledger="0" * 64,
        site="001",
        stream="patient/P-001",
        id=uuid(position if number is None else number),
        command=CommandRef(id=uuid(position), index=0, of=1),
        kind=NAMES[type(event)],
        occurred=occurred(at),
        recorded_at="2010-03-01T18:00:00.000Z",
        clock=Clock(source="scripted", offset_ms=None),
        protocol=None,
        dictionary=None,
        after=After(log="main", size=position, root="0" * 64),
        needs=needs,
        shown=(),
        performed_by=None,
        source=Source(kind="direct", ref=None),
        reason=None,
        causes=(),
        corrects=None if corrects is None else corrects.ref,
        writer=Writer(software="1", build="0" * 64, rules="1", device="ws1"),
        body=close_body(event),
    )
    return Entry(
        log="main",
        position=position,
        leaf=f"{position:064x}",
        payload=payload,
        event=event,
        signers=signers,
        occurred_at=instant(at),
        recorded_at=BEGIN + recorded,
    )


def infusion(given: str, *, order: str | None = None) -> InfusionRecorded:
    """The fact of an infusion of the step-up drug; what is not said is not known."""
    said = {
        "drug": "alemtuzumab",
        "order": order,
        "identity": "not-stated",
        "route": "iv",
        "given_mg": given,
        "interruptions": (),
    }
    return InfusionRecorded(**dict.fromkeys(InfusionRecorded.__struct_fields__) | said)
