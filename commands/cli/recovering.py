"""`doseledger entry recover`: lost entries come back in their own bytes, attested by somebody who did not sign them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer
from msgspec import Struct

from commands.cli import acting, console, envelope, keyring, outbox
from commands.cli.options import Shared, Signing
from commands.cli.place import read_file
from commands.cli.session import Session, writing
from commands.draft import Circumstances
from ledger.book import Ledger, is_url
from ledger.copies import form_of
from ledger.copies.tail import parse_tail
from ledger.errors import BadInput
from ledger.events.base import ReasonCode

if TYPE_CHECKING:
    from commands.salvage import Lost

_CODES = cast("tuple[ReasonCode, ...]", get_args(ReasonCode))
_TAIL = b'{"format":"doseledger-tail/1"'
Texts = Mapping[str, tuple[bytes, bytes]]


class Back(Struct, frozen=True, kw_only=True):
    """An entry that came back: where it stands, its id and its kind."""

    position: int
    entry: str
    kind: str


class Left(Struct, frozen=True, kw_only=True):
    """A lost entry that did not come back, and why."""

    entry: str
    kind: str
    why: str


class Recovered(Struct, frozen=True, kw_only=True):
    """What came back, and what did not."""

    recovered: tuple[Back, ...]
    left: tuple[Left, ...]


def entry_recover(
    shared: Shared,
    signing: Signing,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="Another copy of the ledger, exported lines, or the .tail of a backup."),
    ] = None,
    *,
    outbox_too: Annotated[
        bool, typer.Option("--outbox", help="What was signed on this machine and never stored.")
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", metavar="CODE", help=f"Why it was lost. One of: {', '.join(_CODES)}.")
    ] = "data-loss",
    reason_text: Annotated[
        str | None, typer.Option("--reason-text", metavar="WORDS", help="Why, in words; kept beside the record.")
    ] = None,
) -> int:
    """Bring back lost entries from where they are still held; you attest that they are what was recorded then.

    Facts and judgements come back, and count toward every limit. You cannot attest what you signed yourself. What is
    about people, keys, corrections and locks is signed anew.
    """
    from commands.salvage import RecoverEntries

    code = next((one for one in _CODES if one == reason), None)
    if code is None:
        raise BadInput(f"{reason!r} is no reason", fix=f"one of: {', '.join(_CODES)}")
    if file is None and not outbox_too:
        raise BadInput("nothing says where the lost entries are", fix="give FILE, or --outbox")
    said = Circumstances(reason=code, reason_text=reason_text)
    with writing(shared.ledger) as session:
        persons = [keyring.who(shared.me), *(signing.witness or ())]
        held = [*(_in_file(session.ledger, file) if file is not None else ())]
        held += _in_outbox(session.ledger) if outbox_too else ()
        ready, left = _sorted(session.ledger, held, persons)
        back: list[Back] = []
        for some in () if signing.dry_run else _together(ready):
            act = RecoverEntries(entries=tuple(some))
            one = acting.Doing(session, act, said, persons, replace(signing, command_id=None), acting.command_id(None))
            places = [receipt.position for receipt in acting.do(one).receipts]
            back += [_back(at, lost) for at, lost in zip(places, some, strict=True)]
            _tell(back[-len(some) :], session)
        if shared.json:
            envelope.put("entry-recover", session.ledger, Recovered(recovered=tuple(back), left=tuple(left)))
        elif signing.dry_run:
            for lost in ready:
                console.answer(f"  {lost.entry.kind}  {lost.entry.stream}  {lost.entry.payload.occurred.at}")
            console.say(f"{len(ready)} entries would come back; nothing is written.")
        if not shared.json and not ready and not left:
            console.say("Nothing is lost of what is held there: every entry of a person stands in the ledger already.")
        for missing in () if shared.json else left:
            console.insist(f"! not recovered: {missing.kind} {missing.entry[:8]}: {missing.why}", "warn")
    return 0


def _sorted(ledger: Ledger, held: Iterable[Lost], persons: list[str]) -> tuple[list[Lost], list[Left]]:
    """Tell what these persons can attest from what they cannot, without what stands already or a device wrote."""
    ready: list[Lost] = []
    left: list[Left] = []
    seen: set[str] = set()
    for lost in held:
        entry = lost.entry
        if entry.id in seen or _stands(ledger, entry.id) or entry.author.role == "system":
            continue
        seen.add(entry.id)
        own = sorted({signer.person for signer in entry.signers} & set(persons))
        if entry.payload.ledger != ledger.id:
            why = "it belongs to another ledger"
        elif not lost.comes_back:
            why = "it takes effect only when it is signed anew"
        elif lost.lacking:
            why = "its words are not there: take it from a copy that has its texts"
        elif own:
            why = f"{own[0]} signed it; another person attests it"
        else:
            ready.append(lost)
            continue
        left.append(Left(entry=entry.id, kind=entry.kind, why=why))
    return ready, left


def _stands(ledger: Ledger, entry_id: str) -> bool:
    try:
        ledger.find(entry_id)
    except BadInput:
        return False
    return True


def _together(ready: list[Lost]) -> Iterator[list[Lost]]:
    """Group neighbours of one stream, as many as one signing act may hold."""
    from commands.salvage import MOST

    some: list[Lost] = []
    for lost in ready:
        if some and (len(some) == MOST or some[0].entry.stream != lost.entry.stream):
            yield some
            some = []
        some.append(lost)
    if some:
        yield some


def _in_file(ledger: Ledger, file: str) -> Iterator[Lost]:
    from commands.salvage import lost

    if is_url(file) or form_of(file) != "lines":
        with Ledger.open(file, read_only=True) as other:
            for position, raw in other.raws(_common(ledger, other)):
                yield lost(raw, {name: pair for name in _named(raw, position) if (pair := other.salted(name))})
        return
    data = read_file(file)
    if data.startswith(_TAIL):
        tail = parse_tail(data)
        texts = {one.commitment: (bytes.fromhex(one.salt), one.text.encode()) for one in tail.texts}
        yield from (lost(raw.encode(), texts) for raw in tail.entries)
        return
    yield from (lost(line, {}) for line in data.splitlines() if line and not line.startswith(b'{"withheld"'))


def _named(raw: bytes, position: int) -> frozenset[str]:
    from ledger import codec

    return codec.commitments(codec.open_whole(raw, log="main", position=position).jws.payload)


def _common(ledger: Ledger, other: Ledger) -> int:
    """How many entries both begin with."""
    low, high = 0, min(ledger.size, other.size)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if ledger.root_at(middle) == other.root_at(middle) else (low, middle - 1)
    return low


def _in_outbox(ledger: Ledger) -> Iterator[Lost]:
    from commands.salvage import lost

    for parcel in outbox.every(ledger.id):
        yield from (lost(raw, parcel.texts) for raw in parcel.entries)


def _back(position: int, lost: Lost) -> Back:
    return Back(position=position, entry=lost.entry.id, kind=lost.entry.kind)


def _tell(back: list[Back], session: Session) -> None:
    if console.manner.json:
        return
    for one in back:
        occurred = session.ledger.entry(one.position).payload.occurred.at
        console.answer(f"v #{one.position}  {one.kind}  {occurred}  id {one.entry[:8]}  recovered")
