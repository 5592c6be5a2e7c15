"""The cohort board: each dose level with its patients, what is pending, what was decided and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ledger.book import Ledger
from ledger.course import cohort as fold
from ledger.course.cohort import Decided, LevelCourse
from ledger.course.history import effective
from ledger.events.entry import Entry
from ledger.protocol.model import Protocol
from ledger.rules import accrual
from ledger.rules.ab_design import Next
from ledger.rules.cohort import Accrual, Cohorts, Level, Member, Place, assess
from ledger.rules.dlt import Candidate
from ledger.rules.evaluable import Result
from projections import kept
from projections.card import NOTICE, PackRow, pack_row
from projections.due import open_important
from projections.kept import Views
from projections.printed import Signature, View, amount, minute, second, signature
from projections.replay import Window, numbers, open_patient, setting, window

Questions = tuple[str, ...]
"""The ids of the important findings of one patient that nobody has answered."""


class CandidateRow(View, frozen=True, kw_only=True):
    """A toxicity that the pack's definition makes dose-limiting; `entry` is None where only counts say so."""

    patient: str
    level: str
    entry: int | None
    term: str | None
    grade: int | None
    onset: str | None
    why: str
    window_end: str
    ruled: Literal["yes", "no"] | None
    ruling: int | None


class PlaceRow(View, frozen=True, kw_only=True):
    """One patient in his slot; the window's days are dates, both included, `followed_until` the last of them."""

    patient: str
    level: str
    cohort: int
    slot: int
    result: Result
    doses: int
    window_start: str | None
    window_end: str | None
    followed_until: str | None
    unruled: int
    awaits_signature: bool
    open_findings: tuple[str, ...]


class DecisionRow(View, frozen=True, kw_only=True):
    """A signed decision; `basis` is the number of entries of the log that it was made on."""

    entry: int
    level: str
    decision: str
    n: int
    dlt: int
    outcomes: str
    to: str | None
    basis: int
    decided_at: str
    basis_changed: tuple[str, ...]
    signatures: tuple[Signature, ...]


class LevelRow(View, frozen=True, kw_only=True):
    """One dose level; `mg_m2` in mg/m2 per day. `next` is what the design gives, null when the level is decided."""

    level: str
    number: int
    mg_m2: str | None
    accrual: Accrual
    suspended: str | None
    slots: int
    free: int
    n: int
    dlt: int
    pending: int
    non_evaluable: int
    replaced: int
    second_phase: int
    candidates: int
    outcomes: str
    next: Next | None
    places: tuple[PlaceRow, ...]
    decisions: tuple[DecisionRow, ...]


class FindingRow(View, frozen=True, kw_only=True):
    """What no longer holds across the patients of the levels."""

    rule: str
    text: str


class Board(View, frozen=True, kw_only=True):
    """All dose levels, lowest first, as known at `known_at` and judged at `valid_at`."""

    size: int
    known_at: str
    valid_at: str
    direction: str
    outcomes: str
    levels: tuple[LevelRow, ...]
    findings: tuple[FindingRow, ...]
    pack: PackRow
    notice: str


class Candidates(View, frozen=True, kw_only=True):
    """Every toxicity that the pack's definition makes dose-limiting, those without a ruling first."""

    size: int
    known_at: str
    valid_at: str
    candidates: tuple[CandidateRow, ...]
    pack: PackRow
    notice: str


def board(
    ledger: Ledger,
    *,
    now: datetime,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
    views: Views | None = None,
) -> Board:
    """Give the board of all levels; with `views` what is kept of the patients is not worked out again."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    questions, every, protocol = _assessed(ledger, through, views, judged=True)
    return Board(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        direction=protocol.cohort_direction,
        outcomes=every.outcomes,
        levels=tuple(_level(ledger, level, questions) for level in every.levels),
        findings=tuple(FindingRow(rule=hit.rule, text=hit.text) for hit in accrual.basis(every)),
        pack=pack_row(protocol),
        notice=NOTICE,
    )


def dlt_candidates(
    ledger: Ledger,
    *,
    now: datetime,
    valid_at: datetime | None = None,
    known_at: int | datetime | None = None,
    views: Views | None = None,
) -> Candidates:
    """List the candidates of all levels; `views` as for the board."""
    through = window(ledger, now=now, valid_at=valid_at, known_at=known_at)
    _, every, protocol = _assessed(ledger, through, views, judged=False)
    found = [_candidate(place, one) for level in every.levels for place in level.places for one in place.candidates]
    return Candidates(
        size=through.size,
        known_at=second(through.known_at, through.zone),
        valid_at=minute(through.at),
        candidates=tuple(sorted(found, key=lambda row: (row.ruled is not None, row.patient, row.entry or 0))),
        pack=pack_row(protocol),
        notice=NOTICE,
    )


@dataclass(frozen=True)
class _Entries:
    """The entries of one stream, read anew whenever they are gone through: few are asked for, and there are many."""

    ledger: Ledger
    stream: str
    size: int

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.ledger.stream(self.stream, up_to=self.size))


def _assessed(
    ledger: Ledger, through: Window, views: Views | None, *, judged: bool
) -> tuple[dict[str, Questions], Cohorts, Protocol]:
    """Assess the levels; with `judged` name the open findings of each member. No patient is kept whole."""
    base, known = setting(ledger, through), kept.patients(ledger, through, views)
    members, questions = list[Member](), dict[str, Questions]()
    for number in numbers(ledger, through):
        one = open_patient(ledger, number, through, base=base, settled=known.get(number))
        if any(course.enrolled is not None for course in one.courses):
            members.append(Member(number, _Entries(ledger, f"patient/{number}", through.size), one.courses))
            questions[number] = tuple(found.id for found in open_important(one.findings)) if judged else ()
    names = [name.partition("/")[2] for name in ledger.streams("cohort/")]
    courses = {name: _course(ledger, name, through) for name in names}
    return questions, assess(base.protocol, members, courses, through.at), base.protocol


def _course(ledger: Ledger, level: str, through: Window) -> LevelCourse:
    entries = ledger.stream(f"cohort/{level}", up_to=through.size)
    return fold.fold(level, effective(entries, valid_at=through.until).facts)


def _level(ledger: Ledger, level: Level, questions: dict[str, Questions]) -> LevelRow:
    count = [place.result for place in level.places].count
    suspended = level.course.suspended
    return LevelRow(
        level=level.level,
        number=level.number,
        mg_m2=amount(level.mg_m2),
        accrual=level.accrual,
        suspended=suspended[0] if suspended is not None else None,
        slots=level.capacity,
        free=level.free if level.accrual == "open" else 0,
        n=level.n,
        dlt=level.dlt,
        pending=count("pending"),
        non_evaluable=count("non-evaluable?"),
        replaced=count("replaced"),
        second_phase=level.second_phase,
        candidates=len(level.unruled),
        outcomes=level.outcomes,
        next=level.following,
        places=tuple(_place(place, questions[place.patient]) for place in level.places),
        decisions=tuple(
            _decision(ledger, one, level.changed if one is level.course.last else ()) for one in level.course.decisions
        ),
    )


def _place(place: Place, questions: Questions) -> PlaceRow:
    inside = place.window
    return PlaceRow(
        patient=place.patient,
        level=place.level,
        cohort=place.cohort,
        slot=place.slot,
        result=place.result,
        doses=place.doses,
        window_start=inside.first.isoformat() if inside is not None else None,
        window_end=inside.end.isoformat() if inside is not None else None,
        followed_until=inside.until.isoformat() if inside is not None else None,
        unruled=len(place.unruled),
        awaits_signature=place.unsure,
        open_findings=questions,
    )


def _decision(ledger: Ledger, decided: Decided, changed: Sequence[str]) -> DecisionRow:
    return DecisionRow(
        entry=decided.position,
        level=decided.level,
        decision=decided.decision,
        n=decided.n,
        dlt=decided.dlt,
        outcomes=decided.outcomes,
        to=decided.to,
        basis=decided.basis,
        decided_at=minute(decided.at),
        basis_changed=tuple(changed),
        signatures=tuple(signature(signer) for signer in ledger.entry(decided.position).signers),
    )


def _candidate(place: Place, one: Candidate) -> CandidateRow:
    toxicity, inside = one.toxicity, place.window
    ruling = toxicity.ruling if toxicity is not None else None
    return CandidateRow(
        patient=place.patient,
        level=place.level,
        entry=toxicity.position if toxicity is not None else None,
        term=toxicity.term if toxicity is not None else None,
        grade=toxicity.worst if toxicity is not None else None,
        onset=minute(toxicity.onset) if toxicity is not None else None,
        why=one.why,
        window_end=inside.end.isoformat() if inside is not None else "",
        ruled=None if one.ruled is None else "yes" if one.ruled else "no",
        ruling=ruling.position if ruling is not None else None,
    )
