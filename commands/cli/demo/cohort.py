"""The first cohort: the second drug after the tolerated first, a dose-limiting toxicity, the decision, a next cycle."""

from __future__ import annotations

from commands.cli.demo.cycles import (
    LOT,
    VIALS,
    Cycle,
    given,
    neutrophils,
    opened,
    received,
    serious,
    toxicity,
)
from commands.cli.demo.script import Script

FIRST = Cycle("001-001", 27, "61", "33.8mg", "6.2mg", "001-001.c1")
SECOND = Cycle("001-002", 28, "79.4", "40mg", "0mg", "001-002.c1")
THIRD = Cycle("001-003", 29, "55", "31.2mg", "8.8mg", "001-003.c1")
AGAIN = Cycle("001-001", 61, "60.2", "33.6mg", "6.4mg", "001-001.c2")
DECIDED = 57
"""The day on which the windows of all three are over."""


def write(s: Script) -> None:
    """Write what becomes of the first three patients."""
    received(s, 24)
    _smooth(s)
    _limiting(s)
    _febrile(s)
    s.do(
        DECIDED,
        "10:00",
        "pi.1+spon.1",
        "cohort decide",
        level="0",
        decision="expand",
        tell="One of three had a dose-limiting toxicity: level 0 is expanded to six, signed by site and sponsor.",
    )
    _second_cycle(s)


def _smooth(s: Script) -> None:
    p = FIRST.patient
    opened(
        s, FIRST, f"{p}: 30 mg alemtuzumab is tolerated; clofarabine, 20 mg/m2 for five days, is calculated: 33.8 mg."
    )
    for n in range(1, 6):
        given(s, FIRST, n)
    toxicity(s, p, "nausea", 29, f"{p}.nausea", grade=2, relation="probable")
    s.do(33, "08:00", "inv.1", "toxicity resolve", toxicity=f"@{p}.nausea", outcome="recovered")
    neutrophils(s, p, 41, "0.4")
    s.do(
        41,
        "09:00",
        "inv.1",
        "cycle close",
        patient=p,
        response="PR",
        recovered="yes",
    )
    s.do(
        41,
        "09:30",
        "inv.1",
        "cycle open",
        patient=p,
        refused="C-CYCLE",
        tell=f"{p}: cycle 2 is refused, the neutrophils are at 0.4.",
    )
    neutrophils(s, p, 52, "0.9")


def _limiting(s: Script) -> None:
    p, label = SECOND.patient, "001-002.mucositis"
    opened(s, SECOND)
    for n in range(1, 6):
        given(s, SECOND, n)
    toxicity(s, p, "mucositis-oral", 36, label, grade=3, relation="probable")
    serious(
        s, 36, label, f"{p}: mucositis grade 3, probably by clofarabine, serious; the clocks of the safety reports run."
    )
    s.do(38, "11:00", "spon.1", "toxicity expected", toxicity=f"@{label}", expected="no")
    s.do(43, "14:00", "spon.1", "safety-report submitted", toxicity=f"@{label}", report="15-day", ref="IND report 1")
    s.do(
        39,
        "16:00",
        "inv.1+spon.1",
        "dlt adjudicate",
        toxicity=f"@{label}",
        dlt="yes",
        basis="Grade 3, probably related, in the window, not brief.",
        tell=f"{p}: ruled dose-limiting by the investigator and the sponsor's physician, one signature each.",
    )
    s.do(47, "09:00", "inv.1", "toxicity resolve", toxicity=f"@{label}", outcome="recovered")
    neutrophils(s, p, 50, "1.0")
    s.do(50, "09:00", "inv.1", "cycle close", patient=p, response="SD", recovered="yes")


def _febrile(s: Script) -> None:
    p, label = THIRD.patient, "001-003.fever"
    opened(s, THIRD)
    for n in (1, 2, 4, 5):
        given(s, THIRD, n)
    s.do(
        THIRD.first + 2,
        "16:00",
        "nurse.1",
        "cycle omit",
        patient=p,
        day_=3,
        why="logistics",
        tell=f"{p}: day 3 of the cycle is missed and is not made up.",
    )
    toxicity(s, p, "febrile-neutropenia", 37, label, grade=3, relation="definite")
    serious(s, 37, label, f"{p}: febrile neutropenia grade 3, serious; the pack expects it, and it limits no dose.")
    s.do(42, "09:00", "inv.1", "toxicity resolve", toxicity=f"@{label}", outcome="recovered")
    neutrophils(s, p, 54, "0.8")
    s.do(54, "09:00", "inv.1", "cycle close", patient=p, response="CR", recovered="yes")


def _second_cycle(s: Script) -> None:
    p, label = AGAIN.patient, "001-001.lung"
    opened(s, AGAIN, f"{p}: cycle 2 is opened, measured anew: 33.6 mg a day.")
    for n in range(1, 6):
        given(s, AGAIN, n)
    used = 5 + 5 + 4 + 5
    s.do(65, "16:00", "pharm.1", "stock count", lot=LOT, counted=VIALS - 1 - 2 * used)
    toxicity(s, p, "lung-infection", 66, label, grade=3, relation="possible")
    serious(s, 66, label, f"{p}: a lung infection, serious and not expected; its 15-day report is still to be sent.")
