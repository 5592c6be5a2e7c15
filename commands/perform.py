"""The one path of every act: read, decide, assess, sign, append, inside one writer's turn.

Whatever a person waits for happens before: `plan` shows what would be signed, `perform` decides again in the
turn and goes on only when that is still the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Protocol

import msgspec

from commands.attempts import keep_attempt
from commands.chart import PatientFile
from commands.closing import require_unlocked
from commands.draft import Circumstances, Desk, Draft, Pad
from commands.opening import open_desk
from commands.post import Ids, Parcel, Post
from commands.repeating import same
from commands.sealing import Hand, Sealer, system_entry
from commands.shelf import books
from commands.signatures import Signing, authorise, signings
from commands.slots import cohorts
from ledger import codec
from ledger.book import Ledger, Receipt
from ledger.errors import Changed, Conflict, DoseLedgerError, NotAllowed, Refused
from ledger.events.base import Occurred, Wire
from ledger.events.body import open_body
from ledger.events.cohort import CohortDecided, DltAdjudicated, PatientDeclaredNonEvaluable
from ledger.events.entry import Entry
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided, LogClock
from ledger.events.registry import KINDS, NAMES
from ledger.rules import accrual
from ledger.rules import stock as stock_rules
from ledger.rules.finding import Finding
from ledger.rules.times import ahead

FUTURE = timedelta(minutes=5)
"""How far a stated time may be ahead of the ledger's clock (DOMAIN.md I7)."""
BEHIND = timedelta(minutes=5)
"""From here on, bytes that were signed earlier are announced by a `log.clock` entry (RECORD.md section 2)."""
_VARIABLE = re.compile(rb"sha256:[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


class Act(Protocol):
    """One thing people may do; its fields are what the person said."""

    verb: ClassVar[str]

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Give the entries it would write; raises Refused, NotAllowed, BadInput or Question."""

    def about(self) -> tuple[str, ...]:
        """Name the streams it concerns, for the record of a refused attempt."""


@dataclass(frozen=True)
class Plan:
    """What would be signed: the drafts, who signs each with which meaning, and the head it was decided at."""

    act: Act
    drafts: tuple[Draft, ...]
    signings: tuple[tuple[Signing, ...], ...]
    size: int
    essence: bytes


@dataclass(frozen=True)
class Outcome:
    """What was written and what it did: receipts, findings raised anywhere by it, and findings it cleared."""

    receipts: tuple[Receipt, ...]
    raised: tuple[Finding, ...] = ()
    cleared: tuple[Finding, ...] = ()
    repeated: bool = False


def plan(
    act: Act, ledger: Ledger, post: Post, persons: Sequence[str], said: Circumstances, *, keep: bool = True
) -> Plan:
    """Decide an act without signing it; a refusal is kept as an attempt unless `keep` is False (a dry run)."""
    desk = open_desk(ledger, post, persons, said)
    try:
        return _plan(act, desk, ledger)
    except (Refused, NotAllowed, Conflict) as error:
        if keep:
            refused(error, act, desk, ledger, post=post)
        raise


def perform(
    act: Act,
    ledger: Ledger,
    post: Post,
    hands: Sequence[Hand],
    said: Circumstances,
    *,
    command: str,
    expect: Plan | None = None,
) -> Outcome:
    """Do an act in one writer's turn and give its receipts.

    `command` makes it repeatable: the same id gives the same receipts. With `expect`, an act that somebody
    else's entry made impossible is a Conflict naming that entry, and one that would now sign something else
    raises Changed.
    """
    with ledger.turn():
        done = ledger.receipts(command)
        if done:
            return _repeated(act, ledger, done)
        desk = open_desk(ledger, post, [hand.person for hand in hands], said)
        try:
            planned = _plan(act, desk, ledger)
            _unchanged(planned, expect)
            return _signed(planned, Sealer(desk, ledger, post), hands, command)
        except Changed:
            raise
        except (Refused, NotAllowed, Conflict) as error:
            lost = _lost(error, ledger, expect)
            refused(lost, act, desk, ledger, post=post, opened=True)
            raise lost from None


def resend(ledger: Ledger, post: Post, parcel: Parcel) -> Outcome:
    """Append bytes that were signed before and whose outcome is unknown; the receipts are the same either way."""
    with ledger.turn():
        done = ledger.receipts(parcel.command)
        if done:
            return Outcome(done, repeated=True)
        now = post.clock().astimezone(UTC)
        behind = now - codec.open_entry(parcel.entries[0], log="main", position=ledger.size).recorded_at
        if behind <= BEHIND:
            return Outcome(ledger.append(parcel.entries, now=now, texts=parcel.texts, blobs=parcel.blobs))
        pad = Pad(post.random, Ids(now, post.random))
        event = LogClock(behind_ms=behind // timedelta(milliseconds=1), reset=False)
        first = system_entry(ledger, post, f"clock/{ledger.roster().site}", event, pad)
        texts = {**pad.texts, **parcel.texts}
        receipts = ledger.append([first, *parcel.entries], now=now, texts=texts, blobs=parcel.blobs)
        return Outcome(receipts[1:])


def refused(error: DoseLedgerError, act: Act, desk: Desk, ledger: Ledger, *, post: Post, opened: bool = False) -> None:
    """Keep a refused act as an attempt; `opened`: the person's key was unlocked."""
    keep_attempt(
        error,
        ledger,
        post,
        verb=act.verb,
        said=act,
        streams=(*act.about(), *(file.stream for file in desk.files.values())),
        persons=desk.actors,
        proof="key-opened" if opened else "none",
    )


def _plan(act: Act, desk: Desk, ledger: Ledger) -> Plan:
    roster = ledger.roster()
    for person in desk.actors:
        roster.require_person(person, desk.now.astimezone(UTC))
    authorise(act, desk, roster)
    drafts = act.decide(desk)
    for draft in drafts:
        _in_time(draft, desk)
    require_unlocked(drafts, desk)
    signed_by = signings(drafts, desk, roster)
    return Plan(act, drafts, signed_by, ledger.size, _essence(drafts, signed_by))


def _unchanged(planned: Plan, expect: Plan | None) -> None:
    if expect is not None and planned.essence != expect.essence:
        raise Changed(
            "what would be signed has changed since it was shown",
            why="somebody wrote in between",
            fix="look at it again",
        )


def _in_time(draft: Draft, desk: Desk) -> None:
    event: Wire = draft.event
    stated = [draft.occurred]
    if isinstance(event, EntryCorrected):
        stated.append(event.occurred)
        event = open_body(event.kind, event.body)
    latest = (desk.now.astimezone(UTC) + FUTURE).astimezone(desk.now.tzinfo)
    future = [one.at for one in stated if _is_ahead(one, desk.now, latest)]
    future += ahead(event, latest)
    if future:
        raise Refused(
            f"{future[0]} is in the future",
            rules=("D-TIME",),
            why=f"it is {desk.now.isoformat(timespec='minutes')} here",
            fix="check the date and the time",
        )


def _is_ahead(stated: Occurred, now: datetime, latest: datetime) -> bool:
    if stated.precision == "day":
        return stated.at > now.date().isoformat()
    return datetime.fromisoformat(stated.at) > latest


def _essence(drafts: Sequence[Draft], signed_by: Sequence[Sequence[Signing]]) -> bytes:
    """Reduce a plan to what its author was shown: everything but ids, salts and the minute of signing."""
    parts = [
        (
            NAMES[type(d.event)],
            d.stream,
            _VARIABLE.sub(b"", msgspec.json.encode(d.event)),
            d.shown,
            d.corrects and d.corrects.id,
        )
        for d in drafts
    ]
    return repr((parts, [[(s.person, s.role, s.meaning) for s in signed] for signed in signed_by])).encode()


def _signed(planned: Plan, sealer: Sealer, hands: Sequence[Hand], command: str) -> Outcome:
    desk, ledger, keep = sealer.desk, sealer.ledger, sealer.post.keep
    numbers = [file.number for file in _patients(planned, desk)]
    before = _findings(planned, desk, {number: desk.patient(number).findings for number in numbers})
    sealed = sealer.command(planned.drafts, planned.signings, hands, command)
    if keep is not None:
        keep(Parcel(command, tuple(sealed), desk.pad.texts, desk.pad.blobs))
    receipts = ledger.append(sealed, now=desk.now.astimezone(UTC), texts=desk.pad.texts, blobs=desk.pad.blobs)
    after = _findings(planned, desk, {number: _again(desk, ledger, number).findings for number in numbers})
    raised, cleared = _difference(before, after)
    return Outcome(receipts, raised, cleared)


def _findings(planned: Plan, desk: Desk, patients: dict[str, Sequence[Finding]]) -> dict[str, Sequence[Finding]]:
    """Add to the patients' findings those on the drug books and on the cohorts, where an act may change them."""
    found = dict(patients)
    streams = [draft.stream.partition("/")[0] for draft in planned.drafts]
    if desk.base is not None and "supply" in streams:
        found["supply"] = stock_rules.findings(books(desk.book), desk.setting, desk.now)
    decided = desk.base is not None and desk.book.streams("cohort/")
    if decided and any(isinstance(draft.event, _RULINGS) for draft in planned.drafts):
        found["cohort"] = accrual.findings(cohorts(replace(desk, files={})))
    return found


_RULINGS = (
    DltAdjudicated,
    PatientDeclaredNonEvaluable,
    CohortDecided,
    EntryCountersigned,
    EntryCorrected,
    EntryVoided,
)
"""What may change how a patient counts for his level."""


def _patients(planned: Plan, desk: Desk) -> list[PatientFile]:
    numbers = {d.stream.partition("/")[2] for d in planned.drafts if d.stream.startswith("patient/")}
    numbers = {number for number in numbers if desk.base is not None and desk.book.stream(f"patient/{number}")}
    return [desk.patient(number) for number in sorted(numbers)]


def _again(desk: Desk, ledger: Ledger, number: str) -> PatientFile:
    setting = msgspec.structs.replace(desk.setting, roster=ledger.roster())
    return PatientFile(number, ledger.stream(f"patient/{number}"), setting, desk.now, desk.memory)


def _difference(
    before: Mapping[str, Sequence[Finding]], after: Mapping[str, Sequence[Finding]]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Give the findings that came and those that went; one that only reads otherwise now did neither."""
    raised, cleared = list[Finding](), list[Finding]()
    for number, now in after.items():
        was = list(before.get(number, ()))
        came = _without(now, was, lambda f: (f.rule, f.target, f.severity, f.text))
        went = _without(was, now, lambda f: (f.rule, f.target, f.severity, f.text))
        raised += _without(came, went, lambda f: (f.rule, f.target, f.severity))
        cleared += _without(went, came, lambda f: (f.rule, f.target, f.severity))
    return tuple(raised), tuple(cleared)


def _without(findings: Sequence[Finding], others: Sequence[Finding], key: Callable[[Finding], object]) -> list[Finding]:
    """Leave out one finding for each of the others that has the same key."""
    left = Counter(map(key, others))
    kept = []
    for finding in findings:
        if left[key(finding)]:
            left[key(finding)] -= 1
        else:
            kept.append(finding)
    return kept


def _lost(error: DoseLedgerError, ledger: Ledger, expect: Plan | None) -> DoseLedgerError:
    """Tell a lost race from a refusal: what was possible when shown, and is not now, lost to an entry since."""
    if expect is None or isinstance(error, Conflict) or ledger.size == expect.size:
        return error
    streams = {draft.stream for draft in expect.drafts}
    since = [e for e in ledger.entries(expect.size) if e.stream.startswith(("patient/", "cohort/"))]
    rivals = [entry for entry in since if _races(entry, expect.drafts)]
    own = [entry for entry in since if entry.stream in streams]
    winner = next((entry.position for entry in (*rivals, *own, *since)), None)
    if winner is None:
        return error
    return Conflict(
        f"{error.what} (entry #{winner} was written first)",
        winner=winner,
        why=error.why,
        fix="look at the patient again; what was shown no longer holds",
    )


def _races(entry: Entry, drafts: Sequence[Draft]) -> bool:
    """Tell whether an entry is one that a draft's kind must not race."""
    return any(
        entry.kind in kinds
        and (entry.stream == draft.stream if family == "any" else entry.stream.startswith(f"{family}/"))
        for draft in drafts
        for family, kinds in KINDS[NAMES[type(draft.event)]].conflicts
    )


def _repeated(act: Act, ledger: Ledger, done: tuple[Receipt, ...]) -> Outcome:
    """Answer a command id that was used before; another act under it is a conflict."""
    entries = [ledger.entry(receipt.position) for receipt in done]
    if not same(act, entries, ledger):
        first = entries[0]
        raise Conflict(
            f"the command id was used before, for entry #{first.position}",
            winner=first.position,
            why=f"that is {first.kind} on {first.stream}, and not what is asked now",
            fix="use a new command id",
        )
    return Outcome(done, repeated=True)
