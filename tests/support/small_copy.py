"""The good small copy of the bundle's test vectors: a made-up site, its people, one patient, one text.

    python tests/support/small_copy.py     writes projections/export/bundle/vectors anew

Keys, times, ids and salts are fixed: the bytes come out the same again.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from minting import Site, committed, key_of, person
from released import root as tree_root

from ledger.copies.lines import CheckpointLine, line_of
from ledger.events.keys import KeyRevoked
from ledger.events.patient import ConsentGiven, PatientMeasured, PatientRegistered
from ledger.merkle.checkpoint import Checkpoint
from ledger.merkle.checkpoint import seal as seal_checkpoint
from ledger.merkle.tree import leaf_hash
from ledger.signing import jws
from ledger.signing.seal import seal
from projections.export import jsonl

FOLDER = Path(__file__).parents[2] / "projections" / "export" / "bundle" / "vectors"
PACK, TERMS = b"# a fictional protocol pack\n", b"# a fictional dictionary\n"
STREAM = "patient/001-001"


def small_copy(place: Path) -> None:
    """Write the copy into the new folder `place`, and in it its last entry as somebody else would have signed it."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "small.ledger", seed="small copy")
        site.enrol("petra", "Petra Prinz", "principal-investigator")
        site.enrol("clara", "Clara Cohn", "coordinator")
        site.activate(PACK, TERMS, id="fictional", version="1", ctcae="5.0")
        site.delegate("clara", "registration", "consent", "measurement")
        site.write(STREAM, PatientRegistered(sex="F", birth_year=1970), by="clara")
        guardian, text = committed("a fictional guardian")
        own = (("clara", "authorship"),)
        site.write(STREAM, ConsentGiven(form="v1", guardian=guardian), by=own, texts={guardian: text})
        last = site.write(STREAM, PatientMeasured(weight_kg="71.5", height_cm=None), by=own)
        lost = KeyRevoked(person="clara", key_id=site.people["clara"].key.public.kid, why="lost", suspected_from=None)
        site.write("people", lost, by=(("rita", "responsibility"),))
        jsonl.directory(site.book, place)
        _revoked(site, place)
        payload = jws.parse(site.book.raw(last.position)).payload
        site.book.close()
    stranger = replace(person("clara", "Clara Cohn", "coordinator"), key=key_of("stranger"))
    header = site.header(stranger, "coordinator", "authorship", act=site.uuid())
    forged = seal(payload.replace(b'"71.5"', b'"17.5"'), [(header, stranger.key)])
    (place / "re-signed.txt").write_bytes(forged + b"\n")


def _revoked(site: Site, place: Path) -> None:
    """Write what the log's operator would add: an entry by the key that was revoked, under a head of the log's key."""
    site.tick()
    raw = site.draft(STREAM, PatientMeasured(weight_kg="17.5", height_cm=None), by=(("clara", "authorship"),))
    size = site.book.size + 1
    root = tree_root([*(leaf_hash(old) for _, old in site.book.raws()), leaf_hash(raw)])
    head, key = Checkpoint(origin=site.book.origin, size=size, root=root), site.log_key
    note = seal_checkpoint(head, site.book.origin, key.public.raw, key.sign)
    (place / "revoked.txt").write_bytes(raw + b"\n")
    (place / "revoked-head.txt").write_bytes(line_of(CheckpointLine(size, note.decode())))


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    small_copy(FOLDER)
    for made in (FOLDER, *FOLDER.rglob("*")):
        made.chmod(0o755 if made.is_dir() else 0o644)
