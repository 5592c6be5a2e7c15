"""Acts before the first drop: premedication, and the start with two signatures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Literal, get_args

from commands.draft import Desk, Draft, When, overridden, refuse
from commands.gates import TO_RECORD, exercised, gate, once, open_order, permits
from ledger.course.state import Course, Order
from ledger.errors import BadInput
from ledger.events import dosing
from ledger.rules.administration import Administration, premedication
from ledger.rules.facts import lot as lot_hits
from ledger.rules.finding import Hit
from ledger.values import wire_decimal, wire_minute


@dataclass(frozen=True, slots=True)
class Agent:
    """One premedication agent as given: dose in mg, time, route."""

    agent: str
    dose_mg: Decimal
    at: When
    route: dosing.Route = "iv"


@dataclass(frozen=True, kw_only=True)
class GivePremedication:
    """Record premedication; with `whole_set` the pack's agents in the pack's lowest dose, all at `at`."""

    verb: ClassVar[str] = "premed give"
    kind: ClassVar[str] = "premedication.given/1"
    subject: str
    """The order it is for, or the patient when there is none."""
    whole_set: bool = False
    at: When | None = None
    agents: tuple[Agent, ...] = ()

    def about(self) -> tuple[str, ...]:
        """Known only once the order or patient is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One entry with every agent's own time; a fact, never refused for the protocol."""
        order = None
        if desk.book.stream(f"patient/{self.subject}"):
            file = desk.patient(self.subject)
        else:
            entry = desk.book.find(self.subject)
            file = desk.of_entry(entry)
            order = file.order(entry)
        when = self.at or When(desk.now)
        given = list(self.agents)
        if self.whole_set:
            given += [Agent(p.agent, p.min_mg, when) for p in desk.setting.protocol.premedication]
        if not given:
            raise BadInput(
                "no premedication is named",
                why="each agent has a dose and a time",
                fix="--set for the pack's agents, or --agent NAME=DOSE@TIME",
            )
        doses = tuple(
            dosing.PremedicationDose(
                agent=a.agent,
                dose_mg=wire_decimal(a.dose_mg),
                route=a.route,
                at=wire_minute(a.at.at.astimezone(desk.now.tzinfo)),
            )
            for a in given
        )
        first = min(given, key=lambda a: a.at.at).at
        event = dosing.PremedicationGiven(order=order.id if order is not None else None, given=doses)
        return (desk.draft(file.stream, event, first, causes=[file.ref(order.id)] if order is not None else ()),)


@dataclass(frozen=True, kw_only=True)
class StartInfusion:
    """Start an ordered, checked, released dose at the bedside; nurse `performed`, second person `verified`."""

    verb: ClassVar[str] = "dose start"
    kind: ClassVar[str] = "infusion.started/1"
    order: str
    wristband: str
    second_id: str = "dob"
    patient: str | None = None
    rate_ml_h: Decimal | None = None
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient, and the patient whose wristband was scanned when that is another."""
        named = [
            name
            for name in (self.patient, self.wristband)
            if name is not None and all(c.isalnum() or c in ".-" for c in name)
        ]
        return tuple(dict.fromkeys(f"patient/{name}" for name in named))

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Judge every gate again at the true time."""
        file, order = open_order(desk, self.order, expired=True, given=True)
        when = self.at.at if self.at is not None else desk.now
        protocol = desk.setting.protocol
        hits = list(_start_order(order, desk, when))
        if self.wristband != file.number:
            hits.append(Hit("S-ID", f"the wristband is {self.wristband}'s, the order is {file.number}'s"))
        hits += _two_persons(order, desk.actors)
        if order.released is not None:
            hits += lot_hits(desk.setting, order.drug, order.released.lot, when)
            if order.drug == protocol.ladder_drug and when > order.released.diluted_at + timedelta(
                hours=protocol.ladder_use_within_h
            ):
                hits.append(Hit("A-PREP", f"diluted more than {protocol.ladder_use_within_h} h ago"))
            if order.drug == protocol.cycle_drug and when > order.released.diluted_at + timedelta(
                hours=protocol.cycle_use_within_h
            ):
                hits.append(Hit("C-INF", f"diluted more than {protocol.cycle_use_within_h} h ago"))
        amount = order.released.prepared_mg if order.released is not None else order.ordered_mg
        local = when.astimezone(desk.now.tzinfo)
        hits += gate(
            file,
            desk,
            Administration(order.drug, amount, order.step_mg, local, "minute", planned=True, order=order.id),
            without=order,
        )
        for course in file.courses:
            hits += premedication(course, protocol, order.drug, when)
        grants = {
            course_rule: grant for grant in order.overrides for course_rule in _rules_of(file.course, grant)
        } | permits(file.course, order.drug, order.ordered_mg, desk.now)
        refuse(f"infusion of order #{order.position} not started", overridden(once(hits), grants), fix=TO_RECORD)
        used = tuple(grant for grant in exercised(hits, grants) if grant not in order.overrides)
        identifiers = (
            dosing.Identifier(kind="wristband", matched=True, value=desk.pad.commit(self.wristband)),
            dosing.Identifier(kind=_second(self.second_id), matched=True, value=desk.pad.commit(self.second_id)),
        )
        event = dosing.InfusionStarted(
            order=order.id,
            rate_ml_h=None if self.rate_ml_h is None else wire_decimal(self.rate_ml_h),
            identifiers=identifiers,
            checks=get_args(dosing.Check),
            overrides=used,
        )
        return (desk.draft(file.stream, event, self.at, causes=[file.ref(order.id), *(file.ref(o) for o in used)]),)


def _two_persons(order: Order, actors: tuple[str, ...]) -> Iterable[Hit]:
    if len(actors) < 2:
        yield Hit("S-2P", "a second person verifies at the bedside (--witness NAME)")
    elif actors[0] == actors[1]:
        yield Hit("S-2P", f"{actors[0]} cannot be both")
    if order.prescriber in actors:
        yield Hit("S-2P", f"{order.prescriber} prescribed it")
    if order.released is not None and order.released.preparer in actors[1:]:
        yield Hit("S-2P", f"{order.released.preparer} prepared it")


def _start_order(order: Order, desk: Desk, when: datetime) -> Iterable[Hit]:
    late = timedelta(minutes=desk.setting.protocol.start_entry_late_min)
    if when > order.expires:
        yield Hit("S-ORDER", f"the order expired at {order.expires.isoformat(timespec='minutes')}")
    if order.checked_by is None:
        yield Hit("S-ORDER", "the order has no pharmacy check")
    elif order.released is None:
        yield Hit("S-ORDER", "the dose was not released")
    if desk.now - when > late:
        yield Hit(
            "S-ORDER", f"a start is entered within {desk.setting.protocol.start_entry_late_min} min; this one is older"
        )


def _second(kind: str) -> Literal["enrolment-number", "dob"]:
    match kind:
        case "dob" | "enrolment-number":
            return kind
        case _:
            raise BadInput(
                f"{kind!r} is not a second identifier", fix="--second-id dob, or --second-id enrolment-number"
            )


def _rules_of(course: Course, grant: str) -> tuple[str, ...]:
    return (course.overrides[grant].rule,) if grant in course.overrides else ()
