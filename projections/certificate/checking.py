"""A copy and its certificate checked against each other, with nothing but the two at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from ledger import codec
from ledger.admission.signatures import check_signatures
from ledger.codec import Opened
from ledger.course.people import Roster
from ledger.errors import DoseLedgerError, IntegrityFailure
from ledger.events.exports import CopyCertified, ExportMade
from ledger.logkeys import keys_of
from ledger.merkle import checkpoint
from ledger.merkle.note import VerifierKey
from ledger.merkle.proof import check_consistency, check_inclusion
from ledger.signing import keys
from ledger.verify import Outside, Rebuild
from projections.certificate.counted import Counted, count
from projections.certificate.paper import Certificate, Proved
from projections.printed import Signature, View, signature

Answer = Literal["certified", "not-certified", "failed"]
_COUNTS = ("digest", "ledger", "size", "root", "entries", "withheld", "texts", "blobs", "missing")


class Row(View, frozen=True, kw_only=True):
    """One thing that was checked, and what was found."""

    what: str
    holds: bool
    said: str


class Checked(View, frozen=True, kw_only=True):
    """The answer: `certified` when everything holds and somebody attests it, `failed` when anything does not hold."""

    answer: Answer
    copy: Counted
    certified_by: Signature | None
    rows: tuple[Row, ...]


def check(path: str, paper: Certificate | None, outside: Outside, rebuilds: Sequence[Rebuild] = ()) -> Checked:
    """Check the copy at `path`, and the certificate where there is one.

    `outside` is what is known of the ledger from outside, `rebuilds` what the tables are compared with. Raises
    Unavailable where no copy lies, Malformed for one that cannot be read.
    """
    copy, roster = count(path, outside, rebuilds)
    rows = [*of_copy(copy)]
    if paper is not None:
        rows += _paper(copy, roster, paper)
    held = all(row.holds for row in rows)
    attested: Answer = "certified" if paper is not None else "not-certified"
    return Checked(
        answer=attested if held else "failed",
        copy=copy,
        certified_by=paper.certified_by if paper is not None else None,
        rows=tuple(rows),
    )


def of_copy(copy: Counted) -> Iterator[Row]:
    """Give what must hold of a copy by itself."""
    good = copy.verdict in {"ok", "ok-unanchored", "self-consistent"}
    yield Row(what="the copy verifies", holds=good, said=copy.verdict if good else "; ".join(copy.findings[:3]))
    whole = copy.entries + copy.withheld == copy.size
    said = f"{copy.size} entries, {copy.entries} in full, {copy.withheld} withheld"
    yield Row(what="no entry is missing", holds=whole, said=said)
    yield Row(what="no text is missing", holds=copy.missing == 0, said=f"{copy.texts} texts, {copy.missing} missing")
    if copy.signature != "none":
        said = f"by the device {copy.device}"
        if copy.device is None:
            said = "by no device that the copy's record enrols, or over other manifests"
        yield Row(what="the signature over the manifests", holds=copy.device is not None, said=said)


def _paper(copy: Counted, roster: Roster, paper: Certificate) -> Iterator[Row]:
    yield _row("it is of this copy", lambda: _same(copy, paper))
    yield _row("the copy's making is recorded", lambda: _export(copy, roster, paper))
    yield _row("a person attests it", lambda: _attested(copy, roster, paper))
    yield _row("both stand in the log that goes on from the copy", lambda: _proved(copy, roster, paper))


def _row(what: str, look: Callable[[], str]) -> Row:
    try:
        return Row(what=what, holds=True, said=look())
    except DoseLedgerError as error:
        return Row(what=what, holds=False, said=f"{error.what}{f': {error.why}' if error.why else ''}")
    except ValueError as error:
        return Row(what=what, holds=False, said=str(error))


def _same(copy: Counted, paper: Certificate) -> str:
    for name in _COUNTS:
        there, here = getattr(paper.copy, name), getattr(copy, name)
        if there != here:
            raise IntegrityFailure(f"{name}: the certificate says {there}, the copy has {here or 'none'}")
    if paper.ledger != copy.ledger:
        raise IntegrityFailure(f"the certificate says that it is of the ledger {paper.ledger}")
    return f"digest sha256 {copy.digest}"


def _opened(one: Proved, roster: Roster) -> Opened:
    """Open an entry of the certificate, signed by keys that the copy's record made active."""
    opened = codec.open_whole(one.raw.encode(), log="main", position=one.position)
    check_signatures(opened, roster)
    for signer in opened.entry.signers:
        roster.require_signer(signer, datetime.fromisoformat(signer.at))
    if opened.entry.payload.ledger != roster.ledger:
        raise IntegrityFailure("the entry belongs to another ledger")
    return opened


def _export(copy: Counted, roster: Roster, paper: Certificate) -> str:
    entry = _opened(paper.export, roster).entry
    event = entry.event
    if not isinstance(event, ExportMade):
        raise IntegrityFailure(f"the entry #{entry.position} records no export", why=f"it is {entry.kind}")
    if (event.digest, event.size, event.root) != (copy.digest, copy.size, copy.root):
        raise IntegrityFailure(f"the entry #{entry.position} records another copy")
    return f"entry #{entry.position}, {event.form}, by {entry.author.name} at {entry.author.at}"


def _attested(copy: Counted, roster: Roster, paper: Certificate) -> str:
    entry = _opened(paper.certified, roster).entry
    event, signer = entry.event, entry.author
    if not isinstance(event, CopyCertified) or signer.meaning != "attested-copy":
        raise IntegrityFailure(f"the entry #{entry.position} attests no copy", why=f"it is {entry.kind}")
    export = codec.open_entry(paper.export.raw.encode(), log="main", position=paper.export.position)
    if export.ref not in entry.payload.causes or event.export != export.id:
        raise IntegrityFailure(f"the entry #{entry.position} is about another export")
    said = (event.entries, event.withheld, event.texts, event.blobs, event.missing)
    if said != (copy.entries, copy.withheld, copy.texts, copy.blobs, copy.missing):
        raise IntegrityFailure(f"the entry #{entry.position} counts otherwise", why=f"it says {said}")
    if paper.certified_by != signature(signer):
        raise IntegrityFailure("the certificate names another signer than the entry")
    return f"{signer.name} ({signer.role}, {signer.organisation}) at {signer.at}: {signer.statement}"


def _proved(copy: Counted, roster: Roster, paper: Certificate) -> str:
    note = paper.checkpoint.encode()
    log = keys_of(roster.turns)
    key = log.at(checkpoint.parse(note)[0].size)
    named = VerifierKey(name=key.origin, public=key.public).text()
    if paper.log_key != named:
        raise IntegrityFailure("the certificate names another key of the log", why=f"the copy's is {named}")
    head = log.open(note, keys.check_ed25519)
    if head.origin != paper.origin:
        raise IntegrityFailure("the checkpoint is of another log")
    for one in (paper.export, paper.certified):
        leaf = bytes.fromhex(codec.open_entry(one.raw.encode(), log="main", position=one.position).leaf)
        check_inclusion(leaf, one.position, head.size, _hashes(one.proof), head.root)
    check_consistency(copy.size, head.size, _hashes(paper.consistency), bytes.fromhex(copy.root), head.root)
    return f"a signed head of {head.size} entries, which begin with the {copy.size} of the copy"


def _hashes(said: tuple[str, ...]) -> list[bytes]:
    return [bytes.fromhex(one) for one in said]
