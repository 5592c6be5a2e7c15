"""The drug given in cycles: its dose, its days and what changes them, against the same worked out plainly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.course.state import Course, Cycle, Dose, GradePoint, Lab, Ruling, Toxicity
from ledger.events.patient import PatientEnrolled
from ledger.protocol.bundled import bundled
from ledger.protocol.model import Protocol, load
from ledger.rules.cycle import cycle_course, opening
from ledger.rules.cycle_days import day_on, days_of
from ledger.rules.cycle_dose import Given, calculate, judge_dose
from ledger.rules.cycle_holds import held, level_now, modifications

DAY1 = datetime(2010, 4, 5, 10, 0, tzinfo=UTC)
PACK = load(bundled("nct00983528-demo")).protocol()
DEESC = load(bundled("nct00983528-demo"), overrides={"patient_deesc": "on"}).protocol()
MADE_UP = load(bundled("nct00983528-demo"), overrides={"cycle_missed_day": "made_up"}).protocol()
amounts = st.decimals("0.1", "120", places=1)


def days(n: float) -> timedelta:
    """So many days."""
    return timedelta(days=n)


def dose(day: int, *, cycle: int = 1, since: datetime = DAY1, mg: str = "36.4", drug: str = "clofarabine") -> Dose:
    """A whole dose on a day of a cycle."""
    at = since + days(day - 1)
    return Dose(
        id=f"dose-{drug}-{cycle}-{day}",
        position=100 * cycle + day,
        drug=drug,
        order=None,
        started_at=at,
        on=at.date(),
        precision="minute",
        route="iv",
        step_mg=None,
        prepared_mg=Decimal(mg),
        given_mg=Decimal(mg),
        volume_ml=None,
        lot=None,
        givers=(),
        checked_by=None,
        overrides=(),
        recorded=True,
        cycle=cycle,
        day=day,
        ended_at=at + timedelta(hours=2),
    )


def cycle(n: int = 1, *, at: datetime = DAY1, level: str = "0", closed: bool = False) -> Cycle:
    """A cycle opened in the morning of its day 1, for 170 cm and 70 kg."""
    return Cycle(
        id=f"cycle-{n}",
        position=n,
        n=n,
        level=level,
        level_mg_m2=PACK.level_mg_m2(level),
        height_cm=Decimal(170),
        weight_kg=Decimal(70),
        bsa_m2=Decimal("1.82"),
        crcl_ml_min=None,
        anc_giga=None,
        factors={},
        overrides=(),
        opened_at=at - timedelta(hours=2),
        recovered=True if closed else None,
        closed_at=at + days(10) if closed else None,
    )


def patient(**known: object) -> Course:
    """An enrolled patient with an open cycle, measured, as far as nothing else is said."""
    course = Course(
        enrolled=PatientEnrolled(level="0", cohort=1, slot=1, phase="1", decided_by=None),
        enrolled_at=DAY1 - days(60),
        weights=((DAY1 - days(30), Decimal(70), Decimal(170), "weight-1"),),
        cycles=(cycle(),),
    )
    return replace(course, **known)


def toxicity(term: str, grade: int, on: float, *, until: float | None = None, dlt: bool = False) -> Toxicity:
    """A toxicity that began on a day of cycle 1, and was resolved on another where one is named."""
    onset = DAY1 + days(on - 1)
    point = GradePoint(f"grade-{term}", 50, onset, onset, grade)
    return Toxicity(
        id=f"toxicity-{term}",
        position=49,
        term=term,
        onset=onset,
        dose=None,
        grades=(point,),
        resolved_at=DAY1 + days(until - 1) if until is not None else None,
        outcome="recovered" if until is not None else None,
        ruling=Ruling(f"ruling-{term}", 60, dlt, onset + days(1)) if dlt else None,
    )


def having(*toxicities: Toxicity, **known: object) -> Course:
    """A patient on day 1 of cycle 1 with these toxicities."""
    return patient(doses=(dose(1),), toxicities={one.id: one for one in toxicities}, **known)


def anc(value: str, on: float, unit: str = "10^9/L") -> Lab:
    """A neutrophil count on a day of cycle 1."""
    return Lab(f"anc-{on}", "anc", Decimal(value), unit, DAY1 + days(on - 1))


def rules(hits: object) -> list[str]:
    """The ids, in order."""
    return sorted({hit.rule for hit in hits})  # type: ignore[attr-defined]


def of_dose(course: Course, mg: str = "36.4", *, on: int = 2, protocol: Protocol = PACK, stopped: bool = False):
    """What a planned dose on a day of cycle 1 does not keep, apart from the step-up drug."""
    given_now = Given(Decimal(mg), DAY1 + days(on - 1), planned=True, stopped=stopped)
    return [one for one in judge_dose(course, protocol, given_now) if one.rule != "C-AFTER"]


# --- the dose -----------------------------------------------------------------------------------------------


@given(
    height=st.integers(120, 210),
    weight=st.decimals(30, 180, places=1),
    crcl=st.one_of(st.none(), st.integers(30, 150)),
    level=st.sampled_from(["0", "-1"]),
)
def test_a_dose_is_the_product_of_its_factors_rounded_once(
    height: int, weight: Decimal, crcl: int | None, level: str
) -> None:
    """Rounding twice, or on binary fractions, gives a dose that no other pharmacy arrives at."""
    labs = () if crcl is None else (Lab("crcl", "crcl", Decimal(crcl), "mL/min", DAY1 - days(1)),)
    enrolled = PatientEnrolled(level=level, cohort=1, slot=1, phase="1", decided_by=None)
    course = patient(
        cycles=(), labs=labs, enrolled=enrolled, weights=((DAY1 - days(1), weight, Decimal(height), "weight"),)
    )
    found, hits = calculate(course, PACK, DAY1)
    assert found is not None
    assert () == hits
    bsa = (Decimal(height) * weight / 3600).sqrt().quantize(Decimal("0.01"), ROUND_HALF_UP)
    renal = Fraction(1, 2) if crcl is not None and crcl < 60 else Fraction(1)
    exact = Fraction({"0": 20, "-1": 15}[level]) * renal * Fraction(bsa)
    assert exact == Fraction(found.exact_mg)
    assert exact == Fraction(1) * _product([Fraction(one.value) for one in found.factors])
    assert int(exact * 10 + Fraction(1, 2)) == int(found.dose_mg * 10)
    sources = {one.name: one.source for one in found.factors}
    assert {"level": None, "modifier": None, "renal": "crcl" if labs else None, "bsa": "weight"} == sources


def _product(values: list[Fraction]) -> Fraction:
    found = Fraction(1)
    for value in values:
        found *= value
    return found


@given(mg=amounts)
def test_a_dose_is_refused_exactly_beyond_ten_per_cent(mg: Decimal) -> None:
    """A dose a tenth too high is ordered, or one that is still within it is refused."""
    off = abs(Fraction(mg) - Fraction("36.4")) > Fraction("3.64")
    assert (["C-ROUND"] if off else []) == rules(of_dose(patient(), str(mg), on=1))


@pytest.mark.parametrize(("crcl", "mg"), [("60", "36.4"), ("59.9", "18.2"), ("30", "18.2"), ("29.9", None)])
def test_the_limits_of_renal_function_belong_to_the_higher_dose(crcl: str, mg: str | None) -> None:
    """A patient at the limit gets the double dose, or none."""
    course = patient(labs=(Lab("crcl", "crcl", Decimal(crcl), "mL/min", DAY1 - days(1)),))
    found, hits = calculate(course, PACK, DAY1)
    assert mg == (None if found is None else str(found.dose_mg))
    assert (["C-RENAL"] if mg is None else []) == rules(hits)


@given(weight=st.decimals(40, 110, places=1))
def test_a_weight_changes_the_dose_from_a_tenth_on(weight: Decimal) -> None:
    """A patient who lost ten kilograms is still dosed by the old weight."""
    first = patient().weights
    course = patient(weights=(*first, (DAY1 + days(1), weight, None, "weight-2")))
    found, _ = calculate(course, PACK, DAY1 + days(2))
    assert found is not None
    changed = abs(weight - 70) >= 7
    assert (weight if changed else Decimal(70)) == found.body.weight_kg
    assert ("weight-2" if changed else "weight-1") == found.body.entry


def test_a_dose_by_the_old_weight_is_named_for_it() -> None:
    """The order is refused as a rounding error, and nobody looks at the weight."""
    course = patient(doses=(dose(1),), weights=(*patient().weights, (DAY1, Decimal("61.6"), None, "weight-2")))
    assert ["C-WT"] == rules(of_dose(course, "36.4"))
    assert [] == rules(of_dose(course, "34.2"))


def test_an_aborted_dose_is_no_rounding_error() -> None:
    """Every infusion that was stopped for the patient's sake counts as a dosing error."""
    assert ["C-ROUND"] == rules(of_dose(patient(), "10", on=1))
    assert [] == rules(of_dose(patient(), "10", on=1, stopped=True))
    assert ["C-ROUND"] == rules(of_dose(patient(), "41", on=1, stopped=True))


# --- the days -----------------------------------------------------------------------------------------------


@given(given_on=st.sets(st.integers(1, 5), min_size=1), late=st.integers(6, 9))
def test_days_are_counted_from_day_1_and_none_is_made_up(given_on: set[int], late: int) -> None:
    """A fifth dose is given on day 6 because day 3 was missed."""
    first = min(given_on)
    course = patient(doses=tuple(dose(day) for day in sorted(given_on)))
    found = days_of(course, PACK, course.cycles[0])
    assert {day - first + 1 for day in given_on} == set(found.given)
    assert (DAY1 + days(first - 1)).date() == found.first
    on = found.first + days(late - 1)
    assert late == day_on(found, PACK, on)
    planned = judge_dose(course, PACK, Given(Decimal("36.4"), datetime.combine(on, DAY1.timetz()), planned=True))
    assert "C-DAY" in rules(planned)


def test_a_pack_may_let_a_missed_day_be_made_up() -> None:
    """The setting of the pack is read nowhere."""
    course = patient(doses=(dose(1), dose(4)))
    assert {1, 2} == set(days_of(course, MADE_UP, course.cycles[0]).given)
    assert [] == rules(of_dose(course, on=8, protocol=MADE_UP))


def test_a_day_left_out_is_recorded_before_the_next_is_ordered() -> None:
    """A missed dose leaves no trace in the record."""
    course = patient(doses=(dose(1),))
    assert ["C-DAY"] == rules(of_dose(course, on=3))
    omitted = patient(doses=(dose(1),), cycles=(replace(cycle(), omitted=(2,)),))
    assert [] == rules(of_dose(omitted, on=3))
    assert ["C-DAY"] == rules(of_dose(omitted, on=2))
    assert ["C-DAY"] == rules(of_dose(omitted, on=1))


# --- what toxicities and counts do --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "grade", "until", "held_by", "factor"),
    [
        ("mucositis-oral", 3, None, ["C-MOD-NH"], "0.75"),
        ("mucositis-oral", 3, 4, [], "0.75"),
        ("mucositis-oral", 2, None, [], "1"),
        ("mucositis-oral", 4, 4, ["C-MOD-NH"], "1"),
        ("sepsis", 3, None, ["C-MOD-NH"], "1"),
        ("sepsis", 4, 6, [], "1"),
        ("neutrophil-count-decreased", 4, None, [], "1"),
        ("alanine-aminotransferase-increased", 3, 5, [], "1"),
        ("alanine-aminotransferase-increased", 3, 20, [], "0.75"),
        ("vomiting", 3, 3, [], "1"),
        ("vomiting", 3, 9, [], "0.75"),
        ("creatinine-increased", 3, 4, ["C-MOD-NH"], "1"),
    ],
)
def test_a_toxicity_holds_and_reduces_as_the_label_says(
    term: str, grade: int, until: float | None, held_by: list[str], factor: str
) -> None:
    """A patient goes on at the full dose after a severe toxicity, or is stopped for one that passed."""
    course = having(toxicity(term, grade, 2, until=until))
    assert held_by == [one.rule for one in held(course, PACK, 1)]
    found, _ = calculate(course, PACK, DAY1 + days(25))
    assert found is not None
    assert Decimal(factor) == found.of("modifier").value


def test_organ_toxicity_stops_the_cycle_and_reduces_the_next() -> None:
    """A bilirubin of grade 3 that came back is followed by another full dose in the same week."""
    course = having(toxicity("blood-bilirubin-increased", 3, 2, until=4))
    assert ["C-MOD-NH"] == [one.rule for one in held(course, PACK, 1)]
    assert [] == [one.rule for one in held(course, PACK, 2)]
    closed = replace(course, cycles=(cycle(closed=True),))
    found, _ = calculate(closed, PACK, DAY1 + days(25))
    assert found is not None
    assert (Decimal("0.75"), "toxicity-blood-bilirubin-increased") == (
        found.of("modifier").value,
        found.of("modifier").source,
    )


def test_a_toxicity_of_another_cause_or_from_before_changes_nothing() -> None:
    """A dose is lowered for what another drug did."""
    ours = toxicity("mucositis-oral", 3, 2)
    other = replace(ours, relations={"clofarabine": "unlikely"})
    before = toxicity("mucositis-oral", 3, -3)
    assert 1 == len(modifications(having(ours), PACK))
    assert () == modifications(having(other), PACK)
    assert () == modifications(having(before), PACK)


@pytest.mark.parametrize(
    ("counts", "reduced"),
    [
        ([("0.4", 5), ("0.3", 33)], True),
        ([("0.4", 5), ("0.3", 32)], False),
        ([("0.4", 5), ("0.6", 20), ("0.3", 33)], False),
        ([("0.5", 5), ("0.5", 40)], False),
        ([("0.4", -20), ("0.3", 33)], False),
    ],
)
def test_neutrophils_low_for_four_weeks_reduce_the_next_cycle(counts: list[tuple[str, int]], reduced: bool) -> None:
    """A marrow that did not recover is given the same dose again."""
    labs = tuple(anc(value, on) for value, on in counts)
    course = patient(doses=(dose(1),), labs=labs, cycles=(cycle(closed=True),))
    found, _ = calculate(course, PACK, DAY1 + days(50))
    assert found is not None
    assert ("0.75" if reduced else "1") == str(found.of("modifier").value)
    running = patient(doses=(dose(1),), labs=labs)
    now, _ = calculate(running, PACK, DAY1 + days(50))
    assert now is not None
    assert Decimal(1) == now.of("modifier").value


def test_hypotension_on_a_day_of_dosing_stops_the_cycle_until_lifted() -> None:
    """The next infusion runs into a patient in shock."""
    course = having(toxicity("hypotension", 1, 5, until=6))
    assert ["C-STOP"] == [one.rule for one in held(course, PACK, 1)]
    assert [] == [one.rule for one in held(course, PACK, 2)]
    assert [] == [one.rule for one in held(having(toxicity("hypotension", 1, 6)), PACK, 1)]
    assert [] == [one.rule for one in held(replace(course, lifted=("toxicity-hypotension",)), PACK, 1)]


# --- the level ----------------------------------------------------------------------------------------------


def test_a_ruled_toxicity_lowers_the_level_once_and_then_stops_the_drug() -> None:
    """A second dose-limiting toxicity is followed by a third cycle."""
    first = toxicity("diarrhea", 3, 2, until=5, dlt=True)
    course = having(first)
    assert ("0", None) == (level_now(course, PACK).name, level_now(course, PACK).ruling)
    assert ("-1", "ruling-diarrhea") == (level_now(course, DEESC).name, level_now(course, DEESC).ruling)
    assert ["C-DEESC"] == rules(of_dose(course, protocol=DEESC))
    assert () == modifications(course, DEESC)
    assert 1 == len(modifications(course, PACK))
    lower = cycle(2, at=DAY1 + days(21), level="-1")
    second = toxicity("mucositis-oral", 3, 23, dlt=True)
    later = replace(
        course,
        cycles=(cycle(closed=True), lower),
        doses=(dose(1), dose(1, cycle=2, since=DAY1 + days(21))),
        toxicities={one.id: one for one in (first, second)},
    )
    assert [("C-DEPTH", True)] == [(one.rule, one.for_good) for one in level_now(later, DEESC).held]
    assert "DISCONTINUED" == cycle_course(later, DEESC, DAY1 + days(23)).state


def test_two_ruled_toxicities_of_one_cycle_are_one_step() -> None:
    """Two toxicities of the same week cost the patient the drug."""
    both = having(toxicity("diarrhea", 3, 2, until=5, dlt=True), toxicity("mucositis-oral", 3, 3, until=5, dlt=True))
    closed = replace(both, cycles=(cycle(closed=True),))
    lowered = level_now(closed, DEESC)
    assert ("-1", ()) == (lowered.name, lowered.held)


def test_a_ruled_toxicity_that_lasts_holds_the_drug() -> None:
    """The lower dose is given into a toxicity that has not passed."""
    assert ["C-DEESC"] == [one.rule for one in level_now(having(toxicity("diarrhea", 3, 2, dlt=True)), DEESC).held]


# --- the next cycle -----------------------------------------------------------------------------------------


@given(gap=st.integers(1, 40), count=st.decimals(0, 3, places=2), microlitre=st.booleans())
def test_the_next_cycle_waits_for_days_and_neutrophils(gap: int, count: Decimal, microlitre: bool) -> None:
    """A second cycle begins in an aplasia, or a day early."""
    at = DAY1 + days(gap)
    lab = anc(str(count * 1000), gap + 0.9, "/uL") if microlitre else anc(str(count), gap + 0.9)
    course = patient(
        doses=(dose(1),),
        cycles=(cycle(closed=True),),
        labs=(lab,),
        weights=(*patient().weights, (at, Decimal(70), None, "weight-2")),
    )
    refused = [hit for hit in opening(course, PACK, at) if hit.rule != "C-AFTER"]
    early, low = gap < 14, count < Decimal("0.75") and lab.at.date() > DAY1.date()
    unknown = lab.at.date() <= DAY1.date()
    assert (["C-CYCLE"] if early or low or unknown else []) == rules(refused)


def test_the_next_cycle_needs_its_own_weight() -> None:
    """The second cycle is dosed by the weight before the first."""
    course = patient(doses=(dose(1),), cycles=(cycle(closed=True),), labs=(anc("2", 15),))
    assert ["C-BSA"] == [hit.rule for hit in opening(course, PACK, DAY1 + days(20)) if hit.rule != "C-AFTER"]


@pytest.mark.parametrize(("response", "refused"), [("PD", True), ("SD", False), ("NE", False)])
def test_only_progression_ends_the_cycles(response: str, refused: bool) -> None:
    """A patient whose leukaemia grows under the drug is given more of it."""
    course = patient(
        doses=(dose(1),),
        cycles=(cycle(closed=True),),
        responses=((response, DAY1 + days(12), "response"),),
        labs=(anc("2", 15),),
        weights=(*patient().weights, (DAY1 + days(15), Decimal(70), None, "weight-2")),
    )
    hits = [hit.rule for hit in opening(course, PACK, DAY1 + days(20)) if hit.rule != "C-AFTER"]
    assert (["C-NEXT"] if refused else []) == hits


def test_day_1_is_the_day_of_the_first_dose() -> None:
    """The fourteen days are counted from the day a form was filled in."""
    course = patient(cycles=(cycle(at=DAY1 - days(3)),), doses=(dose(1),))
    assert date(2010, 4, 5) == days_of(course, PACK, course.cycles[0]).first
