"""Who takes part: people by role, and stand-ins for the roles that a run needs and the script leaves out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from commands.simulate.scenario import Person, Scenario
from ledger import wire
from ledger.events.row import DATA, NURSES, PHARMACY, PHYSICIANS, PI, REGISTRARS, SPONSOR

STAND_IN = "sim"
"""The ids of stand-ins begin so."""


def staffed(scenario: Scenario) -> Scenario:
    """Add a stand-in for every role that is needed and that nobody has without bounds on his delegation."""
    people = dict(scenario.people)
    for role, fitting, count in _needed(scenario):
        have = sum(1 for person in people.values() if fitting & {*person.roles} and not person.bounded)
        for n in range(have + 1, count + 1):
            people[f"{STAND_IN}.{role}.{n}"] = Person(role=role)
    return replace(scenario, people=people)


def somebody(
    people: Mapping[str, Person],
    fitting: Collection[wire.Role],
    *,
    rather: str | None = None,
    but: Collection[str] = (),
) -> str:
    """Name who plays a role: `rather` when he fits, else somebody with no bounds on his delegation, else the first."""
    able = [name for name, person in people.items() if name not in but and {*fitting} & {*person.roles}]
    if rather in able:
        return str(rather)
    return min(able, key=lambda name: people[name].bounded)


def _needed(scenario: Scenario) -> Iterator[tuple[wire.Role, frozenset[wire.Role], int]]:
    cohorts = any(step.do == "cohort" for step in scenario.steps)
    histories = cohorts or any(step.do == "history" for step in scenario.steps)
    yield "registrar", REGISTRARS, 2
    yield "principal-investigator", PI, 1
    if cohorts:
        yield "sponsor-medical", SPONSOR, 1
    if scenario.patients or cohorts:
        yield "coordinator", DATA, 1
        yield "investigator", PHYSICIANS, 1
    if scenario.lots or histories:
        yield "pharmacist", PHARMACY, 2 if histories else 1
    if histories or any(step.premeds is not None for step in scenario.steps):
        yield "nurse", NURSES, 2 if histories else 1
