"""Acts around the study: the first entry of a ledger, and the protocol pack in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from commands.draft import Circumstances, Desk, Draft, dictionary_ref
from commands.post import RULES_VERSION, Ids, Post
from ledger import codec
from ledger.admission.signatures import wire_jwk
from ledger.errors import BadInput, Question
from ledger.events.base import After, Clock, CommandRef, Need, Occurred, Payload, ProtocolRef, Source, Writer
from ledger.events.body import close_body
from ledger.events.study import Device, DictionaryLoaded, LedgerCreated, ProtocolActivated, RootRegistrar, Witnesses
from ledger.merkle.tree import EMPTY_ROOT
from ledger.protocol.bundled import bundled
from ledger.protocol.dictionary import load_dictionary
from ledger.protocol.model import load
from ledger.protocol.workbook import PUBLISHED, read_workbook
from ledger.signing.header import Auth, Header, ShownMeaning, SignerCard
from ledger.signing.keys import PublicKey
from ledger.signing.meanings import text as statement
from ledger.signing.seal import seal
from ledger.signing.signer import Signer
from ledger.values import wire_minute, wire_signed_at, wire_utc

NO_WITNESSES = Witnesses(quorum=0, keys=())
Purpose = Literal["production", "training", "simulation"]


@dataclass(frozen=True, kw_only=True)
class ActivateProtocol:
    """Bring a protocol pack and its toxicity dictionary into force; both are kept with the record."""

    verb: ClassVar[str] = "protocol activate"
    kind: ClassVar[str] = "protocol.activated/1"
    pack: bytes
    dictionary: bytes

    def about(self) -> tuple[str, ...]:
        """The study's stream."""
        return ("study",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse (K-VALUE) a pack with a parameter unset that activation needs."""
        loaded = load(self.pack)
        protocol = loaded.protocol()
        terms = load_dictionary(self.dictionary)
        if terms.version != protocol.dictionary:
            raise BadInput(
                f"the pack grades by CTCAE {protocol.dictionary}, the dictionary is {terms.version}",
                fix="name the dictionary the pack asks for",
            )
        desk.pad.blobs[loaded.digest] = self.pack
        desk.pad.blobs[terms.digest] = self.dictionary
        ref = ProtocolRef(id=protocol.id, version=protocol.version, digest=protocol.digest)
        return (
            desk.draft(
                "study", ProtocolActivated(pack=ref, dictionary=dictionary_ref(terms), fictional=protocol.fictional)
            ),
        )


@dataclass(frozen=True, kw_only=True)
class LoadDictionary:
    """Load every term of CTCAE from NCI's own workbook; the file's hash and the number of its terms are signed."""

    verb: ClassVar[str] = "dictionary load"
    kind: ClassVar[str] = "dictionary.loaded/1"
    publisher: Literal["ctcae"]
    workbook: bytes
    accept_differences: bool = False

    def about(self) -> tuple[str, ...]:
        """The study's stream."""
        return ("study",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Asks (exit 2) before a file that differs from what was published is taken."""
        own = {version: load_dictionary(bundled(f"ctcae-{version}")) for version in PUBLISHED}
        found = read_workbook(self.workbook, own)
        terms = found.dictionary
        if found.differences and not self.accept_differences:
            raise Question(
                f"the file is not CTCAE {terms.version} as it was published: {'; '.join(found.differences[:6])}",
                why=f"{len(found.differences)} differences" if len(found.differences) > 6 else "",
                fix="--accept-differences, if this is the file that the trial grades by",
            )
        if any(one.digest == terms.digest for _, one in desk.dictionaries):
            raise BadInput(f"this CTCAE {terms.version} is already in force", fix="see: doseledger dictionary show")
        desk.pad.blobs[terms.digest] = terms.data
        event = DictionaryLoaded(dictionary=dictionary_ref(terms), workbook=found.workbook, terms=found.terms)
        return (desk.draft("study", event),)


@dataclass(frozen=True)
class Registrar:
    """A root registrar who signs the first entry."""

    person: str
    name: str
    organisation: str
    signer: Signer


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What the first entry says: trial, site, purpose, who enrols people, and the keys of log and device."""

    trial: str
    site: str
    zone: str
    purpose: Purpose
    registrars: Sequence[Registrar]
    log_key: PublicKey
    next_log_key: PublicKey
    recovery_key: PublicKey | None = None
    witnesses: Witnesses = NO_WITNESSES


def found(plan: Foundation, post: Post) -> bytes:
    """Make the genesis entry, signed by all root registrars; the hash of its bytes becomes the ledger's id."""
    if len({r.person for r in plan.registrars}) < 2:
        raise BadInput(
            "a ledger begins with two registrars",
            why="one person alone must not be able to enrol keys",
            fix="name a second registrar",
        )
    now = post.clock().astimezone(ZoneInfo(plan.zone))
    new_id = Ids(now, post.random)
    quorum = 2
    event = LedgerCreated(
        trial=plan.trial,
        purpose=plan.purpose,
        zone=plan.zone,
        registrars=tuple(
            RootRegistrar(
                person=r.person,
                name=r.name,
                organisation=r.organisation,
                key_id=r.signer.public.kid,
                key=wire_jwk(r.signer.public),
            )
            for r in plan.registrars
        ),
        quorum=quorum,
        device=Device(id=post.device, key_id=post.device_signer.public.kid, key=wire_jwk(post.device_signer.public)),
        log_key=wire_jwk(plan.log_key),
        next_log_key=plan.next_log_key.kid,
        recovery_key=plan.recovery_key.kid if plan.recovery_key is not None else None,
        witnesses=plan.witnesses,
        signing="every-act",
    )

    said = Circumstances()
    payload = Payload(
        format=1,
        ledger="",
        site=plan.site,
        stream="study",
        id=new_id(),
        command=CommandRef(id=new_id(), index=0, of=1),
        kind="ledger.created/1",
        occurred=Occurred(at=wire_minute(now), zone=plan.zone, precision="minute", basis=said.basis),
        recorded_at=wire_utc(now),
        clock=Clock(source="scripted" if post.clock_source == "scripted" else "system", offset_ms=None),
        protocol=None,
        dictionary=None,
        after=After(log="main", size=0, root=EMPTY_ROOT.hex()),
        needs=tuple(Need(meaning="responsibility", role="registrar") for _ in plan.registrars),
        shown=(),
        performed_by=None,
        source=Source(kind="direct", ref=None),
        reason=None,
        causes=(),
        corrects=None,
        writer=Writer(software=post.software, build=post.build, rules=RULES_VERSION, device=post.device),
        body=close_body(event),
    )
    parts = []
    for registrar in plan.registrars:
        header = Header(
            alg=registrar.signer.public.alg,
            kid=registrar.signer.public.kid,
            typ="doseledger-entry/1",
            signer=SignerCard(
                id=registrar.person, name=registrar.name, role="registrar", organisation=registrar.organisation
            ),
            at=wire_signed_at(now),
            meaning=ShownMeaning(code="responsibility", lang="en", version=1, text=statement("responsibility")),
            n=0,
            auth=Auth(method=registrar.signer.method, act=new_id(), first=True, set=None),
        )
        parts.append((header, registrar.signer))
    return seal(codec.write_payload(payload), parts)
