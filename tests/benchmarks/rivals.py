"""What the ledger is compared with: plain `eventsourcing` at its defaults, and a bare table with the same durability.

Both keep the very bodies that the ledger signs, and must come to the same states; neither signs, judges or proves.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from ledger.book import Ledger
from ledger.codec import Opened
from ledger.course import patient as fold
from ledger.course.history import effective
from ledger.course.state import Course

State = tuple[int, str, int]
"""What every system must know of a patient: doses started, mg given in all, doses assessed as tolerated."""


def state_of(course: Course) -> State:
    """The state of a patient as the ledger tells it."""
    given = sum((dose.given_mg or Decimal(0) for dose in course.doses), Decimal(0))
    return len(course.doses), str(given), sum(dose.tolerance is not None for dose in course.doses)


def rebuilt(path: str) -> dict[str, State]:
    """Fold every patient of a ledger anew: every entry opened strictly, every amendment looked for."""
    streams: dict[str, list[Any]] = {}
    with Ledger.open(path, read_only=True) as book:
        for entry in book.entries():
            if entry.stream.startswith("patient/"):
                streams.setdefault(entry.stream, []).append(entry)
    return {name: state_of(fold.fold(effective(entries).facts)) for name, entries in sorted(streams.items())}


class Patient(Aggregate):
    """A patient as a plain aggregate: one event per kind, its fields those of the body."""

    @event("Registered")
    def __init__(self, number: str) -> None:
        self.number = number
        self.doses: dict[str, str] = {}
        self.notes: list[str] = []
        self.tolerated = 0

    @event("Noted")
    def note(self, kind: str, body: dict[str, Any]) -> None:
        """Everything that is no dose: consent, weights, orders and their checks."""
        self.notes.append(kind)

    @event("Ordered")
    def order(
        self,
        *,
        drug: str,
        planned_start: str,
        expires: str,
        ordered_mg: str,
        step_mg: str,
        route: str,
        premedication: list[str],
        duration_min: int,
    ) -> None:
        """A dose is ordered."""
        self.notes.append("dose.ordered/1")

    @event("Checked")
    def check(self, order: str) -> None:
        """The order is checked."""
        self.notes.append("order.checked/1")

    @event("Released")
    def release(
        self,
        *,
        order: str,
        lot: str,
        expiry: str,
        strength_mg: str,
        vials: int,
        prepared_mg: str,
        volume_ml: str,
        diluted_at: str,
        wasted_mg: str,
    ) -> None:
        """The dose is prepared."""
        self.notes.append("dose.released/1")

    @event("Premedicated")
    def premedicate(self, order: str, given: list[dict[str, str]]) -> None:
        """The premedication is given."""
        self.notes.append("premedication.given/1")

    @event("Started")
    def start(self, order: str, identifiers: list[dict[str, Any]], checks: list[str]) -> None:
        """An infusion begins."""
        self.doses[order] = "0"

    @event("Completed")
    def complete(self, dose: str, given_mg: str) -> None:
        """An infusion ends."""
        self.doses[next(reversed(self.doses))] = given_mg

    @event("Assessed")
    def assess(self, dose: str, tolerated: bool, worst_grade: int) -> None:
        """A dose was tolerated, or not."""
        self.tolerated += tolerated

    @property
    def state(self) -> State:
        """The state, as `state_of` gives it."""
        return len(self.doses), str(sum(map(Decimal, self.doses.values()), Decimal(0))), self.tolerated


METHODS = {
    "dose.ordered/1": "order",
    "order.checked/1": "check",
    "dose.released/1": "release",
    "premedication.given/1": "premedicate",
    "infusion.started/1": "start",
    "infusion.completed/1": "complete",
    "tolerance.assessed/1": "assess",
}
"""The method of each kind that has one; its parameters are the fields of the body that it takes."""
FIELDS = {
    "order": ("drug", "planned_start", "expires", "ordered_mg", "step_mg", "route", "premedication", "duration_min"),
    "check": ("order",),
    "release": (
        "order",
        "lot",
        "expiry",
        "strength_mg",
        "vials",
        "prepared_mg",
        "volume_ml",
        "diluted_at",
        "wasted_mg",
    ),
    "premedicate": ("order", "given"),
    "start": ("order", "identifiers", "checks"),
    "complete": ("dose", "given_mg"),
    "assess": ("dose", "tolerated", "worst_grade"),
}


class Plain:
    """`eventsourcing` as its documentation starts: a repository, aggregates, JSON, no snapshots."""

    def __init__(self, env: Mapping[str, str], ids: Mapping[str, UUID] | None = None) -> None:
        """`env` says on which database; `ids` are those of patients that are there already."""
        self.app: Application[Any] = Application(env=dict(env))
        self.ids: dict[str, UUID] = dict(ids or {})

    def append(self, number: str, kind: str, body: Mapping[str, Any]) -> None:
        """Bring the patient back, let him have one more event, and store it durably."""
        if number not in self.ids:
            patient = Patient(number)
            self.ids[number] = patient.id
        else:
            patient = self.app.repository.get(self.ids[number])
            _note(patient, kind, body)
        self.app.save(patient)

    def fill(self, number: str, events: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Store a whole course at once, without bringing the patient back in between."""
        patient = Patient(number)
        self.ids[number] = patient.id
        for kind, body in list(events)[1:]:
            _note(patient, kind, body)
        self.app.save(patient)

    def states(self) -> dict[str, State]:
        """Rebuild every patient from his events."""
        return {f"patient/{number}": self.app.repository.get(name).state for number, name in sorted(self.ids.items())}

    def close(self) -> None:
        """Let go of the file."""
        self.app.close()


def _note(patient: Patient, kind: str, body: Mapping[str, Any]) -> None:
    method = METHODS.get(kind)
    if method is None:
        patient.note(kind, dict(body))
    else:
        getattr(patient, method)(**{name: body[name] for name in FIELDS[method]})


def json_states(rows: Iterable[tuple[str, str, bytes]]) -> dict[str, State]:
    """Count what the rows of a bare table say, in their order."""
    doses: dict[str, dict[str, str]] = {}
    tolerated: dict[str, int] = {}
    for stream, kind, body in rows:
        event = json.loads(body)
        given = doses.setdefault(f"patient/{stream}", {})
        if kind == "infusion.started/1":
            given[event["order"]] = "0"
        elif kind == "infusion.completed/1":
            given[next(reversed(given))] = event["given_mg"]
        elif kind == "tolerance.assessed/1":
            tolerated[f"patient/{stream}"] = tolerated.get(f"patient/{stream}", 0) + event["tolerated"]
    return {
        name: (len(given), str(sum(map(Decimal, given.values()), Decimal(0))), tolerated.get(name, 0))
        for name, given in sorted(doses.items())
    }


class Raw:
    """A table of bodies: write-ahead log, `synchronous=FULL`, one transaction per entry; nothing else."""

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=60)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS"
            " entries (stream TEXT, version INTEGER, kind TEXT, body BLOB, PRIMARY KEY (stream, version))"
        )

    def append(self, number: str, kind: str, body: bytes) -> None:
        """Store one entry durably behind the last one of its patient."""
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        (last,) = execute("SELECT coalesce(max(version), 0) FROM entries WHERE stream = ?", (number,)).fetchone()
        execute("INSERT INTO entries VALUES (?, ?, ?, ?)", (number, last + 1, kind, body))
        execute("COMMIT")

    def fill(self, number: str, events: Iterable[tuple[str, bytes]]) -> None:
        """Store a whole course in one transaction."""
        self.connection.execute("BEGIN IMMEDIATE")
        rows = [(number, version, kind, body) for version, (kind, body) in enumerate(events, 1)]
        self.connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", rows)
        self.connection.execute("COMMIT")

    def states(self) -> dict[str, State]:
        """Read every row, and count."""
        return json_states(self.connection.execute("SELECT stream, kind, body FROM entries ORDER BY rowid"))

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


class RawOnServer:
    """The same table on PostgreSQL: an entry is one statement, prepared, and one COMMIT that waits for the disk."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
        self.connection.execute("SET synchronous_commit TO on")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS entries (place bigint GENERATED ALWAYS AS IDENTITY,"
            " stream text, version bigint, kind text, body bytea, PRIMARY KEY (stream, version))"
        )

    def append(self, number: str, kind: str, body: bytes) -> None:
        """Store one entry durably behind the last one of its patient."""
        self.connection.execute(
            "INSERT INTO entries (stream, version, kind, body)"
            " SELECT %s, coalesce(max(version), 0) + 1, %s, %s FROM entries WHERE stream = %s",
            (number, kind, body, number),
        )

    def fill(self, number: str, events: Iterable[tuple[str, bytes]]) -> None:
        """Store a whole course in one transaction."""
        rows = [(number, version, kind, body) for version, (kind, body) in enumerate(events, 1)]
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.executemany("INSERT INTO entries (stream, version, kind, body) VALUES (%s, %s, %s, %s)", rows)

    def states(self) -> dict[str, State]:
        """Read every row, and count."""
        return json_states(self.connection.execute("SELECT stream, kind, body FROM entries ORDER BY place"))

    def close(self) -> None:
        """Let go of the server."""
        self.connection.close()


def bodies(course: Iterable[Opened]) -> list[tuple[str, bytes]]:
    """Kind and body of entries, as the rivals keep them."""
    return [(one.entry.kind, bytes(one.entry.payload.body)) for one in course]
