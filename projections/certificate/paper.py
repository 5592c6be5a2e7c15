"""The certificate of a copy: what it says for programs and for people, and how it is read back."""

from __future__ import annotations

import msgspec

from ledger.book import Ledger
from ledger.errors import Malformed
from ledger.events.exports import CopyCertified
from ledger.merkle.checkpoint import parse
from ledger.merkle.note import VerifierKey
from projections.certificate.counted import Counted
from projections.printed import Signature, View, signature

SCHEMA = "doseledger/certificate/1"
LIMIT = 4 << 20
"""Bytes of a certificate: an honest one has fewer than 200,000."""


class Proved(View, frozen=True, kw_only=True):
    """An entry as it is stored, and the path from it to the root of the certificate's checkpoint."""

    position: int
    raw: str
    proof: tuple[str, ...]


class Certificate(View, frozen=True, kw_only=True):
    """A person's word that a copy is complete and true (21 CFR 11.10(b)), with all that is needed to check it.

    `export` is the entry that the copy was made by, `certified` the person's own; both stand under `checkpoint`,
    and `consistency` proves that its log begins with the copy's.
    """

    schema: str
    made_by: str
    ledger: str
    origin: str
    log_key: str
    copy: Counted
    certified_by: Signature
    export: Proved
    certified: Proved
    checkpoint: str
    consistency: tuple[str, ...]


class Certified(View, frozen=True, kw_only=True):
    """A certificate, and the file that holds it."""

    path: str
    certificate: Certificate


def certificate(ledger: Ledger, position: int, copy: Counted, *, made_by: str) -> Certificate:
    """Write the certificate of the `copy.certified` entry at `position`."""
    entry = ledger.entry(position)
    event = entry.event
    if not isinstance(event, CopyCertified):
        raise Malformed(f"entry #{position} certifies no copy", why=f"it is {entry.kind}")
    note = ledger.receipts(entry.payload.command.id)[0].checkpoint
    top = parse(note)[0].size
    key = ledger.log_keys.at(top)
    return Certificate(
        schema=SCHEMA,
        made_by=made_by,
        ledger=ledger.id,
        origin=key.origin,
        log_key=VerifierKey(name=key.origin, public=key.public).text(),
        copy=copy,
        certified_by=signature(entry.author),
        export=_proved(ledger, ledger.find(event.export).position, top),
        certified=_proved(ledger, position, top),
        checkpoint=note.decode(),
        consistency=tuple(one.hex() for one in ledger.prove_consistency(copy.size, top)),
    )


def _proved(ledger: Ledger, position: int, top: int) -> Proved:
    path = tuple(one.hex() for one in ledger.prove(position, top))
    return Proved(position=position, raw=ledger.raw(position).decode(), proof=path)


def written(one: Certificate) -> bytes:
    """Write a certificate as JSON."""
    return msgspec.json.format(msgspec.json.encode(one), indent=2) + b"\n"


def read(data: bytes) -> Certificate:
    """Read a certificate; Malformed for anything else. Nothing in it is checked but its form."""
    if len(data) > LIMIT:
        raise Malformed("This is no certificate.", why=f"it is longer than {LIMIT} bytes")
    try:
        found = msgspec.json.decode(data, type=Certificate)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("This is no certificate.", why=str(error)) from error
    if found.schema != SCHEMA:
        raise Malformed("This is a certificate of another version.", why=f"it says {found.schema!r}")
    return found


def text(one: Certificate, name: str) -> str:
    """Write a certificate for people, about the copy called `name`."""
    by, copy = one.certified_by, one.copy
    lines = [
        "Certificate of a copy",
        "=====================",
        "",
        f"copy        {name}",
        f"digest      sha256 {copy.digest}",
        f"ledger      {one.ledger}",
        f"entries     {copy.size}, from #0 to #{copy.size - 1}; {copy.entries} in full, {copy.withheld} withheld",
        f"root        {copy.root}",
        f"texts       {copy.texts}; {copy.missing} missing",
        f"files       {copy.blobs} that entries name: packs, dictionaries, evidence",
        f"recorded    entry #{one.export.position}",
        "",
        f"signed by   {by.name} ({by.person}), {by.role}, {by.organisation}",
        f"meaning     {by.meaning}: {by.statement}",
        f"at          {by.at} ({by.at_utc})",
        f"entry       #{one.certified.position}, key {by.key}",
        f"made by     {one.made_by}",
        "",
        "The JSON file beside this text holds both entries with their proofs. To check copy and certificate, with or",
        "without the ledger:",
        "",
        f"    doseledger certify-copy check {name}",
    ]
    return "".join(f"{line}\n" for line in lines)
