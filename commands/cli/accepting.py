"""`doseledger ledger accept`: registrars sign that the ledger goes on although entries that were seen are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from commands.cli import acting, console, keyring, lastseen, logfiles, outbox, terminal
from commands.cli.options import Shared, Signing
from commands.cli.place import ledger_path, next_log_key_path, read_file
from commands.cli.session import Session, writing
from commands.cli.writing import dry, report
from commands.draft import Circumstances
from ledger.errors import BadInput, DoseLedgerError, Malformed, NotAllowed
from ledger.events.base import ReasonCode
from ledger.merkle.checkpoint import Checkpoint, parse
from ledger.merkle.epochs import of_one_log

if TYPE_CHECKING:
    from ledger.anchors import Opener

_DONE = "The loss was accepted already; the new key of the log is the one beside the ledger."
_CODES = cast("tuple[ReasonCode, ...]", get_args(ReasonCode))


@dataclass(frozen=True)
class _Lost:
    """The newest head that is known of what is lost; `proven`: the keys of this ledger open its note."""

    head: Checkpoint
    note: bytes
    proven: bool


def ledger_accept(
    shared: Shared,
    signing: Signing,
    *,
    lost_note: Annotated[
        str | None,
        typer.Option(
            "--lost-note",
            metavar="FILE",
            help="The newest checkpoint that somebody holds of what is lost; what was last seen here else.",
        ),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="CODE", help=f"Why. One of: {', '.join(_CODES)}."),
    ] = None,
    reason_text: Annotated[
        str | None,
        typer.Option("--reason-text", metavar="WORDS", help="Why, in words; kept beside the record."),
    ] = None,
) -> None:
    """Go on with this ledger although more was seen of it: entries that were acknowledged are lost.

    As many registrars sign as act together. The entry says how many entries are lost and names their newest head; the
    log goes on under a new name with a new key. Find the file that was in use before you do this.
    """
    from commands.logkeys import AcceptLoss

    path = ledger_path(shared.ledger)
    if logfiles.settle(path):
        console.say(_DONE)
        return
    with writing(shared.ledger, after_loss=True) as session:
        acting.send_waiting(session)
        if logfiles.settle(path):
            console.say(_DONE)
            return
        lost = _lost(session, lost_note)
        _show(session, lost)
        why = _reason(reason)
        taken, after = logfiles.prepare(path, logfiles.fresh_key())
        session.ledger.hold(taken)
        act = AcceptLoss(
            lost=lost.head,
            note=lost.note if lost.proven else None,
            key=taken.public,
            following=after.public.kid,
        )
        said = Circumstances(reason=why, reason_text=reason_text)
        persons = [keyring.who(shared.me), *(signing.witness or ())]
        doing = acting.Doing(session, act, said, persons, signing, acting.command_id(signing.command_id))
        try:
            if signing.dry_run:
                dry(doing, shared)
                return
            report(session, "ledger accept", acting.do(doing), shared)
        finally:
            if not logfiles.settle(path) and not outbox.waiting(session.ledger.id):
                logfiles.drop(path)
    console.say(f"The ledger goes on. Bring {next_log_key_path(path)} to the safe: it is the log's next key now.")
    console.say("Bring back what others still hold (doseledger entry recover); enter the rest again, from paper.")


def _lost(session: Session, named: str | None) -> _Lost:
    """Find the newest head of what is lost; refuses (NotAllowed) where nothing is."""
    ledger, opened = session.ledger, lastseen.opener_of(session.ledger)
    note = read_file(named) if named is not None else _kept(session)
    head, proven = _opened(note, opened)
    if not of_one_log(head.origin, ledger.origin):
        raise BadInput("this is a checkpoint of another log", why=f"it is of {head.origin}, this is {ledger.origin}")
    here = head.size <= ledger.size and ledger.root_at(head.size) == head.root
    if here or opened.keys.given_up(head) is not None:
        what = "it is a head of this ledger" if here else "the ledger has given it up already"
        raise NotAllowed(f"nothing is lost: the head of {head.size} entries is known", why=what)
    return _Lost(head, note, proven)


def _kept(session: Session) -> bytes:
    note = lastseen.kept_of(session.ledger).note()
    if note is None:
        raise BadInput(
            "nothing was seen here that this ledger lacks",
            why="what was last seen of it is kept for each user",
            fix="where somebody else holds a later checkpoint: --lost-note FILE",
        )
    return note


def _opened(note: bytes, opened: Opener) -> tuple[Checkpoint, bool]:
    """Read a head; a key that signed it later than what stands here is not known any more."""
    try:
        head = parse(note)[0]
    except Malformed as error:
        raise BadInput("this is no checkpoint", why=error.what, fix="--lost-note FILE") from error
    try:
        return opened.ever(note), True
    except DoseLedgerError:
        return head, False


def _show(session: Session, lost: _Lost) -> None:
    ledger, head = session.ledger, lost.head
    console.insist(f"This ledger has {ledger.size} entries, root {ledger.root().hex()}.")
    console.insist(f"Seen before were {head.size} entries, root {head.root.hex()}.")
    more = head.size - ledger.size
    if more > 0:
        console.insist(f"Given up are entries that were acknowledged and are not here, at least {more}.", "warn")
    else:
        console.insist("It was another history: entries that were acknowledged are given up.", "warn")
    if not lost.proven:
        console.insist("That head was signed with a key that this ledger does not name: its note is not kept.", "warn")


def _reason(said: str | None) -> ReasonCode:
    if said is None:
        return _CODES[terminal.choose("Why", _CODES, option="--reason CODE")]
    if said not in _CODES:
        raise BadInput(f"{said!r} is no reason", fix=f"one of: {', '.join(_CODES)}")
    return said
