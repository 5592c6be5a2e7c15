"""What was last seen, against somebody who writes the file and has no key: an old file made to pass for a newer one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from forging import resigned
from minting import key_of
from tampering import reversed_bytes, tampering
from turned import AFTER, BOTH, EPOCH, LOSS, Turned

from commands.cli import lastseen, verified
from commands.cli.running import call
from ledger.anchors import compare
from ledger.book import Ledger
from ledger.codec import open_whole
from ledger.errors import IntegrityFailure
from ledger.events.study import LostHead
from ledger.merkle import checkpoint, tree
from ledger.storage.carrying import carry
from ledger.storage.store import Store
from ledger.verify import Outside, verify_path
from projections import proofs
from projections.export import jsonl


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turned]:
    """Nine entries in two epochs; and beside it the file that was given up, of nine entries in the first."""
    one = Turned(tmp_path_factory.mktemp("turned") / "trial.ledger")
    yield one
    one.book.close()


@pytest.fixture
def path(log: Turned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the log, whose head was seen here."""
    monkeypatch.setenv("DOSELEDGER_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("DOSELEDGER_LEDGER", raising=False)
    found = tmp_path / "trial.ledger"
    with closing(sqlite3.connect(log.path)) as there, closing(sqlite3.connect(found)) as here:
        there.backup(here)
    read(found)
    return found


def read(path: Path) -> None:
    """Open the ledger as a command does that reads."""
    with Ledger.open(path, read_only=True) as ledger:
        lastseen.on_read(ledger)


def cut(path: Path, size: int, *, note: bytes | None = None) -> None:
    """Take out everything from a position on; `note` is put in the place of the newest checkpoint."""
    with tampering(path) as hand:
        for table in ("entries", "signers"):
            hand.execute(f"DELETE FROM {table} WHERE leaf_index >= ?", (size,))
        hand.execute("DELETE FROM checkpoints WHERE size > ?", (size if note is None else size - 1,))
        hand.execute("DELETE FROM nodes WHERE (idx + 1) << level > ?", (size,))
        if note is not None:
            hand.execute("INSERT INTO checkpoints VALUES (?, ?)", (size, note))


def put(path: Path, raw: bytes, key: str, log: str) -> bytes:
    """Store an entry that nobody judged, under a checkpoint by some key; gives the checkpoint."""
    with closing(Store.open(str(path))) as store:
        size = store.reader.size()
        entry = open_whole(raw, log="main", position=size).entry
        grown = tree.append(size, store.reader.frontier(size), bytes.fromhex(entry.leaf))
        origin = checkpoint.origin("onco-001", store.reader.node(0, 0).hex(), log)
        head = checkpoint.Checkpoint(origin, size + 1, tree.frontier_root(grown.frontier))
        note = checkpoint.seal(head, origin, key_of(key).public.raw, key_of(key).sign)
        carry(store, [(entry, raw)], {size + 1: (note, head)}, texts=(), blobs=())
    return note


def standing(path: Path, kept: bytes) -> tuple[str, str]:
    """How the file at a path stands to a note, and why."""
    with Ledger.open(path, read_only=True) as ledger:
        found = compare(kept, ledger, lastseen.opener_of(ledger))
    return found.verdict, found.why


@pytest.mark.parametrize("left", [8, 6, 2])
def test_the_kept_checkpoint_under_another_size_hides_no_loss(log, path, capsys, left) -> None:
    """The last doses are cut off, and the checkpoint that the nurse's machine knows is left in the file."""
    cut(path, left, note=log.book.checkpoint())
    capsys.readouterr()
    read(path)
    assert "the newest checkpoint of the ledger does not hold" in capsys.readouterr().err
    with Ledger.open(path, read_only=True) as ledger, pytest.raises(IntegrityFailure), lastseen.on_write(ledger):
        pass


def test_another_id_in_a_column_makes_no_other_ledger(path, capsys) -> None:
    """An old file would be met like a new ledger, to which nothing that was seen before belongs."""
    cut(path, 8)
    with tampering(path) as hand:
        hand.execute("UPDATE entries SET leaf = zeroblob(32) WHERE leaf_index = 0")
    capsys.readouterr()
    read(path)
    assert "this ledger is older than what was seen of it here" in capsys.readouterr().err


def test_a_ledger_without_its_first_entry_is_not_read_in_silence(path, capsys) -> None:
    """Nothing would be compared, since nobody could say which ledger it is; an old file would pass."""
    cut(path, 8)
    with tampering(path) as hand:
        hand.execute("DELETE FROM entries WHERE leaf_index = 0")
    capsys.readouterr()
    read(path)
    assert "it cannot be told whether this is the ledger that was seen here" in capsys.readouterr().err


def restoration(log: Turned, path: Path, *, by=BOTH, forge: bool = True) -> bytes:
    """The entry that gives up what the file at a path lacks; `forge`: its signatures are by nobody of the site."""
    with Ledger.open(path, read_only=True) as ledger:
        event = log.restoration(
            EPOCH + " 3",
            AFTER + " 3",
            log="main.3",
            size=ledger.size,
            root=ledger.root().hex(),
            lost=LostHead(size=ledger.size + 40, root="ab" * 32),
            evidence=None,
        )
        counters = {log.people[name].key.public.kid: ledger.next_n(log.people[name].key.public.kid) for name, _ in by}
        raw = log.entry("study", event, by=by, after=ledger.head(), reason=LOSS, counters=counters)
    return resigned(raw, [key_of("nobody") for _ in by]) if forge else raw


@pytest.mark.parametrize(("by", "forge"), [(BOTH, True), (BOTH[:1], False)])
def test_a_loss_that_registrars_did_not_sign_gives_nothing_up(log, path, capsys, by, forge) -> None:
    """Whoever can write the file would put a backup in its place and say himself that the rest is lost for good."""
    cut(path, 8)
    put(path, restoration(log, path, by=by, forge=forge), EPOCH + " 3", "main.3")
    assert "failed" == verify_path(path).verdict
    capsys.readouterr()
    read(path)
    said = capsys.readouterr().err
    assert "the newest checkpoint of the ledger does not hold: the entry #8 (ledger.restored/1) does not hold" in said
    assert ("broken", True) == ((found := standing(path, log.book.checkpoint()))[0], bool(found[1]))
    with Ledger.open(path, read_only=True) as ledger:
        assert log.book.checkpoint() == lastseen.kept_of(ledger).note()


def test_a_key_that_registrars_did_not_bring_seals_nothing(log, path) -> None:
    """Without the key of the log nobody may add a dose that readers take for written by the site."""
    with Ledger.open(path, read_only=True) as ledger:
        counters = {kid: ledger.next_n(kid) for kid in (log.people[name].key.public.kid for name, _ in BOTH)}
        event = log.rotation("a stranger's log", "another", "main.2")
        raw = log.entry("people", event, by=BOTH, after=ledger.head(), counters=counters)
    put(path, resigned(raw, [key_of("nobody")] * 2), "a stranger's log", "main.2")
    verdict, why = standing(path, log.book.checkpoint())
    assert ("broken", "the entry #9 (log.rotated/1) does not hold: ") == (verdict, why[:44])


def test_a_loss_that_they_signed_is_still_known(log, path) -> None:
    """After a fire nobody could write, because every machine took the registrars' word for a forgery."""
    assert "restored" == standing(path, log.lost.note(9))[0]
    assert "grown" == standing(path, log.book.checkpoint_at(3))[0]


def test_what_is_kept_as_verified_is_what_was_verified(path, log) -> None:
    """A file that is exchanged while it is verified would have its head taken for verified, and never be judged."""
    found = lastseen.before_verify(str(path), None)
    assert found is not None
    kept = found.kept.path.with_name("main.verified.json")
    cut(path, 8)
    report = verify_path(path)
    assert (0, 8) == (report.exit_code, report.entries)
    verified.keep(found, report, str(path))
    assert not kept.exists()
    with Ledger.open(path, read_only=True) as ledger:
        verified.keep(lastseen.look(ledger, str(path.parent / "other")), report, str(path))
    assert (path.parent / "other" / "last-seen" / log.book.id / "main.verified.json").exists()


@pytest.mark.parametrize("form", ["folder", "lines"])
def test_a_copy_in_the_place_of_the_ledger_is_compared(path, log, capsys, form) -> None:
    """An old export would be put where the ledger was, and every list be old without a word."""
    cut(path, 8)
    with Ledger.open(path, read_only=True) as ledger:
        jsonl.directory(ledger, path.with_name("copy"))
    path.unlink()
    copy = path.with_name("copy")
    (copy if form == "folder" else copy / "entries.jsonl").rename(path)
    kept = lastseen.instead_of(str(path), None)
    assert log.book.checkpoint() == kept
    report = verify_path(path, outside=Outside(trusted=kept))
    assert ("stale", 8) == (report.verdict, report.exit_code)
    assert 8 == call(["verify", str(path)])
    if form == "folder":
        capsys.readouterr()
        read(path)
        assert "! a copy lies where the ledger was: 8 entries; 9 were seen here" in capsys.readouterr().err
        assert lastseen.instead_of(str(path.rename(path.with_name("elsewhere"))), None) is None


def test_a_revocation_that_was_verified_cannot_be_hidden_from_the_next_verification(path, capsys) -> None:
    """The thief of a key takes its revocation out of the stream of people, and goes on signing doses with it."""
    found = lastseen.before_verify(str(path), None)
    assert found is not None
    verified.keep(found, verify_path(path), str(path))
    assert verified.asked(None, found, str(path), newest=True) is not None
    with tampering(path) as hand:
        hand.execute("UPDATE entries SET stream = 'security/001', version = 1 WHERE leaf_index = 2")
    assert verified.asked(None, found, str(path), newest=True) is None
    assert "who may do what is not what was verified here before" in capsys.readouterr().err


def test_a_proof_is_of_the_bytes_that_are_shown(path, log) -> None:
    """An entry that was changed in the file would be proved by the hash that was left beside it."""
    proof = proofs.prove(log.book, log.book.entry(4)).proof.encode()

    def holds() -> bool:
        with Ledger.open(path, read_only=True) as ledger:
            return proofs.check_entry(proof, lastseen.opener_of(ledger), raw=None, ledger=ledger).holds

    assert holds()
    with tampering(path) as hand:
        reversed_bytes(hand, "entries", "raw", "leaf_index = 4")
    assert not holds()
