"""The one path of every act: read, decide, assess, sign, append, inside one writer's turn.

Whatever a person waits for happens before: `plan` shows what would be signed, `perform` decides again in the
turn and goes on only when that is still the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import ClassVar, Protocol
from zoneinfo import ZoneInfo

import msgspec

from commands.draft import Circumstances, Desk, Draft, Pad, PatientFile, dictionary_ref, protocol_ref
from commands.post import RULES_VERSION, Ids, Post
from commands.signatures import Signing, authorise, signings
from ledger import codec, wire
from ledger.book import Ledger, Receipt
from ledger.course.people import Roster
from ledger.errors import BadInput, Changed, Conflict, DoseLedgerError, NotAllowed, Refused
from ledger.events.base import Clock, CommandRef, DictionaryRef, Need, Payload, Wire, Writer
from ledger.events.record import EntryRefused, LogClock
from ledger.events.registry import NAMES, close_body
from ledger.events.supply import LotReceived
from ledger.protocol.dictionary import Dictionary, load_dictionary
from ledger.protocol.model import Protocol as Pack
from ledger.protocol.model import load
from ledger.rules.finding import Finding
from ledger.rules.setting import Setting
from ledger.signing.header import Auth, Header, ShownMeaning, SignedSet, SignerCard
from ledger.signing.meanings import text as statement
from ledger.signing.seal import seal
from ledger.signing.signer import Signer
from ledger.values import wire_signed_at, wire_utc

FUTURE = timedelta(minutes=5)
BEHIND = timedelta(minutes=5)
_VARIABLE = re.compile(rb"sha256:[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


class Act(Protocol):
    """One thing people may do; its fields are what the person said."""

    verb: ClassVar[str]

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Give the entries it would write; raises Refused, NotAllowed, BadInput or Question."""

    def about(self) -> tuple[str, ...]:
        """Name the streams it concerns, for the record of a refused attempt."""


@dataclass(frozen=True)
class Hand:
    """A person at the desk with an unlocked key; `first`: this is the first act since it was unlocked."""

    person: str
    signer: Signer
    first: bool = True


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
    try:
        return _plan(act, _desk(ledger, post, persons, said), ledger)
    except (Refused, NotAllowed, Conflict) as error:
        if keep:
            keep_attempt(error, act, ledger, post, persons, proof="none")
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
    persons = [hand.person for hand in hands]
    with ledger.turn():
        done = ledger.receipts(command)
        if done:
            return _repeated(act, ledger, done)
        try:
            return _in_turn(act, ledger, post, hands, said, command, expect)
        except Changed:
            raise
        except (Refused, NotAllowed, Conflict) as error:
            lost = _lost(error, ledger, expect)
            keep_attempt(lost, act, ledger, post, persons, proof="key-opened")
            raise lost from None


def _in_turn(
    act: Act, ledger: Ledger, post: Post, hands: Sequence[Hand], said: Circumstances, command: str, expect: Plan | None
) -> Outcome:
    desk = _desk(ledger, post, [hand.person for hand in hands], said)
    planned = _plan(act, desk, ledger)
    if expect is not None and planned.essence != expect.essence:
        raise Changed(
            "what would be signed has changed since it was shown",
            why="somebody wrote in between",
            fix="look at it again",
        )
    patients = _patients(planned, desk)
    before = {file.number: file.findings for file in patients}
    sealed = _seal(planned, desk, ledger, post, hands, command)
    if post.keep is not None:
        post.keep(command, sealed, desk.pad.texts)
    receipts = ledger.append(sealed, now=desk.now.astimezone(UTC), texts=desk.pad.texts, blobs=desk.pad.blobs)
    raised, cleared = _difference(before, {number: _again(desk, ledger, number).findings for number in before})
    return Outcome(receipts, raised, cleared)


def resend(
    ledger: Ledger, post: Post, command: str, entries: Sequence[bytes], texts: Mapping[str, tuple[bytes, bytes]]
) -> Outcome:
    """Append bytes that were signed before and whose outcome is unknown; the receipts are the same either way."""
    with ledger.turn():
        done = ledger.receipts(command)
        if done:
            return Outcome(done, repeated=True)
        now = post.clock().astimezone(UTC)
        opened = codec.open_entry(entries[0], log="main", position=ledger.size)
        behind = now - opened.recorded_at
        if behind > BEHIND:
            _system(
                ledger,
                post,
                f"clock/{ledger.roster().site}",
                LogClock(behind_ms=int(behind.total_seconds() * 1000), reset=False),
                Pad(post.random, Ids(now, post.random)),
            )
        return Outcome(ledger.append(entries, now=now, texts=texts))


def keep_attempt(
    error: DoseLedgerError, act: Act, ledger: Ledger, post: Post, persons: Sequence[str], *, proof: str
) -> None:
    """Append a refused attempt, signed by the device, and note its position on the error."""
    now = post.clock().astimezone(UTC)
    pad = Pad(post.random, Ids(now, post.random))
    known = ledger.roster().people
    said = msgspec.json.encode({"act": act.verb, "by": list(persons), "said": repr(act)}).decode()
    refused = EntryRefused(
        act=act.verb.replace(" ", "-"),
        streams=act.about(),
        rules=error.rules if isinstance(error, Refused) else (),
        exit=error.exit_code,
        claimed_by=persons[0] if persons and persons[0] in known else None,
        proof="key-opened" if proof == "key-opened" else "none",
        signature=None,
        input=pad.commit(said[:4000]),
        answer=pad.commit("\n".join(part for part in (error.what, error.why) if part)[:4000]),
        count=1,
    )
    error.attempt = _system(ledger, post, f"attempts/{ledger.roster().site}", refused, pad)


def _system(ledger: Ledger, post: Post, stream: str, event: Wire, pad: Pad) -> int:
    with ledger.turn():
        roster = ledger.roster()
        zone = roster.genesis.zone if roster.genesis is not None else "UTC"
        now = post.clock().astimezone(ZoneInfo(zone))
        desk = Desk(ledger, None, None, now, zone, roster.site, (), pad, Circumstances(basis="device"))
        draft = desk.draft(stream, event)
        command = pad.new_id()
        payload = _payload(draft, desk, ledger, post, (), CommandRef(id=command, index=0, of=1), None)
        card = SignerCard(
            id=post.device, name=f"Device {post.device}", role="system", organisation=f"Site {roster.site}"
        )
        auth = Auth(method=post.device_signer.method, act=pad.new_id(), first=False, set=None)
        signer = post.device_signer
        header = _header(card, signer, "system", auth, ledger.next_n(signer.public.kid), now)
        raw = seal(codec.write_payload(payload), [(header, signer)])
        return ledger.append([raw], now=now.astimezone(UTC), texts=pad.texts)[0].position


def _plan(act: Act, desk: Desk, ledger: Ledger) -> Plan:
    roster = ledger.roster()
    known = [person for person in desk.actors if person in roster.people]
    if len(known) != len(desk.actors):
        stranger = next(person for person in desk.actors if person not in roster.people)
        raise NotAllowed(
            f"{stranger} is not enrolled",
            why="no key of that person is active in this ledger",
            fix="two registrars enrol it: doseledger person enrol",
        )
    authorise(act, desk, roster)
    drafts = act.decide(desk)
    for draft in drafts:
        _in_time(draft, desk)
    signed_by = tuple(signings(draft, desk, roster) for draft in drafts)
    return Plan(act, drafts, signed_by, ledger.size, _essence(drafts, signed_by))


def _in_time(draft: Draft, desk: Desk) -> None:
    stated = draft.occurred
    if stated.precision == "day":
        future = stated.at > desk.now.date().isoformat()
    else:
        future = datetime.fromisoformat(stated.at) > desk.now + FUTURE
    if future:
        raise Refused(
            f"{stated.at} is in the future",
            rules=("D-TIME",),
            why=f"it is {desk.now.isoformat(timespec='minutes')} here",
            fix="check the date and the time",
        )


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


def _desk(ledger: Ledger, post: Post, persons: Sequence[str], said: Circumstances) -> Desk:
    roster = ledger.roster()
    if roster.genesis is None:
        raise BadInput("the ledger has no genesis entry")
    zone = roster.genesis.zone
    now = post.clock().astimezone(ZoneInfo(zone))
    setting, dictionary = _setting(ledger, roster)
    patterns = setting.protocol.patient_id_patterns if setting is not None else ()
    return Desk(
        ledger,
        setting,
        dictionary,
        now,
        zone,
        roster.site,
        tuple(persons),
        Pad(post.random, Ids(now, post.random)),
        said,
        patterns,
    )


def site_setting(ledger: Ledger) -> Setting:
    """Give the setting of judgement as the whole ledger tells it; refused (K-VALUE) before a pack is activated."""
    setting, _ = _setting(ledger, ledger.roster())
    if setting is None:
        raise Refused(
            "no protocol pack is active at this site",
            rules=("K-VALUE",),
            fix="activate one: doseledger protocol activate PACK",
        )
    return setting


def _setting(ledger: Ledger, roster: Roster) -> tuple[Setting | None, Dictionary | None]:
    active = roster.protocol
    if active is None:
        return None, None
    return Setting(_protocol(ledger, active.pack.digest), roster, _lots(ledger)), _dictionary(ledger, active.dictionary)


@lru_cache(maxsize=8)
def _loaded(data: bytes) -> Pack:
    return load(data).protocol()


def _protocol(ledger: Ledger, digest: str) -> Pack:
    return _loaded(ledger.blob(digest))


@lru_cache(maxsize=8)
def _loaded_dictionary(data: bytes) -> Dictionary:
    return load_dictionary(data)


def _dictionary(ledger: Ledger, ref: DictionaryRef) -> Dictionary:
    return _loaded_dictionary(ledger.blob(ref.digest))


def _lots(ledger: Ledger) -> dict[str, LotReceived]:
    lots: dict[str, LotReceived] = {}
    for stream in ledger.streams("supply/"):
        for entry in ledger.stream(stream):
            if isinstance(entry.event, LotReceived):
                lots[entry.event.lot] = entry.event
    return lots


def _seal(planned: Plan, desk: Desk, ledger: Ledger, post: Post, hands: Sequence[Hand], command: str) -> list[bytes]:
    of = len(planned.drafts)
    payloads = [
        codec.write_payload(
            _payload(draft, desk, ledger, post, signed, CommandRef(id=command, index=i, of=of), desk.base)
        )
        for i, (draft, signed) in enumerate(zip(planned.drafts, planned.signings, strict=True))
    ]
    digest = hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in payloads)).hexdigest()
    by_person = {hand.person: hand for hand in hands}
    acts = {hand.person: desk.pad.new_id() for hand in hands}
    used: dict[str, int] = {}
    sealed = []
    for i, (payload, signed) in enumerate(zip(payloads, planned.signings, strict=True)):
        parts = []
        for signing in signed:
            hand = by_person[signing.person]
            kid = hand.signer.public.kid
            n = max(used.get(kid, 0), ledger.next_n(kid))
            used[kid] = n + 1
            card = SignerCard(
                id=signing.person, name=signing.name, role=signing.role, organisation=signing.organisation
            )
            whole = SignedSet(digest=digest, i=i, of=of) if of > 1 else None
            auth = Auth(method=hand.signer.method, act=acts[signing.person], first=hand.first and i == 0, set=whole)
            parts.append((_header(card, hand.signer, signing.meaning, auth, n, desk.now), hand.signer))
        sealed.append(seal(payload, parts))
    return sealed


def _header(card: SignerCard, signer: Signer, meaning: wire.Meaning, auth: Auth, n: int, now: datetime) -> Header:
    return Header(
        alg=signer.public.alg,
        kid=signer.public.kid,
        typ="doseledger-entry/1",
        signer=card,
        at=wire_signed_at(now),
        meaning=ShownMeaning(code=meaning, lang="en", version=1, text=statement(meaning)),
        n=n,
        auth=auth,
    )


def _payload(
    draft: Draft,
    desk: Desk,
    ledger: Ledger,
    post: Post,
    signed: Sequence[Signing],
    command: CommandRef,
    setting: Setting | None,
) -> Payload:
    needs = tuple(need for signing in signed[:1] for need in signing.needs)
    system = [] if signed else [Need(meaning="system", role="system")]
    return Payload(
        format=1,
        ledger=ledger.id,
        site=desk.site,
        stream=draft.stream,
        id=draft.id,
        command=command,
        kind=NAMES[type(draft.event)],
        occurred=draft.occurred,
        recorded_at=wire_utc(desk.now),
        clock=Clock(source="scripted" if post.clock_source == "scripted" else "system", offset_ms=None),
        protocol=protocol_ref(setting) if setting is not None else None,
        dictionary=dictionary_ref(desk.dictionary) if draft.graded and desk.dictionary is not None else None,
        after=ledger.head(),
        needs=needs or tuple(system),
        shown=draft.shown,
        performed_by=draft.performed_by,
        source=draft.source,
        reason=draft.reason,
        causes=draft.causes,
        corrects=draft.corrects,
        writer=Writer(software=post.software, build=post.build, rules=RULES_VERSION, device=post.device),
        body=close_body(draft.event),
    )


def _patients(planned: Plan, desk: Desk) -> list[PatientFile]:
    numbers = {d.stream.partition("/")[2] for d in planned.drafts if d.stream.startswith("patient/")}
    numbers = {number for number in numbers if desk.base is not None and desk.book.stream(f"patient/{number}")}
    return [desk.patient(number) for number in sorted(numbers)]


def _again(desk: Desk, ledger: Ledger, number: str) -> PatientFile:
    return PatientFile(
        number, ledger.stream(f"patient/{number}"), replace(desk.setting, roster=ledger.roster()), desk.now
    )


def _difference(
    before: Mapping[str, Sequence[Finding]], after: Mapping[str, Sequence[Finding]]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    raised, cleared = list[Finding](), list[Finding]()
    for number, now in after.items():
        was = {(f.rule, f.target, f.severity, f.text) for f in before[number]}
        still = {(f.rule, f.target, f.severity, f.text) for f in now}
        raised += [f for f in now if (f.rule, f.target, f.severity, f.text) not in was]
        cleared += [f for f in before[number] if (f.rule, f.target, f.severity, f.text) not in still]
    return tuple(raised), tuple(cleared)


def _lost(error: DoseLedgerError, ledger: Ledger, expect: Plan | None) -> DoseLedgerError:
    """Tell a lost race from a refusal: what could be done when it was shown, and cannot now, lost to an entry since."""
    if expect is None or isinstance(error, Conflict) or ledger.size == expect.size:
        return error
    streams = {draft.stream for draft in expect.drafts}
    since = [
        entry
        for entry in ledger.entries(expect.size)
        if entry.stream in streams or entry.stream.startswith(("patient/", "cohort/"))
    ]
    if not since:
        return error
    own = [entry for entry in since if entry.stream in streams]
    winner = (own or since)[0].position
    return Conflict(
        f"{error.what} (entry #{winner} was written first)",
        winner=winner,
        why=error.why,
        fix="look at the patient again; what was shown no longer holds",
    )


def _repeated(act: Act, ledger: Ledger, done: tuple[Receipt, ...]) -> Outcome:
    for receipt in done:
        entry = ledger.entry(receipt.position)
        if act.about() and entry.stream not in act.about():
            raise Conflict(
                f"the command id was used before, for entry #{receipt.position}",
                winner=receipt.position,
                why=f"{entry.kind} on {entry.stream}",
                fix="use a new command id",
            )
    return Outcome(done, repeated=True)
