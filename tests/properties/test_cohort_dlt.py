"""Which toxicities may be dose-limiting: every clause of the pack's definition, on its edge."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ledger.course.state import Course, Dose, GradePoint, Lab, Ruling, Toxicity
from ledger.protocol.bundled import bundled
from ledger.protocol.model import load
from ledger.rules.dlt import candidates, window
from ledger.rules.evaluable import result

PACK = load(bundled("nct00983528-demo")).protocol()
DAY1 = datetime(2010, 3, 8, 10, 0, tzinfo=ZoneInfo("America/Los_Angeles"))
LATER = DAY1 + timedelta(days=60)


def dose(day: int) -> Dose:
    """The dose of a day of the first cycle."""
    at = DAY1 + timedelta(days=day - 1)
    return Dose(
        id=f"dose {day}",
        position=day,
        drug="clofarabine",
        order=None,
        started_at=at,
        on=at.date(),
        precision="minute",
        route="iv",
        step_mg=None,
        prepared_mg=None,
        given_mg=Decimal("36.4"),
        volume_ml=None,
        lot=None,
        givers=(),
        checked_by=None,
        overrides=(),
        recorded=True,
        cycle=1,
        day=day,
        ended_at=at + timedelta(hours=2),
    )


def lab(test: str, value: str, day: int, unit: str = "/uL") -> Lab:
    """A laboratory value of a day, day 1 being that of the first dose."""
    return Lab(f"{test} {day}", test, Decimal(value), unit, DAY1 + timedelta(days=day - 1))


def toxicity(
    term: str, *grades: tuple[float, int], day: float = 10, over: float | None = None, **relations: str
) -> Toxicity:
    """An episode: grades as (hours after its onset, grade), and its end in hours after the onset."""
    onset = DAY1 + timedelta(days=day - 1)
    points = tuple(
        GradePoint(f"g{n}", 100 + n, onset + timedelta(hours=hours), onset, grade)
        for n, (hours, grade) in enumerate(grades)
    )
    end = onset + timedelta(hours=over) if over is not None else None
    return Toxicity(
        id=term,
        position=50,
        term=term,
        onset=onset,
        dose=None,
        grades=points,
        relations=relations,
        resolved_at=end,
        outcome="recovered" if end is not None else None,
    )


def course(*episodes: Toxicity, days: int = 5, labs: tuple[Lab, ...] = ()) -> Course:
    """A patient in the first cycle."""
    return Course(
        doses=tuple(dose(day) for day in range(1, days + 1)),
        toxicities={one.id: one for one in episodes},
        labs=labs,
    )


def found(*episodes: Toxicity, labs: tuple[Lab, ...] = ()) -> list[str | None]:
    """The terms of the candidates; None for one that is not reported as a toxicity."""
    listed = candidates(course(*episodes, labs=labs), PACK, LATER)
    return [one.toxicity.term if one.toxicity is not None else None for one in listed]


CASES = {
    "grade 3": (toxicity("fatigue", (0, 3)), True),
    "grade 2": (toxicity("fatigue", (0, 2)), False),
    "nobody judged the drugs": (toxicity("fatigue", (0, 3), alemtuzumab="unrelated"), True),
    "neither drug": (toxicity("fatigue", (0, 3), alemtuzumab="unrelated", clofarabine="unlikely"), False),
    "one drug possibly": (toxicity("fatigue", (0, 3), alemtuzumab="possible", clofarabine="unrelated"), True),
    "haematologic": (toxicity("anemia", (0, 4)), False),
    "never": (toxicity("alopecia", (0, 3)), False),
    "vomiting controlled in 72 h": (toxicity("vomiting", (0, 3), (72, 1)), False),
    "vomiting for longer": (toxicity("vomiting", (0, 3), (73, 1)), True),
    "vomiting that goes on": (toxicity("vomiting", (0, 3)), True),
    "transaminase back in 7 d": (toxicity("alanine-aminotransferase-increased", (0, 3), (168, 1)), False),
    "transaminase back later": (toxicity("alanine-aminotransferase-increased", (0, 3), (169, 1)), True),
    "transaminase only to grade 2": (toxicity("alanine-aminotransferase-increased", (0, 3), (24, 2)), True),
    "reaction over in 24 h": (toxicity("infusion-related-reaction", (0, 3), over=24), False),
    "reaction over later": (toxicity("infusion-related-reaction", (0, 3), over=25), True),
    "infection grade 3": (toxicity("sepsis", (0, 3)), False),
    "infection grade 4": (toxicity("sepsis", (0, 4)), True),
    "death, whatever the cause was judged": (
        toxicity("death-nos", (0, 5), alemtuzumab="unrelated", clofarabine="unrelated"),
        True,
    ),
    "death of the disease": (toxicity("disease-progression", (0, 5)), False),
    "before day 1": (toxicity("fatigue", (0, 3), day=0), False),
    "day 1": (toxicity("fatigue", (0, 3), day=1), True),
    "day 28": (toxicity("fatigue", (0, 3), day=28), True),
    "day 29": (toxicity("fatigue", (0, 3), day=29), False),
    "there before, severe in the window": (toxicity("diarrhea", (0, 1), (72, 3), day=-1), True),
    "severe before, worse in the window": (toxicity("diarrhea", (0, 3), (72, 4), day=-1), True),
    "severe before, better in the window": (toxicity("diarrhea", (0, 4), (72, 3), day=-1), False),
    "there before, severe after the window": (toxicity("diarrhea", (0, 1), (24 * 30, 3), day=-1), False),
}


@pytest.mark.parametrize(("episode", "expected"), CASES.values(), ids=CASES)
def test_every_clause_of_the_definition(episode: Toxicity, expected: bool) -> None:
    """A toxicity that should stop the level is never put before those who rule on it, or they rule on everything."""
    assert ([episode.term] if expected else []) == found(episode)


def test_long_aplasia_is_a_candidate_even_when_nobody_reported_it() -> None:
    """The one haematologic DLT would be seen by nobody, because it is written in laboratory values only."""
    low = (lab("anc", "300", 43), lab("marrow-cellularity", "3", 40, "percent"))
    assert [None] == found(labs=low)
    assert ["neutrophil-count-decreased"] == found(toxicity("neutrophil-count-decreased", (0, 4)), labs=low)
    assert [] == found(labs=(lab("anc", "300", 42), low[1]))
    assert [] == found(labs=(lab("anc", "500", 43), low[1]))
    assert [] == found(labs=(low[0], lab("marrow-cellularity", "5", 40, "percent")))
    assert [] == found(labs=(*low, lab("marrow-blasts", "30", 40, "percent")))


def test_low_neutrophils_on_day_28_keep_the_patient_pending_to_day_42() -> None:
    """A cohort would be decided while a patient's marrow may still turn out not to recover."""

    def stands(*labs: Lab, day: int) -> str:
        return result(course(labs=labs), PACK, DAY1 + timedelta(days=day - 1))

    low = lab("anc", "0.49", 27, "10^9/L")
    assert ["pending", "N"] == [stands(day=28), stands(day=29)]
    assert ["pending", "N"] == [stands(low, day=42), stands(low, day=43)]
    assert "N" == stands(low, lab("anc", "800", 31), day=31)
    assert "N" == stands(lab("anc", "500", 28), day=29)
    inside = window(course(labs=(low,)), PACK)
    assert inside is not None
    assert ("2010-03-08", "2010-04-04", "2010-04-18") == tuple(
        day.isoformat() for day in (inside.first, inside.end, inside.until)
    )


def test_a_ruling_that_was_given_before_the_grade_rose_is_open_again() -> None:
    """`No DLT` was ruled on a grade 3; it became a grade 4, and the old ruling still lets the cohort go on."""
    mild = toxicity("fatigue", (0, 3))
    ruled = replace(mild, ruling=Ruling("r", 200, dlt=False, at=DAY1))
    worse = replace(ruled, grades=(*ruled.grades, GradePoint("g9", 300, DAY1, DAY1, 4)))
    assert [False, None] == [candidates(course(one), PACK, LATER)[0].ruled for one in (ruled, worse)]
