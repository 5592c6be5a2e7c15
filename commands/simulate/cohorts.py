"""Whole cohorts as one table: `[[cohort]]`, or `do = "cohort"`, becomes the real steps of real patients.

Each is registered, consented, screened, enrolled and measured, has the step-up drug to its target where the pack wants
that first, five days of the cycle drug, and, for a `T`, a toxicity that is ruled dose-limiting by both who must sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from commands.simulate.cast import somebody
from commands.simulate.scenario import Lot, Scenario, Step
from commands.verbs import VERBS
from ledger import wire
from ledger.errors import BadInput
from ledger.events.row import DATA, NURSES, PHYSICIANS, PI, SPONSOR
from ledger.values import half_up, wire_decimal

KEYS = ("level", "outcomes", "first_c1d1", "every_days", "ids")
FIRST = "2010-03-08"
BSA = Decimal("1.82")
"""Everybody is 170 cm and 70 kg (Mosteller, m2)."""
BEFORE = 4
"""Days from enrolment to the first dose of the cycle drug."""
TERM, ONSET = "diarrhea", 8
"""The toxicity of a T, grade 3, and the day of its onset."""
_OUTCOMES = re.compile(r"[NT]+(?: [NT]+)*\Z")


@dataclass(frozen=True)
class _Cast:
    """Who plays a cohort."""

    coordinator: str
    physician: str
    nurse: str
    checker: str
    pi: str
    sponsor: str


def opened(scenario: Scenario) -> Scenario:
    """Put the real steps in the place of each cohort; the patients of one cohort overlap as they do in a trial."""
    if not any(step.do == "cohort" for step in scenario.steps):
        return scenario
    scenario = replace(scenario, lots=(*scenario.lots, *_lots(scenario)))
    steps: list[Step] = []
    for cohort, run in groupby(scenario.steps, key=lambda step: step.do == "cohort"):
        for one in run:
            steps += _cohort(one, scenario) if cohort else (one,)
    return replace(scenario, steps=tuple(steps))


def _lots(scenario: Scenario) -> Iterator[Lot]:
    expiry = (scenario.first_day + timedelta(days=3650)).isoformat()
    have = {lot.agent for lot in scenario.lots}
    for place, (drug, strength) in enumerate(((scenario.drug, "30mg"), (_cycle_drug(scenario), "20mg")), 1):
        if drug not in have:
            yield Lot(agent=drug, lot=f"SIM-C{place}", strength=strength, vials=1000, expiry=expiry)


def _cycle_drug(scenario: Scenario) -> str:
    return str(scenario.pack.parameters["cycle_drug"].value)


def _cohort(cohort: Step, scenario: Scenario) -> Iterator[Step]:
    said = cohort.options
    unknown = [key for key in said if key not in KEYS]
    if unknown:
        raise BadInput(f"a cohort has no key {unknown[0]!r}", fix=f"one of: {', '.join(KEYS)}")
    level, text = str(said.get("level", _start(scenario))), str(said.get("outcomes", ""))
    if not _OUTCOMES.match(text):
        raise BadInput(f"{text!r} are not the outcomes of a cohort", fix='N or T for each: outcomes = "NNN NNT"')
    if cohort.race is not None or dict(cohort.expect) not in ({}, {"outcome": "accepted"}):
        raise BadInput(
            "of a cohort only that all of it is accepted can be expected", fix='put a step `do = "read"` behind it'
        )
    blocks = text.split(" ")
    names = _names(said.get("ids"), sum(map(len, blocks)), level)
    label = cohort.label or f"c{level}"
    first, every = date.fromisoformat(str(said.get("first_c1d1", FIRST))), _days(said.get("every_days", 7))
    cast = _cast(scenario)
    for place, block in enumerate(blocks):
        ids, names = names[: len(block)], names[len(block) :]
        days = [first + every * n for n in range(len(block))]
        patients = (
            step
            for name, outcome, day in zip(ids, block, days, strict=True)
            for step in _patient(cast, scenario, name, level, day, label, outcome)
        )
        for step in sorted(patients, key=lambda one: one.clock or ""):
            yield replace(step, part_of=label, fork=cohort.fork)
        over = days[-1] + timedelta(days=_number(scenario, "dlt_window_days"))
        if place + 1 < len(blocks):
            options = {"level": level, "decision": "expand"}
            yield Step(
                clock=f"{over}T09:00",
                by=cast.pi,
                with_=(cast.sponsor,),
                do="cohort decide",
                options=options,
                part_of=label,
                fork=cohort.fork,
            )
        first = over + timedelta(days=BEFORE + 1)


def _patient(  # noqa: PLR0917 - the parts of one line
    cast: _Cast, scenario: Scenario, name: str, level: str, c1d1: date, label: str, outcome: str
) -> Iterator[Step]:
    here, patient, day = f"{label}-{name}", {"patient": name}, c1d1 - timedelta(days=BEFORE)
    register = {**patient, "sex": "F", "birth_year": 1970}
    yield Step(clock=f"{day}T08:00", by=cast.coordinator, do="patient register", options=register)
    yield Step(clock=f"{day}T08:10", by=cast.physician, do="patient consent", options={**patient, "form": "v1"})
    yield Step(clock=f"{day}T08:20", by=cast.physician, do="patient screen", options=patient)
    enrol = {**patient, "level": level}
    yield Step(clock=f"{day}T08:30", by=cast.physician, do="patient enrol", options=enrol, label=f"{here}-enrolled")
    measured = {**patient, "weight": 70, "height": 170}
    yield Step(clock=f"{day}T08:40", by=cast.coordinator, do="patient measure", options=measured)
    if scenario.pack.parameters["cycle_requires"].value != "nothing":
        yield from _step_up(cast, scenario, name, c1d1, here)
    if "cycle open" in VERBS:
        yield Step(clock=f"{c1d1}T08:00", by=cast.physician, do="cycle open", options=patient, label=f"{here}-cycle")
    drug = _cycle_drug(scenario)
    amount = wire_decimal(half_up(_mg_m2(scenario, level) * BSA, 1))
    for n in range(_number(scenario, "cycle_days")):
        yield _given(cast, scenario, name, drug, f"{amount}mg", c1d1 + timedelta(days=n))
    if outcome == "T":
        yield from _limiting(cast, name, drug, c1d1 + timedelta(days=ONSET - 1), here)


def _step_up(cast: _Cast, scenario: Scenario, name: str, c1d1: date, here: str) -> Iterator[Step]:
    steps = [str(mg) for mg in _tuple(scenario.pack.parameters["ladder_steps_mg"].value)]
    for place, mg in enumerate(steps):
        day, dose = c1d1 - timedelta(days=len(steps) - place), f"{here}-d{place + 1}"
        given = _given(cast, scenario, name, scenario.drug, f"{mg}mg", day)
        yield replace(given, premeds=f"{day}T09:15", label=dose)
        judged = {"dose": f"@{dose}", "worst": 0}
        yield Step(clock=f"{day}T14:00", by=cast.physician, do="tolerance assess", options=judged)


def _given(cast: _Cast, scenario: Scenario, name: str, drug: str, amount: str, day: date) -> Step:  # noqa: PLR0917 - the parts of one line
    lot = next(row.lot for row in scenario.lots if row.agent == drug)
    times = {"at": f"{day}T10:00", "until": f"{day}T12:00"}
    options = {"patient": name, "drug": drug, "given": amount, **times, "lot": lot, "checked-by": cast.checker}
    return Step(clock=f"{day}T13:00", by=cast.nurse, do="dose record", options=options)


def _limiting(cast: _Cast, name: str, drug: str, onset: date, here: str) -> Iterator[Step]:
    toxicity, later, since = {"toxicity": f"@{here}-tox"}, onset + timedelta(days=4), f"{onset}T09:00"
    rows: tuple[tuple[str, str, dict[str, object], str | None], ...] = (
        (f"{onset}T15:00", "toxicity report", {"patient": name, "term": TERM, "onset": since}, f"{here}-tox"),
        (f"{onset}T15:10", "toxicity grade", {**toxicity, "grade": 3, "from": since}, None),
        (f"{onset}T15:20", "toxicity attribute", {**toxicity, "drug": drug, "relation": "probable"}, None),
        (f"{later}T15:00", "toxicity resolve", {**toxicity}, None),
    )
    for clock, do, options, label in rows:
        yield Step(clock=clock, by=cast.physician, do=do, options=options, label=label)
    yield Step(
        clock=f"{later}T16:00",
        by=cast.physician,
        with_=(cast.sponsor,),
        do="dlt adjudicate",
        options={**toxicity, "dlt": "yes", "basis": "grade 3, probably the drug"},
        label=f"{here}-dlt",
    )


def _mg_m2(scenario: Scenario, level: str) -> Decimal:
    return scenario.pack.protocol().level_mg_m2(level)


def _start(scenario: Scenario) -> str:
    return str(scenario.pack.parameters["cohort_start_level"].value)


def _number(scenario: Scenario, name: str) -> int:
    return int(str(scenario.pack.parameters[name].value))


def _tuple(value: object) -> Sequence[object]:
    return value if isinstance(value, tuple) else (value,)


def _days(said: object) -> timedelta:
    if not isinstance(said, int) or isinstance(said, bool) or said < 0:
        raise BadInput(f"{said!r} is not a number of days", fix="every_days = 7")
    return timedelta(days=said)


def _names(said: object, count: int, level: str) -> list[str]:
    """The patients' numbers; made of the level and their place when none are named."""
    if said is None:
        return [f"P-{(5 + int(level)) * 100 + n}" for n in range(1, count + 1)]
    if not isinstance(said, list) or len(said) != count:
        raise BadInput(f"the cohort has {count} outcomes", why="`ids` names each patient", fix="leave `ids` out")
    return [str(name) for name in said]


def _cast(scenario: Scenario) -> _Cast:
    people = scenario.people
    investigators: frozenset[wire.Role] = frozenset({"investigator"})
    physician = investigators if any("investigator" in one.roles for one in people.values()) else PHYSICIANS
    nurse = somebody(people, NURSES)
    return _Cast(
        coordinator=somebody(people, DATA),
        physician=somebody(people, physician),
        nurse=nurse,
        checker=somebody(people, NURSES, but=(nurse,)),
        pi=somebody(people, PI),
        sponsor=somebody(people, SPONSOR),
    )


def table(row: Mapping[str, object]) -> dict[str, object]:
    """Give a `[[cohort]]` table as the step that it stands for."""
    return {"do": "cohort", **row}
