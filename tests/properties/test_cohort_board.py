"""The dose levels across patients: the same in any order, each decision on its basis, each act by its roles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from commands.cli.simulating import READS
from commands.simulate import run
from commands.simulate.result import Done
from ledger.book import Ledger
from ledger.course import cohort as fold
from ledger.course import patient
from ledger.course.history import readings
from ledger.protocol.bundled import bundled
from ledger.protocol.model import load
from ledger.rules.cohort import Member, assess
from projections import cohort

STORIES = Path(__file__).parents[1] / "stories"
NOW = datetime(2010, 6, 30, 12, 0, tzinfo=ZoneInfo("America/Los_Angeles"))
PACK = load(bundled("nct00983528-demo")).protocol()
PEOPLE = (STORIES / "LEVELS.toml").read_text(encoding="utf-8")


def beside(name: str) -> bytes:
    """A file that a story names."""
    return (STORIES / name).read_bytes()


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A level that was expanded, declared, and decided anew after a late DLT; tests only read it."""
    work = tmp_path_factory.mktemp("cohort")
    result = run(beside("S37.toml"), read_file=beside, reads=READS, work=work)
    assert () == result.differences
    with Ledger.open(result.path, read_only=True) as ledger:
        yield ledger


def test_each_decision_stands_on_what_the_record_said_at_its_basis(book: Ledger) -> None:
    """A decision would quote numbers that nobody could have read when it was signed."""
    decisions = [one for level in cohort.board(book, now=NOW).levels for one in level.decisions]
    assert ["expand", "declare", "deescalate"] == [one.decision for one in decisions]
    for one in decisions:
        then = cohort.board(book, now=NOW, known_at=one.basis, valid_at=datetime.fromisoformat(one.decided_at))
        level = next(row for row in then.levels if row.level == one.level)
        assert (one.n, one.dlt, one.outcomes) == (level.n, level.dlt, then.outcomes)
        assert one.decision == level.next


def test_the_board_does_not_depend_on_the_order_of_the_patients(book: Ledger) -> None:
    """Two monitors would count different DLTs from the same record."""
    members = [
        Member(name, entries, tuple(patient.fold(history.facts) for history in readings(entries, at=NOW)))
        for name in book.streams("patient/")
        for entries in [book.stream(name)]
    ]
    facts = readings(book.stream("cohort/0"), at=NOW)[0].facts
    courses = {"0": fold.fold("0", facts)}
    whole = assess(PACK, members, courses, NOW)
    assert "2NNT 2TNN" == whole.outcomes
    for first in range(len(members)):
        turned = [*members[first:], *members[:first]]
        assert whole == assess(PACK, turned, courses, NOW) == assess(PACK, turned[::-1], courses, NOW)


def played(steps: str, work: Path, *, before: str = "") -> list[Done]:
    """What came of the steps."""
    text = f"{before}\n{PEOPLE}\n{steps}"
    result = run(text.encode(), read_file=beside, reads=READS, work=work)
    return [step.done for step in result.steps]


SIGNED = """
[[steps]]
clock = "2010-05-01T09:00"
by = "{by}"
with = {others}
do = "{do}"
{rest}
"""


@pytest.mark.parametrize(
    ("by", "others", "do", "rest"),
    [
        ("inv.1", ["spon.1"], "cohort decide", 'level = "0"\ndecision = "stop"'),
        ("pi.1", [], "cohort decide", 'level = "0"\ndecision = "stop"'),
        ("pi.1", ["inv.1"], "cohort decide", 'level = "0"\ndecision = "stop"'),
        ("spon.1", ["pi.1"], "cohort decide", 'level = "0"\ndecision = "stop"'),
        ("inv.1", [], "level open", 'level = "0"'),
        ("spon.1", [], "level open", 'level = "0"'),
        ("crc.1", [], "accrual suspend", 'level = "0"\nwhy = "other"'),
        ("spon.1", [], "accrual suspend", 'level = "0"\nwhy = "sponsor"'),
        ("inv.1", ["crc.1"], "cohort replace", 'patient = "P-101"\nbasis = "left"'),
        ("spon.1", ["inv.1"], "cohort replace", 'patient = "P-101"\nbasis = "left"'),
        ("spon.1", [], "patient enrol", 'patient = "P-102"'),
    ],
)
def test_who_may_not_sign_is_refused(by: str, others: list[str], do: str, rest: str, tmp_path: Path) -> None:
    """The sponsor alone, or the ward alone, would close or open a dose level (DOMAIN section 7, role x act)."""
    patients = '[[patients]]\nid = "P-101"\n[[patients]]\nid = "P-102"\nstatus = "eligible"'
    named = "[" + ", ".join(f'"{one}"' for one in others) + "]"
    done = played(f"{patients}\n{SIGNED.format(by=by, others=named, do=do, rest=rest)}", tmp_path)
    assert [(4, "refused")] == [(one.exit, one.outcome) for one in done]
