"""A judgement that goes on from the one before it says what a judgement from nothing says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from acts import DRUG, PATIENT, Ward

from ledger.course.history import effective
from ledger.rules.assess import judge, standing_findings


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Ward:
    """A course with a fact out of order, a late premedication, a regrade in hindsight, a correction and a void."""
    ward = Ward.founded(tmp_path_factory.mktemp("judgement") / "trial.ledger")
    first = ward.given("3mg")
    reaction = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", dose=first)
    ward.do("inv.1", "toxicity grade", toxicity=reaction, grade="1")
    ward.now += timedelta(hours=20)
    ward.given("10mg")
    ward.now += timedelta(hours=30)
    fact = ward.do("nurse.1", "dose record", patient=PATIENT, drug=DRUG, given="30mg", at="yesterday 10:00")
    ward.do("nurse.1", "premed give", subject=PATIENT, set=True, at="yesterday 09:15", reason="late-entry")
    ward.do("inv.1", "toxicity regrade", toxicity=reaction, grade="3")
    ward.do("nurse.1", "correct", entry=fact, set=["given=3mg"], reason="transcription", wit=("pi.1",))
    ward.do("nurse.1", "void", entry=fact, reason="duplicate")
    return ward


def test_going_on_says_what_beginning_anew_says(ward: Ward) -> None:
    """A finding that a long-running desk forgets, or keeps too long, would be signed as if it were so."""
    file = ward.file()
    before = None
    for size in range(1, len(file.entries) + 1):
        facts = effective(file.entries[:size]).facts
        before = judge(facts, file.setting, before)
        anew = judge(facts, file.setting)
        assert standing_findings(anew.outcome, ward.local) == standing_findings(before.outcome, ward.local)
        assert anew.course == before.course


def test_another_setting_is_judged_anew(ward: Ward) -> None:
    """A lot received since, or a delegation, changes what a fact breaks; what was judged without it does not stand."""
    file = ward.file()
    facts = file.history.facts
    before = judge(facts, file.setting)
    ward.do("pi.1", "person undelegate", delegation="#15")
    setting = ward.file().setting
    assert setting != file.setting
    assert judge(facts, setting, before) == judge(facts, setting)


def test_the_desk_remembers_what_a_fresh_one_reads(ward: Ward) -> None:
    """The nurse's second act at one desk would otherwise show another patient card than her colleague's first."""
    ward.do("crc.1", "lab record", patient=PATIENT, test="anc", value="900", unit="/uL")
    kept = ward.post.memory[ward.book.id][PATIENT]
    fresh = ward.file()
    assert (fresh.findings, fresh.course) == (kept.findings, kept.course)
