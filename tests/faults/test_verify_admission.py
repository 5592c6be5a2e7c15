"""Every entry that may not stand: append refuses it with its error, and verify names it when it stands all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from forging import Forged, copied
from minting import REASON, Person, Site, key_of, person

from ledger.book import Ledger
from ledger.errors import BadInput, Conflict, DoseLedgerError, IntegrityFailure, Malformed, NotAllowed, Refused
from ledger.events.base import After, CommandRef, Need, Occurred, ProtocolRef
from ledger.events.body import close_body
from ledger.events.dosing import DoseOrdered, DoseReleased, InfusionStarted, OrderAmended, OrderChecked
from ledger.events.entry import Entry
from ledger.events.exports import ExportMade
from ledger.events.patient import PatientMeasured
from ledger.events.people import KeyEnrolled
from ledger.events.record import EntryCorrected, EntryCountersigned, EntryVoided, LogClock
from ledger.events.review import SiteLocked
from ledger.signing.header import SignedSet, open_header, write_header
from ledger.signing.jws import Signature, assemble, parse, signing_input
from ledger.verify import examine

P1, P2, P3, P4 = (f"patient/001-00{i}" for i in range(1, 5))
ORDER = DoseOrdered(
    drug="alemtuzumab",
    step_mg="10",
    level_mg_m2=None,
    cycle=None,
    day=None,
    planned_start="2026-01-12T12:00+01:00",
    expires="2026-01-13T12:00+01:00",
    ordered_mg="10",
    calculated_mg=None,
    height_cm=None,
    weight_kg=None,
    bsa_m2=None,
    factors=(),
    rounding=None,
    premedication=(),
    route="iv",
    duration_min=120,
    allergies=None,
    overrides=(),
)
PI_TOO = (Need(meaning="authorship", role="nurse"), Need(meaning="approved", role="principal-investigator"))
WEIGHT = PatientMeasured(weight_kg="70", height_cm=None)


def released(order: Entry) -> DoseReleased:
    """Thirty milligrams in one vial, ten of them in the bag."""
    return DoseReleased(
        order=order.id,
        location="pharmacy",
        lot="A1",
        expiry="2027-01-01",
        strength_mg="30",
        vials=1,
        prepared_mg="10",
        volume_ml="100",
        diluted_at="2026-01-12T09:00+01:00",
        wasted_mg="20",
    )


def started(order: Entry) -> InfusionStarted:
    """The start of an ordered infusion."""
    return InfusionStarted(order=order.id, rate_ml_h="50", identifiers=(), checks=(), overrides=())


def correction(entry: Entry, weight: str) -> EntryCorrected:
    """The entry restated with another weight."""
    body = close_body(PatientMeasured(weight_kg=weight, height_cm=None))
    return EntryCorrected(kind=entry.kind, occurred=entry.payload.occurred, body=body)


@dataclass
class Ward:
    """A site in the middle of its work, and the entries that the cases are about."""

    site: Site
    kept: dict[str, Entry] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Entry:
        return self.kept[name]

    def draft(self, stream: str, event: object, by: object, **changes: object) -> bytes:
        """An entry after the head, a minute later, not appended."""
        self.site.tick()
        return self.site.draft(stream, event, by=by, **changes)

    def head(self, size: int) -> After:
        """What somebody saw who last looked when the log had this size."""
        return After(log="main", size=size, root=self.site.book.root_at(size).hex())


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Two ordered doses, one of them released, weights, a correction, a void that waits for its second signature."""
    site = Site(tmp_path_factory.mktemp("ward") / "trial.ledger").staffed()
    site.enrol("mona", "Mona Moser", "monitor")
    site.enrol("iris", "Iris Ilk", "investigator")
    site.enrol("ina", "Ina Ihle", "investigator", "nurse", "pharmacist")
    site.delegate("ina", "prescribing", "administration", "pharmacy")
    old = site.enrolment(site.add("otto", "Otto Ost", "nurse"), valid_until="2026-01-11")
    site.write("people", old, by=("rita", "rolf"))
    kept = {"order": site.write(P1, ORDER, by="ivan")}
    refs = site.refs(kept["order"])
    kept["check"] = site.write(P1, OrderChecked(order=kept["order"].id), by="paula", causes=refs)
    kept["release"] = site.write(
        P1, released(kept["order"]), by=(("theo", "dispensed"), ("paula", "verified")), causes=refs
    )
    kept["own order"] = site.write(P2, ORDER, by="ina")
    kept["open order"] = site.write(P4, ORDER, by="ivan")
    amended = OrderAmended(
        order=kept["open order"].id,
        planned_start="2026-01-12T13:00+01:00",
        expires="2026-01-13T13:00+01:00",
        step_mg="10",
        ordered_mg="10",
        calculated_mg=None,
        height_cm=None,
        weight_kg=None,
        bsa_m2=None,
        factors=(),
        rounding=None,
        overrides=(),
    )
    kept["amended"] = site.write(P4, amended, by="ivan", causes=site.refs(kept["open order"]))
    for name in ("weight", "corrected", "waiting", "voided"):
        kept[name] = site.write(P3, WEIGHT, by="nina")
    fixed = correction(kept["corrected"], "71")
    kept["correction"] = site.write(P3, fixed, by="nina", corrects=kept["corrected"].ref, reason=REASON)
    void = EntryVoided(why="duplicate")
    needs = ("nina", ("petra", "approved"))
    for name in ("waiting", "voided"):
        both = needs if name == "voided" else "nina"
        lacking = {"needs": PI_TOO} if name == "waiting" else {}
        kept[f"void of {name}"] = site.write(P3, void, by=both, corrects=kept[name].ref, reason=REASON, **lacking)
    found = Ward(site, kept)
    yield found
    site.book.close()


Make = Callable[[Ward], bytes]


def changed(**changes: object) -> Make:
    """A weight of nina with something wrong in its payload."""
    return lambda ward: ward.draft(P3, WEIGHT, "nina", **changes)


def weight(change: Callable[[Ward], dict[str, object]]) -> Make:
    """A weight of nina with something wrong that depends on the ledger."""
    return lambda ward: ward.draft(P3, WEIGHT, "nina", **change(ward))


def enrol(change: Callable[[Ward, Person], dict[str, object]], *roles: str, name: str = "nils") -> Make:
    """An enrolment with something wrong."""

    def make(ward: Ward) -> bytes:
        who = person(name, "Nils Neu", *(roles or ("nurse",)))
        event: KeyEnrolled = ward.site.enrolment(who, **change(ward, who))
        return ward.draft("people", event, ("rita", "rolf"))

    return make


def start(order: str, stream: str, *by: object) -> Make:
    """A start signed by these."""
    return lambda ward: ward.draft(stream, started(ward[order]), by, causes=ward.site.refs(ward[order]))


def amend(
    event: Callable[[Ward], object], corrects: str, by: object = ("nina", ("petra", "approved")), **changes: object
) -> Make:
    """A correction or void of a kept entry."""
    said = {"reason": REASON, **changes}
    return lambda ward: ward.draft(P3, event(ward), by, corrects=ward[corrects].ref, **said)


def seen_before(ward: Ward) -> bytes:
    """A check of an order as it was before it was amended."""
    order = ward["open order"]
    after = ward.head(ward["amended"].position)
    return ward.draft(P4, OrderChecked(order=order.id), "paula", causes=ward.site.refs(order), after=after)


def in_set(digest: str | None, i: int, of: int) -> Make:
    """A weight signed as a part of a set."""

    def make(ward: Ward) -> bytes:
        parsed = parse(ward.draft(P3, WEIGHT, "nina"))
        header = open_header(parsed.signatures[0].protected)
        told = sha256(sha256(parsed.payload).digest()).hexdigest() if digest is None else digest
        auth = type(header.auth)(method="pwd", act=header.auth.act, first=True, set=SignedSet(digest=told, i=i, of=of))
        members = {name: getattr(header, name) for name in header.__struct_fields__} | {"auth": auth}
        protected = write_header(type(header)(**members))
        made = key_of("nina").sign(signing_input(protected, parsed.payload))
        return assemble(parsed.payload, [Signature(protected, made)])

    return make


def stranger(ward: Ward) -> bytes:
    """A weight signed by somebody who is not enrolled."""
    ward.site.people["stranger"] = person("stranger", "Stefan Straub", "nurse")
    return ward.draft(P3, WEIGHT, "stranger")


def other_name(ward: Ward) -> bytes:
    """A weight signed by nina's key under another printed name."""
    ward.site.people["nina as Nora"] = Person("nina", "Nora Nolte", ("nurse",), key_of("nina"))
    return ward.draft(P3, WEIGHT, "nina as Nora")


def other_role(ward: Ward) -> bytes:
    """An order signed by nina as a physician."""
    ward.site.people["nina as physician"] = Person("nina", "Nina Nolte", ("investigator",), key_of("nina"))
    return ward.draft(P2, ORDER, "nina as physician")


def export(stream: str = "exports/001", *, root: str = "", beyond: int = 0) -> Make:
    """The record of a copy of so many entries more than there are, with another root where one is given."""

    def make(ward: Ward) -> bytes:
        head = ward.head(ward.site.book.size)
        event = ExportMade(
            form="jsonl",
            size=head.size + beyond,
            root=root or head.root,
            digest=ELSEWHERE,
            streams=(),
            name=None,
            claimed_by=None,
            recipient=None,
        )
        return ward.draft(stream, event, "ward-1")

    return make


ELSEWHERE = "11" * 32
UNKNOWN = ProtocolRef(id="other", version="1", digest=ELSEWHERE)

CASES: dict[str, tuple[Make, str, type[DoseLedgerError]]] = {
    "an id twice": (weight(lambda w: {"id": w["weight"].id}), "id-reused", Conflict),
    "a signature counter twice": (
        weight(lambda w: {"counters": {key_of("nina").public.kid: w["weight"].author.n}}),
        "n-reused",
        Conflict,
    ),
    "a command twice": (weight(lambda w: {"command": w["weight"].payload.command}), "command-used", Conflict),
    "half a command": (
        weight(lambda w: {"command": CommandRef(id=w.site.uuid(), index=1, of=2)}),
        "command-broken",
        IntegrityFailure,
    ),
    "of another ledger": (changed(ledger=ELSEWHERE), "ledger", IntegrityFailure),
    "of another site": (changed(site="002"), "site", IntegrityFailure),
    "of a protocol nobody activated": (changed(protocol=UNKNOWN), "protocol", IntegrityFailure),
    "after another history": (
        weight(lambda w: {"after": After(log="main", size=w.site.book.size, root=ELSEWHERE)}),
        "after-root",
        IntegrityFailure,
    ),
    "after what is not yet": (
        weight(lambda w: {"after": After(log="main", size=w.site.book.size + 1, root=ELSEWHERE)}),
        "after",
        IntegrityFailure,
    ),
    "after another log": (
        weight(lambda w: {"after": After(log="side", size=1, root=ELSEWHERE)}),
        "after",
        IntegrityFailure,
    ),
    "before the author was enrolled": (weight(lambda w: {"after": w.head(1)}), "after-enrolment", IntegrityFailure),
    "before the author's last entry": (
        weight(lambda w: {"after": w.head(w["weight"].position)}),
        "after-own",
        Conflict,
    ),
    "naming another entry's leaf": (
        weight(
            lambda w: {"causes": (type(w["weight"].ref)(log="main", position=3, id=w["weight"].id, leaf=ELSEWHERE),)}
        ),
        "reference",
        IntegrityFailure,
    ),
    "naming a part of another command": (
        weight(lambda w: {"causes": (type(w["weight"].ref)(log="main", position=None, id=w["weight"].id, leaf=None),)}),
        "reference",
        IntegrityFailure,
    ),
    "naming what its author had not seen": (
        lambda w: w.draft(P3, WEIGHT, "clara", after=w.head(w["order"].position), causes=w.site.refs(w["order"])),
        "reference-after",
        IntegrityFailure,
    ),
    "checking another patient's order": (
        lambda w: w.draft(P3, OrderChecked(order=w["order"].id), "paula", causes=w.site.refs(w["order"])),
        "reference-stream",
        IntegrityFailure,
    ),
    "of an order that changed meanwhile": (seen_before, "predicate", Conflict),
    "an order by a nurse": (lambda w: w.draft(P2, ORDER, "nina"), "needs", NotAllowed),
    "an order by a physician without delegation": (lambda w: w.draft(P2, ORDER, "iris"), "delegation", NotAllowed),
    "a weight by a monitor": (lambda w: w.draft(P3, WEIGHT, "mona"), "needs", NotAllowed),
    "a weight by a registrar": (lambda w: w.draft(P3, WEIGHT, "rita"), "needs", NotAllowed),
    "a weight by a device": (lambda w: w.draft(P3, WEIGHT, "ward-1"), "needs", NotAllowed),
    "needing less than its kind": (changed(needs=()), "needs", NotAllowed),
    "by a stranger": (stranger, "signer", NotAllowed),
    "under another name": (other_name, "signer", NotAllowed),
    "in a role not held": (other_role, "signer", NotAllowed),
    "with an expired key": (lambda w: w.draft(P3, WEIGHT, "otto"), "signer", NotAllowed),
    "a start by one person": (start("order", P1, "nina"), "needs", NotAllowed),
    "a start by one person twice": (start("order", P1, "nina", ("nina", "verified")), "same-person", Refused),
    "a start verified by who prepared it": (start("order", P1, "nina", ("theo", "verified")), "separation", Refused),
    "a start verified by the prescriber": (start("own order", P2, "nina", ("ina", "verified")), "separation", Refused),
    "an order checked by its prescriber": (
        lambda w: w.draft(
            P2, OrderChecked(order=w["own order"].id), (("ina", "verified"),), causes=w.site.refs(w["own order"])
        ),
        "separation",
        NotAllowed,
    ),
    "a key under another thumbprint": (
        enrol(lambda w, who: {"key_id": key_of("other").public.kid}),
        "thumbprint",
        NotAllowed,
    ),
    "a key that another asked for": (
        enrol(lambda w, who: {"request": w.site.enrolment(person("nora", "Nora", "nurse")).request}),
        "request",
        NotAllowed,
    ),
    "a weak key": (
        enrol(lambda w, who: {"key": type(who.jwk)(crv="Ed25519", kty="OKP", x="A" * 43, y=None)}),
        "weak-key",
        NotAllowed,
    ),
    "a person twice": (enrol(lambda w, who: {}, name="nina"), "key-reused", NotAllowed),
    "a registrar who is also a nurse": (enrol(lambda w, who: {}, "registrar", "nurse"), "roles-mixed", NotAllowed),
    "a person as a device": (enrol(lambda w, who: {}, "system"), "roles-mixed", NotAllowed),
    "a correction without a reason": (
        amend(lambda w: correction(w["weight"], "72"), "weight", "nina", reason=None),
        "reason",
        BadInput,
    ),
    "a correction of what was corrected": (
        amend(lambda w: correction(w["corrected"], "72"), "corrected", "nina"),
        "not-head",
        Conflict,
    ),
    "a correction of what was voided": (
        amend(lambda w: correction(w["voided"], "72"), "voided", "nina"),
        "not-head",
        Conflict,
    ),
    "a correction while another waits": (
        amend(lambda w: correction(w["waiting"], "72"), "waiting", "nina"),
        "amendment-waits",
        Conflict,
    ),
    "a correction by who did not measure": (
        amend(lambda w: correction(w["weight"], "72"), "weight", "paula"),
        "delegation",
        NotAllowed,
    ),
    "a correction of a void": (
        amend(lambda w: correction(w["weight"], "72"), "void of voided", "nina"),
        "corrects",
        NotAllowed,
    ),
    "a correction of nothing": (
        lambda w: w.draft(P3, correction(w["weight"], "72"), "nina", reason=REASON),
        "corrects",
        IntegrityFailure,
    ),
    "a weight that corrects": (weight(lambda w: {"corrects": w["weight"].ref}), "corrects", IntegrityFailure),
    "a void by one signature of two": (
        amend(lambda w: EntryVoided(why="duplicate"), "weight", "nina"),
        "needs",
        NotAllowed,
    ),
    "a void of an enrolment": (
        lambda w: w.draft(
            "people",
            EntryVoided(why="duplicate"),
            ("nina", ("petra", "approved")),
            corrects=w.site.book.entry(5).ref,
            reason=REASON,
        ),
        "corrects",
        NotAllowed,
    ),
    "a countersignature by who has signed": (
        lambda w: w.draft(
            P1, EntryCountersigned(target=w["release"].id), (("paula", "verified"),), causes=w.site.refs(w["release"])
        ),
        "same-person",
        NotAllowed,
    ),
    "a countersignature of what was voided": (
        lambda w: w.draft(
            P3, EntryCountersigned(target=w["voided"].id), (("ivan", "acknowledged"),), causes=w.site.refs(w["voided"])
        ),
        "not-head",
        Conflict,
    ),
    "log time begun anew by a device": (
        lambda w: w.draft("clock/001", LogClock(behind_ms=0, reset=True), "ward-1"),
        "clock-reset",
        Malformed,
    ),
    "a copy with another root": (export(root=ELSEWHERE), "export-root", IntegrityFailure),
    "a copy of entries to come": (export(beyond=1), "export-root", IntegrityFailure),
    "a copy on another site's stream": (export("exports/002"), "site", IntegrityFailure),
    "a clock on another site's stream": (
        lambda w: w.draft("clock/002", LogClock(behind_ms=0, reset=False), "ward-1"),
        "site",
        IntegrityFailure,
    ),
    "a closing on another site's stream": (
        lambda w: w.draft("review/002", SiteLocked(until=None), (("petra", "locked"), ("clara", "locked"))),
        "site",
        IntegrityFailure,
    ),
    "a second genesis": (lambda w: Site.genesis(_copy(w.site)), "genesis", IntegrityFailure),
    "the first of a set alone": (in_set(ELSEWHERE, 0, 2), "set", BadInput),
    "the second of a set alone": (in_set(ELSEWHERE, 1, 2), "set", IntegrityFailure),
    "a set of one": (in_set(None, 0, 1), "set", IntegrityFailure),
}


def _copy(site: Site) -> Site:
    """A mint of the same people that can make another genesis without forgetting its ledger."""
    other = Site.__new__(Site)
    other.__dict__ |= site.__dict__ | {"counters": {}, "ledger": ""}
    return other


@pytest.mark.parametrize("name", CASES)
def test_append_refuses_and_verify_names(ward: Ward, name: str) -> None:
    """What one of the two let pass, a modified program could write, or an honest one could not be verified."""
    make, code, error = CASES[name]
    size = ward.site.book.size
    raw = make(ward)
    with pytest.raises(error) as refused:
        ward.site.book.append([raw], now=ward.site.now)
    assert error is type(refused.value)
    assert size == ward.site.book.size
    report = examine(with_one(ward.site.book, raw))
    assert ("failed", size) == (report.verdict, report.first_bad and report.first_bad.position)
    assert code in {finding.code for finding in report.findings}, report.findings


def with_one(book: Ledger, raw: bytes) -> Forged:
    """The ledger with one entry more, as its operator could add it."""
    ledger = copied(book)
    return ledger.with_entries(*ledger.entries, raw)


def test_the_winner_is_named(ward: Ward) -> None:
    """Whoever lost the race would not know which order changed under his hands."""
    with pytest.raises(Conflict) as lost:
        ward.site.book.append([seen_before(ward)], now=ward.site.now)
    assert ward["amended"].position == lost.value.winner


def test_the_ward_itself_is_sound(ward: Ward) -> None:
    """The cases would be refused for some other fault of the ledger they stand in."""
    report = examine(copied(ward.site.book))
    assert ("ok-unanchored", (), ()) == (report.verdict, report.findings, report.notices)


def test_a_wrong_offset_is_a_notice(ward: Ward) -> None:
    """A change in the time zone tables would make yesterday's record invalid."""
    occurred = Occurred(at="2026-01-12T09:00+05:00", zone="Europe/Berlin", precision="minute", basis="observed")
    report = examine(with_one(ward.site.book, ward.draft(P3, WEIGHT, "nina", occurred=occurred)))
    assert ("ok-unanchored", ["zone"]) == (report.verdict, [notice.code for notice in report.notices])


def test_a_set_signed_together_stands_together(ward: Ward) -> None:
    """A tolerance shown together with its toxicity could be kept, and the toxicity dropped."""
    act, first = ward.site.uuid(), ward.site.book.next_n(key_of("nina").public.kid)
    size = ward.site.book.size
    command = ward.site.uuid()
    made: list[bytes] = []
    bodies = [
        ward.site.draft(P3, WEIGHT, by="nina", after=ward.head(size), command=CommandRef(id=command, index=i, of=2))
        for i in range(2)
    ]
    digest = sha256(b"".join(sha256(parse(raw).payload).digest() for raw in bodies)).hexdigest()
    for i, raw in enumerate(bodies):
        parsed = parse(raw)
        header = open_header(parsed.signatures[0].protected)
        auth = type(header.auth)(method="pwd", act=act, first=True, set=SignedSet(digest=digest, i=i, of=2))
        members = {name: getattr(header, name) for name in header.__struct_fields__} | {"auth": auth, "n": first + i}
        protected = write_header(type(header)(**members))
        signature = key_of("nina").sign(signing_input(protected, parsed.payload))
        made.append(assemble(parsed.payload, [Signature(protected, signature)]))
    ledger = copied(ward.site.book)
    assert () == examine(ledger.with_entries(*ledger.entries, *made)).findings
    for cut in (made[:1], made[1:], made[::-1]):
        codes = {finding.code for finding in examine(ledger.with_entries(*ledger.entries, *cut)).findings}
        assert {"set", "command-broken"} <= codes


def test_a_pending_enrolment_is_not_yet_a_key(tmp_path: Path) -> None:
    """One registrar alone could put a key of his own into a nurse's hands."""
    site = Site(tmp_path / "trial.ledger").staffed()
    event = site.enrolment(site.add("nils", "Nils Neu", "nurse"))
    needs = (Need(meaning="authorship", role="registrar"), Need(meaning="verified", role="registrar"))
    entry = site.write("people", event, by="rita", needs=needs)
    with pytest.raises(NotAllowed):
        site.write(P1, WEIGHT, by="nils")
    again = person("nils", "Nils Neu", "nurse")
    with pytest.raises(NotAllowed, match="offered by the entry"):
        site.write("people", site.enrolment(again), by=("rita", "rolf"))
    countersigned = EntryCountersigned(target=entry.id)
    site.write("people", countersigned, by=(("rolf", "verified"),), causes=site.refs(entry))
    site.write(P1, WEIGHT, by="nils")
    assert () == examine(copied(site.book)).findings
    site.book.close()
