"""The server of a ledger dies in the middle of the work: a synchronous standby has everything that was acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import power
import pytest
import replicas
import server
from acts import PATIENT, Ward

from ledger.book import Ledger, Receipt
from ledger.merkle import checkpoint, proof
from ledger.verify import verify_path

PEOPLE = ("crc.1", "nurse.1", "nurse.2")
ACTS = 12
BEFORE = 9
"""Acts that are acknowledged before the primary dies."""


@dataclass(frozen=True)
class Outage:
    """What was acknowledged, by command, and before the primary died; where the ledger is now.

    `followed` are the sizes of the ledger on both servers before that, and the verdict on the standby's.
    """

    url: str
    promoted: str
    followed: tuple[int, int, str]
    before: list[Receipt]
    receipts: dict[str, Receipt]


@pytest.fixture(scope="module")
def outage() -> Iterator[Outage]:
    """Three people write; the primary dies; the standby takes its place; they go on with the same URL."""
    pair = replicas.Pair()
    writers = []
    try:
        with closing(Ward.founded(pair.url)):
            pair.synchronous()
            followed = read_from(pair)
        writers = [replicas.writer(pair.url, ACTS, person) for person in PEOPLE]
        told = [line for _ in range(BEFORE // len(writers)) for one in writers for line in [one.stdout.readline()]]
        pair.kill_primary()
        pair.standby.promote()
        before = len(told)
        for one in writers:
            told += one.stdout
            assert 0 == one.wait(60)
        receipts = [(line.partition(" ")[0], Receipt.from_json(line.partition(" ")[2])) for line in told]
        promoted = pair.standby.url(replicas.DATABASE, replicas.APP)
        yield Outage(pair.url, promoted, followed, [one for _, one in receipts[:before]], dict(receipts))
    finally:
        for one in writers:
            one.kill()
            one.communicate()
        pair.remove()


def read_from(pair: replicas.Pair) -> tuple[int, int, str]:
    """Read the ledger from the standby, as who may only look, once it has caught up."""
    eyes = pair.standby.url(replicas.DATABASE, server.INSPECT)
    with Ledger.open(pair.url, read_only=True) as book:
        size = book.size
    pair.caught_up(size)
    with Ledger.open(eyes, read_only=True) as book:
        return size, book.size, verify_path(eyes, workers=1).verdict


def test_the_standby_can_be_read(outage: Outage) -> None:
    """An inspection slows the ward down, because it can only be done where the ward writes."""
    size, there, verdict = outage.followed
    assert (size, "ok-unanchored") == (there, verdict)


def test_every_acknowledged_entry_is_there(outage: Outage) -> None:
    """A nurse saw her entry stored, the server died, and the dose is in nobody's record."""
    assert ACTS * len(PEOPLE) == len(outage.receipts)
    with Ledger.open(outage.promoted, read_only=True) as book:
        assert [] == [one.position for one in outage.receipts.values() if not power.kept(book, one)]
        stored = {entry.payload.command.id for entry in book.stream(f"patient/{PATIENT}")}
        assert set(outage.receipts) <= stored
        assert list(range(book.size)) == [entry.position for entry in book.entries()]


def test_no_act_is_stored_twice(outage: Outage) -> None:
    """Whoever tries again because the connection was lost gives the record a second weight, and a second dose."""
    with Ledger.open(outage.promoted, read_only=True) as book:
        weights = [one.payload.command.id for one in book.entries() if one.kind == "patient.measured/1"]
        assert sorted(outage.receipts) == sorted(weights)
        for command, receipt in outage.receipts.items():
            assert (receipt,) == book.receipts(command)


def test_the_log_goes_on_from_what_was_seen(outage: Outage) -> None:
    """Every machine of the ward would refuse to write after the failover, or would not notice that it was cheated."""
    seen = max(outage.before, key=lambda one: checkpoint.parse(one.checkpoint)[0].size).checkpoint
    head = checkpoint.parse(seen)[0]
    with Ledger.open(outage.promoted, read_only=True) as book:
        steps = book.prove_consistency(head.size)
        proof.check_consistency(head.size, book.size, steps, head.root, book.root())
    report = verify_path(outage.promoted, trusted=seen, workers=1)
    assert ("ok", ()) == (report.verdict, report.findings)


def test_one_url_leads_to_the_server_that_can_be_written(outage: Outage) -> None:
    """Somebody has to go round all workstations with a new URL before anybody can work."""
    with closing(Ward.open(outage.url, seed="later")) as ward:
        size = ward.book.size
        ward.do("crc.1", "patient measure", patient=PATIENT, weight="71kg")
        assert size + 1 == ward.book.size
