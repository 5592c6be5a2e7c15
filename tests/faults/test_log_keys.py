"""The keys of the log under attack: what append refuses both verifiers name, and a loss is told but never hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import server
from carried import laid_out, of_the_file, of_the_program
from forging import Forged, edited, resigned
from minting import Person, key_of
from scripted import run, sheaf
from turned import AFTER, BOTH, EPOCH, FIRST, LOSS, SECOND, THIRD, Turned, Turning

from ledger.book import Ledger
from ledger.errors import BadInput, DoseLedgerError
from ledger.events.study import LostHead
from ledger.signing.signer import MemorySigner
from ledger.verify import examine, verify

Made = tuple[bytes, str, str]
"""An entry, the key that would seal from then on (none: the one in force), the name of its heads."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turned]:
    """The log; nothing of the cases is stored in it."""
    one = Turned(tmp_path_factory.mktemp("turned") / "trial.ledger")
    yield one
    one.book.close()


def rotated(key: str = AFTER, following: str = "another log", log: str = "main.2") -> Callable[[Turned], Made]:
    """A change of the log's key after the epoch began."""
    return lambda t: (t.draft("people", t.rotation(key, following, log), by=BOTH), key, "main.2")


def restored(key: str = "another epoch", **said: object) -> Callable[[Turned], Made]:
    """A second loss that is accepted."""

    def make(t: Turned) -> Made:
        gone = LostHead(size=t.book.size + 3, root="ab" * 32)
        usual = {"log": "main.3", "lost": gone, "evidence": None, "following": "the log after that"}
        event = t.restoration(key, **{**usual, **said})
        return t.draft("study", event, by=BOTH, reason=LOSS), key, event.log

    return make


def without_a_reason(t: Turned) -> Made:
    """A loss that is accepted, and nobody says why."""
    gone = LostHead(size=t.book.size + 3, root="ab" * 32)
    event = t.restoration("another epoch", "the log after that", log="main.3", lost=gone, evidence=None)
    return t.draft("study", event, by=BOTH), "another epoch", "main.3"


def of_this_log(t: Turned) -> Made:
    """A loss of what is not lost."""
    here = LostHead(size=4, root=t.book.root_at(4).hex())
    return restored(lost=here)(t)


def offered(key: str) -> Callable[[Turned], Made]:
    """A nurse is enrolled with a key of the log."""

    def make(t: Turned) -> Made:
        event = t.enrolment(Person("hans", "Hans Ahrens", ("nurse",), key_of(key)))
        return t.draft("people", event, by=(("rita", "authorship"), ("rolf", "verified"))), "", ""

    return make


def noted(name: str, **said: object) -> Callable[[Turned], Made]:
    """What the device writes of a head."""
    return lambda t: (t.draft("archive/001", getattr(t, name)(**said), by="ward-1"), "", "")


CASES: dict[str, tuple[Callable[[Turned], Made], str]] = {
    "a key nobody committed to": (rotated("a stranger's key"), "log-key"),
    "the key that an earlier epoch committed to": (rotated(THIRD), "log-key"),
    "the key of another log": (rotated(log="main"), "log-key"),
    "a key that commits to itself": (rotated(following=AFTER), "log-key"),
    "a key that commits to the first one": (rotated(following=FIRST), "log-key"),
    "a rotation by one registrar": (
        lambda t: (t.draft("people", t.rotation(AFTER, "another log", "main.2"), by=BOTH[:1]), AFTER, "main.2"),
        "needs",
    ),
    "an epoch under the name of the first": (restored(log="main"), "log-key"),
    "an epoch under the name of the last": (restored(log="main.2"), "log-key"),
    "an epoch of another log": (restored(log="other.3"), "log-key"),
    "an epoch with an earlier key": (restored(SECOND), "log-key"),
    "an epoch with a person's key": (restored("anna"), "log-key"),
    "an epoch that goes on from an earlier head": (restored(size=3), "log-key"),
    "an epoch that goes on from another head": (restored(root="cd" * 32), "log-key"),
    "a loss of what is here": (of_this_log, "log-key"),
    "a loss without a reason": (without_a_reason, "reason"),
    "the log's second key for a person": (offered(SECOND), "key-reused"),
    "the key that is committed to for a person": (offered(AFTER), "key-reused"),
    "an anchor of another head": (noted("paper", root="cd" * 32), "anchor-root"),
    "an anchor of what is to come": (noted("paper", size=99), "anchor-root"),
    "a backup of another head": (noted("backup", root="cd" * 32), "export-root"),
    "a backup of what is to come": (noted("backup", size=99), "export-root"),
}
GOOD: dict[str, Callable[[Turned], Made]] = {
    "the key that was committed to": rotated(),
    "a further epoch": restored(),
    "an epoch whose number was skipped": restored(log="main.12"),
    "a loss of another history of fewer entries": restored(lost=LostHead(size=4, root="ab" * 32)),
    "an anchor": noted("paper"),
    "a backup": noted("backup"),
}


UNASKED = frozenset({"needs", "key-reused"})
"""What the page leaves to the others: a quorum, and whose a key was before."""


def judged(ledger: Forged, folder: Path) -> tuple[str, tuple[int, str] | None]:
    """Verdict, position and code of the first bad entry, once three verifiers said the same."""
    place = laid_out(ledger, folder)
    program = of_the_program(place)
    assert program == of_the_file(place)
    if program[1] is None or program[1][1] not in UNASKED:
        (page,) = run([sheaf(ledger).case()])
        bad = page["firstBad"]
        assert program[0] == page["verdict"]
        assert program[1] == (None if bad is None else (bad["position"], bad["code"]))
    return program[0], program[1]


def test_the_log_itself_is_sound_and_says_what_was_lost(log: Turned, tmp_path: Path) -> None:
    """Entries that were acknowledged would be gone, and the verdict would be green without a word."""
    assert ("self-consistent", None) == judged(log.forged(), tmp_path / "copy")
    report = examine(log.forged())
    (told,) = [one for one in report.notices if one.code == "restored"]
    assert (6, "ok-unanchored") == (told.position, report.verdict)
    assert told.why.startswith("acknowledged entries that are lost, from position 6 on: 3;")
    assert f"had 9 entries and the root {log.newest.root}" in told.why
    origins = [key.origin.rpartition("/")[2] for key in log.book.log_keys.keys]
    assert ["main", "main", "main.2"] == origins


@pytest.mark.parametrize("name", CASES)
def test_what_may_not_stand(log: Turned, tmp_path: Path, name: str) -> None:
    """Whoever holds the file could give the log a key of his own, or a loss nobody had, and rewrite what follows."""
    make, code = CASES[name]
    raw, key, heads = make(log)
    if key:
        log.book.hold(key_of(key) if key != "anna" else log.people["anna"].key)
    size = log.book.size
    with pytest.raises(DoseLedgerError):
        log.book.append([raw], now=log.now)
    assert size == log.book.size
    assert ("failed", (size, code)) == judged(log.with_one(raw, key, heads), tmp_path / "copy")


@pytest.mark.parametrize("name", GOOD)
def test_what_may_stand(log: Turned, tmp_path: Path, name: str) -> None:
    """The cases above would be refused for some other fault that they share."""
    raw, key, heads = GOOD[name](log)
    assert ("self-consistent", None) == judged(log.with_one(raw, key, heads), tmp_path / "copy")


TURNS: dict[str, tuple[int, Callable[[Turned], tuple[tuple[int, str, MemorySigner], ...]]]] = {
    "the first key goes on": (3, lambda _: ()),
    "the key of before the loss goes on": (6, lambda t: t.turns[:1]),
    "the epoch keeps the name of before": (6, lambda t: (t.turns[0], (6, "main", key_of(EPOCH)))),
    "the next key begins too early": (2, lambda t: ((2, "main", key_of(SECOND)), t.turns[1])),
    "the next key begins too late": (3, lambda t: ((4, "main", key_of(SECOND)), t.turns[1])),
}


@pytest.mark.parametrize("name", TURNS)
def test_a_head_by_another_key_than_the_one_in_force_is_named(log: Turned, tmp_path: Path, name: str) -> None:
    """A thief of the old key could go on sealing the log as if it had never been changed."""
    first, turns = TURNS[name]
    ledger = log.forged(turns=turns(log))
    assert ("failed", (first, "checkpoint")) == judged(ledger, tmp_path / "copy")


def test_the_evidence_of_a_loss_is_the_head_that_it_names(log: Turned, tmp_path: Path) -> None:
    """A loss could be proved with a paper that says something else, or nothing."""
    other = log.book.checkpoint_at(5)
    for number, note in enumerate((other, b"no note\n", log.evidence.replace(b"/main\n", b"/main.2\n"))):
        raw, digest = swapped(log, note)
        ledger = log.forged()
        ledger = replace(ledger, blobs={digest: note}).put(6, raw)
        ledger = ledger.with_entries(*ledger.entries[:7])
        assert ("failed", (6, "anchor")) == judged(ledger, tmp_path / str(number))


def swapped(log: Turned, note: bytes) -> tuple[bytes, str]:
    """The entry at position 6 with another file as its evidence, signed anew."""
    digest = sha256(note).hexdigest()
    raw = edited(log.book.raw(6), log.digest.encode(), digest.encode())
    return resigned(raw, [log.people["rita"].key, log.people["rolf"].key]), digest


def test_without_the_new_key_nothing_is_appended(log: Turned) -> None:
    """A rotation could be stored under a head that nobody opens, and the ledger would be damaged."""
    raw, _, _ = restored("a key that nobody holds")(log)
    with pytest.raises(BadInput, match="not the key of this log"):
        log.book.append([raw], now=log.now)


def test_a_log_on_a_server_changes_its_key_as_one_in_a_file_does() -> None:
    """A trial of many sites could never change its key, or would lose its record with it."""
    turned = Turning(server.place())
    turned.turn(turned.rotation(), SECOND)
    turned.turn(turned.restoration(), EPOCH, reason=LOSS)
    turned.write("archive/001", turned.backup(), by="ward-1")
    with closing(turned.book) as ledger:
        report = verify(ledger)
        assert ("ok-unanchored", (), ["restored"]) == (
            report.verdict,
            report.findings,
            [one.code for one in report.notices],
        )
        assert ledger.origin.endswith("/main.2")
    with pytest.raises(BadInput, match="not the key of this log"):
        Ledger.open(turned.path, log_signer=key_of(FIRST))
    Ledger.open(turned.path, log_signer=key_of(EPOCH)).close()
