"""Six patients on the first drug: tolerated; repeated; restarted; a deviation; late and corrected; one for today."""

from __future__ import annotations

from commands.cli.demo import cohort
from commands.cli.demo.script import Script

DRUG = "alemtuzumab"
FULL = (3, 10, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30)
_DAYS = (0, 1, 2, 4, 7, 9, 11, 14, 16, 18, 21, 23)
_PREPARED = {3: ("3mg", "27mg"), 10: ("9.9mg", "20.1mg"), 30: ("30mg", "0mg")}
LAST = 67
"""The day of the play that is today."""


def write(script: Script) -> None:
    """Write the whole play."""
    _site(script)
    for number, play in enumerate((_tolerated, _repeated, _restarted, _deviated, _corrected, _today), 1):
        script.shift = 4 * (number - 1)
        play(script, f"001-{number:03}")
    script.shift = 0
    cohort.write(script)


def _site(s: Script) -> None:
    s.do(
        -6,
        "09:00",
        "pi.1",
        "protocol activate",
        pack="nct00983528-demo",
        tell="The demonstration pack comes into force; its made-up parameters are labelled FICTIONAL everywhere.",
    )
    for minute, person in enumerate(("inv.1", "pharm.1", "pharm.2", "nurse.1", "nurse.2", "nurse.3", "crc.1", "dm.1")):
        s.do(-6, f"09:{minute + 10:02}", "pi.1", "person delegate", person=person, from_=s.day(-6), to=s.day(400))
    s.do(-6, "11:00", "pharm.1", "lot receive", agent=DRUG, lot="DEMO-A1", strength="30mg", vials=60, expiry=s.day(330))


def _joins(s: Script, patient: str, *, sex: str, born: int, weight: str, height: str, day: int) -> None:
    s.do(day - 4, "09:00", "crc.1", "patient register", patient=patient, sex=sex, birth_year=born)
    s.do(day - 4, "10:30", "inv.1", "patient consent", patient=patient, form="v1.0", signed_on=s.time(day - 4, "10:00"))
    s.do(day - 3, "09:30", "crc.1", "patient measure", patient=patient, weight=weight, height=height)
    s.do(
        day - 3,
        "10:00",
        "crc.1",
        "lab record",
        patient=patient,
        test="anc",
        value="0.9",
        unit="10^9/L",
        at=s.time(day - 3, "08:30"),
    )
    s.do(day - 2, "11:00", "inv.1", "patient screen", patient=patient)
    s.do(day - 2, "11:30", "inv.1", "patient enrol", patient=patient)
    for minute, agent in enumerate(("trimethoprim-sulfamethoxazole", "famciclovir")):
        s.do(
            day - 1,
            f"09:{minute:02}",
            "inv.1",
            "prophylaxis record",
            patient=patient,
            agent=agent,
            from_=s.day(day - 1),
        )


def _released(s: Script, patient: str, mg: int, day: int, label: str) -> None:
    prepared, waste = _PREPARED[mg]
    s.do(
        day,
        "08:00",
        "inv.1",
        "dose order",
        patient=patient,
        drug=DRUG,
        amount=f"{mg}mg",
        for_=s.time(day, "10:00"),
        label=label,
    )
    s.do(day, "08:20", "pharm.1", "dose pharmacy-check", order=f"@{label}")
    s.do(
        day,
        "08:45",
        "pharm.1+pharm.2",
        "dose release",
        order=f"@{label}",
        lot="DEMO-A1",
        prepared=prepared,
        waste=waste,
    )


def _started(s: Script, patient: str, mg: int, day: int, label: str) -> None:
    _released(s, patient, mg, day, label)
    s.do(day, "09:16", "nurse.1", "premed give", subject=f"@{label}", set=True, at=s.time(day, "09:15"))
    s.do(day, "10:00", "nurse.1+nurse.2", "dose start", order=f"@{label}", wristband=patient)


def _dose(s: Script, patient: str, mg: int, day: int, label: str) -> None:
    """One smooth infusion: seven entries, nine signatures."""
    _started(s, patient, mg, day, label)
    s.do(day, "12:00", "nurse.1", "dose complete", dose=f"@{label}", given="all")
    s.do(day, "14:00", "inv.1", "tolerance assess", dose=f"@{label}", worst=0)


def _tolerated(s: Script, p: str) -> None:
    _joins(s, p, sex="F", born=1981, weight="61.5", height="168", day=0)
    for n, (mg, day) in enumerate(zip(FULL, _DAYS, strict=True), 1):
        _dose(s, p, mg, day, f"{p}.{n}")
    s.do(
        25,
        "08:00",
        "inv.1",
        "dose order",
        patient=p,
        drug=DRUG,
        amount="30mg",
        for_=s.time(25, "10:00"),
        refused="A-COUNT",
        tell=f"{p}: all twelve doses given and tolerated; the order of a 13th is refused, and the attempt is kept.",
    )


def _repeated(s: Script, p: str) -> None:
    _joins(s, p, sex="M", born=1974, weight="80", height="181", day=19)
    _dose(s, p, 3, 19, f"{p}.1")
    _started(s, p, 10, 20, f"{p}.2")
    s.do(20, "10:40", "nurse.1", "dose interrupt", dose=f"@{p}.2", why="reaction")
    s.do(
        20,
        "11:10",
        "nurse.1",
        "dose abort",
        dose=f"@{p}.2",
        given="60%",
        reaction="IRR",
        why="reaction",
        label=f"{p}.irr",
        tell=f"{p}: an infusion reaction; the 10 mg infusion is stopped at 60 % of its volume.",
    )
    s.do(20, "11:40", "pharm.1+pharm.2", "stock waste", order=f"@{p}.2")
    s.do(
        20,
        "13:00",
        "inv.1",
        "tolerance assess",
        dose=f"@{p}.2",
        ae=f"@{p}.irr",
        grade=3,
        attribute=[f"{DRUG}=probable"],
        serious="no",
        tell=f"{p}: assessed as grade 3, not tolerated; the drug is held.",
    )
    s.do(
        20,
        "15:00",
        "inv.1",
        "dose order",
        patient=p,
        drug=DRUG,
        amount="30mg",
        for_=s.time(21, "10:00"),
        refused="A-G34",
        tell=f"{p}: an order of 30 mg is refused while the reaction lasts.",
    )
    s.do(21, "07:30", "inv.1", "toxicity resolve", toxicity=f"@{p}.irr", outcome="recovered")
    _dose(s, p, 10, 21, f"{p}.3")
    _dose(s, p, 30, 22, f"{p}.4")
    _dose(s, p, 30, 24, f"{p}.5")


def _restarted(s: Script, p: str) -> None:
    _joins(s, p, sex="F", born=1990, weight="55", height="160", day=5)
    for n, (mg, day) in enumerate(((3, 5), (10, 6), (30, 7), (30, 9)), 1):
        _dose(s, p, mg, day, f"{p}.{n}")
    s.do(
        18,
        "08:00",
        "inv.1",
        "dose order",
        patient=p,
        drug=DRUG,
        amount="30mg",
        for_=s.time(18, "10:00"),
        refused="A-GAP",
        tell=f"{p}: nine days without a dose; 30 mg is refused, the steps begin again at 3 mg.",
    )
    for n, (mg, day) in enumerate(((3, 19), (10, 20), (30, 21), (30, 23)), 5):
        _dose(s, p, mg, day, f"{p}.{n}")


def _deviated(s: Script, p: str) -> None:
    _joins(s, p, sex="M", born=1966, weight="92.4", height="176", day=60)
    _dose(s, p, 3, 60, f"{p}.1")
    s.do(61, "09:50", "nurse.3", "premed give", subject=p, set=True, at=s.time(61, "09:10"))
    s.do(
        61,
        "12:20",
        "nurse.3",
        "dose record",
        patient=p,
        drug=DRUG,
        given="30mg",
        at=s.time(61, "10:00"),
        until=s.time(61, "12:00"),
        lot="DEMO-A1",
        checked_by="nurse.2",
        identity="matched",
        label=f"{p}.d",
        tell=f"{p}: 30 mg was truly given after 3 mg; the fact is recorded, and the deviation is found.",
    )
    s.do(61, "14:30", "inv.1", "tolerance assess", dose=f"@{p}.d", worst=1)
    s.do(61, "16:00", "inv.1", "deviation acknowledge", finding=f"A-LADDER@{p}.d")
    s.do(
        62,
        "09:00",
        "pi.1",
        "deviation classify",
        finding=f"A-LADDER@{p}.d",
        important="yes",
        root_cause="The order sheet of another patient was used.",
        action="Wristband and order are read aloud by both nurses.",
    )
    _dose(s, p, 30, 63, f"{p}.3")


def _corrected(s: Script, p: str) -> None:
    _joins(s, p, sex="F", born=1985, weight="70", height="170", day=61)
    _released(s, p, 3, 61, f"{p}.1")
    s.do(
        61,
        "09:16",
        "nurse.1",
        "premed give",
        subject=f"@{p}.1",
        agent=[f"diphenhydramine=50mg@{s.time(61, '09:15')}", f"acetaminophen=500mg@{s.time(61, '09:15')}"],
    )
    s.do(
        61,
        "10:00",
        "nurse.1+nurse.2",
        "dose start",
        order=f"@{p}.1",
        wristband=p,
        refused="A-PREMED",
        tell=f"{p}: the start is refused, no dexamethasone is on record.",
    )
    s.do(
        61,
        "12:20",
        "nurse.1",
        "dose record",
        patient=p,
        drug=DRUG,
        given="30mg",
        at=s.time(61, "10:00"),
        until=s.time(61, "12:00"),
        order=f"@{p}.1",
        lot="DEMO-A1",
        checked_by="nurse.2",
        identity="matched",
        label=f"{p}.d",
        tell=f"{p}: the infusion was given all the same and is recorded, with a slip of the pen: 30 mg for 3 mg.",
    )
    s.do(61, "14:00", "inv.1", "tolerance assess", dose=f"@{p}.d", worst=0)
    s.do(
        62,
        "08:30",
        "nurse.1",
        "correct",
        entry=f"@{p}.d",
        set=["given=3mg"],
        reason="transcription",
        reason_text="3 mg was given; 30 was typed.",
        label=f"{p}.c",
        tell=f"{p}: the nurse corrects it; lowering a dose awaits the principal investigator, "
        "and until then both readings stand.",
    )
    s.do(
        62,
        "11:00",
        "pi.1",
        "countersign",
        entry=f"@{p}.c",
        tell=f"{p}: the principal investigator signs; the correction is in force.",
    )
    s.do(
        63,
        "10:00",
        "nurse.1",
        "premed give",
        subject=f"@{p}.1",
        agent=[f"dexamethasone=20mg@{s.time(61, '09:15')}"],
        source="paper",
        source_ref="Ward chart, page 3",
        reason="late-entry",
        reason_text="The chart page was found two days later.",
        tell=f"{p}: the dexamethasone is entered late, from the ward chart; the finding is gone now, "
        "and still there as known before.",
    )
    _dose(s, p, 10, 64, f"{p}.2")
    _dose(s, p, 30, 65, f"{p}.3")


def _today(s: Script, p: str) -> None:
    _joins(s, p, sex="M", born=1959, weight="77", height="174", day=LAST - 1)
    _dose(s, p, 3, LAST - 1, f"{p}.1")
