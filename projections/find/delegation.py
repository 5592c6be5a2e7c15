"""Entries outside what was delegated: by the roles and dates that stood when they were written, and as known since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from ledger.book import Ledger
from ledger.course.history import Fact, effective
from ledger.course.people import Roster
from ledger.events.people import Task
from ledger.events.registry import KINDS
from ledger.events.row import PHARMACY
from ledger.rules.finding import Finding
from projections.accountability import found_in_books
from projections.find.found import Ask, Found, Row, cited, head, looked, patients
from projections.replay import Window

RULE = "S-DELEG"


class OutsideRow(Row, frozen=True, kw_only=True):
    """One entry; `known` says whether it was outside when it was written, or by what was written since.

    `person` signed it; `performed_by` is whom it was recorded for, where that is somebody else.
    """

    task: str | None
    performed_by: str | None
    known: Literal["then", "since"]
    finding: str | None


class OutsideDelegation(Found, frozen=True, kw_only=True):
    """Entries by somebody who did not hold the role or the delegation for them at their time."""

    rows: tuple[OutsideRow, ...]


def outside_delegation(ledger: Ledger, ask: Ask) -> OutsideDelegation:
    """List facts outside role or delegation (S-DELEG), and acts whose delegation was ended afterwards for their time.

    A prospective act is refused without its delegation, so it can only be of the second sort.
    """
    through = looked(ledger, ask)
    rows: list[OutsideRow] = []
    for opened in patients(ledger, ask, through):
        rows += _then(opened.findings, opened.facts.values(), through)
        rows += _since(opened.history.facts, opened.setting.roster, through)
    if ask.patient is None:
        shelves = [ledger.stream(name, up_to=through.size) for name in ledger.streams("supply/")]
        facts = [fact for shelf in shelves for fact in effective(shelf, valid_at=through.until).facts]
        rows += _then(found_in_books(ledger, through), facts, through)
        rows += _since(facts, ledger.roster(through.size), through)
    rows.sort(key=lambda row: row.position)
    return OutsideDelegation(query="outside-delegation", **head(through, ask), rows=tuple(rows))


def _then(findings: Iterable[Finding], facts: Iterable[Fact], through: Window) -> Iterator[OutsideRow]:
    by_id = {fact.id: fact for fact in facts}
    told: dict[str, list[Finding]] = {}
    for one in findings:
        if one.rule == RULE and one.target in by_id and not one.hindsight:
            told.setdefault(one.target, []).append(one)
    for name, found in told.items():
        fact = by_id[name]
        yield _row(fact, through, "then", "; ".join(dict.fromkeys(one.text for one in found)), found[0].id)


def _since(facts: Iterable[Fact], roster: Roster, through: Window) -> Iterator[OutsideRow]:
    for fact in facts:
        task = KINDS[fact.kind].task
        ended = [] if task is None else [p for p, tasks in _tasks(fact, task) if _withdrawn(fact, roster, p, tasks)]
        if ended:
            text = f"the delegation of {', '.join(ended)} for {task} was ended for {fact.occurred.at} afterwards"
            yield _row(fact, through, "since", text, None)


def _tasks(fact: Fact, task: Task) -> Iterator[tuple[str, tuple[Task, ...]]]:
    """Name those who acted, each with the tasks of which one is enough."""
    for place, signer in enumerate(fact.entry.signers):
        if signer.meaning == "transcribed":
            yield signer.person, ("transcription",)
        elif signer.role in PHARMACY and place:
            yield signer.person, (task, "pharmacy")
        else:
            yield signer.person, (task,)
    if fact.entry.payload.performed_by is not None:
        yield fact.entry.payload.performed_by, (task,)


def _withdrawn(fact: Fact, roster: Roster, person: str, tasks: tuple[Task, ...]) -> bool:
    def held(before: int | None) -> bool:
        at, occurred = fact.occurred_at, fact.occurred
        return any(roster.delegated(person, one, occurred, at, before=before) for one in tasks)

    return held(fact.entry.position) and not held(None)


def _row(fact: Fact, through: Window, known: Literal["then", "since"], why: str, finding: str | None) -> OutsideRow:
    return OutsideRow(
        **cited(fact.entry, through.zone, fact),
        why=why,
        task=KINDS[fact.kind].task,
        performed_by=fact.entry.payload.performed_by,
        known=known,
        finding=finding,
    )
