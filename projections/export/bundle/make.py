"""Make an inspection bundle: a folder or a ZIP, the same bytes each time it is made of the same head."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.book import Ledger
from ledger.errors import BadInput, Unavailable
from ledger.verify import verify_path
from projections.export import jsonl
from projections.export.bundle import (
    archive,
    checking,
    issues,
    protocol,
    readme,
    record,
    reviewed,
    state,
    subjects,
    trail,
    validation,
)
from projections.export.bundle.bag import TAGMANIFEST, Bag
from projections.export.bundle.scope import Scope
from projections.export.scope import scope_of, whose
from projections.printed import View

if TYPE_CHECKING:  # the libraries of the keys load only where a key is at hand
    from ledger.signing.signer import Signer


class Bundled(View, frozen=True, kw_only=True):
    """What was made: where, of which head, for whom; `digest` is the SHA-256 of the tag manifest.

    `recorded` is the entry of the ledger that says so; null where it could not be written.
    """

    path: str
    name: str
    size: int
    root: str
    digest: str
    patients: tuple[str, ...]
    withheld: int
    files: int
    texts: int
    blobs: int
    missing: tuple[str, ...]
    signed: bool
    verdict: str
    recorded: int | None


def make(
    ledger: Ledger,
    out: Path,
    *,
    software: str,
    build: str,
    size: int | None = None,
    patients: Sequence[str] = (),
    device: tuple[str, Signer] | None = None,
) -> Bundled:
    """Make the bundle of the first `size` entries (all, when None), limited to `patients` (all it has, when empty).

    A name that ends in `.zip` gives a ZIP, any other a folder, which must be new or empty; it appears whole or not
    at all, readable by this user alone. `device` is the name and key of the machine that signs the manifests.
    Raises BadInput for patients nobody knows and for a place where something stands, Unavailable where nothing can
    be written.
    """
    stop = ledger.size if size is None else size
    chosen = tuple(sorted(set(patients))) or whose(ledger, stop)
    for number in chosen:
        if not ledger.stream(f"patient/{number}", up_to=stop):
            raise BadInput(f"There is no patient {number}.", fix="see: doseledger patient list")
    if out.exists() and (not out.is_dir() or out.suffix == ".zip" or any(out.iterdir())):
        raise BadInput(f"{out.name} is not an empty folder.", why="an export never goes over what stands")
    try:
        partial = Path(tempfile.mkdtemp(prefix=".export-", dir=out.absolute().parent))
    except OSError as error:
        raise _unwritten(error) from error
    try:
        bundled = _bag(ledger, partial / "bag", Scope(ledger, stop, chosen, software, build), out, device)
        if out.suffix == ".zip":
            archive.pack(partial / "bag", partial / "zip", bundled.name)
            (partial / "zip").chmod(0o600)
            (partial / "zip").replace(out)
        else:
            (partial / "bag").chmod(0o700)
            (partial / "bag").replace(out)
    except OSError as error:
        raise _unwritten(error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return bundled


def _bag(ledger: Ledger, root: Path, scope: Scope, out: Path, device: tuple[str, Signer] | None) -> Bundled:
    bag = Bag(root)
    place = root / "data" / record.FOLDER
    place.parent.mkdir(parents=True)
    copied = jsonl.directory(ledger, place, size=scope.size, patients=scope.patients)
    bag.taken(record.FOLDER)
    report = verify_path(place)
    kept = readme.Kept(
        withheld=copied.withheld,
        texts=copied.texts,
        blobs=copied.blobs,
        missing=len(copied.missing),
        verdict=report.verdict,
        findings=checking.said(report),
    )
    with Ledger.open(place, read_only=True) if scope.patients else nullcontext(ledger) as shown:
        view = replace(scope, ledger=shown)
        _derived(view, bag, kept)
        digest, name = bag.close(_info(view)), view.name
    if device is not None:
        _sign(root, *device)
    return Bundled(
        path=str(out),
        name=name,
        size=scope.size,
        root=scope.root,
        digest=digest,
        patients=scope.patients,
        withheld=copied.withheld,
        files=len(bag.names),
        texts=copied.texts,
        blobs=copied.blobs,
        missing=copied.missing,
        signed=device is not None,
        verdict=report.verdict,
        recorded=None,
    )


def _derived(scope: Scope, bag: Bag, kept: readme.Kept) -> None:
    """Write everything but the copy itself from what `scope` shows: for some patients, from the filtered copy."""
    for shelf in (record, trail, reviewed, subjects, protocol, state, issues, validation):
        shelf.write(scope, bag)
    checking.write(scope, bag)
    readme.write(scope, bag, kept)


def _info(scope: Scope) -> list[tuple[str, str]]:
    return [
        ("Source-Organization", f"Site {scope.roster.site}"),
        ("External-Identifier", scope.name),
        ("Bagging-Date", scope.window.known_at.date().isoformat()),
        ("Bag-Software-Agent", f"{scope.version}, build {scope.build}"),
        ("Study", scope.genesis.trial),
        ("Patients", ", ".join(scope.patients) or ("all" if scope_of(scope.ledger, scope.size) == "all" else "none")),
        ("Ledger-Id", scope.ledger.id),
        ("Log-Size", str(scope.size)),
        ("Log-Root", scope.root),
    ]


def _sign(root: Path, name: str, signer: Signer) -> None:
    """Put the signatures over the tag manifest beside it, in the forms that stock tools read; nothing lists them."""
    from ledger.signing import sshsig  # noqa: PLC0415  # see the top of this module

    data = (root / TAGMANIFEST).read_bytes()
    folder = root / "signatures"
    folder.mkdir()
    (folder / "tagmanifest.sig").write_bytes(signer.sign(data))
    (folder / "tagmanifest.sshsig").write_bytes(sshsig.sign(signer, sshsig.BUNDLE, data))
    allowed = sshsig.allowed_signer(signer.public, name, sshsig.BUNDLE)
    (folder / "allowed_signers").write_text(f"{allowed}\n", encoding="ascii")
    (folder / "export-key.pem").write_bytes(sshsig.pem(signer.public))


def _unwritten(error: OSError) -> Unavailable:
    return Unavailable(
        f"The bundle could not be written: {error.strerror or error}.", fix="Give another place: --out FILE.zip"
    )
