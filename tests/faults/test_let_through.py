"""What good keys could still write past the command line: refused by append, and named by all three verifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from carried import laid_out, of_the_file, of_the_program
from minting import REASON, ZONE, committed, minute, utc
from rekeyed import Rekeyed, needs
from scripted import run, sheaf
from test_verify_admission import WEIGHT, correction, with_one

from ledger.course.history import effective
from ledger.errors import Conflict, DoseLedgerError, IntegrityFailure, NotAllowed
from ledger.events.archive import AnchorMade
from ledger.events.base import After, DictionaryRef, Occurred, Wire, Writer
from ledger.events.cohort import DltAdjudicated
from ledger.events.entry import Entry
from ledger.events.people import DeviceEnrolled
from ledger.events.record import EntryCountersigned, EntryVoided
from ledger.events.safety import ToxicityReported
from ledger.events.security import SecurityRaised
from ledger.events.study import Device, DictionaryLoaded
from ledger.verify import verify

P1, P2 = "patient/001-001", "patient/001-002"
PACKS = (b"a fictional pack\n", b"the same, amended\n")
TERMS, ALL_TERMS = b"fictional terms\n", b"all fictional terms\n"
FEVER = ToxicityReported(term="fever", verbatim=None, dose=None, aware_at=None)
STRANGE = SecurityRaised(what="clock-jump", person=None, count=1, off_s=500, until=None)
BASIS, BASIS_TEXT = committed("grade 4 in the window")
VOID = EntryVoided(why="duplicate")
MORE = (("mona", "Mona Moser", "sponsor-medical"), ("iris", "Iris Ilk", "investigator"))


@dataclass
class Clinic:
    """A site under its second protocol, and the entries that the cases are about."""

    site: Rekeyed
    kept: dict[str, Entry]

    def __getitem__(self, name: str) -> Entry:
        return self.kept[name]

    def draft(self, stream: str, event: Wire, by: object, **changes: object) -> bytes:
        """An entry after the head, a minute later, not appended."""
        self.site.tick()
        return self.site.draft(stream, event, by=by, **changes)

    def head(self, size: int) -> After:
        """What somebody saw who last looked when the log had this size."""
        return After(log="main", size=size, root=self.site.book.root_at(size).hex())

    def about(self, name: str) -> dict[str, object]:
        """What an amendment of an entry says beside its body."""
        return {"corrects": self[name].ref, "reason": REASON}

    def asking(self, name: str, *more: tuple[str, str]) -> bytes:
        """A correction by its nurse that asks for more signatures than the principal investigator's."""
        said = needs(("authorship", "nurse"), *more)
        return self.draft(P1, correction(self[name], "71"), "nina", needs=said, **self.about(name))


def founded(path: Path) -> dict[str, Entry]:
    """A ledger with two protocols, an anchor, a ruling in two sittings, and acts that wait for a signature."""
    site = Rekeyed(path).staffed()
    with closing(site.book):
        for identifier, name, role in MORE:
            site.enrol(identifier, name, role)
        kept = {"weighed long ago": site.write(P2, WEIGHT, by="nina")}
        both = needs(("authorship", "nurse"), ("approved", "principal-investigator"))
        about = {"corrects": kept["weighed long ago"].ref, "reason": REASON}
        kept["lapsed"] = site.write(P2, VOID, by="nina", needs=both, **about)
        site.tick(days=40)
        other = site.add("ward-2", "Device ward-2", "system")
        card = Device(id="ward-2", key_id=other.key.public.kid, key=other.jwk)
        site.write("people", DeviceEnrolled(device=card), by=("rita", "rolf"))
        kept["first"] = site.activate(PACKS[0], TERMS, id="fictional", version="1", ctcae="4.03")
        loaded = DictionaryRef(ctcae="4.03", digest=sha256(ALL_TERMS).hexdigest())
        event = DictionaryLoaded(dictionary=loaded, workbook="00" * 32, terms=850)
        site.write("study", event, by="clara", blobs={loaded.digest: ALL_TERMS})
        kept["second"] = site.activate(PACKS[1], TERMS, id="fictional", version="2", ctcae="4.03")
        for name in ("weight", "waits", "corrected"):
            kept[name] = site.write(P1, WEIGHT, by="nina")
        for name, signed in (("waits", "nina"), ("corrected", ("nina", ("petra", "approved")))):
            said = {"needs": both} if name == "waits" else {}
            fixed = correction(kept[name], "71")
            about = {"corrects": kept[name].ref, "reason": REASON}
            kept[f"correction of {name}"] = site.write(P1, fixed, by=signed, **said, **about)
        kept["fever"] = site.write(P1, FEVER, by="nina")
        refs = site.refs(kept["fever"])
        ruling = DltAdjudicated(toxicity=kept["fever"].id, dlt=True, basis=BASIS, reverses=None)
        asked = needs(("assessed", "investigator"), ("assessed", "sponsor-medical"))
        texts = {BASIS: BASIS_TEXT}
        kept["ruling"] = site.write(P1, ruling, by="ivan", needs=asked, causes=refs, texts=texts)
        kept["of the sponsor"] = site.countersign(kept["ruling"], "mona", "assessed")
        head = site.book.head()
        anchor = AnchorMade(form="paper", size=head.size, root=head.root, evidence=None, authority=None, at=None)
        kept["anchor"] = site.write("archive/001", anchor, by="ward-1")
    return kept


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Entry]]:
    """The ledger, closed, and its entries."""
    path = tmp_path_factory.mktemp("pattern") / "trial.ledger"
    return path, founded(path)


def joined(pattern: tuple[Path, dict[str, Entry]], path: Path) -> Clinic:
    """A copy of it, opened."""
    path.write_bytes(pattern[0].read_bytes())
    site = Rekeyed(path, seed="joined", join=True)
    for one in (*MORE, ("ward-2", "Device ward-2", "system")):
        site.add(*one)
    event = pattern[1]["second"].event
    site.protocol, site.dictionary = event.pack, event.dictionary
    site.tick(days=41)
    return Clinic(site, pattern[1])


@pytest.fixture(scope="module")
def clinic(pattern: tuple[Path, dict[str, Entry]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """The clinic in which nothing of the cases is stored."""
    one = joined(pattern, tmp_path_factory.mktemp("clinic") / "trial.ledger")
    yield one
    one.site.book.close()


@pytest.fixture
def busy(pattern: tuple[Path, dict[str, Entry]], tmp_path: Path) -> Iterator[Clinic]:
    """A clinic in which work goes on, and whose record holds at the end."""
    one = joined(pattern, tmp_path / "trial.ledger")
    yield one
    assert () == verify(one.site.book, workers=1).findings
    one.site.book.close()


def elsewhere(device: str) -> Writer:
    """The program, on another device."""
    return Writer(software="0.1.0", build="00" * 32, rules="1", device=device)


def doubted(one: Clinic, since: int, *by: str) -> bytes:
    """The revocation of a nurse's key, with a doubt."""
    revoked = one.site.revocation("norbert", "compromised", suspected_from=since)
    return one.draft("people", revoked, [(name, "responsibility") for name in by])


def dated_back(one: Clinic) -> bytes:
    """The approval of a void that lapsed, as if it had been given ten days after it."""
    lapsed = one["lapsed"]
    back = lapsed.recorded_at + timedelta(days=10)
    return one.draft(
        P2,
        EntryCountersigned(target=lapsed.id),
        (("petra", "approved"),),
        causes=one.site.refs(lapsed),
        recorded_at=utc(back),
        occurred=Occurred(at=minute(back), zone=ZONE, precision="minute", basis="observed"),
    )


Case = tuple[Callable[[Clinic], bytes], str, type[DoseLedgerError]]
PI, NURSE = "principal-investigator", "nurse"
CASES: dict[str, Case] = {
    "written on a machine that nobody enrolled": (
        lambda c: c.draft(P1, WEIGHT, "nina", writer=elsewhere("ward-9")),
        "device",
        NotAllowed,
    ),
    "said by one machine, written on another": (
        lambda c: c.draft("security/001", STRANGE, "ward-1", writer=elsewhere("ward-2")),
        "device",
        NotAllowed,
    ),
    "under the protocol of before": (
        lambda c: c.draft(P1, WEIGHT, "nina", protocol=c["first"].event.pack),
        "protocol",
        IntegrityFailure,
    ),
    "under no protocol": (lambda c: c.draft(P1, WEIGHT, "nina", protocol=None), "protocol", IntegrityFailure),
    "under a protocol that its author had not seen": (
        lambda c: c.draft(P1, WEIGHT, "norbert", after=c.head(c["second"].position)),
        "protocol",
        IntegrityFailure,
    ),
    "in the terms of an unknown dictionary": (
        lambda c: c.draft(P1, FEVER, "nina", dictionary=DictionaryRef(ctcae="4.03", digest="ab" * 32)),
        "dictionary",
        IntegrityFailure,
    ),
    "a doubt behind an anchor, by one registrar": (
        lambda c: doubted(c, c["anchor"].event.size - 1, "rita"),
        "needs",
        NotAllowed,
    ),
    "a weight signed by the sponsor too": (
        lambda c: c.draft(P1, WEIGHT, ("nina", ("mona", "verified"))),
        "role",
        NotAllowed,
    ),
    "a weight that asks for the sponsor": (
        lambda c: c.draft(P1, WEIGHT, "nina", needs=needs(("performed", NURSE), ("verified", "sponsor-medical"))),
        "needs",
        NotAllowed,
    ),
    "a weight countersigned by the sponsor": (
        lambda c: c.draft(
            P1, EntryCountersigned(target=c["weight"].id), (("mona", "acknowledged"),), causes=(c["weight"].ref,)
        ),
        "role",
        NotAllowed,
    ),
    "the sponsor's signature voided by the site": (
        lambda c: c.draft(P1, VOID, ("ivan", ("petra", "approved")), **c.about("of the sponsor")),
        "needs",
        NotAllowed,
    ),
    "the sponsor's ruling voided by the site": (
        lambda c: c.draft(P1, VOID, ("ivan", ("petra", "approved")), **c.about("ruling")),
        "needs",
        NotAllowed,
    ),
    "asking for a monitor": (lambda c: c.asking("weight", ("approved", "monitor")), "needs", NotAllowed),
    "asking for a role that nobody holds": (
        lambda c: c.asking("weight", ("verified", "data-manager")),
        "needs",
        NotAllowed,
    ),
    "asking for a second principal investigator": (
        lambda c: c.asking("weight", ("approved", PI), ("approved", PI)),
        "needs",
        NotAllowed,
    ),
    "asking for oneself": (
        lambda c: c.asking("weight", *[("verified", NURSE)] * 2),
        "needs",
        NotAllowed,
    ),
    "asking for a lock": (lambda c: c.asking("weight", ("locked", NURSE)), "needs", NotAllowed),
    "a waiting correction voided by another nurse": (
        lambda c: c.draft(P1, VOID, ("norbert", ("petra", "approved")), **c.about("correction of waits")),
        "amendment-waits",
        Conflict,
    ),
    "a correction in effect taken back alone": (
        lambda c: c.draft(P1, VOID, "nina", **c.about("correction of corrected")),
        "needs",
        NotAllowed,
    ),
    "a signature dated back": (dated_back, "completion-time", NotAllowed),
}
NOT_IN_A_PAGE = {"a doubt behind an anchor, by one registrar", "a waiting correction voided by another nurse"}
"""Codes that the verifier inside a dossier says it does not judge."""


@pytest.mark.parametrize("name", CASES)
def test_it_is_not_stored(clinic: Clinic, name: str) -> None:
    """A good key alone would be enough to leave a statement that nobody was entitled to."""
    make, _, error = CASES[name]
    before = clinic.site.book.head()
    with pytest.raises(error):
        clinic.site.store(make(clinic))
    assert before == clinic.site.book.head()


@pytest.mark.parametrize("name", CASES)
def test_both_verifiers_name_it(clinic: Clinic, tmp_path: Path, name: str) -> None:
    """The operator of the log could add it by hand, and one of the two verifiers would call the record good."""
    make, code, _ = CASES[name]
    size = clinic.site.book.size
    folder = laid_out(with_one(clinic.site.book, make(clinic)), tmp_path / "copy")
    answer = of_the_file(folder)
    assert of_the_program(folder) == answer
    assert ("failed", size) == (answer[0], answer[1] and answer[1][0])
    assert code in {found[2] for found in answer[3]}


def test_the_page_names_it(clinic: Clinic) -> None:
    """A dossier would show it under a green verdict."""
    size = clinic.site.book.size
    names = [name for name in CASES if name not in NOT_IN_A_PAGE]
    said = run(sheaf(with_one(clinic.site.book, CASES[name][0](clinic))).case() for name in names)
    found = {
        name: {(one["position"], one["code"]) for one in report["findings"]}
        for name, report in zip(names, said, strict=True)
    }
    assert {} == {name: codes for name, codes in found.items() if (size, CASES[name][1]) not in codes}
    assert {size} == {place for codes in found.values() for place, _ in codes}


# --- what stays possible


def test_what_was_signed_before_a_new_protocol_still_enters(busy: Clinic) -> None:
    """A weight that was signed while the line was down could never be entered, because a protocol changed meanwhile."""
    before = busy.head(busy["second"].position)
    busy.site.write(P1, WEIGHT, by="norbert", after=before, protocol=busy["first"].event.pack)
    loaded = DictionaryRef(ctcae="4.03", digest=sha256(ALL_TERMS).hexdigest())
    busy.site.write(P1, FEVER, by="nina", dictionary=loaded)
    busy.site.write("security/001", STRANGE, by="ward-2", protocol=None, writer=elsewhere("ward-2"))


def test_a_doubt_behind_an_anchor_takes_two_registrars(busy: Clinic) -> None:
    """One registrar alone would throw doubt on a history that somebody outside vouches for."""
    anchored = busy["anchor"].event.size
    busy.site.store(doubted(busy, anchored - 1, "rita", "rolf"))
    revoked = busy.site.revocation("nina", "lost", suspected_from=anchored)
    busy.site.write("people", revoked, by=(("rita", "responsibility"),))


def test_the_sponsor_agrees_to_a_void_of_what_he_signed(busy: Clinic) -> None:
    """A ruling that was made by mistake could never be taken out."""
    asked = needs(("authorship", "investigator"), ("approved", PI), ("approved", "sponsor-medical"))
    void = busy.site.write(P1, VOID, by=("ivan", ("petra", "approved")), needs=asked, **busy.about("ruling"))
    busy.site.countersign(void, "mona", "approved")
    other = busy.site.write(P1, busy["ruling"].event, by=("ivan", "mona"), causes=busy["ruling"].payload.causes)
    assert other.position == busy.site.book.size - 1


def test_more_may_be_asked_for_of_people_who_are_there(busy: Clinic) -> None:
    """A nurse could not have a colleague look over her correction."""
    busy.site.store(busy.asking("weight", ("approved", PI), ("verified", NURSE)))


def test_who_began_what_waits_takes_it_back_alone(busy: Clinic) -> None:
    """A correction with a slip in it would keep every other out for a month."""
    busy.site.write(P1, VOID, by="nina", **busy.about("correction of waits"))
    fixed = correction(busy["waits"], "72")
    busy.site.write(P1, fixed, by=("nina", ("petra", "approved")), **busy.about("waits"))
    facts = effective(busy.site.book.stream(P1)).facts
    assert ["72"] == [one.event.weight_kg for one in facts if one.id == busy["waits"].id]
