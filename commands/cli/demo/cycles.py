"""What a cycle of the second drug is made of: measured and opened, its days, its toxicities, the vials it takes."""

from __future__ import annotations

from dataclasses import dataclass

from commands.cli.demo.script import Script

DRUG = "clofarabine"
LOT = "DEMO-C1"
VIALS = 60
SUPPORT = ("intravenous-fluids", "antihyperuricaemic", "urine-alkalinisation")


@dataclass(frozen=True)
class Cycle:
    """A cycle as the script has it: its day 1 in days of the play, the weight, the dose, what is left of the vials.

    The dose is 20 mg/m2 of the level times the body surface, rounded once; a vial holds 20 mg.
    """

    patient: str
    first: int
    weight: str
    amount: str
    waste: str
    label: str


def received(s: Script, day: int) -> None:
    """Receive the lot; one vial of it is broken and wasted before a witness."""
    s.do(day, "11:10", "pharm.1", "lot receive", agent=DRUG, lot=LOT, strength="20mg", vials=VIALS, expiry=s.day(330))
    s.do(day, "11:20", "pharm.1+pharm.2", "stock waste", lot=LOT, vials=1, why="broken")


def neutrophils(s: Script, patient: str, day: int, giga: str) -> None:
    """Record a neutrophil count of the morning, in 10^9/L."""
    at = s.time(day, "06:30")
    s.do(day, "07:10", "crc.1", "lab record", patient=patient, test="anc", value=giga, unit="10^9/L", at=at)


def measured(s: Script, cycle: Cycle) -> None:
    """Weigh the patient and take the laboratory values that a cycle is opened on; support begins."""
    p, day = cycle.patient, cycle.first
    s.do(day, "07:00", "crc.1", "patient measure", patient=p, weight=cycle.weight)
    neutrophils(s, p, day, "1.2")
    at = s.time(day, "06:30")
    s.do(day, "07:12", "crc.1", "lab record", patient=p, test="crcl", value="96", unit="mL/min", at=at)
    for minute, agent in enumerate(SUPPORT, 15):
        since, until = s.day(day), s.day(day + 4)
        s.do(day, f"07:{minute}", "inv.1", "prophylaxis record", patient=p, agent=agent, from_=since, to=until)


def opened(s: Script, cycle: Cycle, tell: str = "") -> None:
    """Open the cycle on what was measured."""
    measured(s, cycle)
    s.do(cycle.first, "07:30", "inv.1", "cycle open", patient=cycle.patient, label=cycle.label, tell=tell)


def given(s: Script, cycle: Cycle, n: int) -> None:
    """Day `n` of the cycle, from the order to the end of the infusion: five entries, seven signatures."""
    p, day, label = cycle.patient, cycle.first + n - 1, f"{cycle.label}.{n}"
    start = s.time(day, "10:00")
    s.do(day, "08:00", "inv.1", "dose order", patient=p, drug=DRUG, amount=cycle.amount, for_=start, label=label)
    s.do(day, "08:20", "pharm.1", "dose pharmacy-check", order=f"@{label}")
    s.do(
        day,
        "08:45",
        "pharm.1+pharm.2",
        "dose release",
        order=f"@{label}",
        lot=LOT,
        prepared=cycle.amount,
        waste=cycle.waste,
        volume="100mL",
    )
    s.do(day, "10:00", "nurse.1+nurse.2", "dose start", order=f"@{label}", wristband=p)
    s.do(day, "12:00", "nurse.1", "dose complete", dose=f"@{label}", given="all")


def toxicity(s: Script, patient: str, term: str, day: int, label: str, *, grade: int, relation: str) -> None:
    """Report a toxicity of the morning, grade it, and say of each drug how likely it is the cause."""
    onset, told = s.time(day, "07:45"), f"@{label}"
    s.do(day, "09:00", "nurse.1", "toxicity report", patient=patient, term=term, onset=onset, label=label)
    s.do(day, "09:30", "inv.1", "toxicity grade", toxicity=told, grade=grade, from_=onset)
    s.do(day, "09:40", "inv.1", "toxicity attribute", toxicity=told, drug=DRUG, relation=relation)
    s.do(day, "09:45", "inv.1", "toxicity attribute", toxicity=told, drug="alemtuzumab", relation="unlikely")


def serious(s: Script, day: int, label: str, tell: str) -> None:
    """Judge a toxicity serious, for the hospital stay, and tell the sponsor on the same day."""
    told = f"@{label}"
    s.do(day, "10:00", "inv.1", "toxicity serious", toxicity=told, serious="yes", criterion=["hospitalisation"])
    s.do(
        day, "15:00", "inv.1", "safety-report submitted", toxicity=told, report="sponsor", ref=f"SAE {label}", tell=tell
    )
