"""An inspection bundle for tests: of a ward where two patients are, one of whom everything happened to."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from acts import Ward, founded, key
from dosed import eventful

from commands.certifying import CertifyCopy
from commands.draft import Circumstances
from commands.notes import note
from commands.perform import Hand, perform
from ledger.book import Ledger
from ledger.errors import Refused
from ledger.events.exports import ExportMade
from ledger.verify import Outside
from projections.certificate.counted import count
from projections.certificate.paper import Certificate, certificate
from projections.export.bundle.make import Bundled, make

SOFTWARE, BUILD = "doseledger/0.1.0", "0" * 64
OTHER = "P-002"
SECRET = "words about the other patient alone"


def warded(folder: Path) -> Ward:
    """The ward of the tests, open; the other patient's words name nobody."""
    ward = Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")
    ward.enrol(OTHER)
    eventful(ward)
    ward.do("nurse.1", "toxicity report", patient=OTHER, term="headache", onset="now", words=SECRET)
    ward.do("nurse.1", "patient measure", patient=OTHER, weight="61.5kg")
    with suppress(Refused):
        ward.ordered("30mg", number=OTHER)
    ward.do("nurse.1", "patient measure", patient=OTHER, weight="61.4kg")
    return ward


def beside(ward: Ward, folder: Path) -> Ward:
    """Sit down at a copy of the ward's ledger, so that what is written there is not written here."""
    for end in ("", "-wal"):
        if Path(f"{ward.book.path}{end}").exists():
            shutil.copyfile(f"{ward.book.path}{end}", folder / f"beside.ledger{end}")
    return Ward.open(folder / "beside.ledger", seed="beside", now=ward.now)


def bundled(
    book: Ledger, out: Path, *, patients: Sequence[str] = (), size: int | None = None, signed: bool = True
) -> Bundled:
    """Make a bundle as the command does, signed by the ward's workstation."""
    device = ("ws1", key("ws1")) if signed else None
    return make(book, out, software=SOFTWARE, build=BUILD, size=size, patients=patients, device=device)


def recorded(ward: Ward, made: Bundled) -> int:
    """Record the bundle in the ward's ledger."""
    event = ExportMade(
        form="bundle",
        size=made.size,
        root=made.root,
        digest=made.digest,
        streams=tuple(f"patient/{one}" for one in made.patients),
        name=None,
        claimed_by="crc.1",
        recipient=None,
    )
    return note(ward.book, ward.post, "exports", lambda _pad, _roster: event).position


def attested(ward: Ward, said: Mapping[str, object], *, by: str = "crc.1") -> int:
    """Have a person attest a copy; `said` are the members of the act, by default a copy without anything."""
    members = {"withheld": 0, "texts": 0, "blobs": 0, "missing": 0, **said}
    act = CertifyCopy(**members)
    done = perform(act, ward.book, ward.post, [Hand(by, key(by))], Circumstances(), command=ward.command())
    return done.receipts[0].position


def certified(ward: Ward, made: Bundled) -> Certificate:
    """Record the bundle, have a person attest it, and write the certificate."""
    found, _ = count(made.path, Outside(ledger=ward.book.id))
    counts = {name: getattr(found, name) for name in ("entries", "withheld", "texts", "blobs", "missing")}
    position = attested(ward, {"export": f"#{recorded(ward, made)}", **counts})
    return certificate(ward.book, position, found, made_by="doseledger 0.1.0")


def remade(bag: Path, name: str, change: Callable[[bytes], bytes], *, manifests: bool) -> None:
    """Change a file of a bag; with `manifests` as somebody who also writes both manifests anew."""
    path = bag / name
    path.write_bytes(change(path.read_bytes()))
    if not manifests:
        return
    _listed(bag, bag / "manifest-sha256.txt")
    _listed(bag, bag / "tagmanifest-sha256.txt")


def _listed(bag: Path, manifest: Path) -> None:
    names = [line.partition("  ")[2] for line in manifest.read_text().splitlines()]
    lines = [f"{sha256((bag / name).read_bytes()).hexdigest()}  {name}\n" for name in names if (bag / name).is_file()]
    manifest.write_text("".join(lines))


def copied(bag: Path, folder: Path) -> Path:
    """A copy of a bag that a test may change."""
    return Path(shutil.copytree(bag, folder / "changed"))
