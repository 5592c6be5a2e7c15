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

from ledger.events.patient import ConsentGiven, PatientMeasured, PatientRegistered
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
        jsonl.directory(site.book, place)
        payload = jws.parse(site.book.raw(last.position)).payload
        site.book.close()
    stranger = replace(person("clara", "Clara Cohn", "coordinator"), key=key_of("stranger"))
    header = site.header(stranger, "coordinator", "authorship", act=site.uuid())
    forged = seal(payload.replace(b'"71.5"', b'"17.5"'), [(header, stranger.key)])
    (place / "re-signed.txt").write_bytes(forged + b"\n")


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    small_copy(FOLDER)
    for made in (FOLDER, *FOLDER.rglob("*")):
        made.chmod(0o755 if made.is_dir() else 0o644)
