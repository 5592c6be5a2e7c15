"""The life of keys under attack: each entry made by hand with good keys; append refuses it, and verify names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forging import copied
from minting import REASON, Person, key_of, person
from rekeyed import RECOVERY, Rekeyed, needs, policy

from ledger.errors import Conflict, DoseLedgerError, IntegrityFailure, NotAllowed
from ledger.events.base import Wire
from ledger.events.keys import SignatureAbandoned, SignatureReaffirmed, SignatureRepudiated
from ledger.events.patient import PatientMeasured
from ledger.events.people import DelegationEnded, DeviceEnrolled
from ledger.events.record import EntryCountersigned, EntryVoided, LogClock
from ledger.events.study import Device
from ledger.verify import examine

P1 = "patient/001-001"
WEIGHT = PatientMeasured(weight_kg="70", height_cm=None)
RESPONSIBLE = "responsibility"


class Keys:
    """A site in whose log keys have been changed, revoked and doubted, with three registrars who act together."""

    def __init__(self, path: Path) -> None:
        self.site = site = Rekeyed(path).staffed()
        self.old = {name: site.people[name].key for name in ("norbert", "nina", "theo", "petra")}
        self.weights = [site.write(P1, WEIGHT, by="nina") for _ in range(3)]
        waits = (("authorship", "nurse"), ("approved", "principal-investigator"))
        self.void = site.write(
            P1,
            EntryVoided(why="duplicate"),
            by="nina",
            corrects=self.weights[2].ref,
            reason=REASON,
            needs=needs(*waits),
        )
        ivan = site.enrolment(site.add("ines", "Ines Imhof", "investigator"), valid_until="2026-12-31")
        site.write("people", ivan, by=("rita", "rolf"))
        self.given = site.delegate("clara", "supply")
        ended = DelegationEnded(delegation=self.given.id)
        site.write("people", ended, by="petra", causes=site.refs(self.given))
        site.rotate("norbert")
        site.revoke("nina", "compromised", suspected_from=self.weights[0].position)
        site.again("nina")
        site.answer(SignatureReaffirmed, self.weights[0], by=(("nina", RESPONSIBLE),))
        site.revoke("theo", "left")
        self.second = site.add("ward-2", "Device ward-2", "system")
        site.write("people", self.device("ward-2", self.second), by=("rita", "rolf"))
        site.register("rosa", "Rosa Ritter")
        site.write("people", policy(quorum=3), by=[(name, RESPONSIBLE) for name in ("rita", "rolf")])

    def device(self, name: str, who: Person) -> DeviceEnrolled:
        """The event that enrols a device."""
        return DeviceEnrolled(device=Device(id=name, key_id=who.key.public.kid, key=who.jwk))

    def draft(self, event: Wire, *by: str, stream: str = "people", **changes: object) -> bytes:
        """An entry after the head, a minute later, not appended; `by` are `person` or `person meaning`."""
        self.site.tick()
        signers = [(name, meaning or RESPONSIBLE) for name, _, meaning in (one.partition(" ") for one in by)]
        return self.site.draft(stream, event, by=signers, **changes)

    def signed_with(self, owner: str, key: str, make: Callable[[], bytes]) -> bytes:
        """What `make` makes while the owner signs with another key."""
        before = self.site.people[owner].key
        self.site.hold(owner, self.old[owner] if key == "old" else key_of(key))
        try:
            return make()
        finally:
            self.site.hold(owner, before)

    def enrolled(self, identifier: str, name: str, key: object, *roles: str) -> bytes:
        """An enrolment by two registrars."""
        who = Person(identifier, name, roles or ("nurse",), key)
        return self.draft(self.site.enrolment(who), "rita authorship", "rolf verified")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    """The site; nothing of the cases is stored in it."""
    one = Keys(tmp_path_factory.mktemp("keys") / "trial.ledger")
    yield one
    one.site.book.close()


def weighed(owner: str) -> Callable[[Keys], bytes]:
    """A weight signed with the key that its author had first."""
    return lambda k: k.signed_with(owner, "old", lambda: k.draft(WEIGHT, f"{owner} authorship", stream=P1))


def rotated(owner: str, by: str, key: str = "a fresh key", **changes: object) -> Callable[[Keys], bytes]:
    """A change of the owner's key, signed by somebody."""
    return lambda k: k.draft(k.site.rotation(owner, key_of(key), **changes), by)


def offered_by_another(k: Keys) -> bytes:
    """Ivan goes on with a key that Paula offered for herself."""
    request = k.site.request(person("paula", "Paula Pohl", "pharmacist"))
    to = key_of("paula")
    return k.draft(k.site.rotation("ivan", to, request=request), "ivan")


def revoked(owner: str, *by: str, why: str = "lost", at: int | None = None, **about: object) -> Callable[[Keys], bytes]:
    """A key ended by somebody; `at` counts from the newest entry."""

    def make(k: Keys) -> bytes:
        since = None if at is None else k.site.book.size + at
        return k.draft(k.site.revocation(owner, why, suspected_from=since, **about), *by)

    return make


def behind_the_answer(k: Keys) -> bytes:
    """One registrar doubts what the owner has answered for, entries and all."""
    return k.draft(k.site.revocation("nina", "compromised", suspected_from=1), "rita")


def of_the_old(k: Keys) -> bytes:
    """A key that was revoked is revoked again, with no wider suspicion."""
    kid = k.old["nina"].public.kid
    return k.draft(k.site.revocation("nina", "lost", kid=kid), "rita")


def recovered(key: str, *, identifier: str = "ruth", name: str = "Ruth Rabe") -> Callable[[Keys], bytes]:
    """A registrar by some key."""

    def make(k: Keys) -> bytes:
        before = k.site.people.get(identifier)
        who = Person(identifier, name, ("registrar",), key_of(identifier))
        k.site.people[identifier] = who
        try:
            return k.draft(k.site.recovery(who, key=key), identifier)
        finally:
            if before is not None:
                k.site.people[identifier] = before

    return make


def recovery_of_another(k: Keys) -> bytes:
    """The recovery key signs as Rita, and brings Ruth."""
    who = Person("ruth", "Ruth Rabe", ("registrar",), key_of("ruth"))
    k.site.people["ruth"] = who
    event = k.site.recovery(who)
    return _as_rita(k, event)


def _as_rita(k: Keys, event: Wire) -> bytes:
    before = k.site.people["rita"].key
    k.site.hold("rita", key_of(RECOVERY))
    try:
        return k.draft(event, "rita")
    finally:
        k.site.hold("rita", before)


def more_with_the_recovery_key(k: Keys) -> bytes:
    """The recovery key revokes Rolf."""
    return _as_rita(k, k.site.revocation("rosa", "lost"))


def come(
    *by: str, identifier: str = "ruth", name: str = "Ruth Rabe", removed: str | None = None
) -> Callable[[Keys], bytes]:
    """A registrar comes."""

    def make(k: Keys) -> bytes:
        who = Person(identifier, name, ("registrar",), key_of(f"{identifier} the registrar"))
        return k.draft(k.site.change(added=who, removed=removed), *by)

    return make


def answered(event: type[Wire], which: int, *by: str) -> Callable[[Keys], bytes]:
    """What somebody says of a weight."""

    def make(k: Keys) -> bytes:
        target = k.weights[which]
        return k.draft(event(targets=(target.id,)), *by, causes=k.site.refs(target))

    return make


def undoubted(k: Keys) -> bytes:
    """Nina stands by an entry that nobody doubts."""
    target = k.site.book.entry(k.site.book.size - 1)
    return k.draft(SignatureReaffirmed(targets=(target.id,)), "nina", causes=k.site.refs(target))


def twice_ended(k: Keys) -> bytes:
    """A later end would give back the time between the two."""
    return k.draft(DelegationEnded(delegation=k.given.id), "petra approved", causes=k.site.refs(k.given))


def ended_entry(k: Keys) -> bytes:
    """The end of what is no delegation."""
    entry = k.site.book.entry(5)
    return k.draft(DelegationEnded(delegation=entry.id), "petra approved", causes=k.site.refs(entry))


def countersigned(k: Keys) -> bytes:
    """The investigator approves a void that was signed with the stolen key."""
    event = EntryCountersigned(target=k.void.id)
    return k.draft(event, "petra approved", stream=P1, causes=k.site.refs(k.void))


def misprinted(k: Keys) -> bytes:
    """The device's key signs under a physician's printed name."""
    before = k.site.people["ward-1"]
    k.site.people["ward-1"] = Person("ward-1", "Dr. Petra Prinz", ("system",), before.key)
    try:
        return k.draft(LogClock(behind_ms=1, reset=False), "ward-1 system", stream="clock/001")
    finally:
        k.site.people["ward-1"] = before


def abandoned(owner: str, by: str = "ward-1 system", n: int = 0) -> Callable[[Keys], bytes]:
    """A counter is said to be used for nothing."""

    def make(k: Keys) -> bytes:
        kid = k.site.people[owner].key.public.kid
        return k.draft(SignatureAbandoned(key_id=kid, n=(n,)), by, stream="security/001")

    return make


THREE = ("rita", "rolf", "rosa")
CASES: dict[str, tuple[Callable[[Keys], bytes], str, type[DoseLedgerError]]] = {
    "the old key after it was changed": (weighed("norbert"), "signer", NotAllowed),
    "a revoked key": (weighed("nina"), "signer", NotAllowed),
    "the key of one who left": (weighed("theo"), "signer", NotAllowed),
    "a revoked key for its owner again": (
        lambda k: k.enrolled("nina", "Nina Nolte", k.old["nina"]),
        "key-reused",
        NotAllowed,
    ),
    "a revoked key for another": (lambda k: k.enrolled("nora", "Nora Neu", k.old["nina"]), "key-reused", NotAllowed),
    "a changed key for another": (lambda k: k.enrolled("nora", "Nora Neu", k.old["norbert"]), "key-reused", NotAllowed),
    "a device's key for a person": (
        lambda k: k.enrolled("nora", "Nora Neu", k.site.device.key),
        "key-reused",
        NotAllowed,
    ),
    "the log's key for a person": (lambda k: k.enrolled("nora", "Nora Neu", k.site.log_key), "key-reused", NotAllowed),
    "the id of one who left for another": (
        lambda k: k.enrolled("theo", "Theodora Tamm", key_of("new")),
        "key-reused",
        NotAllowed,
    ),
    "a device's id for a person": (lambda k: k.enrolled("ward-1", "Ward One", key_of("new")), "key-reused", NotAllowed),
    "a person enrolled beside himself": (
        lambda k: k.enrolled("paula", "Paula Pohl", key_of("new"), "pharmacist"),
        "key-reused",
        NotAllowed,
    ),
    "a registrar enrolled like anybody": (
        lambda k: k.enrolled("ruth", "Ruth Rabe", key_of("new"), "registrar"),
        "registrar",
        NotAllowed,
    ),
    "a registrar enrolled as a nurse": (
        lambda k: k.enrolled("rita", "Rita Roth", key_of("new")),
        "registrar",
        NotAllowed,
    ),
    "a key changed by another": (rotated("ivan", "paula"), "rotation", NotAllowed),
    "a key changed by a registrar": (rotated("ivan", "rita"), "rotation", NotAllowed),
    "a key changed to one's old one": (rotated("norbert", "norbert", "norbert"), "key-reused", NotAllowed),
    "a key changed to another's": (offered_by_another, "request", NotAllowed),
    "a key that outlives its last day": (rotated("ines", "ines", valid_until="2027-12-31"), "needs", NotAllowed),
    "a key that outlives it for ever": (rotated("ines", "ines"), "needs", NotAllowed),
    "a key revoked by a nurse": (revoked("ivan", "nina"), "needs", NotAllowed),
    "a key revoked by the investigator": (revoked("ivan", "petra"), "needs", NotAllowed),
    "a key that nobody held": (revoked("ivan", "rita", kid="A" * 43), "revocation", NotAllowed),
    "another's key": (
        lambda k: k.draft(k.site.revocation("ivan", "lost", kid=k.old["petra"].public.kid), "rita"),
        "revocation",
        NotAllowed,
    ),
    "a key revoked twice": (of_the_old, "revocation", Conflict),
    "a suspicion of what is to come": (revoked("ivan", "rita", at=0), "revocation", NotAllowed),
    "a suspicion behind the owner's answer": (behind_the_answer, "needs", NotAllowed),
    "a registrar revoked below the quorum": (revoked("rosa", "rita"), "quorum", NotAllowed),
    "a registrar who goes below the quorum": (
        lambda k: k.draft(k.site.change(removed="rosa"), *THREE),
        "quorum",
        NotAllowed,
    ),
    "a registrar by two of three": (come("rita", "rolf"), "needs", NotAllowed),
    "a registrar who is a nurse": (come(*THREE, identifier="nina", name="Nina Nolte"), "roles-mixed", NotAllowed),
    "a registrar under another's id": (come(*THREE, identifier="rosa", name="Roswitha"), "key-reused", NotAllowed),
    "a registrar beside himself": (come(*THREE, identifier="rosa", name="Rosa Ritter"), "key-reused", NotAllowed),
    "the removal of who is none": (
        lambda k: k.draft(k.site.change(removed="petra"), *THREE),
        "registrar",
        NotAllowed,
    ),
    "a quorum of one": (lambda k: k.draft(policy(quorum=1), *THREE), "quorum", NotAllowed),
    "a quorum of more than there are": (lambda k: k.draft(policy(quorum=4), *THREE), "quorum", NotAllowed),
    "a policy by two of three": (lambda k: k.draft(policy(), "rita", "rolf"), "needs", NotAllowed),
    "a policy by the investigator": (lambda k: k.draft(policy(), "petra", "ivan", "nina"), "needs", NotAllowed),
    "recovery by another key": (recovered("some key"), "signer", NotAllowed),
    "recovery of a nurse": (recovered(RECOVERY, identifier="nina", name="Nina Nolte"), "roles-mixed", NotAllowed),
    "recovery under another's card": (recovery_of_another, "signer", NotAllowed),
    "more with the recovery key": (more_with_the_recovery_key, "signer", NotAllowed),
    "an answer for another's signature": (answered(SignatureReaffirmed, 1, "paula"), "not-disputed", NotAllowed),
    "an answer where nothing is doubted": (undoubted, "not-disputed", NotAllowed),
    "an answer taken back": (answered(SignatureRepudiated, 0, "nina"), "answered", Conflict),
    "an answer given twice": (answered(SignatureReaffirmed, 0, "nina"), "answered", Conflict),
    "a void with a stolen key": (countersigned, "signer-revoked", NotAllowed),
    "a device's id again": (
        lambda k: k.draft(k.device("ward-2", person("w", "W")), "rita authorship", "rolf verified"),
        "key-reused",
        NotAllowed,
    ),
    "a device under a physician's name": (misprinted, "signer", NotAllowed),
    "a delegation ended twice": (twice_ended, "delegation-ended", Conflict),
    "the end of what is no delegation": (ended_entry, "reference-kind", IntegrityFailure),
    "a counter that stands": (abandoned("petra", n=0), "abandoned", Conflict),
    "a counter abandoned by its owner": (abandoned("petra", "petra", n=900), "needs", NotAllowed),
}


@pytest.mark.req("P11-100a", "P11-300c", "P11-10g")
@pytest.mark.parametrize("name", CASES)
def test_append_refuses_and_verify_names(keys: Keys, name: str) -> None:
    """A stolen, old or borrowed key would sign for its owner, or one person decide who signs at this site."""
    make, code, error = CASES[name]
    size = keys.site.book.size
    raw = make(keys)
    with pytest.raises(error) as refused:
        keys.site.book.append([raw], now=keys.site.now)
    assert error is type(refused.value), refused.value
    assert size == keys.site.book.size
    stands = copied(keys.site.book)
    report = examine(stands.with_entries(*stands.entries, raw))
    assert ("failed", size) == (report.verdict, report.first_bad and report.first_bad.position)
    assert code in {finding.code for finding in report.findings}, report.findings


def test_the_site_itself_is_sound(keys: Keys) -> None:
    """The cases would be refused for some other fault of the log they stand in; and who doubts would not be told."""
    report = examine(copied(keys.site.book))
    assert ("ok-unanchored", ()) == (report.verdict, report.findings)
    doubted = [(one.position, one.code) for one in report.notices if one.code != "anchor-due"]
    places = [entry.position for entry in (*keys.weights[1:], keys.void)]
    assert [(place, "disputed") for place in places] == doubted
