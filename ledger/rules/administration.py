"""One administration of a drug, planned or done, against the protocol: what a gate refuses and a fact reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from ledger.course.state import Course, Dose, Premed
from ledger.protocol.model import Protocol
from ledger.rules.cycle_dose import Given, judge_dose
from ledger.rules.finding import Hit
from ledger.rules.ladder import climb, counted, ladder, nominal, same_week, step_of
from ledger.rules.setting import Setting
from ledger.rules.tolerance import standing

LOOK_BACK = timedelta(hours=24)
"""A premedication agent given longer ago than this belongs to another infusion."""


class Administration(Struct, frozen=True):
    """What is planned or was done: `amount_mg` in mg at `at`; `step_mg` is the step it was ordered as, if any.

    `planned` is True for an order or a start, which a gate judges; False for a fact. `order` is the order it fulfils.
    """

    drug: str
    amount_mg: Decimal
    step_mg: Decimal | None
    at: datetime
    precision: Literal["minute", "day"]
    planned: bool
    order: str | None = None
    stopped: bool = False
    """It was aborted, so that less than ordered is no error of rounding."""


def judge(course: Course, setting: Setting, administration: Administration) -> tuple[Hit, ...]:
    """List every rule that the administration does not keep, given the course before it."""
    hits = [*of_patient(course, administration)]
    protocol = setting.protocol
    if administration.drug == protocol.ladder_drug:
        hits += _steps(course, protocol, administration)
    elif administration.drug == protocol.cycle_drug:
        starts = administration.planned and administration.order is not None
        planned, stopped = administration.planned, administration.stopped
        given = Given(administration.amount_mg, administration.at, planned, starts=starts, stopped=stopped)
        hits += judge_dose(course, protocol, given)
    return tuple(hits)


def of_dose(dose: Dose, protocol: Protocol) -> Administration:
    """Describe a dose that was given; of the step-up drug it is the step it was begun as, also where it was stopped."""
    return Administration(
        dose.drug,
        dose.amount_mg,
        nominal(dose, protocol) if dose.drug == protocol.ladder_drug else dose.step_mg,
        dose.started_at,
        dose.precision,
        planned=False,
        order=dose.order,
        stopped=dose.stopped is not None,
    )


def of_patient(course: Course, done: Administration) -> Iterator[Hit]:
    """List what stands against any study drug for the patient: consent, enrolment, the end of treatment, death."""
    yield from _consent(course, done)
    if course.enrolled_at is None or course.enrolled_at > done.at:
        yield Hit("P-ENROLLED", "the patient was not enrolled")
    if course.ended_at is not None and course.ended_at <= done.at:
        yield Hit("P-OFF", f"treatment had ended ({course.ended_why})")
    if course.withdrawn_at is not None and course.withdrawn_at <= done.at:
        yield Hit("P-CONSENT", "consent had been withdrawn")
    if course.died_at is not None and course.died_on is not None and done.at.date() >= course.died_on:
        if done.planned:
            yield Hit("P-OFF", f"the patient's death on {course.died_on} is recorded")
        elif done.at.date() > course.died_on or course.died_at <= done.at:
            yield Hit("D-QUERY", f"given after the recorded death on {course.died_on}: one of the two is wrong")


def _consent(course: Course, done: Administration) -> Iterator[Hit]:
    """Consent must come first; a consent or dose known only to the day of the other is a query, never a breach."""
    if not course.consents:
        yield Hit("P-CONSENT", "no consent was given before")
        return
    first = min(course.consents, key=lambda c: (c.occurred.at[:10], c.at))
    day, dose_day = first.occurred.at[:10], done.at.date().isoformat()
    if day > dose_day or (
        day == dose_day and "minute" == first.occurred.precision == done.precision and first.at > done.at
    ):
        yield Hit("P-CONSENT", f"consent is dated {first.occurred.at}, after it")
    elif day == dose_day and "day" in (first.occurred.precision, done.precision) and not done.planned:
        yield Hit("D-QUERY", "consent and infusion are of the same day and one has no time")


def _steps(course: Course, protocol: Protocol, done: Administration) -> Iterator[Hit]:
    now = ladder(course, protocol, done.at)
    taken = now.counted + (now.open_orders if done.planned else 0)
    if taken >= now.maximum:
        places = f"{now.counted} were started" + (
            f" and {now.open_orders} more are ordered" if done.planned and now.open_orders else ""
        )
        yield Hit("A-COUNT", f"the protocol allows {now.maximum} doses of {done.drug} in all; {places}")
    if done.amount_mg > protocol.ladder_max_single_mg:
        yield Hit(
            "A-MAX", f"{done.amount_mg} mg is above the largest single dose of {protocol.ladder_max_single_mg} mg"
        )
    for held in now.held:
        yield Hit(held.rule, held.text)
    if done.planned:
        yield from _assessed(course, protocol)
    yield from _step(course, protocol, done)
    yield from _interval(course, protocol, done)
    week = sum((d.amount_mg for d in same_week(course, protocol, done.at)), Decimal(0))
    if week + done.amount_mg > protocol.week_cap_mg:
        yield Hit("A-WEEK", f"{week} mg this week and {done.amount_mg} mg are more than {protocol.week_cap_mg} mg")


def _assessed(course: Course, protocol: Protocol) -> Iterator[Hit]:
    """The previous counted dose needs a signed tolerance; a contradicted one must be judged again."""
    rungs = climb(course, protocol)
    if rungs and rungs[-1].standing == "pending":
        yield Hit(
            "A-TOLPEND",
            f"the dose of {rungs[-1].dose.on} (entry {rungs[-1].dose.position}) has no tolerance assessment",
        )
        return
    for rung in rungs:
        if rung.standing == "contradicted":
            yield Hit(
                "A-TOLPEND",
                f"the tolerance of the dose of {rung.dose.on} (entry {rung.dose.position}) is contradicted",
            )
            return


def _step(course: Course, protocol: Protocol, done: Administration) -> Iterator[Hit]:
    now = ladder(course, protocol, done.at)
    step = max(done.step_mg or Decimal(0), step_of(done.amount_mg, protocol))
    lapsed = now.lapses_on is not None and done.at.date() >= now.lapses_on
    exact = (
        not done.planned
        or done.order is not None
        or done.amount_mg == step
        or done.amount_mg > protocol.ladder_max_single_mg
    )
    if step == now.next_mg and exact:
        return
    said = f"{done.amount_mg} mg" if step_of(done.amount_mg, protocol) == step else f"{done.amount_mg} of {step} mg"
    if lapsed:
        days = (done.at.date() - now.rungs[-1].dose.on).days
        step_now = f"the step is {now.next_mg} mg, not {said}"
        yield Hit("A-GAP", f"{days} days since the last counted dose: {step_now}")
    else:
        yield Hit("A-LADDER", f"the step is {now.next_mg} mg ({', '.join(now.because)}), not {said}")


def _interval(course: Course, protocol: Protocol, done: Administration) -> Iterator[Hit]:
    doses = [d for d in course.doses_of(done.drug) if counted(d, protocol)]
    same_day = [d for d in doses if d.on == done.at.date()]
    target = protocol.ladder_steps_mg[-1]
    step = done.step_mg if done.step_mg is not None else step_of(done.amount_mg, protocol)
    if len(same_day) >= protocol.ladder_max_per_day:
        yield Hit("A-INTERVAL", f"a dose was already given on {done.at.date()} (entry {same_day[-1].position})")
        return
    if not doses or step != target:
        return
    last = doses[-1]
    at_target = (
        last.amount_mg >= target * protocol.step_min_fraction and standing(course, protocol, last) == "tolerated"
    )
    if at_target and (done.at.date() - last.on).days < protocol.target_interval_days:
        yield Hit(
            "A-INTERVAL",
            f"the tolerated {target} mg of {last.on} was less than {protocol.target_interval_days} days before",
        )
        return
    this_week = [
        d
        for d in same_week(course, protocol, done.at)
        if step_of(d.step_mg or d.amount_mg, protocol) == target and counted(d, protocol)
    ]
    if len(this_week) >= protocol.target_max_per_week:
        yield Hit("A-INTERVAL", f"{len(this_week)} doses of {target} mg were already given this week")


def premedication(course: Course, protocol: Protocol, drug: str, at: datetime) -> tuple[Hit, ...]:
    """Judge the premedication of an infusion of the step-up drug that starts at `at`."""
    if drug != protocol.ladder_drug:
        return ()
    before = [d.started_at for d in course.doses_of(drug) if d.started_at < at]
    since = max([*before[-1:], at - LOOK_BACK])
    hits: list[Hit] = []
    for wanted in protocol.premedication:
        given = [p for p in course.premeds if p.agent == wanted.agent and since <= p.at <= at]
        if not given:
            hits.append(Hit("A-PREMED", f"{wanted.agent} was not given before the infusion"))
            continue
        best = min(given, key=lambda p: _off(p, protocol, at))
        minutes = int((at - best.at) / timedelta(minutes=1))
        if _off(best, protocol, at):
            window = f"{protocol.premed_min_before_min} to {protocol.premed_max_before_min} min"
            hits.append(Hit("A-PREMED-TIME", f"{wanted.agent} was given {minutes} min before the start, not {window}"))
        if not wanted.min_mg <= best.dose_mg <= wanted.max_mg:
            hits.append(
                Hit("A-PREMED-DOSE", f"{wanted.agent} {best.dose_mg} mg, not {wanted.min_mg} to {wanted.max_mg} mg")
            )
    return tuple(hits)


def _off(premed: Premed, protocol: Protocol, at: datetime) -> int:
    minutes = int((at - premed.at) / timedelta(minutes=1))
    return max(protocol.premed_min_before_min - minutes, minutes - protocol.premed_max_before_min, 0)
