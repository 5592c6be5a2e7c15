"""What one person, or the wrong two, cannot undo: entries made by hand, with good keys, past the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from minting import REASON, ZONE, Site, committed

from ledger.errors import Conflict, DoseLedgerError, NotAllowed, Refused
from ledger.events.base import Occurred, Wire
from ledger.events.body import close_body
from ledger.events.cohort import CohortDecided, DltAdjudicated, LevelOpened
from ledger.events.entry import Entry
from ledger.events.patient import PatientDied, PatientMeasured
from ledger.events.record import EntryCorrected
from ledger.events.safety import (
    ExpectednessAssessed,
    OverrideGranted,
    SeriousnessAssessed,
    ToxicityGraded,
    ToxicityRegraded,
    ToxicityReported,
)
from ledger.verify import verify

P1 = "patient/001-001"
AWARE = "2026-01-12T08:00+01:00"


def at(when: str) -> Occurred:
    """A time as stated from a chart."""
    return Occurred(at=when, zone=ZONE, precision="minute", basis="chart")


class Trial:
    """A site with a physician of the sponsor, and what two persons or the right one have signed."""

    def __init__(self, path: Path) -> None:
        self.site = site = Site(path).staffed()
        site.enrol("mona", "Mona Moser", "sponsor-medical")
        site.enrol("iris", "Iris Ilk", "investigator")
        both = (("petra", "approved"), ("mona", "approved"))
        stop = CohortDecided(level="1", decision="deescalate", n=6, dlt=3, outcomes="", to="0")
        self.decision = site.write("cohort/1", stop, by=both)
        self.level = site.write("cohort/1", LevelOpened(level="1", mg_m2="20"), by="petra")
        grant = OverrideGranted(act="dose", rule="A-WEEK", drug="alemtuzumab", amount_mg="10", valid_until=AWARE)
        self.grant = site.write(P1, grant, by="petra", reason=REASON)
        fever = ToxicityReported(term="fever", verbatim=None, dose=None, aware_at=None)
        self.fever = site.write(P1, fever, by="nina")
        self.refs = site.refs(self.fever)
        graded = ToxicityGraded(toxicity=self.fever.id, grade=4, lab=None)
        self.graded = site.write(P1, graded, by="ivan", causes=self.refs)
        self.basis, text = committed("grade 4 in the window")
        self.ruling = site.write(
            P1, self.ruled(dlt=True), by=("ivan", "mona"), causes=self.refs, texts={self.basis: text}
        )
        expected = ExpectednessAssessed(toxicity=self.fever.id, expected=False, reference=None)
        self.expected = site.write(P1, expected, by="mona", causes=self.refs)
        serious = SeriousnessAssessed(toxicity=self.fever.id, serious=True, criteria=("death",), aware_at=AWARE)
        self.serious = site.write(P1, serious, by="ivan", causes=self.refs)
        self.death = site.write(P1, PatientDied(cause=None, aware_at=None), by="ivan")

    def ruled(self, *, dlt: bool) -> DltAdjudicated:
        """A ruling that names none before it."""
        return DltAdjudicated(toxicity=self.fever.id, dlt=dlt, basis=self.basis, reverses=None)

    def correct(self, entry: Entry, event: Wire, by: object, occurred: Occurred | None = None) -> Entry:
        """Restate an entry by hand, with only these signatures."""
        restated = EntryCorrected(kind=entry.kind, occurred=occurred or entry.payload.occurred, body=close_body(event))
        return self.site.write(
            entry.stream,
            restated,
            by=by,
            corrects=entry.ref,
            reason=REASON,
            dictionary=entry.payload.dictionary,
            causes=entry.payload.causes,
        )


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """The trial; nothing of the cases is stored in it."""
    one = Trial(tmp_path_factory.mktemp("trial") / "trial.ledger")
    yield one
    one.site.book.close()


def higher(one: Trial) -> Entry:
    """A nurse turns the decision of site and sponsor."""
    event = CohortDecided(level="1", decision="escalate", n=6, dlt=0, outcomes="", to="2")
    return one.correct(one.decision, event, "nina")


def tenfold(one: Trial) -> Entry:
    """A coordinator opens the level at ten times the dose."""
    return one.correct(one.level, LevelOpened(level="1", mg_m2="200"), "clara")


def longer(one: Trial) -> Entry:
    """A technician widens the investigator's override."""
    event = OverrideGranted(
        act="dose", rule="A-LADDER", drug="alemtuzumab", amount_mg="30", valid_until="2027-01-12T08:00+01:00"
    )
    return one.correct(one.grant, event, "theo")


def regraded(one: Trial) -> Entry:
    """One physician lowers grade 4 to 1."""
    event = ToxicityRegraded(toxicity=one.fever.id, graded=one.graded.id, grade=1, lab=None)
    return one.site.write(P1, event, by="ivan", causes=one.site.refs(one.fever, one.graded))


def ruled_again(one: Trial) -> Entry:
    """A second ruling that does not say that it turns the first."""
    return one.site.write(P1, one.ruled(dlt=False), by=("ivan", "mona"), causes=one.refs)


def without_the_sponsor(one: Trial) -> Entry:
    """The ruling corrected by the site alone."""
    return one.correct(one.ruling, one.ruled(dlt=False), ("ivan", ("petra", "approved")))


def expected(one: Trial) -> Entry:
    """A nurse makes the toxicity an expected one."""
    return one.correct(one.expected, ExpectednessAssessed(toxicity=one.fever.id, expected=True, reference=None), "nina")


def harmless(one: Trial) -> Entry:
    """One physician makes a serious toxicity none."""
    event = SeriousnessAssessed(toxicity=one.fever.id, serious=False, criteria=(), aware_at=AWARE)
    return one.correct(one.serious, event, "ivan")


def out_of_the_window(one: Trial) -> Entry:
    """A nurse moves the onset by months."""
    return one.correct(one.fever, one.fever.event, "nina", at("2025-06-01T10:00+02:00"))


def alive(one: Trial) -> Entry:
    """A death is moved into the next century."""
    return one.correct(one.death, one.death.event, ("ivan", ("petra", "approved")), at("2199-06-01T10:00+02:00"))


def tomorrow(one: Trial) -> Entry:
    """A weight of a day to come."""
    event = PatientMeasured(weight_kg="70", height_cm=None)
    return one.site.write(P1, event, by="nina", occurred=at("2199-06-01T10:00+02:00"))


def two_hats(one: Trial) -> Entry:
    """Somebody is enrolled as physician of the site and of the sponsor."""
    return one.site.enrol("duo", "Duo Doppel", "investigator", "sponsor-medical")


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (higher, NotAllowed),
        (tenfold, NotAllowed),
        (longer, NotAllowed),
        (regraded, NotAllowed),
        (ruled_again, Conflict),
        (without_the_sponsor, NotAllowed),
        (expected, NotAllowed),
        (harmless, NotAllowed),
        (out_of_the_window, NotAllowed),
        (alive, Refused),
        (tomorrow, Refused),
        (two_hats, NotAllowed),
    ],
)
def test_it_is_not_stored(trial: Trial, act: Callable[[Trial], Entry], error: type[DoseLedgerError]) -> None:
    """One person could lift a limit, clear a DLT or escalate a cohort, and every signature would be genuine."""
    before = trial.site.book.head()
    with pytest.raises(error):
        act(trial)
    assert before == trial.site.book.head()
    assert "ok-unanchored" == verify(trial.site.book, workers=1).verdict
