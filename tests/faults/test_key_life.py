"""The life of keys in order: what was signed stays, what is signed with an ended key never enters, doubts are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forging import copied
from minting import REASON, ZONE, key_of
from rekeyed import Rekeyed, needs, policy

from ledger.errors import Conflict, NotAllowed
from ledger.events.base import Occurred
from ledger.events.entry import Entry
from ledger.events.keys import SignatureAbandoned, SignatureReaffirmed, SignatureRepudiated
from ledger.events.patient import PatientMeasured
from ledger.events.record import EntryVoided
from ledger.verify import examine
from projections.counters import never_arrived

P1 = "patient/001-001"
WEIGHT = PatientMeasured(weight_kg="70", height_cm=None)
RESPONSIBLE = "responsibility"
BOTH = (("rita", RESPONSIBLE), ("rolf", RESPONSIBLE))


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A staffed site, closed."""
    path = tmp_path_factory.mktemp("pattern") / "trial.ledger"
    Rekeyed(path).staffed().book.close()
    return path


@pytest.fixture
def site(pattern: Path, tmp_path: Path) -> Iterator[Rekeyed]:
    """A copy of the site."""
    path = tmp_path / "trial.ledger"
    path.write_bytes(pattern.read_bytes())
    one = Rekeyed(path, seed="joined", join=True)
    one.tick(days=1)
    yield one
    assert () == examine(copied(one.book)).findings
    one.book.close()


@pytest.fixture
def weigh(site: Rekeyed) -> Callable[[str], Entry]:
    """Write a weight."""
    return lambda who: site.write(P1, WEIGHT, by=who)


def told(site: Rekeyed) -> list[tuple[int | None, str]]:
    """What a verification says beside its verdict, without the anchors that revocations ask for."""
    found = examine(copied(site.book)).notices
    return [(one.position, one.code) for one in found if one.code != "anchor-due"]


@pytest.mark.req("P11-300b")
def test_bytes_signed_before_a_revocation_are_refused_after_it(site: Rekeyed) -> None:
    """Bytes that a thief signed while nobody knew would still enter the record after everybody knows."""
    site.tick()
    late = site.draft(P1, WEIGHT, by="norbert")
    ended = site.revoke("norbert", "lost")
    with pytest.raises(NotAllowed, match=rf"was revoked \(lost\) at position {ended.position}") as refused:
        site.store(late)
    assert "make a new one: doseledger key create" in refused.value.fix
    site.again("norbert")
    site.write(P1, WEIGHT, by="norbert")


@pytest.mark.req("P11-100a", "P11-70")
def test_what_an_old_key_signed_stays_its_owners(site: Rekeyed, weigh: Callable[[str], Entry]) -> None:
    """After a change of keys, nobody could tell any more who signed the entries before it."""
    first = weigh("norbert")
    changed = site.rotate("norbert")
    second = weigh("norbert")
    roster = site.book.roster()
    kids = [entry.author.kid for entry in (first, second)]
    assert ["norbert", "norbert"] == [roster.keys[kid].person for kid in kids]
    assert [changed.position, None] == [roster.keys[kid].ended for kid in kids]
    assert "rotated" == roster.keys[kids[0]].why


@pytest.mark.req("P11-300b")
def test_a_longer_life_takes_a_registrar(site: Rekeyed) -> None:
    """Whoever holds a key that ends in December would let it live for ever by himself."""
    who = site.add("ines", "Ines Imhof", "investigator")
    site.write("people", site.enrolment(who, valid_until="2026-12-31"), by=("rita", "rolf"))
    site.rotate("ines", valid_until="2026-11-30")
    to = key_of("ines for ever")
    site.write("people", site.rotation("ines", to), by=(("ines", RESPONSIBLE), ("rita", "verified")))
    assert site.book.roster().keys[to.public.kid].valid_until is None


def test_an_enrolment_that_lapsed_blocks_nobody(site: Rekeyed) -> None:
    """A nurse whose second registrar fell ill could never be enrolled with the key that she made."""
    waits = needs(("authorship", "registrar"), ("verified", "registrar"))
    who = site.add("nils", "Nils Neu", "nurse")
    site.write("people", site.enrolment(who), by="rita", needs=waits)
    site.tick(days=31)
    other = site.add("nora", "Nora Neu", "nurse")
    site.hold("nora", who.key)
    with pytest.raises(NotAllowed, match="is offered by the entry"):
        site.write("people", site.enrolment(site.people["nora"]), by=("rita", "rolf"))
    site.hold("nora", other.key)
    site.write("people", site.enrolment(who), by=("rita", "rolf"))
    assert site.book.roster().active_key("nils").kid == who.key.public.kid


@pytest.mark.req("P11-300c")
def test_the_recovery_key_brings_back_a_quorum(site: Rekeyed) -> None:
    """A site whose registrar lost her key could never again let anybody in, or one alone would decide it."""
    with pytest.raises(NotAllowed, match="1 would be left of the 2 registrars who must act together"):
        site.revoke("rolf", "lost")
    came = site.recover("ruth", "Ruth Rabe")
    site.revoke("rolf", "lost")
    site.tick()
    assert site.book.roster().registrars(site.now) == {"rita", "ruth"}
    site.write("people", policy(lockout_after=3), by=(("rita", RESPONSIBLE), ("ruth", RESPONSIBLE)))
    assert (came.position, "recovered") in told(site)


@pytest.mark.req("P11-300c")
def test_a_person_comes_back_with_another_key(site: Rekeyed, weigh: Callable[[str], Entry]) -> None:
    """Somebody who left would act on a delegation of the time before, or could never work here again."""
    weigh("nina")
    left = site.revoke("nina", "left")
    now = Occurred(at="2026-01-14T08:00+01:00", zone=ZONE, precision="minute", basis="observed")
    ends = [one.ended_at for one in site.book.roster().delegations if one.person == "nina"]
    assert [left.position] == ends
    with pytest.raises(NotAllowed, match="was revoked"):
        weigh("nina")
    site.tick(days=1)
    site.again("nina")
    weigh("nina")
    assert not site.book.roster().delegated("nina", "measurement", now, site.now)
    site.delegate("nina", "measurement")
    assert site.book.roster().delegated("nina", "measurement", now, site.now)


@pytest.mark.req("P11-300c")
def test_doubted_signatures_are_told_until_their_owner_answers(site: Rekeyed, weigh: Callable[[str], Entry]) -> None:
    """Doses given by a thief, and those given by the nurse herself, would look the same at the inspection."""
    before, mine, not_mine, open_still = (weigh("nina") for _ in range(4))
    site.revoke("nina", "compromised", suspected_from=mine.position)
    site.again("nina")
    after = weigh("nina")
    site.answer(SignatureReaffirmed, mine, by=(("nina", RESPONSIBLE),))
    site.answer(SignatureRepudiated, not_mine, by=(("nina", RESPONSIBLE),))
    assert [(not_mine.position, "repudiated"), (open_still.position, "disputed")] == told(site)
    doubts = site.book.roster().disputes
    entries = (before, mine, not_mine, open_still, after)
    assert [None, None, "repudiated", "disputed", None] == [doubts.doubt_of(entry) for entry in entries]


@pytest.mark.req("P11-300c")
def test_what_was_answered_once_takes_a_second_registrar(site: Rekeyed, weigh: Callable[[str], Entry]) -> None:
    """One registrar would throw doubt on years that their author has answered for already."""
    old = weigh("nina")
    site.revoke("nina", "lost", suspected_from=old.position)
    site.again("nina")
    said = site.answer(SignatureReaffirmed, old, by=(("nina", RESPONSIBLE),))
    new = weigh("nina")
    with pytest.raises(NotAllowed, match="does not name every signature"):
        site.revoke("nina", "compromised", suspected_from=old.position)
    site.revoke("nina", "compromised", suspected_from=old.position, by=("rita", "rolf"))
    site.hold("nina", key_of("nina, the third"))
    site.write("people", site.enrolment(site.people["nina"]), by=("rita", "rolf"))
    site.answer(SignatureReaffirmed, new, by=(("nina", RESPONSIBLE),))
    assert [(old.position, "disputed"), (said.position, "disputed")] == told(site), "an answer in doubt answers nothing"
    site.answer(SignatureReaffirmed, said, by=(("nina", RESPONSIBLE),))
    assert [] == told(site)


def test_who_stands_by_what_is_older_than_the_last_answer_needs_a_registrar(
    site: Rekeyed, weigh: Callable[[str], Entry]
) -> None:
    """Whoever coerces a nurse could have her stand by entries that nobody else remembers."""
    old, new = weigh("nina"), weigh("nina")
    kid = site.people["nina"].key.public.kid
    site.revoke("nina", "lost", suspected_from=new.position)
    site.again("nina")
    site.answer(SignatureReaffirmed, new, by=(("nina", RESPONSIBLE),))
    site.revoke("nina", "compromised", suspected_from=old.position, kid=kid, by=("rita", "rolf"))
    with pytest.raises(NotAllowed, match="does not name every signature"):
        site.answer(SignatureReaffirmed, old, by=(("nina", RESPONSIBLE),))
    both = needs((RESPONSIBLE, "nurse"), ("verified", "registrar"))
    said = site.answer(SignatureReaffirmed, old, by=(("nina", RESPONSIBLE),), needs=both)
    assert [(old.position, "disputed")] == told(site)
    site.countersign(said, "rita", "verified")
    assert [] == told(site)


@pytest.mark.req("P11-10a")
def test_a_counter_that_was_abandoned_is_missed_no_more(site: Rekeyed) -> None:
    """An entry that somebody held back would be lost among drafts that a machine dropped."""
    kid = site.people["ivan"].key.public.kid
    site.write(P1, WEIGHT, by="ivan")
    site.write(P1, WEIGHT, by="ivan", counters={kid: 4})
    assert ["n-missing"] == [code for _, code in told(site)]
    assert ((kid, (2, 3)),) == never_arrived(site.book, "ivan")
    site.write("security/001", SignatureAbandoned(key_id=kid, n=(2, 3)), by=(("ward-1", "system"),))
    assert ([], ()) == (told(site), never_arrived(site.book, "ivan"))


def test_the_policy_holds_from_its_last_signature(site: Rekeyed) -> None:
    """A site would sign by rules that two registrars have not yet agreed to."""
    before = site.book.roster().policy
    waits = needs((RESPONSIBLE, "registrar"), (RESPONSIBLE, "registrar"))
    event = policy(signing="session", session_minutes=5, lockout_after=3, clock_limit_s=30)
    entry = site.write("people", event, by=(("rita", RESPONSIBLE),), needs=waits)
    assert ("every-act", 10, 5, 120) == (
        before.signing,
        before.session_minutes,
        before.lockout_after,
        before.clock_limit_s,
    )
    assert before == site.book.roster().policy
    with pytest.raises(Conflict, match="still waits for its signatures"):
        site.write("people", policy(lockout_after=2), by=BOTH)
    site.countersign(entry, "rolf", RESPONSIBLE)
    after = site.book.roster().policy
    assert ("session", 5, 3, 30) == (after.signing, after.session_minutes, after.lockout_after, after.clock_limit_s)
    assert before == site.book.roster(entry.position + 1).policy


@pytest.mark.req("P11-300c")
def test_what_a_compromised_key_began_is_never_completed(site: Rekeyed, weigh: Callable[[str], Entry]) -> None:
    """A void that a thief signed would take a dose out of the count once the investigator trusted it."""
    weight = weigh("nina")
    both = needs(("authorship", "nurse"), ("approved", "principal-investigator"))
    void = site.write(P1, EntryVoided(why="duplicate"), by="nina", corrects=weight.ref, reason=REASON, needs=both)
    site.register("rosa", "Rosa Ritter")
    two = needs(("authorship", "registrar"), ("verified", "registrar"))
    who = site.add("nils", "Nils Neu", "nurse")
    enrolled = site.write("people", site.enrolment(who), by="rosa", needs=two)
    site.revoke("nina", "compromised")
    site.revoke("rosa", "compromised")
    for entry, by, meaning in ((void, "petra", "approved"), (enrolled, "rita", "verified")):
        with pytest.raises(NotAllowed, match="was compromised"):
            site.countersign(entry, by, meaning)
    site.write("people", site.enrolment(who), by=("rita", "rolf"))


def test_a_registrar_takes_the_place_of_another(site: Rekeyed) -> None:
    """A registrar who changes her key with the others' help would stay locked out by her own name."""
    again = site.people["rita"]
    site.hold("rita", key_of("rita again"))
    event = site.change(added=site.people["rita"], removed="rita")
    site.hold("rita", again.key)
    entry = site.write("people", event, by=BOTH)
    roster = site.book.roster()
    assert (entry.position, "removed") == (
        roster.keys[again.key.public.kid].ended,
        roster.keys[again.key.public.kid].why,
    )
    assert {"rita", "rolf"} == roster.registrars(site.now)
    site.hold("rita", key_of("rita again"))
    site.write("people", policy(), by=BOTH)
