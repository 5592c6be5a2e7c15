"""`doseledger certify-copy make` and `check`: a person's word that a copy is complete and true, and its check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.cli import console, envelope
from commands.cli.options import Shared, Signing
from commands.cli.place import ledger_path, read_file, write_private
from commands.cli.session import Session, writing
from ledger.errors import BadInput, IntegrityFailure
from ledger.events.exports import ExportMade

if TYPE_CHECKING:
    from ledger.course.people import Roster
    from ledger.events.entry import Entry
    from projections.certificate.counted import Counted

Copy = Annotated[
    str, typer.Argument(metavar="COPY", help="A bundle (folder or ZIP), a dossier, or a folder that was exported.")
]
SUFFIX, PRINTED = ".certificate.json", ".certificate.txt"
"""What is put behind the name of a copy to name its certificate, for programs and for people."""


def certify_copy_make(
    shared: Shared,
    signing: Signing,
    copy: Copy,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="NAME", help="Write NAME.certificate.json and .txt; beside the copy else."),
    ] = None,
) -> int:
    """Compare a copy with this ledger and attest it: the certificate is signed by you, and an entry of the ledger."""
    from commands.certifying import CertifyCopy
    from commands.cli import acting, keyring
    from commands.cli import writing as written
    from commands.cli.trust import tables
    from commands.cli.version import SOFTWARE
    from commands.draft import Circumstances
    from ledger.verify import Outside
    from projections.certificate import paper
    from projections.certificate.counted import count

    name = out or copy.rstrip("/")
    for path in (Path(name + SUFFIX), Path(name + PRINTED)):
        if path.exists():
            raise BadInput(f"there is already a certificate at {path}", fix="name another: --out NAME")
    with writing(shared.ledger) as session:
        rebuilds, unread = tables(copy)
        if unread:
            raise BadInput(
                "what stands beside the record in the copy cannot be compared with the ledger",
                why=unread[0],
                fix="make the copy anew with this program: doseledger export",
            )
        found, keys = count(copy, Outside(ledger=session.ledger.id), rebuilds)
        export = _export(session, found, copy)
        persons = [keyring.who(shared.me), *(signing.witness or ())]
        own = session.roster.active_key(persons[0])
        for kid, who in ((export.author.kid, export.author.name), (own.kid if own is not None else "", persons[0])):
            _require_known(keys, kid, who)
        act = CertifyCopy(
            export=export.id,
            entries=found.entries,
            withheld=found.withheld,
            texts=found.texts,
            blobs=found.blobs,
            missing=found.missing,
        )
        command = acting.command_id(signing.command_id)
        doing = acting.Doing(session, act, Circumstances(), persons, signing, command)
        if signing.dry_run:
            return written.dry(doing, shared)
        outcome = acting.do(doing)
        position = outcome.receipts[-1].position
        one = paper.certificate(session.ledger, position, found, made_by=SOFTWARE.replace("/", " "))
        write_private(Path(name + SUFFIX), paper.written(one))
        write_private(Path(name + PRINTED), paper.text(one, Path(copy).name).encode())
        if shared.json:
            envelope.put("certify-copy-make", session.ledger, paper.Certified(path=name + SUFFIX, certificate=one))
            return 0
        written.report(session, "certify-copy make", outcome, shared)
    console.answer(name + SUFFIX)
    console.say(f"  for people: {name}{PRINTED}")
    return 0


def _require_known(keys: Roster, kid: str, who: str) -> None:
    """Refuse (BadInput) a signer whose key is not in the copy: nobody could check his signature by it."""
    known = keys.key(kid)
    if known is None or known.ended is not None:
        raise BadInput(
            f"the key of {who} is not active in the copy",
            why="a certificate is checked by the keys that are in the copy",
            fix="export a newer copy: doseledger export bundle",
        )


def certify_copy_check(
    shared: Shared,
    copy: Annotated[
        str | None,
        typer.Argument(metavar="COPY", help="A bundle, a dossier or an exported folder; behind inspect that record."),
    ] = None,
    paper: Annotated[
        str | None,
        typer.Argument(metavar="CERTIFICATE", help="Its certificate; COPY.certificate.json beside it when left out."),
    ] = None,
    log_key: Annotated[
        str | None,
        typer.Option("--log-key", metavar="KEY", help="The verifier key of the log, from outside; or a file with it."),
    ] = None,
) -> int:
    """Check a copy and its certificate, also without the ledger: exit 0 when both hold, 1 without a certificate.

    Exit 8 when anything is not what it must be. --ledger may give the ledger id from the trial master file.
    """
    from commands.cli.named import id_beside, verifier_key
    from commands.cli.trust import tables
    from ledger.verify import Outside
    from projections.certificate import checking
    from projections.certificate import paper as papers

    known = id_beside(copy, shared.ledger)
    copy = ledger_path(copy or (None if known else shared.ledger)).rstrip("/")
    beside = Path(copy + SUFFIX)
    where = paper or (str(beside) if beside.is_file() else None)
    outside = Outside(ledger=known, log_key=verifier_key(log_key) if log_key is not None else None)
    read = papers.read(read_file(where)) if where is not None else None
    rebuilds, unread = tables(copy)
    data = checking.check(copy, read, outside, rebuilds)
    code = {"certified": 0, "not-certified": 1, "failed": IntegrityFailure.exit_code}[data.answer]
    found = data.copy
    if shared.json:
        head = {"id": found.ledger, "size": found.size, "root": found.root}
        envelope.about("certify-copy-check", head, data)
        return code
    console.answer(console.paint(_ANSWERS[data.answer], "good" if code == 0 else "bad"))
    console.answer(f"  {copy}: {found.size} entries, {found.entries} in full, {found.withheld} withheld")
    console.answer(f"  ledger {found.ledger or 'unknown'}")
    console.answer(f"  root   {found.root or 'unknown'}")
    if found.first_bad is not None:
        console.answer(f"  first bad entry: {found.first_bad}")
    for row in data.rows:
        console.answer(f"  {'v' if row.holds else 'x'} {row.what}: {console.one_line(row.said)}")
    for one in unread:
        console.answer(f"  NOT CHECKED: {console.one_line(one)}")
    if found.form in {"bundle", "archive"} and found.signature == "none":
        console.answer("  NOT CHECKED: who made the pages and tables beside the record; nobody signed their manifests")
    if where is None:
        console.say(f"  There is no certificate at {beside}; name it, or: doseledger certify-copy make {copy}")
    return code


_ANSWERS = {
    "certified": "v The copy is complete and true, and a person attests it.",
    "not-certified": "! The copy holds, but nobody attests it: there is no certificate.",
    "failed": "x The copy or its certificate is not what it must be.",
}


def _export(session: Session, found: Counted, copy: str) -> Entry:
    """Find the entry that records this very copy; IntegrityFailure for one that does not hold, or is of other bytes."""
    from projections.certificate.checking import of_copy

    ledger = session.ledger
    wrong = next((row for row in of_copy(found) if not row.holds), None)
    if wrong is not None:
        why = found.first_bad or f"{wrong.what}: {wrong.said}"
        raise IntegrityFailure(f"{copy} is not a true copy", why=why, fix=f"see: doseledger certify-copy check {copy}")
    if found.size > ledger.size or ledger.root_at(found.size).hex() != found.root:
        raise IntegrityFailure(f"{copy} is a copy of another history", why="its root is not that of this ledger")
    made = [
        entry
        for entry in ledger.stream(f"exports/{session.roster.site}")
        if isinstance(entry.event, ExportMade) and entry.event.digest == found.digest
    ]
    if not made:
        raise BadInput(
            f"no entry records that {copy} was made",
            why="a copy is attested by the entry of its making",
            fix="make it anew beside the ledger: doseledger export bundle",
        )
    return made[-1]
