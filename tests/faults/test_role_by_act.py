"""Every cell of role x act: who may sign what, through the judgement of an entry and through `who-may`.

The table is that of the clinic, written out by hand; the program has its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from minting import ORGANISATION, Site
from msgspec.structs import replace

from ledger import wire
from ledger.admission.amendment import as_it_stands, stated
from ledger.admission.authority import authority
from ledger.admission.problem import Problem
from ledger.codec import open_entry
from ledger.course import needs
from ledger.course.people import Delegation, Roster
from ledger.errors import NotAllowed, Refused
from ledger.events.base import Need
from ledger.events.entry import Entry, Signer
from ledger.events.people import Task
from ledger.events.registry import KINDS
from ledger.events.row import Requirement
from projections.people import who_may

VECTORS = Path(__file__).parents[1] / "vectors" / "entries" / "entries.json"
ROLES = get_args(wire.Role)
TASKS = frozenset(get_args(Task))
PI = {"principal-investigator"}
PHYSICIANS = {"investigator"} | PI
PHARMACY = {"pharmacist", "pharmacy-technician"}
NURSE = {"nurse"}
DATA = {"coordinator", "data-manager"}
SITE = PHYSICIANS | PHARMACY | NURSE | DATA
MONITOR = {"monitor"}
SPONSOR = {"sponsor-medical"}
REGISTRAR = {"registrar"}
PERSONS = set(ROLES) - {"system"}
SYSTEM = {"system"}

ACTS: dict[str, tuple[set[str], ...]] = {
    # physicians
    "eligibility.assessed/1": (PHYSICIANS,),
    "dose.ordered/1": (PHYSICIANS,),
    "order.amended/1": (PHYSICIANS,),
    "order.cancelled/1": (PHYSICIANS,),
    "hold.placed/1": (PHYSICIANS,),
    "hold.lifted/1": (PHYSICIANS,),
    "course.discontinued/1": (PHYSICIANS,),
    "cycle.opened/1": (PHYSICIANS,),
    "cycle.closed/1": (PHYSICIANS,),
    "cycle.stopped/1": (PHYSICIANS,),
    "tolerance.assessed/1": (PHYSICIANS,),
    "toxicity.graded/1": (PHYSICIANS,),
    "toxicity.regraded/1": (PHYSICIANS,),
    "toxicity.attributed/1": (PHYSICIANS,),
    "seriousness.assessed/1": (PHYSICIANS,),
    "toxicity.resolved/1": (PHYSICIANS,),
    "response.assessed/1": (PHYSICIANS,),
    "deviation.acknowledged/1": (PHYSICIANS,),
    "deviation.classified/1": (PHYSICIANS,),
    "dlt.adjudicated/1": (PHYSICIANS, SPONSOR),
    "patient.declared-non-evaluable/1": (PHYSICIANS, SPONSOR),
    "report.submitted/1": (PHYSICIANS | SPONSOR,),
    "expectedness.assessed/1": (SPONSOR,),
    # the principal investigator alone
    "override.granted/1": (PI,),
    "level.opened/1": (PI,),
    "cohort.decided/1": (PI, SPONSOR),
    "accrual.suspended/1": (PI | SPONSOR,),
    "accrual.resumed/1": (PI,),
    "delegation.granted/1": (PI,),
    "delegation.ended/1": (PI,),
    "protocol.activated/1": (PI,),
    "dictionary.loaded/1": (PI | DATA,),
    # pharmacy and bedside
    "order.checked/1": (PHARMACY,),
    "dose.released/1": (PHARMACY, PHARMACY),
    "infusion.started/1": (NURSE, NURSE | PHARMACY),
    # administration of the study
    "patient.registered/1": (DATA,),
    "patient.enrolled/1": (PHYSICIANS | DATA,),
    # every site role, or everybody, for his own
    "entry.corrected/1": (SITE,),
    "entry.voided/1": (SITE,),
    "entry.countersigned/1": (SITE | REGISTRAR | SPONSOR,),
    "entry.recovered/1": (SITE,),
    "copy.certified/1": (SITE | REGISTRAR,),
    # review and closing
    "query.opened/1": (MONITOR | DATA | PHYSICIANS,),
    "query.answered/1": (SITE,),
    "query.closed/1": (MONITOR | DATA,),
    "entries.signed/1": (PI,),
    "entry.reviewed/1": (MONITOR,),
    "audit.reviewed/1": (MONITOR | DATA | PI,),
    "record.locked/1": (PI, DATA),
    "site.locked/1": (PI, DATA),
    "record.unlocked/1": (PI, DATA),
    "text.redacted/1": (PI, DATA),
    "key.rotated/1": (PERSONS,),
    "signature.reaffirmed/1": (PERSONS,),
    "signature.repudiated/1": (PERSONS,),
    # registrars
    "ledger.created/1": (REGISTRAR,),
    "key.enrolled/1": (REGISTRAR, REGISTRAR),
    "device.enrolled/1": (REGISTRAR, REGISTRAR),
    "key.revoked/1": (REGISTRAR,),
    "registrar.changed/1": (REGISTRAR, REGISTRAR),
    "policy.amended/1": (REGISTRAR, REGISTRAR),
    "log.rotated/1": (REGISTRAR, REGISTRAR),
    "ledger.restored/1": (REGISTRAR, REGISTRAR),
    "lockout.lifted/1": (REGISTRAR,),
    "security.acknowledged/1": (REGISTRAR | PI | DATA,),
    # the device
    "entry.refused/1": (SYSTEM,),
    "log.clock/1": (SYSTEM,),
    "export.made/1": (SYSTEM,),
    "anchor.made/1": (SYSTEM,),
    "backup.made/1": (SYSTEM,),
    "backup.restored/1": (SYSTEM,),
    "signature.abandoned/1": (SYSTEM,),
    "security.raised/1": (SYSTEM,),
}
FACTS: dict[str, tuple[set[str], ...]] = {
    "consent.given/1": (PHYSICIANS | DATA,),
    "consent.withdrawn/1": (DATA,),
    "patient.measured/1": (NURSE | DATA,),
    "lab.measured/1": (DATA,),
    "prophylaxis.recorded/1": (PHYSICIANS,),
    "premedication.given/1": (NURSE,),
    "infusion.recorded/1": (NURSE | DATA,),
    "infusion.interrupted/1": (NURSE,),
    "infusion.resumed/1": (NURSE,),
    "infusion.completed/1": (NURSE,),
    "infusion.aborted/1": (NURSE,),
    "dose.omitted/1": (NURSE,),
    "day.omitted/1": (PHYSICIANS | NURSE,),
    "toxicity.reported/1": (PHYSICIANS | NURSE,),
    "treatment.ended/1": (PHYSICIANS,),
    "transplant.recorded/1": (PHYSICIANS,),
    "patient.died/1": (PHYSICIANS,),
    "lot.received/1": (PHARMACY,),
    "lot.quarantined/1": (PHARMACY,),
    "drug.wasted/1": (PHARMACY, PHARMACY | NURSE),
    "drug.returned/1": (PHARMACY,),
    "drug.transferred/1": (PHARMACY,),
    "drug.destroyed/1": (PHARMACY, PHARMACY | NURSE),
    "stock.counted/1": (PHARMACY,),
}
"""Who should state a fact. Any role of the site may (it is finding S-DELEG); nobody outside it, and no registrar."""
BY_NO_ROLE = {"registrar.recovered/1"}
"""What the recovery key alone signs (tests/faults/test_keys.py)."""
UNDELEGATED = {name for name in ACTS if KINDS[name].task is not None}


def released() -> dict[str, Entry]:
    """One entry of every kind, and what it is about under `about KIND`."""
    found: dict[str, Entry] = {}
    by_id: dict[str, Entry] = {}
    for one in json.loads(VECTORS.read_text(encoding="utf-8")):
        entry = open_entry(one["raw"].encode(), log="main", position=one["position"])
        by_id[entry.id] = entry
        if entry.kind not in found and entry.payload.corrects is not None:
            found[f"about {entry.kind}"] = by_id[entry.payload.corrects.id]
        found.setdefault(entry.kind, entry)
    return found


ENTRIES = released()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with two persons in every role, each delegated every task."""
    one = Site(tmp_path_factory.mktemp("roles") / "trial.ledger")
    one.enrol("pi-1", "Pi One", "principal-investigator")
    for role in sorted(PERSONS - REGISTRAR - {"principal-investigator"}):
        for number in (1, 2):
            one.enrol(f"{role}-{number}", f"{role.title()} {number}", role)
            if role in SITE:
                one.delegate(f"{role}-{number}", *sorted(TASKS), by="pi-1")
    one.enrol("pi-2", "Pi Two", "principal-investigator")
    yield one
    one.book.close()


@pytest.fixture(scope="module")
def roster(site: Site) -> Roster:
    """Who may do what there, with delegations that reach back to the time of the released entries."""
    known = site.book.roster()
    return replace(known, delegations=delegated(known))


def delegated(known: Roster) -> tuple[Delegation, ...]:
    """Every task for everybody, since long ago."""
    return tuple(Delegation("d", 0, person, TASKS, "2000-01-01", None) for person in known.people)


def signer(roster: Roster, role: str, meaning: str, number: int) -> Signer:
    """The signature of the first or second person in a role."""
    keys = roster.devices if role == "system" else roster.keys
    held = [key for key in keys.values() if role == "system" or role in roster.people[key.person].roles]
    key = held[min(number, len(held)) - 1]
    name = f"Device {key.person}" if role == "system" else roster.people[key.person].name
    at = "2010-03-01T09:00:00.000-08:00"
    return Signer(key.kid, key.person, name, role, ORGANISATION, at, meaning, "", 0, "")


def judged(kind: str, roster: Roster, author: str, second: str | None = None) -> list[Problem]:
    """What is wrong with an entry of a kind, signed first by `author` and where `second` is named next by that role."""
    entry = ENTRIES[kind]
    about = ENTRIES.get(f"about {kind}")
    target = None if about is None else as_it_stands(about)
    moved = None if about is None else stated(about)
    required = needs.required(entry.event, author, target, moved)
    signers = [signer(roster, author, min(required[0].meanings), 1)]
    for place, requirement in enumerate(required[1:]):
        role = second if second is not None and place == 0 else _other(requirement, author)
        signers.append(signer(roster, role, min(requirement.meanings), 2))
    declared = tuple(Need(meaning=one.meaning, role=one.role) for one in signers)
    payload = replace(entry.payload, needs=declared, performed_by=None)
    found: list[Problem] = []
    authority(replace(entry, signers=tuple(signers), payload=payload), roster, target, moved, entry.recorded_at, found)
    return [problem for problem in found if problem.severity == "failure"]


def _other(requirement: Requirement, author: str) -> str:
    return next((role for role in sorted(requirement.roles) if role != author), min(requirement.roles))


def test_the_table_has_every_act() -> None:
    """An act that nobody thought about would be open to whoever the program happens to let in."""
    assert set(KINDS) == set(ACTS) | set(FACTS) | BY_NO_ROLE
    assert {name for name, row in KINDS.items() if row.factual} == set(FACTS)


@pytest.mark.req("P11-10g", "P11-10d")
@pytest.mark.parametrize("kind", [*ACTS, *FACTS])
def test_the_author(roster: Roster, kind: str) -> None:
    """A nurse would order a dose, a monitor would write one down, or a registrar would open a dose level."""
    found = {role: judged(kind, roster, role) for role in ROLES}
    assert (SITE if kind in FACTS else ACTS[kind][0]) == {role for role, wrong in found.items() if not wrong}
    assert all(issubclass(one.error, NotAllowed | Refused) for wrong in found.values() for one in wrong)


@pytest.mark.req("P11-10g")
@pytest.mark.parametrize("kind", [name for name, who in ACTS.items() if len(who) > 1])
def test_the_second_signature(roster: Roster, kind: str) -> None:
    """A second check would be nobody's, or a ruling of the sponsor be signed at the site."""
    first, second = ACTS[kind]
    assert second == {role for role in ROLES if not judged(kind, roster, min(first), role)}


@pytest.mark.req("P11-10g")
@pytest.mark.parametrize("kind", sorted(UNDELEGATED))
def test_without_a_delegation(roster: Roster, kind: str) -> None:
    """Somebody would act on his profession alone, whom the investigator never charged with it."""
    bare = replace(roster, delegations=())
    for role in sorted(ACTS[kind][0] - PI):
        assert "delegation" in {problem.code for problem in judged(kind, bare, role)}
    if PI & ACTS[kind][0]:
        assert [] == [one for one in judged(kind, bare, "principal-investigator") if one.code != "delegation"]


@pytest.mark.req("P11-10g")
@pytest.mark.parametrize("kind", sorted({*ACTS, *FACTS} - {name for name, who in ACTS.items() if who == (SYSTEM,)}))
def test_who_may_says_the_same(site: Site, kind: str) -> None:
    """An inspector would be told that a role may do what the record refuses it, or the other way round."""
    said = who_may(site.book, kind, now=site.now)
    table = (ACTS | FACTS)[kind]
    told = [{row.role for row in one.persons if row.may} for one in said.signatures]
    assert list(table) == told[: len(table)]
    assert len(table) == len(told)
