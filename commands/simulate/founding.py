"""Before the first step: the ledger, its people and their delegations, the pack, the lots and the patients."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from commands import people, study
from commands.draft import Circumstances
from commands.post import Ids, Post
from commands.simulate.cast import somebody
from commands.simulate.labels import Labels
from commands.simulate.scenario import Patient, Scenario
from commands.simulate.stage import Chance, Keys, ScriptedClock, Stage
from ledger.book import Ledger
from ledger.events.row import DATA, PHARMACY, PHYSICIANS, PI, REGISTRARS

BEFORE = timedelta(days=14)
"""How long before the first day of the script the site is set up."""
_PROGRESS = ("registered", "consented", "eligible", "enrolled")


def founded(
    scenario: Scenario, path: str, *, software: str, build: str, read_file: Callable[[str], bytes], seed: bytes
) -> Stage:
    """Make the ledger at `path` and do what comes before the first step, each act signed by whoever may."""
    zone = ZoneInfo(scenario.zone)
    clock = ScriptedClock(datetime.combine(scenario.first_day - BEFORE, time(8), zone))
    keys, chance = Keys(seed), Chance(hashlib.sha256(seed).digest())
    post = Post(clock, chance, "ws1", keys.of("device"), software, build, "scripted")
    registrars = [name for name, person in scenario.people.items() if REGISTRARS & {*person.roles}]
    genesis = study.found(
        study.Foundation(
            trial=scenario.pack.registration.lower(),
            site=scenario.site,
            zone=scenario.zone,
            purpose="simulation",
            registrars=[
                study.Registrar(name, _printed(name), _organisation(scenario, name), keys.of(name))
                for name in registrars
            ],
            log_key=keys.of("log").public,
            next_log_key=keys.of("log.next").public,
        ),
        post,
    )
    ledger = Ledger.create(path, genesis, log_signer=keys.of("log"), now=clock().astimezone(UTC))
    stage = Stage(path, ledger, clock, post, keys, Labels(), scenario.zone, read_file)
    _enrol(stage, scenario, registrars)
    pi = somebody(scenario.people, PI)
    stage.do(study.ActivateProtocol(pack=scenario.pack.data, dictionary=scenario.terms), [pi], Circumstances())
    _delegate(stage, scenario, pi)
    for lot in scenario.lots:
        options = {
            "agent": lot.agent,
            "lot": lot.lot,
            "strength": lot.strength,
            "vials": lot.vials,
            "expiry": lot.expiry,
            "location": lot.location,
        }
        _act(stage, somebody(scenario.people, PHARMACY), "lot receive", options)
    for patient in scenario.patients:
        _bring(stage, scenario, patient)
    return stage


def _enrol(stage: Stage, scenario: Scenario, registrars: list[str]) -> None:
    for name, person in scenario.people.items():
        if name in registrars:
            continue
        new_id = Ids(stage.clock.now, stage.post.random)
        request = people.key_request(
            name, _printed(name), _organisation(scenario, name), stage.keys.of(name), now=stage.clock(), new_id=new_id
        )
        stage.do(people.EnrolPerson(request=request, roles=person.roles), registrars[:2], Circumstances())


def _delegate(stage: Stage, scenario: Scenario, pi: str) -> None:
    today = stage.clock.now.date().isoformat()
    for name, person in scenario.people.items():
        if any(people.TASKS.get(role) for role in person.roles) and not PI & {*person.roles}:
            _act(stage, pi, "person delegate", {"person": name, "from": person.since or today, "to": person.until})


def _bring(stage: Stage, scenario: Scenario, patient: Patient) -> None:
    """Bring a patient as far as the script says, by those who do it in a clinic."""
    coordinator = somebody(scenario.people, DATA)
    physician = somebody(scenario.people, frozenset({"investigator"}) if _investigators(scenario) else PHYSICIANS)
    named = {"patient": patient.id}
    steps: list[tuple[str, str, Mapping[str, object]]] = [
        (coordinator, "patient register", {**named, "sex": patient.sex, "birth_year": patient.birth_year}),
        (physician, "patient consent", {**named, "form": "v1"}),
        (physician, "patient screen", named),
        (physician, "patient enrol", {**named, "level": patient.level}),
    ]
    for by, do, options in steps[: _PROGRESS.index(patient.status) + 1]:
        _act(stage, by, do, options)
    if patient.weight_kg is not None:
        _act(stage, coordinator, "patient measure", {**named, "weight": patient.weight_kg, "height": patient.height_cm})


def _investigators(scenario: Scenario) -> bool:
    return any("investigator" in person.roles for person in scenario.people.values())


def _act(stage: Stage, by: str, do: str, options: Mapping[str, object]) -> None:
    act, said = stage.build(do, options)
    stage.do(act, [by], said)


def _printed(name: str) -> str:
    return name.replace(".", " ").replace("-", " ").title()


def _organisation(scenario: Scenario, name: str) -> str:
    return f"Site {scenario.people[name].site or scenario.site}"
