"""When a safety report falls due, for every way in which its reasons come to be known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from ledger.course.state import Course, GradePoint, Seriousness, Toxicity
from ledger.protocol.bundled import bundled
from ledger.protocol.model import load
from ledger.rules.clocks import clocks, of_toxicity

ZONE = ZoneInfo("America/Los_Angeles")
PROTOCOL = load(bundled("nct00983528-demo")).protocol()
DETERMINED = load(bundled("nct00983528-demo"), overrides={"report_clock_starts": "determination"}).protocol()
AWARE = datetime(2010, 3, 5, 16, 40, tzinfo=ZONE)
DAY = timedelta(days=1)


def serious(aware: datetime, *criteria: str, yes: bool = True) -> Seriousness:
    """A judgement made an hour after the site became aware."""
    return Seriousness(aware + timedelta(hours=1), aware, yes, criteria or ("hospitalisation",))


def sick(*judged: Seriousness, term: str = "hepatic-failure", **more: object) -> Toxicity:
    """A toxicity on which these judgements stand."""
    last = judged[-1] if judged else None
    found = Toxicity("t", 7, term, AWARE, None, judged_serious=judged, serious=last.serious if last else None)
    return replace(found, relations={"alemtuzumab": "possible"}, **more)


def due(toxicity: Toxicity, protocol=PROTOCOL) -> dict[str, date]:
    """The local day on which each report falls due."""
    return {one.report: one.due.astimezone(ZONE).date() for one in of_toxicity(toxicity, protocol, ZONE)}


def graded(grade: int, at: datetime) -> GradePoint:
    """A grade judged at a moment."""
    return GradePoint("g", 8, at, at, grade)


def test_a_life_threatening_surprise_is_due_in_seven_and_fifteen_days() -> None:
    """The authority hears of a life-threatening surprise too late."""
    found = tuple(of_toxicity(sick(serious(AWARE, "life-threatening")), PROTOCOL, ZONE))
    assert [("7-day", 7), ("15-day", 15), ("sponsor", 1)] == [(one.report, one.days) for one in found]
    assert datetime(2010, 3, 12, 23, 59, 59, tzinfo=ZONE) == found[0].due
    assert datetime(2010, 3, 20, 23, 59, 59, tzinfo=ZONE) == found[1].due
    assert AWARE + DAY == found[2].due


@pytest.mark.parametrize(
    ("toxicity", "reports"),
    [
        (sick(), set()),
        (sick(serious(AWARE, yes=False)), set()),
        (sick(serious(AWARE)), {"15-day", "sponsor"}),
        (sick(serious(AWARE, "death")), {"7-day", "15-day", "sponsor"}),
        (sick(serious(AWARE, "death"), term="infusion-related-reaction"), {"sponsor"}),
        (
            sick(serious(AWARE, "death"), term="infusion-related-reaction", expected=False),
            {"7-day", "15-day", "sponsor"},
        ),
        (sick(serious(AWARE, "death"), expected=True), {"sponsor"}),
        (replace(sick(serious(AWARE)), relations={"alemtuzumab": "unlikely"}), {"sponsor"}),
        (
            replace(sick(serious(AWARE)), relations={"alemtuzumab": "unlikely", "clofarabine": "definite"}),
            {"15-day", "sponsor"},
        ),
        (replace(sick(serious(AWARE)), relations={}), {"15-day", "sponsor"}),
        (sick(grades=(graded(4, AWARE),)), set()),
        (sick(grades=(graded(5, AWARE),)), {"7-day", "15-day", "sponsor"}),
        (sick(serious(AWARE), serious(AWARE + DAY, yes=False)), set()),
    ],
)
def test_which_reports_fall_due(toxicity: Toxicity, reports: set[str]) -> None:
    """A report that the law asks for is missing, or the authority is flooded with what is expected."""
    assert reports == set(due(toxicity))


def test_news_starts_its_own_clock_but_moves_no_deadline() -> None:
    """A report that was due is put off by every piece of news."""
    news = serious(AWARE + 10 * DAY, "life-threatening")
    assert {"7-day": date(2010, 3, 20), "15-day": date(2010, 3, 20), "sponsor": date(2010, 3, 6)} == due(
        sick(serious(AWARE), news)
    )
    early = serious(AWARE + 2 * DAY, "life-threatening")
    assert date(2010, 3, 14) == due(sick(serious(AWARE), early))["7-day"]
    again = serious(AWARE + 9 * DAY)
    assert date(2010, 3, 20) == due(sick(serious(AWARE), again))["15-day"]


def test_a_deadline_that_was_met_holds_no_other_one_back() -> None:
    """After the first report a patient gets worse, and the second deadline lies before the news."""
    toxicity = sick(serious(AWARE), serious(AWARE + 20 * DAY, "death"), reports=(("15-day", AWARE + 5 * DAY),))
    assert date(2010, 4, 1) == due(toxicity)["7-day"]


def test_a_report_closes_the_clock_of_its_kind_only() -> None:
    """A clock that stopped with another report hides one that is still owed."""
    toxicity = sick(serious(AWARE, "death"), reports=(("7-day", AWARE + 3 * DAY), ("sponsor", AWARE + 2 * DAY)))
    found = {one.report: one.state(AWARE + 4 * DAY) for one in of_toxicity(toxicity, PROTOCOL, ZONE)}
    assert {"7-day": "submitted", "15-day": "running", "sponsor": "submitted-late"} == found
    (whole,) = (one for one in of_toxicity(toxicity, PROTOCOL, ZONE) if one.report == "15-day")
    assert ("running", "overdue") == (whole.state(whole.due), whole.state(whole.due + timedelta(seconds=1)))


def test_a_report_before_the_site_was_aware_closes_nothing() -> None:
    """A slip in the date of an old report hides that a new one is owed."""
    toxicity = sick(serious(AWARE), reports=(("15-day", AWARE - DAY),))
    assert "running" == next(of_toxicity(toxicity, PROTOCOL, ZONE)).state(AWARE)


def test_what_comes_after_a_report_is_followed_up() -> None:
    """What is learned after the first report never reaches the authority."""
    sent, news = AWARE + 3 * DAY, AWARE + 4 * DAY
    toxicity = sick(serious(AWARE), reports=(("15-day", sent),), informed=(AWARE, news.astimezone(UTC)))
    assert date(2010, 3, 24) == due(toxicity)["follow-up"]
    closed = replace(toxicity, reports=(*toxicity.reports, ("follow-up", news + DAY)))
    (clock,) = (one for one in of_toxicity(closed, PROTOCOL, ZONE) if one.report == "follow-up")
    assert ("submitted", news) == (clock.state(news + 9 * DAY), clock.since)
    assert "follow-up" not in due(replace(toxicity, informed=(AWARE,)))


def test_where_the_pack_counts_from_the_determination_the_days_begin_later() -> None:
    """A pack's own choice is not followed."""
    later = AWARE + 4 * DAY
    toxicity = replace(sick(serious(AWARE)), relations_at={"alemtuzumab": later})
    assert (date(2010, 3, 20), date(2010, 3, 24)) == (due(toxicity)["15-day"], due(toxicity, DETERMINED)["15-day"])


@given(
    some.lists(some.tuples(some.integers(0, 400), some.booleans()), min_size=1, max_size=6),
    some.lists(some.integers(0, 900), max_size=4),
)
def test_no_news_ever_puts_a_deadline_off(judged: list[tuple[int, bool]], reports: list[int]) -> None:
    """An owed report moves away as fast as it is chased."""
    at = sorted(judged)
    history = [serious(AWARE + timedelta(hours=h), "death" if grave else "hospitalisation") for h, grave in at]
    sent = tuple(("follow-up", AWARE + timedelta(hours=h)) for h in sorted(reports))
    before: dict[str, datetime] = {}
    for count in range(1, len(history) + 1):
        course = Course(toxicities={"t": sick(*history[:count], reports=sent)})
        now = {one.report: one.due for one in clocks(course, PROTOCOL, ZONE)}
        assert all(now[report] <= deadline for report, deadline in before.items())
        before = now
