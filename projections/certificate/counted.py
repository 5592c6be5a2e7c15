"""A copy, counted: how much of the log is in it, whether it verifies, and which device signed its manifests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

from ledger import codec
from ledger.admission.signatures import public_of
from ledger.copies import Copy, Form, Withheld, form_of, open_copy
from ledger.copies.archive import Archive
from ledger.copies.bag import SIGNATURES, TAG_MANIFEST, Files, FolderFiles, digest_in
from ledger.copies.form import ENTRIES
from ledger.course.people import Roster, evolve
from ledger.errors import DoseLedgerError, Unavailable
from ledger.events.review import TextRedacted
from ledger.signing import jws, keys
from ledger.verify import Outside, Rebuild, Report, verify_path
from projections.printed import View

Signed = Literal["holds", "none", "false"]
AUTHORITY = frozenset({"study", "people"})
_CHUNK = 256
_READ = 1 << 20
_NAMED = {"folder": ENTRIES, "tiles": "checkpoint"}
"""Of a folder, the file whose SHA-256 stands for all of it."""
_SIGNATURE = f"{SIGNATURES}tagmanifest.sig"


class Counted(View, frozen=True, kw_only=True):
    """What was found in a copy.

    `digest` is its SHA-256 as `export.made/1` has it; `entries` stand in it in full, `withheld` as their hashes;
    `missing` are texts that its entries name, that it does not have, and that no entry redacts. `device` signed the
    manifests of a bundle where `signature` holds; `false` is one that no device of the copy's record made over these
    manifests.
    """

    form: Form
    digest: str
    ledger: str
    size: int
    root: str
    entries: int
    withheld: int
    texts: int
    blobs: int
    missing: int
    verdict: str
    first_bad: str | None
    findings: tuple[str, ...]
    signature: Signed
    device: str | None


def count(path: str, outside: Outside, rebuilds: Sequence[Rebuild] = ()) -> tuple[Counted, Roster]:
    """Verify and count the copy at `path`, and fold whose keys stand in it.

    `outside` is what is held outside of it, `rebuilds` what its tables are compared with. Raises Unavailable where
    no copy lies, Malformed for one that cannot be read.
    """
    report = verify_path(path, outside=outside, rebuilds=rebuilds)
    with closing(open_copy(path)) as copy:
        entries, withheld, missing, roster = _walked(copy)
        signature, device = _signed(path, copy.form, roster)
        return _counted(path, copy, report, (entries, withheld, missing), (signature, device)), roster


def _counted(
    path: str, copy: Copy, report: Report, walked: tuple[int, int, int], signed: tuple[Signed, str | None]
) -> Counted:
    first = report.first_bad
    return Counted(
        form=copy.form,
        digest=digest_of(path),
        ledger=report.ledger,
        size=report.entries,
        root=report.root,
        entries=walked[0],
        withheld=walked[1],
        texts=sum(1 for _ in copy.texts()),
        blobs=sum(1 for _ in copy.digests()),
        missing=walked[2],
        verdict=report.verdict,
        first_bad=f"#{first.position}: {first.why}" if first is not None else None,
        findings=tuple(f"{one.code}: {one.why}" for one in report.findings),
        signature=signed[0],
        device=signed[1],
    )


def digest_of(path: str) -> str:
    """Give the SHA-256 by which an export is recorded, as docs/spec/kinds.md says: of the file, or of one that it has.

    Empty where a bag has no tag manifest.
    """
    form = form_of(path)
    with _files(path, form) as files:
        if files is not None:
            return digest_in(files, TAG_MANIFEST)
    place = Path(path) / _NAMED[form] if form in _NAMED else Path(path)
    return digest_in(FolderFiles(place.parent), place.name)


@contextmanager
def _files(path: str, form: Form | None) -> Iterator[Files | None]:
    """Give the files of a bag; None for what is none."""
    if form is None:
        raise Unavailable(f"There is no copy of a ledger at {path}.", fix="Check the path.")
    if form != "archive":
        yield FolderFiles(Path(path)) if form == "bundle" else None
        return
    with closing(Archive(path)) as archive:
        yield archive


def _walked(copy: Copy) -> tuple[int, int, int, Roster]:
    """Walk the entries once: how many in full, how many withheld, texts that are missing, and the roster."""
    entries, withheld, missing, redacted, roster = 0, 0, set[str](), set[str](), Roster()
    for start in range(0, copy.size, _CHUNK):
        for at, raw in enumerate(copy.raws(start, min(start + _CHUNK, copy.size)), start):
            if not isinstance(raw, bytes):
                withheld += isinstance(raw, Withheld)
                continue
            entries += 1
            try:
                payload = jws.parse(raw, jws.RECOVERED_LIMIT).payload
                missing.update(one for one in codec.commitments(payload) if copy.text(one) is None)
                entry = codec.open_entry(raw, log=copy.log, position=at)
                roster = evolve(roster, entry) if entry.stream in AUTHORITY else roster
                redacted.update(event.commitments if isinstance(event := entry.told.event, TextRedacted) else ())
            except DoseLedgerError:
                continue  # the verification names it
    return entries, withheld, len(missing - redacted), roster


def _signed(path: str, form: Form, roster: Roster) -> tuple[Signed, str | None]:
    """Say who signed the manifests of a bundle."""
    with _files(path, form) as files:
        if files is None:
            return "none", None
        signature, manifest = files.open(_SIGNATURE), files.open(TAG_MANIFEST)
        if signature is None or manifest is None:
            return "none", None
        with signature, manifest:
            made, data = signature.read(65), manifest.read(_READ)
    for key in roster.devices.values():
        try:
            keys.check(public_of(key.jwk), data, made)
        except DoseLedgerError:
            continue
        return "holds", key.person
    return "false", None
