"""Whole courses as one step: `do = "history"` becomes the real steps of orders, checks, infusions and judgements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from commands.simulate.cast import somebody
from commands.simulate.scenario import Lot, Scenario, Step
from ledger.errors import BadInput
from ledger.events.row import NURSES, PHARMACY, PHYSICIANS

_ESC4 = ((0, "3mg"), (1, "10mg"), (2, "30mg"), (4, "30mg"))
_FULL12 = (*_ESC4, *((day, "30mg") for day in (7, 9, 11, 14, 16, 18, 21, 23)))
COURSES = {"ESC4": _ESC4, "FULL12": _FULL12}
"""Each course by its name: the day after the first dose, and the amount, all tolerated."""
KEYS = ("use", "patient", "from", "doses", "lot")
FIRST = "2010-03-01"


def opened(scenario: Scenario) -> Scenario:
    """Put the real steps in the place of each history; histories that follow each other are played side by side."""
    lots = scenario.lots
    if any(step.do == "history" and "lot" not in step.options for step in scenario.steps) and _lot(scenario) is None:
        expiry = scenario.first_day + timedelta(days=3650)
        lots = (*lots, Lot(agent=scenario.drug, lot="SIM-1", strength="30mg", vials=100, expiry=expiry.isoformat()))
    steps: list[Step] = []
    scenario = replace(scenario, lots=lots)
    for history, run in groupby(scenario.steps, key=lambda step: step.do == "history"):
        if history:
            steps += sorted((step for one in run for step in _course(one, scenario)), key=lambda step: step.clock or "")
        else:
            steps += run
    return replace(scenario, steps=tuple(steps))


@dataclass(frozen=True)
class _Cast:
    """Who plays a history: the signers of CLI.md's smooth infusion."""

    prescriber: str
    pharmacist: str
    second: str
    nurse: str
    checker: str


def _course(history: Step, scenario: Scenario) -> Iterator[Step]:
    said = history.options
    unknown = [key for key in said if key not in KEYS]
    if unknown:
        raise BadInput(f"a history has no key {unknown[0]!r}", fix=f"one of: {', '.join(KEYS)}")
    use, patient = str(said.get("use")), said.get("patient", _only(scenario))
    if use not in COURSES or patient is None:
        raise BadInput(
            "a history names its course and its patient",
            fix=f'use = "{next(iter(COURSES))}" or another of {", ".join(COURSES)}; patient = "P-001"',
        )
    if history.race is not None or history.with_ or history.premeds is not None:
        raise BadInput("a history has no race, further signers or premedication of its own", fix="leave them out")
    label = history.label or f"{use}-{patient}"
    lot = said.get("lot") or _lot(scenario)
    first = date.fromisoformat(str(said.get("from", FIRST)))
    if history.clock is not None and history.clock > f"{first}T08:00":
        raise BadInput(
            f"the history of {patient} begins at {first}T08:00", fix=f'clock at most so, or from = "{FIRST}"'
        )
    cast = _cast(scenario, history.by)
    doses = said.get("doses", len(COURSES[use]))
    if not isinstance(doses, int) or not 1 <= doses <= len(COURSES[use]):
        raise BadInput(f"{use} has {len(COURSES[use])} doses, not {doses}", fix="leave `doses` out for all of them")
    steps = [
        replace(step, part_of=label, fork=history.fork)
        for n, (day, amount) in enumerate(COURSES[use][:doses], 1)
        for step in _dose(
            cast, str(patient), scenario.drug, amount, str(lot), first + timedelta(days=day), f"{label}-", n
        )
    ]
    yield from steps[:-1]
    yield replace(steps[-1], expect_all=history.expect)


def _dose(cast: _Cast, patient: str, drug: str, amount: str, lot: str, day: date, label: str, n: int) -> Iterator[Step]:  # noqa: PLR0917 - the parts of one line
    order, dose = {"order": f"@{label}o{n}"}, {"dose": f"@{label}d{n}"}
    ordered = {"patient": patient, "drug": drug, "amount": amount, "for": f"{day}T10:00"}
    yield Step(clock=f"{day}T08:00", by=cast.prescriber, do="dose order", options=ordered, label=f"{label}o{n}")
    yield Step(clock=f"{day}T08:10", by=cast.pharmacist, do="dose pharmacy-check", options=order)
    yield Step(
        clock=f"{day}T08:30",
        by=cast.pharmacist,
        with_=(cast.second,),
        do="dose release",
        options={**order, "lot": lot, "prepared": amount},
    )
    yield Step(
        clock=f"{day}T09:20",
        by=cast.nurse,
        do="premed give",
        options={"subject": f"@{label}o{n}", "set": True, "at": f"{day}T09:15"},
        label=f"{label}p{n}",
    )
    yield Step(
        clock=f"{day}T10:00",
        by=cast.nurse,
        with_=(cast.checker,),
        do="dose start",
        options={**order, "wristband": patient},
        label=f"{label}d{n}",
    )
    yield Step(clock=f"{day}T12:00", by=cast.nurse, do="dose complete", options={**dose, "given": "all"})
    yield Step(
        clock=f"{day}T14:00",
        by=cast.prescriber,
        do="tolerance assess",
        options={**dose, "worst": 0},
        label=f"{label}t{n}",
    )


def _cast(scenario: Scenario, by: str | None) -> _Cast:
    people = scenario.people
    pharmacist = somebody(people, PHARMACY, rather=by)
    nurse = somebody(people, NURSES, rather=by)
    prescriber = somebody(people, frozenset({"investigator"}) if _has_investigator(scenario) else PHYSICIANS, rather=by)
    return _Cast(
        prescriber,
        pharmacist,
        somebody(people, PHARMACY, but=(pharmacist,)),
        nurse,
        somebody(people, NURSES, but=(nurse,)),
    )


def _has_investigator(scenario: Scenario) -> bool:
    return any("investigator" in person.roles for person in scenario.people.values())


def _only(scenario: Scenario) -> str | None:
    return scenario.patients[0].id if len(scenario.patients) == 1 else None


def _lot(scenario: Scenario) -> str | None:
    return next((row.lot for row in scenario.lots if row.agent == scenario.drug), None)
