"""The tamper catalogue of whoever can write the file but holds no key: every table, and random bytes of the record."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
import server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from minting import Site, committed
from tampering import reversed_bytes, tampering

from ledger.book import Ledger
from ledger.events.base import Reason
from ledger.events.patient import PatientMeasured
from ledger.storage import pages
from ledger.verify import Report, verify_path

FIRST, SPOT, SIZE = 15, 18, 22
"""The entry with a text, the one that is tampered with, and how many entries there are."""

Change = Callable[[sqlite3.Connection], object]


def made(place: Path | str) -> Path | str:
    """A closed ledger with a protocol in force, a text, and the weights of a patient."""
    site = Site(place).staffed()
    site.activate(b"[pack]\n", b"terms\n", id="demo", version="1", ctcae="5.0")
    commitment, pair = committed("as told by the patient")
    for i in range(7):
        said = {"reason": Reason(code="other", text=commitment), "texts": {commitment: pair}} if i == 0 else {}
        site.write("patient/001-001", PatientMeasured(weight_kg=f"7{i}", height_cm=None), by="nina", **said)
    assert site.book.size == SIZE
    site.book.close()
    return place


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger in a file."""
    return made(tmp_path_factory.mktemp("file") / "trial.ledger")


@pytest.fixture(scope="module")
def there() -> str:
    """The ledger on a server."""
    return made(server.place())


@pytest.fixture
def place(request: pytest.FixtureRequest, kind: str) -> Path | str:
    """A copy of one of them to tamper with: on a server as the superuser."""
    if kind == "file":
        return request.getfixturevalue("path")
    return server.place(request.getfixturevalue("there"))


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    """A copy of it to tamper with."""
    return Path(shutil.copy(original, tmp_path / "trial.ledger"))


def run(sql: str) -> Change:
    """A change in one statement."""
    return lambda connection: connection.execute(sql)


def found(report: Report) -> set[tuple[int | None, str]]:
    """Where and of what kind the findings are."""
    return {(finding.position, finding.code) for finding in report.findings}


def edited_dose(connection: sqlite3.Connection) -> None:
    """One character inside the signed payload."""
    ((raw,),) = connection.execute("SELECT raw FROM entries WHERE leaf_index = ?", (SPOT,)).fetchall()
    middle = len(b'{"payload":"') + 1201
    other = b"B" if raw[middle : middle + 1] == b"A" else b"A"
    connection.execute(
        "UPDATE entries SET raw = ? WHERE leaf_index = ?", (raw[:middle] + other + raw[middle + 1 :], SPOT)
    )


def cut(connection: sqlite3.Connection) -> None:
    """The last entry and all that hangs on it, as if it had never been."""
    connection.execute("DELETE FROM entries WHERE leaf_index = ?", (SIZE - 1,))
    connection.execute("DELETE FROM signers WHERE leaf_index = ?", (SIZE - 1,))
    connection.execute("DELETE FROM checkpoints WHERE size = ?", (SIZE,))
    connection.execute("DELETE FROM nodes WHERE level = 1 AND idx = ?", ((SIZE - 1) // 2,))


CATALOGUE: dict[str, tuple[Change, int | None, tuple[int | None, str]]] = {
    "a dose": (edited_dose, SPOT, (SPOT, "bytes")),
    "the stream column": (
        run(f"UPDATE entries SET stream = 'patient/009' WHERE leaf_index = {SPOT}"),
        SPOT,
        (SPOT, "column"),
    ),
    "the time column": (
        run(f"UPDATE entries SET occurred_at = 0 WHERE leaf_index = {SPOT}"),
        SPOT,
        (SPOT, "column"),
    ),
    "a leaf": (run(f"UPDATE entries SET leaf = zeroblob(32) WHERE leaf_index = {SPOT}"), SPOT, (SPOT, "column")),
    "a signer": (run(f"UPDATE signers SET person = 'x' WHERE leaf_index = {SPOT}"), SPOT, (SPOT, "signers")),
    "a node": (run("UPDATE nodes SET hash = zeroblob(32) WHERE level = 1 AND idx = 9"), 19, (19, "node")),
    "a checkpoint": (
        lambda connection: reversed_bytes(connection, "checkpoints", "note", f"size = {SPOT}"),
        SPOT - 1,
        (SPOT - 1, "checkpoint"),
    ),
    "another size's checkpoint": (
        run(f"UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 3) WHERE size = {SPOT}"),
        SPOT - 1,
        (SPOT - 1, "root"),
    ),
    "the newest checkpoint": (
        run(f"DELETE FROM checkpoints WHERE size = {SIZE}"),
        SIZE - 1,
        (SIZE - 1, "checkpoint"),
    ),
    "an entry deleted": (run(f"DELETE FROM entries WHERE leaf_index = {SPOT}"), SPOT, (SPOT, "missing")),
    "a checkpoint in the middle deleted": (
        run(f"DELETE FROM checkpoints WHERE size = {SPOT}"),
        SPOT - 1,
        (SPOT - 1, "checkpoint"),
    ),
    "the last entry deleted": (
        run(f"DELETE FROM entries WHERE leaf_index = {SIZE - 1}"),
        SIZE - 2,
        (SIZE - 2, "checkpoint"),
    ),
    "a leap to a far position": (
        run(f"UPDATE entries SET leaf_index = 4000000000000 WHERE leaf_index = {SPOT}"),
        SPOT,
        (SPOT, "missing"),
    ),
    "all entries deleted": (run("DELETE FROM entries"), None, (None, "empty")),
    "a text deleted": (run("DELETE FROM texts"), FIRST, (FIRST, "text")),
    "a text changed": (run("UPDATE texts SET text = x'00'"), FIRST, (FIRST, "text")),
    "the protocol changed": (run("UPDATE blobs SET data = x'00'"), FIRST - 1, (FIRST - 1, "blob")),
    "the protocol deleted": (run("DELETE FROM blobs"), FIRST - 1, (FIRST - 1, "blob")),
    "a file that nobody names": (
        run(f"INSERT INTO blobs VALUES ('{sha256(b'x').hexdigest()}', x'78')"),
        None,
        (None, "blob"),
    ),
    "a file under a wrong name": (run("INSERT INTO blobs VALUES ('picture', x'78')"), None, (None, "blob")),
    "a table more": (run("CREATE TABLE diary (day TEXT)"), None, (None, "schema")),
    "an index less": (run("DROP INDEX entries_id"), None, (None, "schema")),
    "a newer version": (run("PRAGMA user_version = 7"), None, (None, "unreadable")),
    "another program's file": (run("PRAGMA application_id = 7"), None, (None, "unreadable")),
}


ON_FILES = {"all entries deleted", "a newer version", "another program's file"}
"""Changes that are none, or are told otherwise, on a server."""
BOTH = [*(("file", name) for name in CATALOGUE), *(("server", name) for name in CATALOGUE if name not in ON_FILES)]


@pytest.mark.parametrize(("kind", "name"), BOTH)
def test_a_change_is_found(place: Path | str, name: str) -> None:
    """A dose, a name or a time could be changed in the file, and the inspection would not see it or blame another."""
    change, position, finding = CATALOGUE[name]
    with tampering(place) as connection:
        change(connection)
    report = verify_path(place)
    assert "failed" == report.verdict
    assert finding in found(report)
    assert position == (None if report.first_bad is None else report.first_bad.position), report.findings


def test_an_untouched_file_has_no_findings(path: Path) -> None:
    """An inspector would be told of tampering where there is none."""
    report = verify_path(path)
    assert ("ok-unanchored", (), (), SIZE) == (report.verdict, report.findings, report.notices, report.entries)


def behind_the_end(path: Path) -> None:
    """A letter where the database ends."""
    path.write_bytes(path.read_bytes() + b"a letter that no row holds")


def in_the_header(path: Path) -> None:
    """Words in the part of the header that is kept for later versions of SQLite."""
    data = bytearray(path.read_bytes())
    data[72:80] = b"hidden.."
    path.write_bytes(data)


def given_back(path: Path, *, overwritten: bool) -> None:
    """A table comes and goes, and its pages stay in the file, with what stood on them or without."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA secure_delete={'ON' if overwritten else 'OFF'}")
        connection.execute("CREATE TABLE diary (day BLOB)")
        connection.execute("INSERT INTO diary VALUES (?)", (b"a letter" * 6_000,))
        connection.execute("DROP TABLE diary")


@pytest.mark.parametrize(
    "change",
    [behind_the_end, in_the_header, partial(given_back, overwritten=False)],
    ids=["behind the end", "in the header", "on free pages"],
)
def test_bytes_that_no_row_holds_are_found(path: Path, change: Callable[[Path], None]) -> None:
    """Names could travel with the file, past whoever looks at its tables."""
    change(path)
    report = verify_path(path)
    assert ("failed", {(None, "pages")}) == (report.verdict, found(report))


def test_pages_that_were_given_back_empty_are_in_order(path: Path) -> None:
    """The file from which a text was redacted would be called tampered with."""
    given_back(path, overwritten=True)
    assert ("ok-unanchored", ()) == ((report := verify_path(path)).verdict, report.findings)
    assert pages.NOT_LOOKED_AT not in report.not_checked


def test_a_file_that_somebody_writes_is_looked_at_as_far_as_it_goes(tmp_path: Path) -> None:
    """A verification beside the ward's work would call the record tampered with, or not say what it left out."""
    site = Site(tmp_path / "open.ledger")
    with closing(site.book):
        report = verify_path(site.path)
    assert ("ok-unanchored", 1) == (report.verdict, report.entries)
    assert pages.NOT_LOOKED_AT in report.not_checked


def test_a_trigger_less_is_found(path: Path) -> None:
    """The lock on the record could be taken off, and nobody would know."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER entries_update")
    report = verify_path(path)
    assert ("failed", {(None, "schema")}) == (report.verdict, found(report))


@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_tail_cut_cleanly_needs_an_anchor(place: Path | str) -> None:
    """What only a checkpoint kept outside can tell must be known: the last acts, taken out with all their traces."""
    with Ledger.open(place, read_only=True) as book:
        kept = book.checkpoint()
    with tampering(place) as connection:
        cut(connection)
    assert ("ok-unanchored", SIZE - 1) == ((report := verify_path(place)).verdict, report.entries)
    assert "not anchored" in report.anchor
    report = verify_path(place, trusted=kept)
    assert ("stale", 8, {(None, "stale")}) == (report.verdict, report.exit_code, found(report))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    position=st.integers(min_value=0, max_value=SIZE - 1),
    place=st.floats(0, 1, exclude_max=True),
    bit=st.integers(0, 7),
)
def test_any_flipped_bit_of_the_record_is_found(path: Path, position: int, place: float, bit: int) -> None:
    """A failing disk, or a patient hand, changes one bit of a dose; the entry must be named, not a later one."""
    with tampering(path) as connection:
        ((raw,),) = connection.execute("SELECT raw FROM entries WHERE leaf_index = ?", (position,)).fetchall()
        other = bytearray(raw)
        other[int(place * len(raw))] ^= 1 << bit
        connection.execute("UPDATE entries SET raw = ? WHERE leaf_index = ?", (bytes(other), position))
    try:
        report = verify_path(path)
        named = None if report.first_bad is None else report.first_bad.position
        assert ("failed", position) == (report.verdict, named)
    finally:
        with tampering(path) as connection:
            connection.execute("UPDATE entries SET raw = ? WHERE leaf_index = ?", (raw, position))


@pytest.mark.parametrize("page", range(1, 12))
def test_a_page_of_noise_is_a_finding(path: Path, page: int) -> None:
    """A failing disk would end the inspection with a traceback instead of a verdict."""
    data = bytearray(path.read_bytes())
    start = page * 8192 % len(data)
    data[start : start + 8192] = bytes(range(256)) * 32
    path.write_bytes(data)
    assert "failed" == verify_path(path).verdict
