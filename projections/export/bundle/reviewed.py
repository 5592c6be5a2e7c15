"""02-audit: what was signed off and what of it went stale, and every step of every query, with signatures in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec.structs import asdict

from ledger.course.history import effective
from ledger.course.review import reviews
from ledger.events.review import QueryOpened
from projections.export.bundle import tables
from projections.export.bundle.bag import Bag
from projections.export.bundle.scope import Scope
from projections.printed import View, signature
from projections.review import asked, signoff

SIGN_OFFS, QUERIES = "02-audit/sign-offs.csv", "02-audit/queries.csv"
STATUSES = {"stands": "VALID", "stale": "STALE", "renewed": "RENEWED", "void": "VOID"}
"""What the table says of each state of a sign-off; RENEWED: stale, and signed off again with what made it so."""


class SignOffRow(View, frozen=True, kw_only=True):
    """One signature of a sign-off of the positions from `since` to before `until`, as 21 CFR 11.50 wants it shown."""

    entry: int
    patient: str
    since: int
    until: int
    entries: int
    status: str
    stale_by: tuple[str, ...]
    person: str
    name: str
    role: str
    organisation: str
    meaning: str
    statement: str
    at: str
    at_utc: str
    key: str


class QueryStepRow(View, frozen=True, kw_only=True):
    """One signature of an entry that asks, answers or closes; `query` is the entry that asked, `status` its state.

    `text` is null where it was deleted or is not in this copy, and of a step that has none.
    """

    entry: int
    step: str
    query: int
    status: str
    stream: str
    target: int | None
    field: str | None
    text: str | None
    outcome: str | None
    person: str
    name: str
    role: str
    organisation: str
    meaning: str
    statement: str
    at: str
    at_utc: str
    key: str


def write(scope: Scope, bag: Bag) -> None:
    """Write both tables, also where nothing was signed off and nothing asked."""
    tables.put(bag, SIGN_OFFS, SignOffRow, _sign_offs(scope))
    tables.put(bag, QUERIES, QueryStepRow, _steps(scope))


def counted(scope: Scope) -> tuple[tuple[str, str], ...]:
    """Count sign-offs and queries by what became of them, for whoever opens the bundle."""
    ranges = (one.state for row in _status(scope).rows for one in row.sign_offs)
    asks = (one.state for one in _queries(scope).rows)
    return (
        ("sign-offs", _said(Counter(STATUSES[one] for one in ranges))),
        ("queries", _said(Counter(asks))),
    )


def _said(counts: Counter[str]) -> str:
    each = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return f"{counts.total()}: {each}" if counts else "none"


def _status(scope: Scope) -> signoff.SignOffStatus:
    return signoff.status(scope.ledger, now=scope.as_of, known_at=scope.size)


def _queries(scope: Scope) -> asked.Queries:
    return asked.queries(scope.ledger, now=scope.as_of, known_at=scope.size)


def _sign_offs(scope: Scope) -> Iterator[SignOffRow]:
    for row in _status(scope).rows:
        for one in row.sign_offs:
            for signed in one.signed:
                yield SignOffRow(
                    entry=one.entry,
                    patient=row.patient,
                    since=one.since,
                    until=one.until,
                    entries=one.entries,
                    status=STATUSES[one.state],
                    stale_by=tuple(f"entry {by.entry} {by.why}, {by.name}, {by.at}: {by.what}" for by in one.stale_by),
                    **asdict(signed),
                )


def _steps(scope: Scope) -> Iterator[QueryStepRow]:
    """List every step of every query under the entry that asked, the oldest query first."""
    found = {row.entry: row for row in _queries(scope).rows}
    for name in sorted({row.stream for row in found.values()}):
        entries = scope.ledger.stream(name, up_to=scope.size)
        for one in reviews(entries, effective(entries)).queries:
            row, ends = found[one.entry.position], (one.closed,) if one.closed is not None else ()
            steps = (
                ("asked", one.entry),
                *(("answered", said) for said in one.answers),
                *(("closed", e) for e in ends),
            )
            for step, entry in steps:
                event = entry.event
                words = getattr(event, "question" if isinstance(event, QueryOpened) else "answer", None)
                text = scope.ledger.text(words) if words is not None else None
                for signer in entry.signers:
                    yield QueryStepRow(
                        entry=entry.position,
                        step=step,
                        query=row.entry,
                        status=row.state,
                        stream=row.stream,
                        target=row.target,
                        field=row.field,
                        text=None if text is None else text.decode(errors="replace"),
                        outcome=getattr(event, "outcome", None),
                        **asdict(signature(signer)),
                    )
