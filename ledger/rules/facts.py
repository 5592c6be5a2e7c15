"""What one fact breaks, judged against the course before it; a fact is never refused for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from ledger.course.history import Fact
from ledger.course.state import Course, Dose, Order
from ledger.events import cycle, dosing
from ledger.events.registry import KINDS
from ledger.protocol.model import Protocol
from ledger.rules import cycle_facts
from ledger.rules.administration import judge, of_dose, premedication
from ledger.rules.cycle_dose import infusion
from ledger.rules.finding import Hit
from ledger.rules.lateness import late
from ledger.rules.setting import Setting
from ledger.rules.tolerance import running_min

OF_AMOUNT = frozenset({"A-MAX", "A-GAP", "A-LADDER", "A-WEEK", "C-WT", "C-ROUND"})
"""Rules that rest on an amount: of an infusion recorded while it runs they are judged once it has ended."""


def hits(before: Course, after: Course, setting: Setting, fact: Fact) -> Iterator[Hit]:
    """List what `fact` breaks; `before` and `after` are the course without and with it."""
    yield from delegation(setting, fact)
    over = late(fact, setting.protocol)
    if over is not None:
        yield Hit("P-LATE", f"recorded {_hours(over)} over the limit for its kind")
    if fact.id in after.orphans:
        yield Hit("D-QUERY", "it names a dose, order or toxicity that is not in the history before it")
        return
    match fact.event:
        case dosing.InfusionStarted():
            dose = after.dose(fact.id)
            if dose is not None:
                yield from _given(before, setting, dose, fact)
        case dosing.InfusionRecorded() as event:
            dose = after.dose(fact.id)
            if dose is not None:
                yield from _given(before, setting, dose, fact)
                yield from _papers(event)
                yield from _over_prepared(dose)
                yield from infusion_time(dose, setting.protocol)
                if dose.drug == setting.protocol.cycle_drug:
                    yield from infusion(dose, setting.protocol)
        case dosing.InfusionCompleted() | dosing.InfusionAborted():
            yield from _on_end(before, after, setting, fact)
        case cycle.CycleOpened():
            opened = after.cycle(fact.id)
            if opened is not None:
                yield from cycle_facts.opened(before, opened, setting.protocol)
        case cycle.CycleClosed() as event:
            yield from cycle_facts.closed(before, event.opened, setting.protocol)
        case _:
            pass


def _on_end(before: Course, after: Course, setting: Setting, fact: Fact) -> Iterator[Hit]:
    event, protocol = fact.event, setting.protocol
    dose = after.dose(event.dose) if isinstance(event, dosing.InfusionCompleted | dosing.InfusionAborted) else None
    if dose is None:
        return
    yield from _over_prepared(dose)
    yield from infusion_time(dose, protocol)
    if dose.drug == protocol.cycle_drug:
        yield from cycle_facts.ended(after, dose, protocol)
    if dose.amount_mg > protocol.ladder_max_single_mg and dose.drug == protocol.ladder_drug:
        yield Hit(
            "A-MAX", f"{dose.amount_mg} mg is above the largest single dose of {protocol.ladder_max_single_mg} mg"
        )
    begun = before.dose(dose.id)
    if begun is not None and not begun.measured:
        others = replace(before, doses=tuple(one for one in before.doses if one.id != dose.id))
        told = {hit.rule for hit in _judged(others, setting, begun)} | {"A-MAX", "C-ROUND", "C-WT"}
        yield from (hit for hit in _judged(others, setting, dose) if hit.rule not in told)


def _judged(before: Course, setting: Setting, dose: Dose) -> Iterator[Hit]:
    """Judge a dose; while its amount is not known, by the rules that do not rest on it."""
    for hit in judge(before, setting, of_dose(dose, setting.protocol)):
        if dose.measured or hit.rule not in OF_AMOUNT:
            yield hit


def _given(before: Course, setting: Setting, dose: Dose, fact: Fact) -> Iterator[Hit]:
    protocol = setting.protocol
    yield from _judged(before, setting, dose)
    if dose.drug == protocol.ladder_drug and dose.precision == "day":
        yield Hit("D-QUERY", "the time of day of the infusion is not known")
    else:
        yield from premedication(before, protocol, dose.drug, dose.started_at)
    if dose.drug == protocol.cycle_drug:
        yield from cycle_facts.began(before, dose, protocol)
    if dose.route not in protocol.ladder_routes and dose.drug == protocol.ladder_drug:
        yield Hit("A-INF", f"given by route {dose.route}", "important")
    order = before.orders.get(dose.order or "")
    checkers = {dose.checked_by} if dose.checked_by else set()
    if checkers & set(dose.givers):
        yield Hit("S-2P", "the same person gave and checked it")
    elif order is not None and order.prescriber in checkers:
        yield Hit("S-2P", "the prescriber checked it")
    elif order is not None and order.prescriber in dose.givers:
        yield Hit("S-2P", "the prescriber gave it")
    elif order is not None and order.released is not None and order.released.preparer in checkers:
        yield Hit("S-2P", "the person who prepared it checked it at the bedside")
    event = fact.event
    if isinstance(event, dosing.InfusionRecorded) and event.identity == "mismatched":
        yield Hit("S-ID", "the identifiers did not match")
    if order is not None:
        yield from _of_order(protocol, order, dose)
    yield from lot(setting, dose.drug, dose.lot, dose.started_at)


def _of_order(protocol: Protocol, order: Order, dose: Dose) -> Iterator[Hit]:
    """Judge an infusion by the order it names: was that still open, and was what was prepared for it still usable."""
    if order.outcome != "open":
        yield Hit("D-QUERY", f"the order of entry {order.position} was {order.outcome} before")
    if order.expires < dose.started_at:
        yield Hit("S-ORDER", f"the order had expired at {order.expires.isoformat(timespec='minutes')}")
    hours = timedelta(hours=protocol.ladder_use_within_h)
    released = order.released
    if dose.drug == protocol.ladder_drug and released is not None and dose.started_at > released.diluted_at + hours:
        yield Hit("A-PREP", f"diluted more than {protocol.ladder_use_within_h} h before")


def lot(setting: Setting, drug: str, number: str | None, at: datetime) -> Iterator[Hit]:
    """Judge the lot of a dose that is used at `at`."""
    if number is None:
        return
    received = setting.lots.get(number)
    if received is None or received.agent != drug:
        yield Hit("S-LOT", f"lot {number} of {drug} was not received at this site")
    elif received.expiry < at.date().isoformat():
        yield Hit("S-LOT", f"lot {number} expired on {received.expiry}")
    elif setting.quarantined(number, at):
        yield Hit("S-LOT", f"lot {number} was in quarantine")


def _papers(event: dosing.InfusionRecorded) -> Iterator[Hit]:
    for value, name in ((event.order, "order"), (event.checked_by, "second check"), (event.lot, "lot")):
        if value is None:
            yield Hit("D-QUERY", f"no {name} is named")


def _over_prepared(dose: Dose) -> Iterator[Hit]:
    if dose.given_mg is not None and dose.prepared_mg is not None and dose.given_mg > dose.prepared_mg:
        yield Hit("D-QUERY", f"{dose.given_mg} mg given of {dose.prepared_mg} mg prepared")


def infusion_time(dose: Dose, protocol: Protocol) -> Iterator[Hit]:
    """Judge the running time of an infusion that ended; one that was stopped early has no lower limit."""
    if dose.ended_at is None or dose.drug != protocol.ladder_drug or dose.precision == "day":
        return
    minutes = running_min(dose, dose.ended_at)
    if minutes < protocol.infusion_important_low_min and dose.stopped is None:
        yield Hit("A-INF", f"given over {minutes} min", "important")
    elif (
        minutes < protocol.infusion_minor_low_min and dose.stopped is None
    ) or minutes > protocol.infusion_minor_high_min:
        yield Hit("A-INF", f"given over {minutes} min instead of {protocol.infusion_min}")


def delegation(setting: Setting, fact: Fact) -> Iterator[Hit]:
    """Judge whether those who state a fact held the role and the delegation for it."""
    row = KINDS[fact.kind]
    if not row.factual or row.task is None:
        return
    author, entry = fact.entry.author, fact.entry
    roles = frozenset().union(*(r.roles for r in row.signatures))
    if author.role not in roles:
        yield Hit("S-DELEG", f"{author.name} signed as {author.role}, a role without this task")
    task = "transcription" if author.meaning == "transcribed" else row.task
    persons = {author.person: task}
    if entry.payload.performed_by is not None:
        persons[entry.payload.performed_by] = row.task
    for person, wanted in persons.items():
        roster, when = setting.roster, (fact.occurred, fact.occurred_at)
        if roster.delegated(person, wanted, *when, before=entry.position):
            continue
        later = roster.ratified(person, wanted, *when, before=entry.position)
        after = "" if later is None else f"; ratified afterwards by the delegation of entry #{later}"
        yield Hit("S-DELEG", f"{person} held no delegation for {wanted} at {fact.occurred.at}{after}")


def _hours(span: timedelta) -> str:
    hours, rest = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {rest:02d} min"
