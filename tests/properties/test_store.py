"""What a ledger gives back: the same as a plain list of its entries would, with proofs that anybody can check."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import server
from hypothesis import given
from hypothesis import strategies as st
from minting import OFFSET, START, Site, committed, key_of, minute

from ledger import codec
from ledger.book import Ledger, Receipt
from ledger.codec import open_entry
from ledger.course.people import fold
from ledger.errors import BadInput, Conflict, DoseLedgerError, IntegrityFailure, Malformed, NotAllowed
from ledger.events.base import CommandRef, Need, Reason
from ledger.events.entry import Entry
from ledger.events.patient import ConsentGiven, PatientMeasured, PatientRegistered
from ledger.events.record import LogClock
from ledger.events.registry import KINDS
from ledger.merkle import checkpoint, proof, tree
from ledger.merkle.note import VerifierKey, find_signature
from ledger.signing import keys
from ledger.storage.application import Stored

WEIGHT = PatientMeasured(weight_kg="70", height_cm=None)
PATIENTS = ("patient/001-001", "patient/001-002", "patient/001-010", "patient/002-001")


class Kept:
    """A ledger that the tests of this file only read, and the plain list of what it holds."""

    def __init__(self, path: str) -> None:
        self.site = Site(path).staffed()
        site = self.site
        for i in range(24):
            consent = ConsentGiven(form=f"A{i}", guardian=None)
            if i % 5 == 4:
                site.store(*site.act(PATIENTS[i % 4], consent, WEIGHT, by="clara"))
            elif i == 12:  # signed by a slow clock, an hour behind
                site.write(PATIENTS[0], WEIGHT, by="nina", recorded_at="2026-01-12T06:00:00.000Z")
            else:
                site.write(PATIENTS[i % 4], consent if i % 2 else WEIGHT, by=("clara" if i % 2 else "nina"))
        self.book = site.book
        self.raws = [raw for _, raw in self.book.raws()]
        self.entries = [open_entry(raw, log="main", position=i) for i, raw in enumerate(self.raws)]
        self.leaves = [tree.leaf_hash(raw) for raw in self.raws]


@pytest.fixture(scope="module", params=["file", "server"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """The ledger that is only read."""
    found = Kept(server.place() if request.param == "server" else str(tmp_path_factory.mktemp("kept") / "trial.ledger"))
    yield found
    found.book.close()


@pytest.fixture
def site(place: str) -> Iterator[Site]:
    """A ledger of the test's own."""
    found = Site(place).staffed()
    yield found
    found.book.close()


@given(data=st.data())
def test_reading_agrees_with_a_plain_list(kept: Kept, data: st.DataObject) -> None:
    """A patient's file would lack an infusion, or show one that was not known at that time."""
    size = len(kept.raws)
    start, stop = data.draw(st.integers(0, size)), data.draw(st.integers(0, size))
    assert kept.entries[start:stop] == list(kept.book.entries(start, stop))
    assert list(enumerate(kept.raws))[start:stop] == list(kept.book.raws(start, stop))
    name = data.draw(st.sampled_from([*PATIENTS, "people", "study", "patient/9"]))
    expected = [entry for entry in kept.entries if entry.stream == name]
    assert expected == list(kept.book.stream(name))
    assert [entry for entry in expected if entry.position < stop] == list(kept.book.stream(name, up_to=stop))


@given(prefix=st.sampled_from(["", "p", "patient/", "patient/001", "patient/001-0", "people", "study/", "z", "%", "_"]))
def test_streams_by_prefix(kept: Kept, prefix: str) -> None:
    """A patient would be missing from the list of patients."""
    assert tuple(sorted({e.stream for e in kept.entries if e.stream.startswith(prefix)})) == kept.book.streams(prefix)


@given(data=st.data())
def test_proofs_of_every_size(kept: Kept, data: st.DataObject) -> None:
    """Nobody outside could check that a dose is in the record, or that the record only grew."""
    size = data.draw(st.integers(1, len(kept.raws)))
    position = data.draw(st.integers(0, size - 1))
    root = tree.root(kept.leaves[:size])
    assert root == kept.book.root_at(size)
    proof.check_inclusion(kept.leaves[position], position, size, kept.book.prove(position, size), root)
    old = data.draw(st.integers(1, size))
    path = kept.book.prove_consistency(old, size)
    proof.check_consistency(old, size, path, tree.root(kept.leaves[:old]), root)


@given(minutes=st.integers(-10, 80))
def test_what_was_known_at_a_time(kept: Kept, minutes: int) -> None:
    """A committee would be shown what it could not have known, or not what it did know."""
    when = START + timedelta(minutes=minutes)
    times = [max(entry.recorded_at for entry in kept.entries[: i + 1]) for i in range(len(kept.entries))]
    assert sum(time <= when for time in times) == kept.book.position_at(when)
    assert times == [kept.book.log_time(i) for i in range(len(times))]


def test_the_head_of_the_log(kept: Kept) -> None:
    """The next signature would be put under a head that the log never had."""
    head = kept.book.head()
    assert (len(kept.raws), tree.root(kept.leaves).hex(), "main") == (head.size, head.root, head.log)
    assert kept.leaves[0].hex() == kept.book.id
    assert f"doseledger/onco-001/{kept.book.id[:32]}/main" == kept.book.origin


def test_every_checkpoint_is_signed_by_the_log(kept: Kept) -> None:
    """A head that nobody signed could be exchanged for another one later."""
    public = kept.site.log_key.public
    key = VerifierKey(kept.book.origin, public.raw)
    note = kept.book.checkpoint()
    found, signatures = checkpoint.parse(note)
    keys.check(public, found.body(), find_signature(signatures, key))
    assert (kept.book.size, kept.book.root()) == (found.size, found.root)
    assert kept.book.checkpoint_at(14) != note
    for size in (0, 10_000):
        with pytest.raises(BadInput):
            kept.book.checkpoint_at(size)


def test_an_empty_log_has_a_root_and_no_later_one(kept: Kept) -> None:
    """A proof over entries that were never there would be given out."""
    assert tree.EMPTY_ROOT == kept.book.root_at(0)
    with pytest.raises(BadInput):
        kept.book.root_at(len(kept.raws) + 1)
    with pytest.raises(BadInput):
        kept.book.prove(len(kept.raws))


def test_the_receipts_can_be_had_again(kept: Kept) -> None:
    """A site that lost the paper could no longer prove what it recorded."""
    for entry, leaf in zip(kept.entries, kept.leaves, strict=True):
        receipts = kept.book.receipts(entry.payload.command.id)
        assert entry.payload.command.of == len(receipts)
        receipt = receipts[entry.payload.command.index]
        assert receipt == Receipt.from_json(receipt.to_json())
        found, _ = checkpoint.parse(receipt.checkpoint)
        assert (entry.position, entry.id, leaf.hex()) == (receipt.position, receipt.id, receipt.leaf)
        proof.check_inclusion(leaf, receipt.position, found.size, receipt.proof, found.root)
    assert () == kept.book.receipts(str(uuid.UUID(int=7)))


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"position":1}', "\x00"])
def test_a_receipt_of_another_form(text: str) -> None:
    """A damaged receipt would end in a traceback at the inspection."""
    with pytest.raises(Malformed):
        Receipt.from_json(text)


def test_finding_an_entry(kept: Kept) -> None:
    """A correction would be put on the wrong patient's dose."""
    entry = kept.entries[20]
    assert [entry] * 5 == [kept.book.find(text) for text in ("#20", "20", entry.id, entry.id.upper(), entry.id[:22])]
    for text in ("#9999", "9999", "", "#", "abc", "-5", "#-5", "0" * 8, "first", entry.id + "0", "1e1"):
        with pytest.raises(BadInput):
            kept.book.find(text)
    twin = next(one for one in kept.entries if one.payload.command.of == 2)
    with pytest.raises(BadInput, match="More than one"):
        kept.book.find(twin.id[:8])


def test_what_is_not_there(kept: Kept) -> None:
    """A slip of the pen would end in a traceback."""
    for ask in (kept.book.raw, kept.book.entry, kept.book.log_time):
        for position in (-1, len(kept.raws)):
            with pytest.raises(BadInput):
                ask(position)
    with pytest.raises(BadInput):
        kept.book.blob("00" * 32)
    assert kept.book.text("sha256:" + "00" * 32) is None


def test_the_roster_is_the_fold_of_all_entries(kept: Kept) -> None:
    """A nurse who was enrolled later would be allowed, or one who is enrolled would not."""
    for at in (1, 2, 5, 9, 14, len(kept.entries)):
        assert fold(kept.entries[:at]) == kept.book.roster(at)
    assert fold(kept.entries) == kept.book.roster()


def test_the_counter_of_a_key(kept: Kept) -> None:
    """One counter would be used twice, and an honest signature would look like a copied key."""
    for name, person in kept.site.people.items():
        kid = person.key.public.kid
        used = [signer.n for entry in kept.entries for signer in entry.signers if signer.kid == kid]
        assert max(used, default=-1) + 1 == kept.book.next_n(kid), name


def test_the_event_store_sees_the_same(kept: Kept) -> None:
    """A reader on the library's own interface would see other entries, or load code that a row names."""
    store = kept.book._store
    assert store is not None
    found = [event for name in kept.book.streams() for event in store.log.events.get(name)]
    assert all(isinstance(event, Stored) for event in found)
    assert sorted(kept.raws) == sorted(event.raw for event in found)
    notes = store.log.recorder.select_notifications(start=None, limit=1000)
    assert [(i + 1, raw) for i, raw in enumerate(kept.raws)] == [(note.id, note.state) for note in notes]
    assert {note.topic for note in notes} <= KINDS.keys()
    assert len(kept.raws) == store.log.recorder.max_notification_id()
    section = store.log.notification_log.select(5, 3)
    assert [5, 6, 7] == [note.id for note in section]
    newest = store.log.recorder.select_events("people", desc=True, limit=2, gt=1)
    assert [13, 12] == [event.originator_version for event in newest]
    measured = store.log.recorder.select_notifications(
        start=3, limit=2, topics=["patient.measured/1"], inclusive_of_start=False
    )
    assert [e.position + 1 for e in kept.entries if e.kind == "patient.measured/1"][:2] == [
        note.id for note in measured
    ]


def test_the_process_environment_chooses_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable left over from another program would change how a dose is stored."""
    site.book.close()
    for name in (
        "MAPPER_TOPIC",
        "PERSISTENCE_MODULE",
        "APPLICATION_RECORDER_TOPIC",
        "TRANSCODER_TOPIC",
        "COMPRESSOR_TOPIC",
    ):
        monkeypatch.setenv(name, "this:is_not_imported")
        monkeypatch.setenv(f"DOSELEDGER_{name}", "this:is_not_imported")
    monkeypatch.setenv("IS_SNAPSHOTTING_ENABLED", "y")
    monkeypatch.setenv("CREATE_TABLE", "y")
    with Ledger.open(site.path, log_signer=site.log_key) as site.book:
        site.write(PATIENTS[0], WEIGHT, by="nina")
        assert list(site.book.audit()) == []


@pytest.mark.parametrize("topic", ["os:system", "ledger.events.patient:PatientMeasured", "no.kind/1"])
def test_a_row_cannot_name_code(kept: Kept, topic: str) -> None:
    """Whoever can write a row could run a program on the inspector's machine."""
    from eventsourcing.persistence import StoredEvent

    store = kept.book._store
    assert store is not None
    with pytest.raises(Malformed, match="unknown kind"):
        store.log.mapper.to_domain_event(StoredEvent("patient/001-001", 1, topic, kept.raws[-1]))


def test_a_look_loads_neither_keys_nor_event_store(kept: Kept) -> None:
    """The status of a patient at the bedside would take as long as a write, and need the libraries of the keys."""
    program = (
        "import sys; from ledger.book import Ledger\n"
        f"with Ledger.open({str(kept.site.path)!r}, read_only=True) as book:\n"
        "    book.stream('patient/001-001'), book.roster(), book.checkpoint(), list(book.audit()), book.find('3')\n"
        "print(*sorted({'eventsourcing', 'cryptography', 'bcrypt'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


# --- appending -----------------------------------------------------------------------------------------------------


def test_the_same_bytes_again(site: Site) -> None:
    """After a lost connection the retry would record the dose twice, or say that it was never stored."""
    raws = site.act(PATIENTS[0], WEIGHT, WEIGHT, by="nina")
    first = site.store(*raws)
    site.write(PATIENTS[0], WEIGHT, by="norbert")
    size = site.book.size
    assert first == site.store(*raws)
    assert first[1:] == site.store(raws[1])
    assert size == site.book.size
    assert first == site.book.receipts(open_entry(raws[0], log="main", position=0).payload.command.id)


def test_the_same_command_with_other_bytes(site: Site) -> None:
    """A second dose under the id of the first would be taken for the first."""
    command = CommandRef(id=site.uuid(), index=0, of=1)
    entry = site.write(PATIENTS[0], WEIGHT, by="nina", command=command)
    raw = site.draft(PATIENTS[0], PatientMeasured(weight_kg="99", height_cm=None), by="nina", command=command)
    with pytest.raises(Conflict, match="replayed id with another body") as caught:
        site.store(raw)
    assert entry.position == caught.value.winner
    fresh = site.draft(PATIENTS[0], WEIGHT, by="nina")
    with pytest.raises(Conflict):
        site.store(fresh, raw)


def test_half_a_command_is_refused(site: Site) -> None:
    """Of a void and its new record only the void would be stored, and the log would wait for ever for the rest."""
    raws = site.act(PATIENTS[0], WEIGHT, WEIGHT, by="nina")
    before = site.book.size
    for part in (raws[:1], raws[1:], [], [raws[1], raws[0]]):
        with pytest.raises(DoseLedgerError):
            site.store(*part)
    assert before == site.book.size
    assert before + 1 == site.store(*raws)[1].position


def test_one_bad_entry_keeps_the_others_out(site: Site) -> None:
    """Half of what was signed together would stand in the record."""
    raws = site.act(PATIENTS[0], WEIGHT, WEIGHT, by="nina")
    before = site.book.size
    with pytest.raises(IntegrityFailure):
        site.store(raws[0], raws[1].replace(b'"signature":"', b'"signature":"A', 1)[:-1])
    assert before == site.book.size


def test_a_text_that_is_missing(site: Site) -> None:
    """The reason of a correction would be lost for ever: only its fingerprint would stand in the record."""
    commitment, (salt, words) = committed("because of the fever")
    raw = site.draft(PATIENTS[0], WEIGHT, by="nina", reason=Reason(code="other", text=commitment))
    before = site.book.size
    for texts in ({}, {commitment: (salt, words + b".")}, {commitment: (salt[:-1], salt[-1:] + words)}):
        with pytest.raises(BadInput):
            site.store(raw, texts=texts)
    other, pair = committed("nobody asked for this")
    with pytest.raises(BadInput, match="no entry names"):
        site.store(raw, texts={commitment: (salt, words), other: pair})
    assert before == site.book.size
    site.store(raw, texts={commitment: (salt, words)})
    assert words == site.book.text(commitment)
    site.write(PATIENTS[0], WEIGHT, by="nina", reason=Reason(code="other", text=commitment))
    assert list(site.book.audit()) == []


def test_a_file_that_is_not_the_one_named(site: Site) -> None:
    """The rules of another protocol would be kept under the name of the approved one."""
    raw = site.draft(PATIENTS[0], WEIGHT, by="nina")
    with pytest.raises(BadInput):
        site.store(raw, blobs={"00" * 32: b"another pack"})
    site.activate(b"[pack]\n", b"terms\n", id="demo", version="1", ctcae="5.0")
    assert b"[pack]\n" == site.book.blob(sha256(b"[pack]\n").hexdigest())
    site.write(PATIENTS[0], WEIGHT, by="nina")
    assert list(site.book.audit()) == []


def test_a_protocol_without_its_bytes(site: Site) -> None:
    """In 25 years nobody could say by which rules the doses were given."""
    before = site.book.size
    site.store = lambda *raws, texts=None, blobs=None: site.book.append(raws, now=site.now)  # type: ignore[method-assign]
    with pytest.raises(BadInput, match="protocol pack are missing"):
        site.activate(b"[pack]\n", b"terms\n", id="demo", version="1", ctcae="5.0")
    assert before == site.book.size


def test_a_time_that_has_not_come(site: Site) -> None:
    """An infusion of tomorrow would be in the record today."""
    for ahead, good in ((timedelta(minutes=2), True), (timedelta(minutes=2, milliseconds=1), False)):
        at = (site.now + ahead).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ahead.microseconds // 1000:03d}Z"
        raw = site.draft(PATIENTS[0], WEIGHT, by="nina", recorded_at=at)
        if good:
            assert site.book.size == site.store(raw)[0].position
        else:
            with pytest.raises(BadInput, match="which is not yet"):
                site.store(raw)


def test_admission_is_asked(site: Site) -> None:
    """Whoever has no role could write a dose into the record."""
    site.add("eve", "Eve Ernst", "nurse")
    with pytest.raises(NotAllowed):
        site.write(PATIENTS[0], WEIGHT, by="eve")
    need = (Need(meaning="authorship", role="nurse"),)
    with pytest.raises(NotAllowed):
        site.write(PATIENTS[0], PatientRegistered(sex="F", birth_year=1960), by="nina", needs=need)


def test_a_forged_signature(site: Site) -> None:
    """Anybody could sign with the name of the physician."""
    nina = site.people["nina"]
    site.people["nina"] = type(nina)(nina.id, nina.name, nina.roles, key_of("a thief"))
    with pytest.raises(NotAllowed):
        site.write(PATIENTS[0], WEIGHT, by="nina", counters={})
    site.people["nina"] = nina
    raw = site.draft(PATIENTS[0], WEIGHT, by="nina")
    end = raw.rindex(b'"signature":"') + len(b'"signature":"')
    forged = raw[:end] + (b"B" if raw[end : end + 1] == b"A" else b"A") + raw[end + 1 :]
    with pytest.raises(IntegrityFailure):
        site.store(forged)
    assert site.book.size == site.store(raw)[0].position


@pytest.mark.parametrize("raw", [b"", b"{}", b"\x00" * 100, b'{"payload":"e30","signatures":[]}'])
def test_bytes_that_are_no_entry(site: Site, raw: bytes) -> None:
    """Noise would become part of the record."""
    with pytest.raises(Malformed):
        site.store(raw)


def test_a_log_without_its_key_is_not_written(site: Site) -> None:
    """Entries would stand in the log without any signed head over them."""
    raw = site.draft(PATIENTS[0], WEIGHT, by="nina")
    with Ledger.open(site.path) as other, pytest.raises(BadInput, match="key of the log"):
        other.append([raw], now=site.now)
    assert site.book.size == site.store(raw)[0].position


def test_what_the_reader_keeps_is_what_is_stored(site: Site) -> None:
    """The file of a patient that was read before would lack what this workstation wrote itself."""
    shown: list[tuple[Entry, ...]] = []
    for i in range(6):
        site.write(PATIENTS[i % 2], WEIGHT, by="nina")
        shown.append(site.book.stream(PATIENTS[0]))
    with Ledger.open(site.path, read_only=True) as fresh:
        assert fresh.stream(PATIENTS[0]) == shown[-1]
    assert [1, 1, 2, 2, 3, 3] == [len(entries) for entries in shown]


def test_a_clock_entry_goes_before_a_late_one(site: Site) -> None:
    """Log time would jump back, and what was known this morning would change in the afternoon."""
    site.tick(hours=3)
    clock = site.draft("clock/001", LogClock(behind_ms=7_200_000, reset=False), by="ward-1")
    late = START + timedelta(hours=1)
    raw = site.draft(
        PATIENTS[0], WEIGHT, by="nina", recorded_at=late.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    )
    receipts = site.store(clock, raw)
    assert receipts[0].checkpoint == receipts[1].checkpoint
    assert site.now == site.book.log_time(receipts[1].position)
    assert receipts[0].position == site.book.position_at(site.now - timedelta(milliseconds=1))
    assert site.book.size == site.book.position_at(site.now)
    assert list(site.book.audit()) == []


def test_commitments_are_all_seen() -> None:
    """A text could slip in without its words if one place of the payload were overlooked."""
    commitment, _ = committed("x")
    assert frozenset({commitment}) == codec.commitments(f'{{"a":["{commitment}"],"b":"sha256:00"}}'.encode())
    assert "2026-01-12T08:00+01:00" == minute(datetime(2026, 1, 12, 7, tzinfo=UTC), OFFSET)
