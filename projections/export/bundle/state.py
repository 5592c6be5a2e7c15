"""06-state: every patient's card as the program computes it, to be compared with one's own replay."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from projections import cohort, patient
from projections.card import NOTICE, Status
from projections.export.bundle import tables
from projections.export.bundle.bag import Bag
from projections.export.bundle.scope import Scope
from projections.printed import View, utc
from projections.replay import open_patient, setting

STATE, TABLE, REPLAY = "06-state/state-as-of.json", "06-state/state-as-of.csv", "06-state/replay-log.txt"
COHORTS = "06-state/cohorts.json"


class StateRow(View, frozen=True, kw_only=True):
    """One patient at the head, one line; `card` is the SHA-256 of the card's line in state-as-of.json."""

    patient: str
    state: str
    course: str
    protocol_step_mg: str | None
    counted: int
    remaining: int
    cumulative_mg: str
    last_started: str | None
    cycle: int | None
    doses: int
    toxicities: int
    findings: int
    pending: int
    holds: int
    entries: int
    card: str


class Head(View, frozen=True, kw_only=True):
    """What state-as-of.json begins with: of what it is, and that it is computed and no evidence."""

    schema: str
    computed_by: str
    ledger: str
    size: int
    root: str
    as_of: str
    notice: str


def write(scope: Scope, bag: Bag) -> None:
    """Write the cards, one patient in memory at a time, a line for each, and the digest of every card."""
    rows = []
    whole = sha256()
    head = Head(
        schema="doseledger/state-as-of/1",
        computed_by=scope.version,
        ledger=scope.ledger.id,
        size=scope.size,
        root=scope.root,
        as_of=utc(scope.as_of),
        notice=NOTICE,
    )
    with bag.file(STATE) as out:
        out.write(msgspec.json.encode(head)[:-1] + b',"patients":[')
        for at, (card, entries) in enumerate(_cards(scope)):
            line = msgspec.json.encode(card)
            whole.update(line)
            out.write((b",\n" if at else b"\n") + line)
            rows.append(_row(card, entries, sha256(line).hexdigest()))
        out.write(b"\n]}\n")
    tables.put(bag, TABLE, StateRow, rows)
    log = [
        f"computed by {scope.version}, build {scope.build}",
        f"ledger {scope.ledger.id}",
        f"{scope.size} entries, root {scope.root}, as of {utc(scope.as_of)}",
        *(f"{row.patient}: {row.entries} entries, {row.state}, card sha256 {row.card}" for row in rows),
        f"all cards together: sha256 {whole.hexdigest()}",
    ]
    bag.put(REPLAY, "".join(f"{line}\n" for line in log).encode())
    if scope.judged and not scope.patients:
        board = cohort.board(scope.ledger, now=scope.as_of, known_at=scope.size)
        bag.put(COHORTS, msgspec.json.format(msgspec.json.encode(board), indent=2) + b"\n")


def _cards(scope: Scope) -> Iterator[tuple[Status, int]]:
    if not scope.judged:
        return
    base = setting(scope.ledger, scope.window)
    for number in scope.numbers:
        opened = open_patient(scope.ledger, number, scope.window, base=base)
        yield patient.card(opened), len(opened.entries)


def _row(card: Status, entries: int, digest: str) -> StateRow:
    return StateRow(
        patient=card.patient,
        state=card.state,
        course=card.step_up.state,
        protocol_step_mg=card.step_up.protocol_step_mg,
        counted=card.step_up.counted,
        remaining=card.step_up.remaining,
        cumulative_mg=card.step_up.cumulative_mg,
        last_started=card.step_up.last_started,
        cycle=card.cycles.cycle,
        doses=len(card.doses),
        toxicities=len(card.aes),
        findings=len(card.findings),
        pending=len(card.pending),
        holds=len(card.holds),
        entries=entries,
        card=digest,
    )
