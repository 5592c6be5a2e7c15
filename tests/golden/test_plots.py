"""The plots, byte for byte: what is drawn for whom, and that it can be read without colours and without eyes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from acts import DRUG, MONDAY, PATIENT, Ward
from dosed import eventful

from projections.export import report

HERE = Path(__file__).parent / "svg"
SVG = "{http://www.w3.org/2000/svg}"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Three patients: one to whom everything happened, one who goes on, one who was only enrolled."""
    with closing(Ward.founded(tmp_path_factory.mktemp("plots") / "trial.ledger")) as ward:
        ward.enrol("P-002")
        ward.enrol("P-003")
        ward.now = MONDAY
        eventful(ward)
        fever = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="fever")
        irr = f"#{next(e for e in ward.book.stream(f'patient/{PATIENT}') if e.kind == 'toxicity.reported/1').position}"
        ward.now += DAY
        ward.do("inv.1", "toxicity grade", toxicity=irr, grade=1)
        ward.do("inv.1", "toxicity serious", toxicity=fever, serious=True)
        ward.now += DAY
        ward.do("inv.1", "toxicity resolve", toxicity=irr)
        ward.given("3mg", number="P-002")
        ward.now = MONDAY + 4 * DAY
        order = ward.ordered("10mg", number="P-002")
        ward.prepared(order, "9.9mg")
        dose = ward.do("nurse.1", "dose start", order=order, wristband="P-002", wit=("nurse.2",))
        ward.now += timedelta(minutes=40)
        ward.do("nurse.1", "dose interrupt", dose=dose, why="line-failure")
        ward.now += timedelta(minutes=30)
        ward.do("nurse.1", "dose resume", dose=dose)
        ward.now += timedelta(minutes=20)
        ward.do("nurse.1", "dose abort", dose=dose, given="60%", why="line-failure")
        ward.now += DAY
        ward.do("inv.1", "patient end-treatment", patient=PATIENT, why="toxicity")
        ward.now += DAY
        ward.do("inv.1", "patient death", patient=PATIENT, cause="disease-progression")
        yield ward


@pytest.mark.parametrize("number", [PATIENT, "P-002", "P-003"])
def test_the_dose_timeline(ward: Ward, number: str, golden) -> None:
    """A dose, an interruption or a grade is drawn where it was not, or not at all."""
    golden(HERE / f"timeline-{number}.svg", report.patient_picture(ward.book, number, now=ward.local).decode())


def test_the_swimmer_plot(ward: Ward, golden) -> None:
    """A patient's row shows a course, an end or a dose-limiting toxicity that was another's."""
    golden(HERE / "swimmer.svg", report.trial_picture(ward.book, now=ward.local).decode())


@pytest.mark.parametrize("name", ["swimmer", f"timeline-{PATIENT}", "timeline-P-002"])
def test_a_plot_can_be_heard_and_read_without_colours(name: str) -> None:
    """A reader who does not see colours cannot tell a grade 1 from a grade 4."""
    drawn = ET.parse(HERE / f"{name}.svg").getroot()
    assert ["title", "desc"] == [node.tag.removeprefix(SVG) for node in drawn[:2]]
    assert all(drawn[place].text for place in (0, 1))
    assert "title desc" == drawn.get("aria-labelledby")
    words = "".join(drawn.itertext())
    assert (PATIENT if name != "timeline-P-002" else "P-002") in words
    assert "FICTIONAL" in words
    assert "the investigator decides" in words


def test_an_interruption_is_a_gap_in_the_bar() -> None:
    """A dose that stood still for half an hour looks as if it had run through."""
    drawn = ET.parse(HERE / "timeline-P-002.svg").getroot()
    bars = [
        node
        for node in drawn.iter(f"{SVG}rect")
        if DRUG in (node.findtext(f"{SVG}title") or "") and node.get("fill") != "none"
    ]
    last = [node for node in bars if "aborted" in (node.findtext(f"{SVG}title") or "")]
    assert (3, 2) == (len(bars), len(last))
    first_end = float(last[0].attrib["x"]) + float(last[0].attrib["width"])
    assert first_end < float(last[1].attrib["x"])
