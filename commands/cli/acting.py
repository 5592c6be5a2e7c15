"""One act at the command line: show what would be signed, ask, unlock, sign, print the receipt."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast, get_args

from commands.attempts import keep_attempt
from commands.cli import console, keyring, openkeys, outbox, shown, terminal
from commands.cli.options import Shared, Signing
from commands.cli.place import read_file
from commands.cli.session import Session
from commands.draft import Circumstances
from commands.options import Reading
from commands.perform import Act, Outcome, Plan, perform, plan, resend
from commands.post import Parcel
from commands.sealing import Hand
from commands.verbs import build
from ledger.errors import (
    BadInput,
    Changed,
    Conflict,
    DoseLedgerError,
    IntegrityFailure,
    NotAllowed,
    OutcomeUnknown,
    Question,
    Refused,
    WrongPassphrase,
)
from ledger.events.base import ReasonCode
from ledger.events.review import TextRedacted
from ledger.protocol.model import Protocol
from ledger.rules.lateness import late_by

DECLINED = "declined: nothing was signed"


class Declined(DoseLedgerError):
    """The person looked at what would be signed and said no."""

    exit_code = 1


@dataclass
class Doing:
    """An act on its way: who does it, what is said beside it, and the id that makes it repeatable."""

    session: Session
    act: Act
    said: Circumstances
    persons: list[str]
    signing: Signing
    command: str


def begin(session: Session, name: str, options: Mapping[str, object], shared: Shared, signing: Signing) -> Doing:
    """Read the options of an act; BadInput or Question says what does not parse."""
    command = command_id(signing.command_id)
    reading = Reading(session.local_now(), session.genesis.zone, read_file)
    act, said = build(name, options, reading)
    persons = [keyring.who(shared.me), *(signing.witness or ())]
    return Doing(session, act, said, persons, signing, command)


def do(doing: Doing) -> Outcome:
    """Carry an act through; raises what refuses it."""
    session = doing.session
    send_waiting(session, leave=doing.command)
    done = _done_before(doing)
    if done is not None:
        return done
    while True:
        planned = planned_with_answers(doing)
        for line in shown.lines(planned, doing.said, doing.session.ledger):
            console.insist(line)
        hands = _hands(doing)
        try:
            return _performed(doing, hands, planned)
        except Changed as error:
            if not terminal.present():
                raise
            console.insist(f"  {error.what}: {error.why}. It is shown again.", "warn")


def planned_with_answers(doing: Doing) -> Plan:
    """Decide the act; open findings and a late entry's reason are asked for where there is a terminal."""
    dry = doing.signing.dry_run
    try:
        planned = plan(doing.act, doing.session.ledger, doing.session.post, doing.persons, doing.said, keep=not dry)
    except Question as error:
        unseen = re.findall(r"--seen (\S+)", error.fix)
        if not unseen or not terminal.present():
            raise
        console.insist(f"{error.what}.", "warn")
        if not terminal.agree("Have you looked at them, and do you go on?", option=error.fix):
            raise Declined(DECLINED) from None
        doing.said = replace(doing.said, seen=(*doing.said.seen, *unseen))
        return planned_with_answers(doing)
    if doing.said.reason is None and not dry and terminal.present() and _late(planned, doing.session):
        console.insist("This is entered later than the protocol pack's limit for its kind.", "warn")
        codes = cast("tuple[ReasonCode, ...]", get_args(ReasonCode))
        code = codes[terminal.choose("Why", codes, option="--reason CODE")]
        words = terminal.ask("In words (may stay empty):", option="--reason-text WORDS")
        doing.said = replace(doing.said, reason=code, reason_text=words or None)
        return planned_with_answers(doing)
    return planned


def _late(planned: Plan, session: Session) -> bool:
    from commands.opening import open_desk

    desk = open_desk(session.ledger, session.post, (), Circumstances())
    protocol: Protocol | None = desk.base.protocol if desk.base is not None else None
    if protocol is None:
        return False
    now = session.post.clock().astimezone(UTC)
    return any(
        draft.occurred.precision == "minute"
        and late_by(draft.event, datetime.fromisoformat(draft.occurred.at), now, protocol) is not None
        for draft in planned.drafts
    )


def _hands(doing: Doing) -> list[Hand]:
    """Unlock the key of everybody who signs; the passphrase typed is the answer to what was shown."""
    signing, session = doing.signing, doing.session
    given = terminal.given(signing.passphrase_file or (), signing.passphrase_fd or ())
    if "" in given:
        given[doing.persons[0]] = given.pop("")
    asked = any(person not in given and not keyring.silent(person, session) for person in doing.persons)
    if not asked and not signing.yes and not terminal.agree("Sign this?"):
        raise Declined(DECLINED)
    hands = []
    for person in doing.persons:
        try:
            hands.append(keyring.unlock(person, session, given))
        except (WrongPassphrase, NotAllowed) as error:
            keep_attempt(
                error,
                session.ledger,
                session.post,
                verb=doing.act.verb,
                said=doing.act,
                streams=doing.act.about(),
                persons=[person],
                proof="none",
            )
            raise
    return hands


def _performed(doing: Doing, hands: list[Hand], planned: Plan) -> Outcome:
    ledger = doing.session.ledger
    try:
        outcome = perform(
            doing.act, ledger, doing.session.post, hands, doing.said, command=doing.command, expect=planned
        )
    except OutcomeUnknown as error:
        raise OutcomeUnknown(
            error.what,
            why=error.why or "what was signed is kept on this machine",
            fix=f"run the same command again with --command-id {doing.command}; it is stored once, whatever happens",
        ) from error
    except DoseLedgerError:
        outbox.done(ledger.id, doing.command)
        raise
    outbox.done(ledger.id, doing.command)
    for hand in hands:
        openkeys.mark_used(ledger.id, hand.person)
    for receipt in outcome.receipts:
        event = ledger.entry(receipt.position).event
        if isinstance(event, TextRedacted):
            outbox.forget(ledger.id, event.commitments)
    return outcome


def send_waiting(session: Session, *, leave: str = "") -> None:
    """Send what an earlier run signed and could not deliver, before anything new is decided."""
    for parcel in outbox.waiting(session.ledger.id):
        if parcel.command == leave:
            continue
        _send(session, parcel)


def _send(session: Session, parcel: Parcel) -> Outcome | None:
    try:
        outcome = resend(session.ledger, session.post, parcel)
    except (Refused, NotAllowed, Conflict, BadInput, IntegrityFailure) as error:
        aside = outbox.set_aside(session.ledger.id, parcel)
        console.insist(
            f"! Signed earlier and not stored (command {parcel.command}): {error.what}. It is kept in {aside}.", "warn"
        )
        return None
    outbox.done(session.ledger.id, parcel.command)
    places = ", ".join(f"#{receipt.position}" for receipt in outcome.receipts)
    console.say(
        f"  Signed earlier, stored {'before' if outcome.repeated else 'now'}: {places} (command {parcel.command})."
    )
    return outcome


def _done_before(doing: Doing) -> Outcome | None:
    """Look the command id up before anybody is asked for a passphrase; the same act has the same receipt."""
    if doing.signing.command_id is None:
        return None
    session = doing.session
    parcel = outbox.one(session.ledger.id, doing.command)
    if parcel is not None:
        sent = _send(session, parcel)
        if sent is not None:
            return sent
    if not session.ledger.receipts(doing.command):
        return None
    return perform(doing.act, session.ledger, session.post, [], doing.said, command=doing.command)


def command_id(text: str | None) -> str:
    """Read the id of an act, or give it a fresh one."""
    if text is None:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise BadInput(
            f"{text!r} is not a command id",
            why="it is a UUID, for example of uuidgen",
            fix="leave it out to get a fresh one",
        ) from error
