"""Several workstations at one patient, and workstations that die: nothing is lost, doubled, or explained by a lock."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from time import monotonic

import acted
import pytest
import server
from acted import AFTER, COMMAND, Outbox, assess_latest, reacted
from acts import DRUG, MONDAY, PATIENT, Ward, founded
from faulty import STEPS

from ledger.course.patient import fold
from ledger.errors import Changed, Conflict, Refused
from ledger.rules.ladder import ladder

NAMES = ("nurse.1", "nurse.2", "nurse.3")
EACH = 8
LOCKS = ("locked", "busy", "database", "in use", "conflict of")
PREMED = {"subject": PATIENT, "set": True}


@pytest.fixture(scope="module", params=["file", "server"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A ledger with a patient who has had nothing yet."""
    if request.param == "server":
        return founded(server.place())
    return founded(str(tmp_path_factory.mktemp("original") / "trial.ledger"))


@pytest.fixture
def path(original: str, tmp_path: Path) -> str:
    """A copy of it."""
    with closing(Ward.copy(original, tmp_path / "trial.ledger")) as ward:
        return ward.book.path


def raced(path: str, each: int) -> list[list[str]]:
    """Let three workstations act at once; what each of them was told."""
    commands = [[sys.executable, acted.__file__, "race", str(path), name, str(each)] for name in NAMES]
    running = [subprocess.Popen(one, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for one in commands]
    outputs = [process.communicate(timeout=300) for process in running]
    assert [("", 0)] * 3 == [(err, process.returncode) for (_, err), process in zip(outputs, running, strict=True)]
    return [out.splitlines() for out, _ in outputs]


def test_three_workstations_at_one_patient(path: str) -> None:
    """Two orders would be open for one dose, a premedication would be lost, or a nurse would read of a lock."""
    with closing(Ward.open(path)) as ward:
        before = ward.book.size
    told = raced(path, EACH)
    lines = [line for one in told for line in one]
    with closing(Ward.open(path, now=AFTER)) as ward:
        assert ward.report().findings == ()
        entries = [entry for entry in ward.book.entries(before) if entry.kind != "entry.refused/1"]
        facts = sorted(int(line.removeprefix("fact #")) for line in lines if line.startswith("fact"))
        assert facts == [e.position for e in entries if e.kind == "premedication.given/1"]
        assert 3 * EACH == len(facts)
        (order,) = [e.position for e in entries if e.kind == "dose.ordered/1"]
        assert [f"order #{order}"] == [line for line in lines if line.startswith("order")]
        others = [line for line in lines if not line.startswith(("fact", "order"))]
        assert 3 * EACH - 1 == len(others)
        assert [] == [line for line in others if any(word in line.lower() for word in LOCKS)]
        allowed = (f"refused Refused not ordered for {PATIENT}: order #{order}", f"lost Conflict {order}")
        assert [] == [line for line in others if not line.startswith(allowed)]
        attempts = ward.book.stream("attempts/001")
        assert len(others) == len(attempts)


def test_the_loser_of_two_orders_is_told_who_won(path: str) -> None:
    """Two physicians would both believe that their 3 mg is the one that is prepared."""
    with closing(Ward.open(path, seed="a", now=AFTER)) as a, closing(Ward.open(path, seed="b", now=AFTER)) as b:
        said = {"patient": PATIENT, "drug": DRUG, "amount": "3mg", "for": "2010-03-02T12:00-08:00"}
        shown = {ward: ward.plan(by, "dose order", **said) for ward, by in ((a, "inv.1"), (b, "inv.2"))}
        won = a.act("inv.1", "dose order", expect=shown[a], **said).receipts[0].position
        with pytest.raises(Conflict) as caught:
            b.act("inv.2", "dose order", expect=shown[b], **said)
        assert (won, 5, won + 1) == (caught.value.winner, caught.value.exit_code, caught.value.attempt)
        assert f"#{won}" in caught.value.what
        with pytest.raises(Refused) as refused:
            b.act("inv.2", "dose order", **said)
        assert ("S-ORDER",) == refused.value.rules
        assert 1 == len(b.file().course.open_orders(DRUG, b.local))
        assert a.report().findings == ()


def test_what_was_shown_is_what_is_signed(path: str) -> None:
    """A physician would sign a correction of something that a colleague has corrected a second before."""
    with closing(Ward.open(path, seed="a", now=AFTER)) as a, closing(Ward.open(path, seed="b", now=AFTER)) as b:
        dose = a.do("nurse.1", "dose record", patient=PATIENT, drug=DRUG, given="3mg", at="2010-03-01T10:00-08:00")
        said = {"entry": dose, "reason": "transcription", "set": ["lot=A1"]}
        shown = b.plan("nurse.1", "correct", **said)
        a.do("nurse.1", "correct", entry=dose, reason="transcription", set=["route=sc"])
        before = a.head()
        with pytest.raises(Changed):
            b.act("nurse.1", "correct", expect=shown, **said)
        assert before == a.head()


FACTS = (
    ("nurse.1", "premed give", {**PREMED, "at": "2010-03-01T09:15-08:00"}),
    ("nurse.2", "toxicity report", {"patient": PATIENT, "term": "IRR", "onset": "2010-03-01T09:15-08:00"}),
    ("nurse.1", "patient measure", {"patient": PATIENT, "weight": "70kg", "at": "2010-03-01T09:15-08:00"}),
)


def told(path: str, order: Sequence[int]) -> tuple[object, ...]:
    """The course after three facts of one minute, each signed at its own workstation, in this order of commit."""
    wards = [Ward.open(path, seed=f"s44 {i}", now=MONDAY + timedelta(minutes=i)) for i in range(3)]
    for i in order:
        by, verb, said = FACTS[i]
        wards[i].do(by, verb, **said)
    file = wards[0].file()
    kinds = [fact.kind for fact in file.history.facts]
    course = fold(file.history.facts)
    sick = [(t.term, t.onset, t.grades) for t in course.toxicities.values()]
    premeds = [(p.agent, p.dose_mg, p.at) for p in course.premeds]
    findings = [(f.rule, f.severity, f.text) for f in file.findings]
    state = ladder(course, file.setting.protocol, MONDAY)
    for ward in wards:
        ward.close()
    return kinds, sick, premeds, course.weights, findings, state


def test_facts_commute(original: str, tmp_path: Path) -> None:
    """S44: the patient card would depend on which of two nurses pressed the key first."""
    seen = []
    for place, order in enumerate(permutations(range(3))):
        with closing(Ward.copy(original, tmp_path / f"{place}.ledger")) as ward:
            path = ward.book.path
        seen.append(told(path, order))
    assert [seen[0]] * 6 == seen


def killed(path: str, step: str, moment: str, outbox: Path) -> None:
    """Let a workstation die in the middle of an act."""
    command = [sys.executable, acted.__file__, "kill", "assess", str(path), step, moment, str(outbox)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert -signal.SIGKILL == done.returncode, done.stderr


def test_others_go_on_while_one_dies(path: str, tmp_path: Path) -> None:
    """One workstation that loses power in its turn would stop every other nurse of the ward."""
    with closing(Ward.open(path, now=MONDAY)) as ward:
        reacted(ward)
        for step in ("BEGIN", "entries", "COMMIT"):
            killed(path, step, "before", tmp_path / "outbox.json")
            ward.do("nurse.1", "premed give", **PREMED)
        ward.now = AFTER
        before = ward.book.size
        sent = Outbox(tmp_path / "outbox.json").send(ward)
        assert [before, before + 1, before + 2] == [receipt.position for receipt in sent.receipts]
        assert sent.receipts == assess_latest(ward).receipts
        assert ward.report().findings == ()


@pytest.mark.soak
def test_many_deaths(original: str, tmp_path: Path, soak_seconds: float) -> None:
    """The hundredth power cut would do what the first ninety-nine did not."""
    chance, until, deaths = random.Random(1), monotonic() + soak_seconds, 0
    outbox = tmp_path / "outbox.json"
    with closing(Ward.copy(original, tmp_path / "trial.ledger", now=MONDAY)) as ward:
        reacted(ward)
        path = ward.book.path
    while monotonic() < until:
        with closing(Ward.copy(path, tmp_path / "copy.ledger")) as ward:
            copy, before = ward.book.path, ward.book.size
        step, moment = chance.choice([one for one in STEPS if one != "blobs"]), chance.choice(["before", "after"])
        killed(copy, step, moment, outbox)
        deaths += 1
        with closing(Ward.open(copy, seed="again", now=AFTER)) as ward:
            stored = 3 if (step, moment) == ("COMMIT", "after") else 0
            assert before + stored == ward.book.size
            sent = Outbox(outbox).send(ward) if chance.random() < 0.5 else assess_latest(ward)
            assert sent.receipts == ward.book.receipts(COMMAND)
            assert before + 3 == ward.book.size
            assert ward.report().findings == ()
        for left in tmp_path.glob("copy.ledger*"):
            left.unlink()
    assert deaths > 0


@pytest.mark.soak
def test_many_races(original: str, tmp_path: Path, soak_seconds: float) -> None:
    """The entry that two of three workstations wrote at the same moment would be lost once in a thousand days."""
    until, rounds = monotonic() + soak_seconds, 0
    while monotonic() < until:
        with closing(Ward.copy(original, tmp_path / f"{rounds}.ledger")) as ward:
            path, before = ward.book.path, ward.book.size
        lines = [line for one in raced(path, 40) for line in one]
        with closing(Ward.open(path, now=AFTER)) as ward:
            assert before + 3 * 80 == ward.book.size
            assert ward.report().findings == ()
        assert [] == [line for line in lines if any(word in line.lower() for word in LOCKS)]
        rounds += 1
    assert rounds > 0
