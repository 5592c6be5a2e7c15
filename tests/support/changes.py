"""What somebody could change in the tables of a ledger: in a file, and on a server, in words that both know.

The ledger is that of `changed`: `SPOT` lies in the middle of the patient's entries.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from minting import Site, committed

from ledger.events.base import Reason
from ledger.events.patient import PatientMeasured

SPOT = 17
"""The position that is tampered with."""
Change = Callable[[Any], object]


def changed(place: Path | str) -> Path | str:
    """Make the ledger, with a row in every table, and close it."""
    site = Site(place).staffed()
    commitment, pair = committed("as told by the patient")
    for i in range(10):
        weight = PatientMeasured(weight_kg=f"7{i}", height_cm=None)
        if i:
            site.write("patient/001-001", weight, by="nina")
        else:
            why = Reason(code="other", text=commitment)
            site.write("patient/001-001", weight, by="nina", reason=why, texts={commitment: pair})
    site.activate(b"[pack]\n", b"terms\n", id="demo", version="1", ctcae="5.0")
    site.book.close()
    return place


def run(sql: str) -> Change:
    """A change in one statement."""
    return lambda connection: connection.execute(sql)


def called_private(connection: Any) -> None:
    """Words go as if a redaction had named them."""
    connection.execute("INSERT INTO redactions SELECT commitment, 3 FROM texts")
    connection.execute("DELETE FROM texts")


def swapped(connection: Any) -> None:
    """Two entries trade their bytes."""
    ((a, b),) = connection.execute(
        "SELECT (SELECT raw FROM entries WHERE leaf_index = ?), (SELECT raw FROM entries WHERE leaf_index = ?)",
        (SPOT, SPOT + 1),
    ).fetchall()
    connection.execute("UPDATE entries SET raw = ? WHERE leaf_index = ?", (b, SPOT))
    connection.execute("UPDATE entries SET raw = ? WHERE leaf_index = ?", (a, SPOT + 1))


def older_note(connection: Any) -> None:
    """The newest checkpoint is that of an earlier size."""
    connection.execute(
        "UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = ?)"
        " WHERE size = (SELECT max(size) FROM checkpoints)",
        (SPOT,),
    )


CHANGES: list[tuple[Change, tuple[int | None, str] | None]] = [
    (run(f"UPDATE entries SET stream = 'patient/001-009' WHERE leaf_index = {SPOT}"), (SPOT, "column")),
    (run(f"UPDATE entries SET version = 99 WHERE leaf_index = {SPOT}"), (SPOT, "column")),
    (run(f"UPDATE entries SET kind = 'lab.measured/1' WHERE leaf_index = {SPOT}"), (SPOT, "column")),
    (run(f"UPDATE entries SET id = zeroblob(16) WHERE leaf_index = {SPOT}"), (SPOT, "column")),
    (run(f"UPDATE entries SET command_id = zeroblob(16) WHERE leaf_index = {SPOT}"), (SPOT, "column")),
    (run(f"UPDATE entries SET command_index = 1 WHERE leaf_index = {SPOT}"), (SPOT, "column")),
    (run(f"UPDATE entries SET occurred_at = occurred_at + 1 WHERE leaf_index = {SPOT}"), (SPOT, "column")),
    (run(f"UPDATE entries SET recorded_at = recorded_at + 1 WHERE leaf_index = {SPOT}"), (SPOT, "column")),
    (run(f"UPDATE entries SET log_time = log_time + 1 WHERE leaf_index = {SPOT}"), (SPOT, "column")),
    (run(f"UPDATE entries SET leaf = zeroblob(32) WHERE leaf_index = {SPOT}"), (SPOT, "column")),
    (run(f"UPDATE entries SET raw = CAST(raw || x'20' AS BLOB) WHERE leaf_index = {SPOT}"), (SPOT, "entry")),
    (run(f"UPDATE entries SET raw = x'' WHERE leaf_index = {SPOT}"), (SPOT, "entry")),
    (swapped, (SPOT, "column")),
    (run(f"DELETE FROM entries WHERE leaf_index = {SPOT}"), (SPOT, "gap")),
    (run("DELETE FROM entries WHERE leaf_index = (SELECT max(leaf_index) FROM entries)"), (None, "extra")),
    (run("DELETE FROM entries"), (None, "empty")),
    (run(f"UPDATE entries SET leaf_index = 1000 WHERE leaf_index = {SPOT}"), (SPOT, "gap")),
    (run(f"UPDATE entries SET leaf_index = -5 WHERE leaf_index = {SPOT}"), (0, "gap")),
    (run(f"UPDATE entries SET leaf_index = {(1 << 63) - 1} WHERE leaf_index = {SPOT}"), (SPOT, "gap")),
    (run(f"UPDATE entries SET leaf_index = {-1 << 63} WHERE leaf_index = {SPOT}"), (0, "gap")),
    (run("INSERT INTO signers VALUES ('x', 0, 3, 0, 'nobody')"), (None, "extra")),
    (run(f"DELETE FROM signers WHERE leaf_index = {SPOT}"), (SPOT, "signers")),
    (run(f"UPDATE signers SET person = 'norbert' WHERE leaf_index = {SPOT}"), (SPOT, "signers")),
    (run(f"UPDATE signers SET n = 500 WHERE leaf_index = {SPOT}"), (SPOT, "signers")),
    (run("UPDATE nodes SET hash = zeroblob(32) WHERE level = 1 AND idx = 8"), (17, "node")),
    (run("DELETE FROM nodes WHERE level = 4 AND idx = 0"), (15, "node")),
    (run("INSERT INTO nodes VALUES (40, 0, zeroblob(32))"), (None, "extra")),
    (run(f"DELETE FROM checkpoints WHERE size > {SPOT}"), (24, "checkpoint")),
    (older_note, (24, "checkpoint")),
    (run(f"UPDATE checkpoints SET note = x'00' WHERE size = {SPOT + 1}"), (SPOT, "checkpoint")),
    (run("INSERT INTO checkpoints VALUES (1000, x'00')"), (None, "extra")),
    (run("DELETE FROM texts"), (14, "text")),
    (run("UPDATE texts SET salt = zeroblob(32)"), (14, "text")),
    (run("UPDATE texts SET text = x'00'"), (14, "text")),
    (run("UPDATE texts SET leaf_index = 15"), (14, "text")),
    (run("UPDATE texts SET leaf_index = 3"), (None, "extra")),
    (run("INSERT INTO redactions VALUES ('sha256:00', 3)"), (None, "extra")),
    (called_private, (None, "extra")),
    (run("INSERT INTO redactions SELECT commitment, 3 FROM texts"), (14, "text")),
    (run("INSERT INTO texts VALUES ('sha256:00', 3, zeroblob(32), x'')"), (None, "extra")),
    (run("UPDATE blobs SET data = x'00'"), (None, "blob")),
    (run("DELETE FROM blobs"), (24, "blob")),
    (run("UPDATE meta SET value = 'side' WHERE key = 'log'"), (None, "meta")),
    (run("INSERT INTO meta VALUES ('note', 'kept')"), (None, "meta")),
    (run("CREATE TABLE diary (day TEXT)"), (None, "schema")),
    (run("CREATE VIEW doses AS SELECT * FROM entries"), (None, "schema")),
    (run("CREATE INDEX fast ON entries (kind)"), (None, "schema")),
    (run("DROP INDEX entries_id"), (None, "schema")),
]
"""Each change, and where and of what kind the flaw is that must be found."""
