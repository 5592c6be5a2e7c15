"""The ladder of steps against the same worked out plainly, on thousands of courses of recorded doses."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from acts import MONDAY
from hypothesis import given, settings
from hypothesis import strategies as st
from plainly import Plain, Said
from unsigned import entry, infusion, uuid

from ledger.course.history import effective
from ledger.course.patient import fold
from ledger.course.people import Roster
from ledger.course.state import Course
from ledger.events.base import Wire
from ledger.events.entry import Entry
from ledger.events.safety import ToleranceAssessed
from ledger.protocol.bundled import bundled
from ledger.protocol.model import Protocol, load
from ledger.rules.administration import Administration, judge
from ledger.rules.ladder import ladder, weeks
from ledger.rules.setting import Setting

DOSE = st.tuples(
    st.sampled_from(["3", "10", "10", "30", "30", "9.9", "2.7", "2.6", "26", "40"]),
    st.sampled_from([0, 1, 1, 1, 2, 2, 3, 6, 7, 8]),
    st.sampled_from(["tolerated", "tolerated", "tolerated", "not-tolerated", "pending"]),
)
PROTOCOL: Protocol = load(bundled("nct00983528-demo")).protocol()
SETTING = Setting(protocol=PROTOCOL, roster=Roster(), lots={})


class Written:
    """A course written down twice: as entries, and plainly."""

    def __init__(self, doses: list[tuple[str, int, str]]) -> None:
        self.entries: list[Entry] = []
        self.said: list[Said] = []
        at = MONDAY
        for amount, days, stands in doses:
            at += timedelta(days=days, minutes=5)
            dose = self.add(infusion(amount), "record", at, order=None, given=Decimal(amount))
            if stands != "pending":
                good = stands == "tolerated"
                judged = ToleranceAssessed(
                    dose=uuid(dose), worst_grade=0 if good else 3, tolerated=good, toxicities=(), window_h=24
                )
                self.add(judged, "tolerance", at + timedelta(minutes=1), about=dose, tolerated=good, named=[])
        self.last = at

    def add(self, event: Wire, kind: str, at: datetime, *, about: int | None = None, **what: object) -> int:
        """Write down one entry; gives its position."""
        position = len(self.entries)
        self.entries.append(entry(position, event, at=at.isoformat(timespec="minutes")))
        self.said.append(Said(position, uuid(position), kind, at, at, what, about))
        return position

    @property
    def course(self) -> Course:
        """The course as the fold has it."""
        return fold(effective(self.entries).facts)


@settings(max_examples=800)
@given(st.lists(DOSE, max_size=15), st.integers(0, 9))
def test_the_step_that_is_due(doses: list[tuple[str, int, str]], later: int) -> None:
    """A patient would be escalated over a step that was not tolerated, or restarted too late after a gap."""
    written = Written(doses)
    at = written.last + timedelta(days=later)
    plain, found = Plain(written.said), ladder(written.course, PROTOCOL, at)
    assert (len(plain.doses), plain.total, plain.next_step(at.date())) == (
        found.counted,
        found.cumulative_mg,
        found.next_mg,
    )
    assert plain.lapsed(at.date()) == (found.state == "LAPSED" or (found.state == "EXHAUSTED" and later >= 7))
    assert plain.weeks() == [week.given_mg for week in weeks(written.course, PROTOCOL)]


@settings(max_examples=600)
@given(st.lists(DOSE, max_size=14), st.integers(0, 9), st.sampled_from(["3", "10", "30", "9.9", "33", "40"]))
def test_what_an_order_would_break(doses: list[tuple[str, int, str]], later: int, amount: str) -> None:
    """An order above the week's 90 mg, or the thirteenth, would be accepted; or one that is right refused."""
    written = Written(doses)
    at = written.last + timedelta(days=later)
    planned = Administration("alemtuzumab", Decimal(amount), None, at, "minute", planned=True)
    broken = {hit.rule for hit in judge(written.course, SETTING, planned)}
    assert Plain(written.said).against(Decimal(amount), at) == broken - {"P-CONSENT", "P-ENROLLED"}
