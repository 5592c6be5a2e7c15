"""A database connection that breaks at a chosen step of a write: before it, after it, or by killing the process.

Run as a program it appends a batch and is killed on the way: `faulty.py LEDGER BATCH STEP MOMENT`.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import psycopg
from minting import key_of

from ledger.book import Ledger
from ledger.storage.postgres import session

STEPS = ("BEGIN", "entries", "signers", "nodes", "checkpoints", "texts", "blobs", "COMMIT")
"""The steps of one append, in their order: the statement, or the table that it writes."""


def step_of(sql: str) -> str:
    """Which step a statement is, or nothing."""
    words = sql.split()
    if words[:2] == ["INSERT", "INTO"]:
        return words[2]
    first = words[0].rstrip(";")
    return first if first in STEPS else ""


@dataclass
class Plan:
    """Where and how to break, once."""

    step: str
    after: bool
    how: Callable[[], None]


class FaultyCursor(sqlite3.Cursor):
    """Runs statements, and breaks at the planned one."""

    def execute(self, sql, parameters=()):
        return self._run(super().execute, sql, parameters)

    def executemany(self, sql, parameters):
        return self._run(super().executemany, sql, parameters)

    def _run(self, call, sql, parameters):
        plan = FaultyConnection.plan
        if plan is None or step_of(sql) != plan.step:
            return call(sql, parameters)
        FaultyConnection.plan = None
        if plan.after:
            call(sql, parameters)
        plan.how()
        raise AssertionError("a planned fault does not return")


class FaultyConnection(sqlite3.Connection):
    """A connection of which at most one statement breaks."""

    plan: ClassVar[Plan | None] = None

    def cursor(self, factory=FaultyCursor):
        return super().cursor(factory)


class FaultyServerCursor(psycopg.Cursor):
    """The same for a server, where the connection is what breaks."""

    def execute(self, query, params=None, **options):
        return self._run(super().execute, query, params, **options)

    def executemany(self, query, params_seq, **options):
        return self._run(super().executemany, query, params_seq, **options)

    def _run(self, call, query, params, **options):
        plan = FaultyConnection.plan
        if plan is None or step_of(query) != plan.step:
            return call(query, params, **options)
        FaultyConnection.plan = None
        if plan.after:
            call(query, params, **options)
        if plan.how is broken_disk:
            self.connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        plan.how()
        raise AssertionError("a planned fault does not return")


def broken_disk() -> None:
    """What SQLite says when the disk does not answer; on a server the connection breaks instead."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    raise error


def killed() -> None:
    """The end, without a chance to tidy up."""
    os.kill(os.getpid(), signal.SIGKILL)


def install(patch: Callable[[object, str, object], None]) -> None:
    """Let every connection of this process be one that can break."""
    connect, reach = sqlite3.connect, session.Link.connect
    patch(sqlite3, "connect", lambda *args, **options: connect(*args, **options, factory=FaultyConnection))
    patch(session.Link, "connect", lambda *args, **options: reach(*args, **options, cursor_factory=FaultyServerCursor))


@dataclass
class Packed:
    """What an append is called with, as it goes to another process."""

    raws: list[bytes]
    now: datetime
    texts: dict[str, tuple[bytes, bytes]]
    blobs: dict[str, bytes]

    def save(self, path: Path) -> None:
        """Write it to a file."""
        path.write_text(
            json.dumps(
                {
                    "raws": [raw.decode() for raw in self.raws],
                    "now": self.now.isoformat(),
                    "texts": {name: [part.hex() for part in pair] for name, pair in self.texts.items()},
                    "blobs": {name: data.hex() for name, data in self.blobs.items()},
                }
            ),
            encoding="utf-8",
        )

    @classmethod
    def load(cls, path: Path) -> Packed:
        """Read what `save` wrote."""
        read = json.loads(path.read_text(encoding="utf-8"))
        texts = {name: (bytes.fromhex(salt), bytes.fromhex(text)) for name, (salt, text) in read["texts"].items()}
        blobs = {name: bytes.fromhex(data) for name, data in read["blobs"].items()}
        return cls([raw.encode() for raw in read["raws"]], datetime.fromisoformat(read["now"]), texts, blobs)

    def append(self, book: Ledger) -> object:
        """Append it."""
        return book.append(self.raws, now=self.now, texts=self.texts, blobs=self.blobs)


def main() -> None:
    """Append a batch and be killed at the step named on the command line."""
    ledger, batch, step, moment = sys.argv[1:]
    install(setattr)
    book = Ledger.open(ledger, log_signer=key_of("the log"))
    FaultyConnection.plan = Plan(step, moment == "after", killed)
    Packed.load(Path(batch)).append(book)


if __name__ == "__main__":
    main()
