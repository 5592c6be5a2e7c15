"""Entries for tests: a trial site with fixed keys and a fixed clock, whose entries an honest ledger accepts.

`Mint` only makes bytes. `Site` has a ledger: it enrols people, delegates, and appends what it mints.

    site = Site(tmp_path / "trial.ledger").staffed()
    site.write("patient/001-001", PatientMeasured(weight_kg="71.5", height_cm=None), by="nina")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import msgspec

from ledger import wire
from ledger.book import Ledger, Receipt
from ledger.codec import open_entry, write_payload
from ledger.events.base import (
    After,
    Clock,
    CommandRef,
    DictionaryRef,
    Need,
    Occurred,
    Payload,
    ProtocolRef,
    Reason,
    Ref,
    Source,
    Wire,
    Writer,
)
from ledger.events.body import close_body, graded
from ledger.events.entry import Entry
from ledger.events.people import DelegationGranted, IdentityCheck, KeyEnrolled, KeyRequest, Task
from ledger.events.registry import NAMES, kind_of
from ledger.events.row import Requirement
from ledger.events.study import Device, LedgerCreated, ProtocolActivated, RootRegistrar, Witnesses
from ledger.merkle.tree import EMPTY_ROOT, leaf_hash
from ledger.signing.header import Auth, Header, ShownMeaning, SignerCard
from ledger.signing.keys import to_jwk
from ledger.signing.meanings import text as meaning_text
from ledger.signing.seal import seal
from ledger.signing.signer import MemorySigner

ZONE = "Europe/Berlin"
OFFSET = timezone(timedelta(hours=1))
START = datetime(2026, 1, 12, 7, 0, tzinfo=UTC)
ORGANISATION = "Klinikum Musterstadt"
UNREAD = DictionaryRef(ctcae="5.0", digest="00" * 32)
"""What a graded entry names while no dictionary is in force."""
PREFERRED: tuple[wire.Meaning, ...] = ("authorship", "performed", "assessed", "approved", "system")
TASKS: dict[wire.Role, tuple[Task, ...]] = {
    "investigator": (
        "registration",
        "consent",
        "eligibility",
        "enrolment",
        "prescribing",
        "assessment",
        "safety",
        "measurement",
    ),
    "nurse": ("measurement", "premedication", "administration", "transcription"),
    "pharmacist": ("pharmacy", "supply"),
    "pharmacy-technician": ("pharmacy", "supply"),
    "coordinator": ("registration", "consent", "enrolment", "measurement", "laboratory", "transcription"),
    "data-manager": ("registration", "laboratory", "transcription"),
}
TEAM: tuple[tuple[str, str, wire.Role], ...] = (
    ("petra", "Petra Prinz", "principal-investigator"),
    ("ivan", "Ivan Ibsen", "investigator"),
    ("paula", "Paula Pohl", "pharmacist"),
    ("theo", "Theo Tamm", "pharmacy-technician"),
    ("nina", "Nina Nolte", "nurse"),
    ("norbert", "Norbert Nagel", "nurse"),
    ("clara", "Clara Cohn", "coordinator"),
)
"""The people of `Site.staffed`, beside the registrars rita and rolf and the device ward-1."""


@dataclass(frozen=True)
class Person:
    """Somebody with a key made from his name."""

    id: str
    name: str
    roles: tuple[wire.Role, ...]
    key: MemorySigner

    @property
    def jwk(self) -> wire.Jwk:
        """The public key as entries carry it."""
        return jwk_of(self.key)


def person(identifier: str, name: str, *roles: wire.Role) -> Person:
    """A person whose key is derived from the id: the same in every run."""
    return Person(identifier, name, roles, key_of(identifier))


def key_of(identifier: str) -> MemorySigner:
    """The fixed key of a name."""
    return MemorySigner(sha256(b"doseledger test key " + identifier.encode()).digest())


def jwk_of(key: MemorySigner) -> wire.Jwk:
    """The public half of a key as entries carry it."""
    return wire.Jwk(**{"y": None, **msgspec.to_builtins(to_jwk(key.public))})


def utc(when: datetime) -> str:
    """A time as `recorded_at` is written."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def minute(when: datetime, offset: timezone = OFFSET) -> str:
    """A time as `occurred.at` is written, to the minute."""
    return when.astimezone(offset).isoformat(timespec="minutes")


def committed(words: str, salt: bytes | None = None) -> tuple[str, tuple[bytes, bytes]]:
    """The commitment to a text, and the (salt, text) that goes to the ledger with it."""
    data = words.encode()
    salt = sha256(b"salt " + data).digest() if salt is None else salt
    return f"sha256:{sha256(salt + data).hexdigest()}", (salt, data)


class Mint:
    """Makes signed entries of one ledger; `now` is its clock, which stands still until it is moved."""

    def __init__(self, *, seed: str = "mint", now: datetime = START) -> None:
        """`seed` makes the ids of two mints differ."""
        self.seed = seed
        self.now = now
        self.made = 0
        self.ledger = ""
        self.site = "001"
        self.trial = "onco-001"
        self.protocol: ProtocolRef | None = None
        self.dictionary: DictionaryRef | None = None
        self.log_key = key_of("the log")
        self.device = person("ward-1", "Device ward-1", "system")
        self.registrars = (person("rita", "Rita Roth", "registrar"), person("rolf", "Rolf Reuter", "registrar"))
        self.people = {one.id: one for one in (*self.registrars, self.device)}
        self.counters: dict[str, int] = {}

    def uuid(self) -> str:
        """A new UUIDv7, the same in every run."""
        self.made += 1
        tail = sha256(f"{self.seed} {self.made}".encode()).hexdigest()
        text = f"{int(self.now.timestamp() * 1000):012x}7{self.made & 0xFFF:03x}8{tail[:15]}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def tick(self, **later: float) -> datetime:
        """Move the clock, by a minute or by the given timedelta."""
        self.now += timedelta(**(later or {"minutes": 1}))
        return self.now

    def add(self, identifier: str, name: str, *roles: wire.Role) -> Person:
        """Give somebody a key; `Site.enrol` also writes it into the ledger."""
        self.people[identifier] = found = person(identifier, name, *roles)
        return found

    def genesis(self, **changes: object) -> bytes:
        """The first entry: two registrars and a device; afterwards this mint belongs to its ledger."""
        event = LedgerCreated(
            **{
                "trial": self.trial,
                "purpose": "training",
                "zone": ZONE,
                "registrars": tuple(
                    RootRegistrar(
                        person=one.id, name=one.name, organisation=ORGANISATION, key_id=one.key.public.kid, key=one.jwk
                    )
                    for one in self.registrars
                ),
                "quorum": 1,
                "device": Device(id=self.device.id, key_id=self.device.key.public.kid, key=self.device.jwk),
                "log_key": jwk_of(self.log_key),
                "next_log_key": key_of("the next log").public.kid,
                "recovery_key": None,
                "witnesses": Witnesses(quorum=0, keys=()),
                "signing": "every-act",
                **changes,
            }
        )
        head = After(log="main", size=0, root=EMPTY_ROOT.hex())
        by = [(one.id, "responsibility") for one in self.registrars]
        raw = self.entry("study", event, by=by, after=head)
        self.ledger = leaf_hash(raw).hex()
        return raw

    def payload(self, stream: str, event: Wire, *, after: After, needs: Sequence[Need], **changes: object) -> Payload:
        """A payload with everything usual in it; `changes` are members of Payload."""
        members: dict[str, object] = {
            "format": 1,
            "ledger": self.ledger,
            "site": self.site,
            "stream": stream,
            "id": self.uuid(),
            "command": None,
            "kind": NAMES[type(event)],
            "occurred": Occurred(at=minute(self.now), zone=ZONE, precision="minute", basis="observed"),
            "recorded_at": utc(self.now),
            "clock": Clock(source="scripted", offset_ms=None),
            "protocol": self.protocol,
            "dictionary": (self.dictionary or UNREAD) if graded(event) else None,
            "after": after,
            "needs": tuple(needs),
            "shown": (),
            "performed_by": None,
            "source": Source(kind="direct", ref=None),
            "reason": None,
            "causes": (),
            "corrects": None,
            "writer": Writer(software="0.1.0", build="00" * 32, rules="1", device=self.device.id),
            "body": close_body(event),
        }
        members |= changes
        if members["command"] is None:
            members["command"] = CommandRef(id=self.uuid(), index=0, of=1)
        return Payload(**members)

    def entry(
        self,
        stream: str,
        event: Wire,
        *,
        by: str | Sequence[str | tuple[str, wire.Meaning]],
        after: After,
        needs: Sequence[Need] | None = None,
        counters: Mapping[str, int] | None = None,
        **changes: object,
    ) -> bytes:
        """A signed entry. `by`: persons in the order of the kind's requirements, each with or without a meaning.

        `needs` are those of the signatures unless given; `counters` (kid to n) override the mint's own count.
        """
        signers = self._signers(event, by)
        declared = tuple(Need(meaning=meaning, role=role) for _, role, meaning in signers) if needs is None else needs
        data = write_payload(self.payload(stream, event, after=after, needs=declared, **changes))
        act = self.uuid()
        return seal(
            data,
            [(self.header(who, role, meaning, act=act, counters=counters), who.key) for who, role, meaning in signers],
        )

    def header(
        self,
        who: Person,
        role: wire.Role,
        meaning: wire.Meaning,
        *,
        act: str,
        counters: Mapping[str, int] | None = None,
    ) -> Header:
        """The protected header of one signature; counts the key's signatures."""
        kid = who.key.public.kid
        n = self.counters.get(kid, 0) if counters is None or kid not in counters else counters[kid]
        self.counters[kid] = n + 1
        local = self.now.astimezone(OFFSET)
        return Header(
            alg=who.key.public.alg,
            kid=kid,
            typ="doseledger-entry/1",
            signer=SignerCard(id=who.id, name=who.name, role=role, organisation=ORGANISATION),
            at=local.isoformat(timespec="milliseconds"),
            meaning=ShownMeaning(code=meaning, lang="en", version=1, text=meaning_text(meaning)),
            n=n,
            auth=Auth(method=who.key.method, act=act, first=True, set=None),
        )

    def enrolment(self, who: Person, **changes: object) -> KeyEnrolled:
        """The event that enrols a person, with the request signed by the new key."""
        kid, jwk = who.key.public.kid, who.jwk
        request = KeyRequest(format=1, person=who.id, name=who.name, organisation=ORGANISATION, key_id=kid, key=jwk)
        header = self.header(who, who.roles[0], "possession", act=self.uuid(), counters={kid: 1})
        self.counters[kid] = 0
        members: dict[str, object] = {
            "person": who.id,
            "name": who.name,
            "organisation": ORGANISATION,
            "roles": who.roles,
            "key_id": kid,
            "key": jwk,
            "protection": "pwd",
            "valid_until": None,
            "identity": IdentityCheck(kind="staff-record", ref=None),
            "request": seal(msgspec.json.encode(request), [(header, who.key)]).decode(),
        }
        return KeyEnrolled(**{**members, **changes})

    def _signers(
        self, event: Wire, by: str | Sequence[str | tuple[str, wire.Meaning]]
    ) -> list[tuple[Person, wire.Role, wire.Meaning]]:
        required = kind_of(event).signatures
        found = []
        for i, one in enumerate((by,) if isinstance(by, str) else by):
            name, meaning = (one, None) if isinstance(one, str) else one
            who, want = self.people[name], required[min(i, len(required) - 1)]
            role = next((role for role in who.roles if role in want.roles), who.roles[0])
            found.append((who, role, meaning or _usual(want)))
        return found


def _usual(want: Requirement) -> wire.Meaning:
    return next((meaning for meaning in PREFERRED if meaning in want.meanings), min(want.meanings))


class Site(Mint):
    """A trial site with a ledger: what it writes is minted after the ledger's head and appended at once."""

    def __init__(self, path: Path | str, *, seed: str = "site", now: datetime = START, join: bool = False) -> None:
        """Create the ledger at `path`, with its two registrars and its device; `join` opens an existing one."""
        super().__init__(seed=seed, now=now)
        self.path = path
        if not join:
            self.book = Ledger.create(path, self.genesis(), log_signer=self.log_key, now=self.now)
            return
        self.book = Ledger.open(path, log_signer=self.log_key)
        self.ledger = self.book.id
        for identifier, name, role in TEAM:
            self.add(identifier, name, role)

    def staffed(self) -> Site:
        """Enrol the usual people and delegate the usual tasks to them."""
        for identifier, name, role in TEAM:
            self.enrol(identifier, name, role)
        for identifier, _, role in TEAM[1:]:
            self.delegate(identifier, *TASKS[role])
        return self

    def enrol(self, identifier: str, name: str, *roles: wire.Role) -> Entry:
        """A new person with a key, enrolled by both registrars at once."""
        return self.write("people", self.enrolment(self.add(identifier, name, *roles)), by=("rita", "rolf"))

    def delegate(self, identifier: str, *tasks: Task, by: str = "petra") -> Entry:
        """The principal investigator delegates tasks from today on."""
        since = self.now.astimezone(OFFSET).date().isoformat()
        return self.write("people", DelegationGranted(person=identifier, tasks=tasks, since=since, until=None), by=by)

    def activate(
        self, pack: bytes, dictionary: bytes, *, id: str, version: str, ctcae: str, by: str = "petra"
    ) -> Entry:
        """The principal investigator brings a protocol pack into force; later entries name it."""
        protocol = ProtocolRef(id=id, version=version, digest=sha256(pack).hexdigest())
        terms = DictionaryRef(ctcae=ctcae, digest=sha256(dictionary).hexdigest())
        blobs = {protocol.digest: pack, terms.digest: dictionary}
        entry = self.write(
            "study", ProtocolActivated(pack=protocol, dictionary=terms, fictional=()), by=by, blobs=blobs
        )
        self.protocol, self.dictionary = protocol, terms
        return entry

    def write(
        self,
        stream: str,
        event: Wire,
        *,
        by: str | Sequence[str | tuple[str, wire.Meaning]],
        texts: Mapping[str, tuple[bytes, bytes]] | None = None,
        blobs: Mapping[str, bytes] | None = None,
        **changes: object,
    ) -> Entry:
        """Mint one entry after the head, a minute later than the last, append it, and give it back opened."""
        self.tick()
        with self.book.turn():
            raw = self.draft(stream, event, by=by, **changes)
            receipt = self.store(raw, texts=texts, blobs=blobs)[0]
        return open_entry(raw, log="main", position=receipt.position)

    def draft(
        self, stream: str, event: Wire, *, by: str | Sequence[str | tuple[str, wire.Meaning]], **changes: object
    ) -> bytes:
        """Mint one entry after the head, with the counters of the ledger, without appending it."""
        names = [by] if isinstance(by, str) else [one if isinstance(one, str) else one[0] for one in by]
        kids = [self.people[name].key.public.kid for name in names]
        changes.setdefault("after", self.book.head())
        changes.setdefault("counters", {kid: self.book.next_n(kid) for kid in kids})
        return self.entry(stream, event, by=by, **changes)

    def act(self, stream: str, *events: Wire, by: str, **changes: object) -> list[bytes]:
        """Mint several entries of one command, without appending them."""
        command, kid, after = self.uuid(), self.people[by].key.public.kid, self.book.head()
        first = self.book.next_n(kid)
        return [
            self.entry(
                stream,
                event,
                by=by,
                after=after,
                counters={kid: first + i},
                command=CommandRef(id=command, index=i, of=len(events)),
                **changes,
            )
            for i, event in enumerate(events)
        ]

    def store(
        self,
        *raws: bytes,
        texts: Mapping[str, tuple[bytes, bytes]] | None = None,
        blobs: Mapping[str, bytes] | None = None,
    ) -> tuple[Receipt, ...]:
        """Append minted entries."""
        return self.book.append(raws, now=self.now, texts=texts or {}, blobs=blobs or {})

    def refs(self, *entries: Entry) -> tuple[Ref, ...]:
        """What `causes` says of entries."""
        return tuple(entry.ref for entry in entries)


REASON = Reason(code="transcription", text=None)
