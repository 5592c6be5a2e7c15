"""Appending: what must be true of entries before they are stored, checked in the writer's turn.

Running an append again with the same bytes stores nothing and gives the same receipts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from ledger import codec
from ledger.admission import check_signatures, problems
from ledger.book.sealing import sealing
from ledger.book.shelf import AUTHORITY, Shelf
from ledger.book.view import BatchView
from ledger.course.people import evolve
from ledger.errors import BadInput, Conflict, IntegrityFailure
from ledger.events.body import blobs as named_blobs
from ledger.logkeys import keys_of
from ledger.signing.signer import Signer
from ledger.storage.receipt import Receipt, receipt_of
from ledger.storage.rows import TextRow, uuid_bytes
from ledger.storage.schema import LOG
from ledger.storage.store import Store

AHEAD = timedelta(minutes=2)
"""How far `recorded_at` may be ahead of the clock of the appending machine (RECORD section 2)."""
SALT_BYTES = 32

Texts = Mapping[str, tuple[bytes, bytes]]
"""Commitment to (salt, text)."""
Blobs = Mapping[str, bytes]
"""SHA-256 in hexadecimal to the bytes."""


def append(
    store: Store,
    shelf: Shelf,
    entries: Sequence[bytes],
    *,
    now: datetime,
    texts: Texts,
    blobs: Blobs,
    signers: Sequence[Signer],
) -> tuple[Receipt, ...]:
    """Judge and store entries, all or none; the caller has the turn. See `Ledger.append` for what it raises."""
    size = store.reader.size()
    opened = [codec.open_whole(raw, log=LOG, position=size + offset) for offset, raw in enumerate(entries)]
    replayed = _replayed(store, opened, entries)
    if replayed is not None:
        return replayed
    _require_whole(opened, size)
    for one in opened:
        if one.entry.recorded_at - now > AHEAD:
            raise BadInput(
                f"The entry says it was recorded at {one.entry.payload.recorded_at}, which is not yet.",
                why=f"this machine's clock says {now.isoformat(timespec='seconds')}",
                fix="Set the clock of the machine that is wrong.",
            )
    rows = _texts(store, opened, texts)
    _require_blobs(store, opened, blobs)
    view = BatchView(store.reader, shelf, size)
    roster = shelf.roster(size, newest=True)
    for one in opened:
        for problem in problems(one, roster=roster, view=view):
            if problem.severity == "failure":
                raise problem.refusal()
        check_signatures(one, roster)
        view.accept(one)
        if one.entry.stream in AUTHORITY:
            roster = evolve(roster, one.entry)
    _require_sealed(store, opened)
    receipts = store.append(
        [(one.entry, raw) for one, raw in zip(opened, entries, strict=True)],
        seal=sealing(keys_of(roster.turns).at(size + len(opened)), signers),
        texts=rows,
        blobs=[(digest, data) for digest, data in blobs.items() if store.reader.blob(digest) is None],
    )
    shelf.took(opened)
    return receipts


def _replayed(store: Store, opened: Sequence[codec.Opened], raws: Sequence[bytes]) -> tuple[Receipt, ...] | None:
    """The receipts of a batch that is already stored; None when all of it is new; Conflict otherwise."""
    stored = {
        (identifier, index): (position, raw)
        for identifier in dict.fromkeys(one.entry.payload.command.id for one in opened)
        for index, position, raw in store.reader.command(uuid_bytes(identifier))
    }
    if not stored:
        return None
    receipts = []
    for one, raw in zip(opened, raws, strict=True):
        command = one.entry.payload.command
        found = stored.get((command.id, command.index))
        if found is None or found[1] != raw:
            winner = min(position for position, _ in stored.values()) if found is None else found[0]
            raise Conflict(
                "replayed id with another body",
                winner=winner,
                why=f"the command {command.id} is stored at position {winner} with other bytes",
                fix="Look at what is stored; a new act has a new command id.",
            )
        receipts.append(receipt_of(store.reader, codec.open_entry(raw, log=LOG, position=found[0])))
    return tuple(receipts)


def _require_whole(opened: Sequence[codec.Opened], size: int) -> None:
    """A command, and a set signed together, is stored whole: a part alone would keep every other entry out."""
    if not opened:
        raise BadInput("There is nothing to append.")
    command = opened[-1].entry.payload.command
    sets = [header.auth.set for header in opened[-1].headers]
    if command.index + 1 != command.of or any(part is not None and part.i + 1 != part.of for part in sets):
        raise BadInput(
            f"The entries that belong together are not all there: {command.index + 1} of {command.of}.",
            why=f"they would stand from position {size} on",
            fix="Append all of them at once.",
        )


def _texts(store: Store, opened: Iterable[codec.Opened], texts: Texts) -> list[TextRow]:
    rows: dict[str, TextRow] = {}

    def gone(commitment: str) -> bool:
        """Tell whether a redaction deleted the text: it is not asked for again, and not kept where it is given."""
        return store.reader.redacted(commitment) is not None

    for one in opened:
        for commitment in sorted(codec.commitments(one.jws.payload)):
            if commitment in rows or store.reader.text(commitment) is not None or gone(commitment):
                continue
            if commitment not in texts:
                raise BadInput(
                    "A text is missing.",
                    why=f"the entry names {commitment[:15]}… and its words were not given",
                    fix="Give every text with the entry that is committed to it.",
                )
            salt, text = texts[commitment]
            if len(salt) != SALT_BYTES or f"sha256:{sha256(salt + text).hexdigest()}" != commitment:
                raise BadInput(
                    "A text is not the one that was signed.", why=f"its salt and words do not give {commitment[:15]}…"
                )
            rows[commitment] = TextRow(commitment, one.entry.position, salt, text)
    unknown = [
        commitment
        for commitment in texts
        if commitment not in rows and store.reader.text(commitment) is None and not gone(commitment)
    ]
    if unknown:
        raise BadInput("A text was given that no entry names.", why=unknown[0])
    return list(rows.values())


def _require_blobs(store: Store, opened: Iterable[codec.Opened], blobs: Blobs) -> None:
    for digest, data in blobs.items():
        if sha256(data).hexdigest() != digest:
            raise BadInput("A file is not the one that was named.", why=f"its SHA-256 is not {digest[:15]}…")
    named = {digest for one in opened for _, digest in named_blobs(one.entry.event)}
    unknown = next((digest for digest in blobs if digest not in named and store.reader.blob(digest) is None), None)
    if unknown is not None:
        raise BadInput("A file was given that no entry names.", why=f"its SHA-256 is {unknown[:15]}…")
    for one in opened:
        for name, digest in named_blobs(one.entry.event):
            if digest not in blobs and store.reader.blob(digest) is None:
                raise BadInput(
                    f"The bytes of the {name} are missing.",
                    why=f"the entry names {digest[:15]}…",
                    fix="Give them with the entry: whoever reads the record later needs them.",
                )


def _require_sealed(store: Store, opened: Iterable[codec.Opened]) -> None:
    """Refuse an author's head that the log never sealed: nobody can have looked at it."""
    for size in {one.entry.payload.after.size for one in opened} - {0}:
        found = store.reader.note(size)
        if found is None or found[0] != size:
            raise IntegrityFailure(
                f"The log never sealed a head of {size} entries.",
                why="the entry says that its author looked at one",
                fix="Look at the ledger as it is, and sign after its newest checkpoint.",
            )
