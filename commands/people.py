"""Acts around people: enrol a key, enrol a device, delegate tasks; and the request with which a person asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from commands.draft import Desk, Draft, When
from ledger import wire
from ledger.admission.offered import open_request, request_payload
from ledger.admission.signatures import wire_jwk
from ledger.errors import BadInput, IntegrityFailure
from ledger.events.people import (
    DelegationEnded,
    DelegationGranted,
    IdentityCheck,
    KeyEnrolled,
    KeyRequest,
    Task,
)
from ledger.signing.header import Auth, Header, ShownMeaning, SignerCard
from ledger.signing.meanings import text as statement
from ledger.signing.seal import seal
from ledger.signing.signer import Signer
from ledger.values import wire_minute, wire_signed_at

TASKS: dict[wire.Role, tuple[Task, ...]] = {
    "investigator": ("consent", "eligibility", "enrolment", "prescribing", "assessment", "safety"),
    "principal-investigator": (),
    "pharmacist": ("pharmacy", "administration", "supply"),
    "pharmacy-technician": ("pharmacy", "administration", "supply"),
    "nurse": ("premedication", "administration", "measurement", "safety"),
    "coordinator": (
        "registration",
        "consent",
        "enrolment",
        "measurement",
        "laboratory",
        "transcription",
        "administration",
    ),
    "data-manager": ("registration", "consent", "enrolment", "measurement", "laboratory", "transcription"),
}
"""The tasks usually delegated to a role; a delegation may name fewer."""


@dataclass(frozen=True, kw_only=True)
class EnrolPerson:
    """Enrol a person's key from the request its owner signed; a second registrar signs too, now or later."""

    verb: ClassVar[str] = "person enrol"
    kind: ClassVar[str] = "key.enrolled/1"
    request: str
    roles: tuple[wire.Role, ...]
    identity: Literal["passport", "national-id", "staff-record", "known-in-person"] = "known-in-person"
    identity_ref: str | None = None
    valid_until: date | None = None

    def about(self) -> tuple[str, ...]:
        """The stream of people."""
        return ("people",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The request must be signed by the key it asks for."""
        text = self.request.strip()
        try:
            asked, signed = open_request(text)
        except IntegrityFailure as error:
            raise BadInput(
                f"the key request cannot be used: {error.what}",
                why=error.why,
                fix="its owner makes a new one: doseledger key request",
            ) from error
        if not self.roles:
            raise BadInput("no role is named", fix="--role nurse")
        event = KeyEnrolled(
            person=asked.person,
            name=asked.name,
            organisation=asked.organisation,
            roles=self.roles,
            key_id=asked.key_id,
            key=asked.key,
            protection=signed.auth.method,
            valid_until=self.valid_until.isoformat() if self.valid_until is not None else None,
            identity=IdentityCheck(kind=self.identity, ref=desk.pad.maybe(self.identity_ref)),
            request=text,
        )
        return (desk.draft("people", event),)


@dataclass(frozen=True, kw_only=True)
class Delegate:
    """Delegate tasks to a person for a period; by default the tasks that go with the person's roles."""

    verb: ClassVar[str] = "person delegate"
    kind: ClassVar[str] = "delegation.granted/1"
    person: str
    tasks: tuple[Task, ...] = ()
    since: When | None = None
    until: When | None = None

    def about(self) -> tuple[str, ...]:
        """The stream of people."""
        return ("people",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The person is enrolled and the period is not empty."""
        person = desk.setting.roster.people.get(self.person)
        if person is None:
            raise BadInput(f"{self.person} is not enrolled", fix="see: doseledger person list")
        tasks = self.tasks or tuple(
            dict.fromkeys(task for role in sorted(person.roles) for task in TASKS.get(role, ()))
        )
        if not tasks:
            raise BadInput(
                f"no task is usually delegated to {', '.join(sorted(person.roles))}", fix="name one: --task prescribing"
            )
        since = _bound(self.since or When(desk.now), desk.now)
        until = _bound(self.until, desk.now) if self.until is not None else None
        if until is not None and until[:10] < since[:10]:
            raise BadInput(f"the delegation would end ({until}) before it begins ({since})", fix="check the dates")
        return (desk.draft("people", DelegationGranted(person=self.person, tasks=tasks, since=since, until=until)),)


@dataclass(frozen=True, kw_only=True)
class Undelegate:
    """End a delegation."""

    verb: ClassVar[str] = "person undelegate"
    kind: ClassVar[str] = "delegation.ended/1"
    delegation: str
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The stream of people."""
        return ("people",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The entry named is a delegation."""
        entry = desk.book.find(self.delegation)
        if not isinstance(entry.event, DelegationGranted):
            raise BadInput(
                f"entry #{entry.position} is not a delegation",
                why=f"it is {entry.kind}",
                fix="see: doseledger person list",
            )
        return (desk.draft("people", DelegationEnded(delegation=entry.id), self.at, causes=[entry.ref]),)


def key_request(
    person: str, name: str, organisation: str, signer: Signer, *, now: datetime, new_id: Callable[[], str]
) -> str:
    """Make the request a registrar needs: the card and public key, signed by that key (meaning `possession`)."""
    public = signer.public
    request = KeyRequest(
        format=1, person=person, name=name, organisation=organisation, key_id=public.kid, key=wire_jwk(public)
    )
    header = Header(
        alg=public.alg,
        kid=public.kid,
        typ="doseledger-entry/1",
        signer=SignerCard(id=person, name=name, role="system", organisation=organisation),
        at=wire_signed_at(now),
        meaning=ShownMeaning(code="possession", lang="en", version=1, text=statement("possession")),
        n=1,
        auth=Auth(method=signer.method, act=new_id(), first=True, set=None),
    )
    return seal(request_payload(request), [(header, signer)]).decode()


def _bound(when: When, now: datetime) -> str:
    return when.day.isoformat() if when.day is not None else wire_minute(when.at.astimezone(now.tzinfo))
