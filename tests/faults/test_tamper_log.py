"""The tamper catalogue of whoever holds the log key: tree and checkpoints are made anew, and what remains is named.

Some cells are expected to pass: what only an outside anchor can tell. docs/spec/verification.md says so too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from forging import Forged, copied, edited, leaf_of, resigned, with_signatures
from minting import Site, committed, key_of

from ledger.events.base import Reason
from ledger.events.patient import PatientMeasured
from ledger.signing.signer import MemorySigner
from ledger.verify import Report, examine

FIRST = 14
"""The first entry of the patient: before it stand the genesis, seven people and six delegations."""
SPOT = 17
"""The entry that is tampered with: a weight of 73 kg recorded by nina, in the middle of twelve."""
LAST = FIRST + 11

Change = Callable[[Forged], Forged]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Forged:
    """Twelve weights of two patients by two nurses in turn, one of them with a text."""
    site = Site(tmp_path_factory.mktemp("tamper") / "trial.ledger").staffed()
    commitment, pair = committed("as told by the patient")
    for i in range(12):
        said = {"reason": Reason(code="other", text=commitment), "texts": {commitment: pair}} if i == 0 else {}
        weight = PatientMeasured(weight_kg=f"7{i}" if i < 10 else f"8{i}", height_cm=None)
        site.write(f"patient/001-00{i // 6 + 1}", weight, by=("nina", "norbert")[i % 2], **said)
    found = copied(site.book)
    site.book.close()
    return found


def anew(change: Callable[[bytes], bytes], position: int = SPOT) -> Change:
    """Change one entry, and make the log anew."""
    return lambda ledger: ledger.put(position, change(ledger.entries[position]))


def swap(ledger: Forged) -> Forged:
    """Two entries trade places."""
    entries = list(ledger.entries)
    entries[SPOT], entries[SPOT + 1] = entries[SPOT + 1], entries[SPOT]
    return ledger.with_entries(*entries)


def forge(raw: bytes) -> bytes:
    """Another weight, signed by somebody who made himself a key."""
    return resigned(edited(raw, b'"73"', b'"37"'), [key_of("an intruder")], own=True)


def owner(raw: bytes, name: str) -> bytes:
    """Another weight, signed with the stolen key of its author."""
    return resigned(edited(raw, b'"weight_kg":"', b'"weight_kg":"1'), [key_of(name)])


CATALOGUE: dict[str, tuple[Change, tuple[int, str] | None]] = {
    "a digit of the dose": (anew(lambda raw: edited(raw, b'"73"', b'"37"')), (SPOT, "signature")),
    "the time it happened": (
        anew(lambda raw: edited(raw, b'"basis":"observed"', b'"basis":"recalled"')),
        (SPOT, "signature"),
    ),
    "a number in another form": (anew(lambda raw: edited(raw, b'"73"', b'"73.0"')), (SPOT, "bytes")),
    "a member twice": (anew(lambda raw: edited(raw, b'"format":1,', b'"format":1,"format":1,')), (SPOT, "bytes")),
    "a blank behind the entry": (anew(lambda raw: raw + b" "), (SPOT, "bytes")),
    "a signature's last bits": (
        anew(lambda raw: with_signatures(raw, [(raw, 0)])[:-10] + b"AAAA" + raw[-6:]),
        (SPOT, "signature"),
    ),
    "signed with a key of one's own": (anew(forge), (SPOT, "key")),
    "signed with a colleague's key": (
        anew(lambda raw: resigned(raw, [key_of("nina" if SPOT % 2 else "norbert")], own=True)),
        (SPOT, "signer"),
    ),
    "signed with a colleague's key in the author's name": (
        anew(lambda raw: resigned(raw, [key_of("petra")])),
        (SPOT, "signature"),
    ),
    "two entries change places": (swap, (SPOT, "after")),
    "an entry taken out": (lambda ledger: ledger.put(SPOT), (SPOT, "after")),
    "an entry twice": (
        lambda ledger: ledger.with_entries(*ledger.entries, ledger.entries[SPOT]),
        (LAST + 1, "id-reused"),
    ),
    "an entry put in twice": (
        lambda ledger: ledger.put(SPOT, ledger.entries[SPOT], ledger.entries[SPOT]),
        (SPOT + 1, "id-reused"),
    ),
    "an earlier entry put in later": (
        lambda ledger: ledger.put(LAST, ledger.entries[LAST], ledger.entries[FIRST]),
        (LAST + 1, "id-reused"),
    ),
    "put into another patient's stream": (
        anew(lambda raw: edited(raw, b'"stream":"patient/001-001"', b'"stream":"patient/001-002"')),
        (SPOT, "signature"),
    ),
    "a signature from another entry": (
        lambda ledger: ledger.put(SPOT, with_signatures(ledger.entries[SPOT], [(ledger.entries[SPOT - 2], 0)])),
        (SPOT, "signature"),
    ),
    "a signature twice": (
        lambda ledger: ledger.put(SPOT, with_signatures(ledger.entries[SPOT], [(ledger.entries[SPOT], 0)] * 2)),
        (SPOT, "same-person"),
    ),
    "the second registrar taken off an enrolment": (
        lambda ledger: ledger.put(3, with_signatures(ledger.entries[3], [(ledger.entries[3], 0)])),
        (4, "after-root"),
    ),
    "another public key for a person": (
        lambda ledger: ledger.put(
            5,
            edited(
                ledger.entries[5],
                key_of("nina").public.jwk()["x"].encode(),
                key_of("an intruder").public.jwk()["x"].encode(),
            ),
        ),
        (5, "signature"),
    ),
    "the genesis of another ledger": (
        lambda ledger: ledger.put(0, edited(ledger.entries[0], b"training", b"production")),
        (0, "signature"),
    ),
    "no genesis": (lambda ledger: ledger.put(0), (0, "genesis")),
    "another log key": (lambda ledger: replace(ledger, log_key=key_of("another log")), (0, "checkpoint")),
    "a text taken out": (lambda ledger: replace(ledger, texts={}), (FIRST, "text")),
    "other words behind a text": (
        lambda ledger: replace(ledger, texts={name: (salt, b"as seen") for name, (salt, _) in ledger.texts.items()}),
        (FIRST, "text"),
    ),
    "the author's own key, in the middle": (
        anew(lambda raw: owner(raw, "norbert" if SPOT % 2 else "nina")),
        (SPOT + 1, "after-root"),
    ),
    "the tail cut off": (lambda ledger: ledger.with_entries(*ledger.entries[:SPOT]), None),
    "the author's own key, and nobody signed after": (anew(lambda raw: owner(raw, "norbert"), LAST), None),
}


def first(report: Report) -> tuple[int, str] | None:
    """Position and code of the first bad entry."""
    if report.first_bad is None:
        return None
    codes = [
        f.code for f in report.findings if f.position == report.first_bad.position and f.why == report.first_bad.why
    ]
    return report.first_bad.position, codes[0]


@pytest.mark.parametrize("name", CATALOGUE)
def test_without_an_anchor(honest: Forged, name: str) -> None:
    """The operator could rewrite a dose; and what he can do unseen must be known, not hoped away."""
    change, expected = CATALOGUE[name]
    report = examine(change(honest))
    assert (expected, "ok-unanchored" if expected is None else "failed") == (first(report), report.verdict), (
        report.findings
    )


@pytest.mark.parametrize("name", CATALOGUE)
def test_with_a_checkpoint_kept_outside(honest: Forged, name: str) -> None:
    """Against a checkpoint that the sponsor kept, nothing of the catalogue may pass."""
    change, _ = CATALOGUE[name]
    report = examine(change(honest), trusted=honest.note(honest.size))
    alone = {"the tail cut off": "stale", "the author's own key, and nobody signed after": "fork"}
    no_root = {"no genesis", "a text taken out", "other words behind a text", "another log key"}
    later = {"an entry twice", "an earlier entry put in later"}
    assert alone.get(name, "failed") == report.verdict
    outside = {"fork", "stale"} & {finding.code for finding in report.findings}
    assert (name not in no_root | later) == bool(outside)


def test_an_untouched_ledger(honest: Forged) -> None:
    """An inspector would be told of tampering where there is none."""
    assert (None, (), "ok-unanchored") == ((r := examine(honest)).first_bad, r.findings, r.verdict)
    assert ("ok", ()) == ((r := examine(honest, trusted=honest.note(SPOT))).verdict, r.findings)


def test_the_whole_ledger_invented_anew(honest: Forged, tmp_path: Path) -> None:
    """All keys together can write another history; only who kept the ledger's id or a checkpoint can tell."""
    site = Site(tmp_path / "other.ledger", seed="other").staffed()
    other = copied(site.book)
    site.book.close()
    assert "ok-unanchored" == examine(other).verdict
    assert "fork" == examine(other, trusted=honest.note(SPOT)).verdict


def test_an_entry_of_another_ledger(honest: Forged, tmp_path: Path) -> None:
    """A dose of a training ledger could be passed off as one of the trial, signed by the same people."""
    site = Site(tmp_path / "other.ledger", seed="other").staffed()
    site.write("patient/001-001", PatientMeasured(weight_kg="99", height_cm=None), by="nina")
    stray = copied(site.book).entries[-1]
    site.book.close()
    report = examine(honest.with_entries(*honest.entries, stray))
    assert (LAST + 1, "ledger") == first(report)


def test_the_ledger_id_is_the_hash_of_the_first_entry(honest: Forged) -> None:
    """The paper in the trial master file would name another ledger than the one that is verified."""
    assert leaf_of(honest.entries[0]) == examine(honest).ledger


def test_the_key_of_a_device_signs_no_weight(honest: Forged) -> None:
    """The unencrypted key of a workstation could enter measurements that nobody took."""
    device: MemorySigner = key_of("ward-1")
    report = examine(honest.put(SPOT, resigned(honest.entries[SPOT], [device], own=True)))
    assert (SPOT, "signer") == first(report)
