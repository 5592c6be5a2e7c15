"""A trial in which everything that an inspector asks for was planted, beside cases that are nearly of the kind.

Each patient carries one family of faults; what was planted is named by labels, so that a test can state exact sets.
All of it is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from acts import DRUG, ZONE, Ward, key

from commands import people
from commands.post import Ids
from ledger.errors import DoseLedgerError
from ledger.events.people import DelegationGranted

CYCLE_DRUG = "clofarabine"


@dataclass(frozen=True)
class Step:
    """One act at its time; `refused` acts are meant to be, and their kept attempt gets the label."""

    clock: datetime
    by: str
    verb: str
    options: Mapping[str, object]
    label: str | None
    wit: tuple[str, ...]
    refused: bool


@dataclass
class Script:
    """Acts in any order; they are done in the order of their clocks."""

    steps: list[Step] = field(default_factory=list)

    def add(
        self,
        clock: str,
        by: str,
        verb: str,
        *,
        label: str | None = None,
        wit: tuple[str, ...] = (),
        refused: bool = False,
        **options: object,
    ) -> None:
        """Plan an act at `MM-DD HH:MM` of 2010; `@label` in an option is the entry of that label."""
        self.steps.append(Step(when(clock), by, verb, options, label, wit, refused))

    def play(self, ward: Ward, known: Mapping[str, int]) -> dict[str, int]:
        """Do everything, and give the position of every label, those `known` before among them."""
        named = dict(known)
        for step in sorted(self.steps, key=lambda one: one.clock):
            ward.now = max(ward.now, step.clock)
            options = {key.rstrip("_"): _opened(value, named) for key, value in step.options.items()}
            if step.refused:
                with pytest.raises(DoseLedgerError) as refusal:
                    ward.act(step.by, step.verb, wit=step.wit, **options)
                assert refusal.value.attempt is not None
                position = refusal.value.attempt
            else:
                position = int(ward.do(step.by, step.verb, wit=step.wit, **options)[1:])
            if step.label is not None:
                named[step.label] = position
        return named

    # --- what is done again and again ----------------------------------------------------------------------------

    def patient(self, number: str, *, consent: str | None = "02-15", enrolled: bool = False) -> None:
        """Register, consent and screen a patient in February; a level has three slots, so most are never enrolled."""
        self.add("02-16 09:00", "crc.1", "patient register", patient=number, sex="F", birth_year=1970)
        if consent is not None:
            self.add("02-16 09:05", "inv.1", "patient consent", patient=number, form="v1", signed_on=f"2010-{consent}")
            self.add("02-16 09:10", "inv.1", "patient screen", patient=number)
        if enrolled:
            self.add("02-16 09:20", "inv.1", "patient enrol", patient=number)

    def dose(
        self,
        label: str,
        number: str,
        day: str,
        given: str,
        *,
        by: str = "nurse.1",
        premeds: str | None = "09:15",
        entered: str | None = None,
        **options: object,
    ) -> None:
        """Record an infusion of 10:00 to 12:00, ten minutes after its end or late, with the whole premedication."""
        clock = entered or f"{day} 12:10"
        late = {"reason": "late-entry"} if entered else {}
        if premeds is not None:
            at = f"2010-{day}T{premeds}"
            self.add(clock, "nurse.1", "premed give", subject=number, set=True, at=at, label=f"{label}.p", **late)
        times = {"at": f"2010-{day}T10:00", "until": f"2010-{day}T12:00"}
        said = {"patient": number, "drug": DRUG, "given": given, **times, **late, **options}
        self.add(clock, by, "dose record", label=label, **said)

    def tolerated(self, dose: str, clock: str, *, stated: str | None = None, **options: object) -> None:
        """Assess a dose as tolerated, with a time stated for it where that is another."""
        late = {"at": f"2010-{stated.replace(' ', 'T')}", "reason": "late-entry"} if stated else {}
        said = {"dose": f"@{dose}", "worst": 0, **late, **options}
        self.add(clock, "inv.1", "tolerance assess", label=f"{dose}.t", **said)

    def good(self, label: str, number: str, day: str, given: str) -> None:
        """A dose with everything in its time."""
        self.dose(label, number, day, given)
        self.tolerated(label, f"{day} 14:00")

    def cycle(self, number: str, label: str, *, height: str = "170cm") -> None:
        """Take a patient of 70 kg over the three steps, and open cycle 1 on 5 March."""
        said = {"patient": number, "weight": "70kg", "height": height}
        self.add("02-17 09:00", "crc.1", "patient measure", label=f"{label}.weight", **said)
        for n, (day, given) in enumerate((("03-01", "3mg"), ("03-02", "10mg"), ("03-03", "30mg")), 1):
            self.good(f"{label}{n}", number, day, given)
        self.add("03-05 08:00", "inv.1", "cycle open", patient=number)

    def cycle_dose(self, label: str, number: str, day: str, amount: str | None, given: str, **options: object) -> None:
        """Order a dose of the cycle drug for 10:00 (no order when no amount), and record it at 12:10 as given.

        `rounding` is said with the order.
        """
        rounding = {"rounding": options.pop("rounding")} if "rounding" in options else {}
        if amount is not None:
            planned = {"patient": number, "drug": CYCLE_DRUG, "amount": amount, "for_": f"2010-{day}T10:00", **rounding}
            self.add(f"{day} 08:30", "inv.1", "dose order", label=f"{label}.o", **planned)
            options["order"] = f"@{label}.o"
        times = {"at": f"2010-{day}T10:00", "until": f"2010-{day}T12:00"}
        said = {"patient": number, "drug": CYCLE_DRUG, "given": given, **times, **options}
        self.add(f"{day} 12:10", "nurse.1", "dose record", label=label, **said)

    def severe(self, label: str, number: str, onset: str, ruling: str | None) -> None:
        """Report a diarrhoea of grade 3 that the cycle drug probably caused, and rule on it a day later."""
        day = onset[:5]
        said = {"patient": number, "term": "diarrhea", "onset": f"2010-{onset.replace(' ', 'T')}"}
        self.add(f"{day} 16:00", "inv.1", "toxicity report", label=label, **said)
        graded = {"grade": 3, "from_": f"2010-{onset.replace(' ', 'T')}"}
        self.add(f"{day} 16:05", "inv.1", "toxicity grade", toxicity=f"@{label}", **graded)
        probable = {"drug": CYCLE_DRUG, "relation": "probable"}
        self.add(f"{day} 16:10", "inv.1", "toxicity attribute", toxicity=f"@{label}", **probable)
        if ruling is not None:
            said = {"dlt": ruling, "basis": "as discussed with the sponsor"}
            self.add(
                f"{day} 17:00",
                "inv.1",
                "dlt adjudicate",
                toxicity=f"@{label}",
                wit=("spon.1",),
                label=f"{label}.ruling",
                **said,
            )


def when(clock: str) -> datetime:
    """A moment of 2010 at the site."""
    return datetime.fromisoformat(f"2010-{clock.replace(' ', 'T')}").replace(tzinfo=ZONE)


def _opened(value: object, named: Mapping[str, int]) -> object:
    if isinstance(value, str) and value.startswith("@"):
        return f"#{named[value[1:]]}"
    if isinstance(value, list):
        return [_opened(one, named) for one in value]
    return value


def premedication(script: Script) -> None:
    """P-002: an agent is missing, the set is too late, one is entered afterwards; then 40 mg, and a gap."""
    script.patient("P-002")
    script.good("a1", "P-002", "03-01", "3mg")
    agents = ["diphenhydramine=50mg@09:15", "acetaminophen=650mg@09:15"]
    script.add("03-02 12:05", "nurse.1", "premed give", subject="P-002", agent=agents, at="2010-03-02T09:15")
    script.dose("no-dexamethasone", "P-002", "03-02", "10mg", premeds=None)
    script.tolerated("no-dexamethasone", "03-02 14:00")
    script.dose("too-soon", "P-002", "03-03", "30mg", premeds="09:45")
    script.tolerated("too-soon", "03-03 14:00")
    script.dose("set-entered-late", "P-002", "03-05", "30mg", premeds=None)
    script.tolerated("set-entered-late", "03-05 14:00")
    script.add(
        "03-06 16:00",
        "nurse.1",
        "premed give",
        subject="P-002",
        set=True,
        at="2010-03-05T09:15",
        reason="late-entry",
        label="late-set",
    )
    script.good("forty", "P-002", "03-08", "40mg")
    script.good("after-a-gap", "P-002", "03-17", "30mg")


def escalation(script: Script) -> None:
    """P-003 to P-005: not assessed, recorded after, assessed after, assessed as not tolerated, voided."""
    script.patient("P-003")
    script.dose("b1", "P-003", "03-01", "3mg")
    script.good("not-assessed", "P-003", "03-02", "10mg")
    script.good("supported", "P-003", "03-03", "30mg")
    script.good("same-step", "P-003", "03-05", "30mg")

    script.patient("P-004")
    script.good("c1", "P-004", "03-01", "3mg")
    script.dose("recorded-after", "P-004", "03-03", "30mg")
    script.dose("c2", "P-004", "03-02", "10mg", entered="03-04 09:00")
    script.tolerated("c2", "03-04 09:30", stated="03-02 14:00")
    script.good("c4", "P-004", "03-14", "3mg")
    script.dose("c5", "P-004", "03-15", "10mg")
    script.dose("assessed-after", "P-004", "03-16", "30mg")
    script.tolerated("c5", "03-16 15:00")

    script.patient("P-005")
    script.good("d1", "P-005", "03-01", "3mg")
    script.dose("d2", "P-005", "03-02", "10mg")
    script.tolerated("d2", "03-02 14:00", tolerated="no")
    script.dose("not-tolerated", "P-005", "03-03", "30mg")
    script.tolerated("not-tolerated", "03-03 14:00")
    script.add(
        "03-04 10:00",
        "inv.1",
        "correct",
        entry="@d2.t",
        set=["tolerated=true"],
        reason="transcription",
        wit=("pi.1",),
        label="made-tolerated",
    )
    script.dose("twin", "P-005", "03-03", "30mg", entered="03-04 11:00", by="nurse.2", premeds=None)
    script.add("03-04 11:30", "nurse.2", "void", entry="@twin", reason="duplicate", label="twin-void")
    script.add("03-04 12:00", "pi.1", "countersign", entry="@twin-void", label="twin-signed")

    script.patient("P-006")
    script.good("e1", "P-006", "03-01", "3mg")
    script.good("tolerance-voided", "P-006", "03-02", "10mg")
    script.add(
        "03-09 10:00",
        "inv.1",
        "void",
        entry="@e1.t",
        reason="entered-in-error",
        wit=("pi.1",),
        label="void-of-tolerance",
    )


def number_of_doses(script: Script) -> None:
    """P-007: a first dose that was typed as 30 mg and was 3, and a thirteenth dose."""
    script.patient("P-007")
    script.good("typed-30", "P-007", "03-01", "30mg")
    script.add(
        "03-01 15:00", "nurse.1", "correct", entry="@typed-30", set=["given=3mg"], reason="transcription", label="fix"
    )
    script.add("03-01 16:00", "pi.1", "countersign", entry="@fix", label="fix-signed")
    days = (2, 3, 5, 8, 10, 12, 15, 17, 19, 22, 24)
    for n, day in enumerate(days, 2):
        script.good(f"f{n}", "P-007", f"03-{day:02}", "10mg" if n == 2 else "30mg")
    script.add(
        "03-26 08:00",
        "inv.1",
        "dose order",
        patient="P-007",
        drug=DRUG,
        amount="30mg",
        for_="2010-03-26T10:00",
        refused=True,
        label="order-13",
    )
    script.good("thirteenth", "P-007", "03-26", "30mg")


def consent(script: Script) -> None:
    """P-008 to P-011: consent after the dose, none at all, of the same day, withdrawn before a dose."""
    script.patient("P-008", consent=None)
    script.dose("before-consent", "P-008", "03-01", "3mg")
    script.add("03-02 09:00", "inv.1", "patient consent", patient="P-008", form="v1", signed_on="2010-03-02")

    script.patient("P-009", consent=None)
    script.add(
        "02-20 09:00", "crc.1", "lab record", patient="P-009", test="anc", value="900", unit="/uL", label="lab-9"
    )

    script.patient("P-010", consent=None)
    script.add("02-20 09:30", "crc.1", "lab record", patient="P-010", test="anc", value="900", unit="/uL")
    script.add("02-20 10:00", "inv.1", "patient consent", patient="P-010", form="v1", signed_on="2010-02-20")

    script.patient("P-011")
    script.good("g1", "P-011", "03-01", "3mg")
    script.add("03-01 18:00", "crc.1", "patient withdraw", patient="P-011", scope="treatment")
    script.dose("after-withdrawal", "P-011", "03-02", "10mg")


def delegation(script: Script) -> None:
    """P-012: a fact without delegation, one transcribed for such a nurse, one whose delegation was ended later."""
    script.patient("P-012")
    script.dose("undelegated", "P-012", "03-01", "3mg", by="nurse.9")
    script.tolerated("undelegated", "03-01 14:00")
    script.dose("delegated", "P-012", "03-02", "10mg", by="nurse.3")
    script.tolerated("delegated", "03-02 14:00")
    script.dose("ended-later", "P-012", "03-05", "30mg", by="nurse.3")
    script.tolerated("ended-later", "03-05 14:00")
    script.add("03-20 09:00", "pi.1", "person undelegate", delegation="@nurse.3", at="2010-03-04T08:00")


def cycles(script: Script) -> None:
    """P-001, P-013 and P-014: doses by body surface, three severe toxicities, a weight that was corrected."""
    script.cycle("P-001", "h")
    script.cycle_dose("as-calculated", "P-001", "03-05", "36.4mg", "36.4mg")
    script.cycle_dose("two-vials", "P-001", "03-06", "40mg", "40mg", rounding="two vials of 20 mg")
    script.cycle_dose("less-given", "P-001", "03-07", "36.4mg", "30mg")
    script.severe("ruled-dlt", "P-001", "03-07 13:00", "yes")
    script.cycle_dose("stopped-early", "P-001", "03-08", None, "18.2mg", stopped="equipment")

    script.patient("P-013", enrolled=True)
    script.cycle("P-013", "i")
    script.cycle_dose("wrong-weight", "P-013", "03-05", "36.4mg", "36.4mg")
    script.severe("ruled-no", "P-013", "03-05 13:00", "no")
    script.add(
        "03-09 10:00",
        "crc.1",
        "correct",
        entry="@i.weight",
        set=["weight=75kg"],
        reason="transcription",
        label="weight-corrected",
    )

    script.patient("P-014", enrolled=True)
    script.cycle("P-014", "j")
    script.cycle_dose("before-open-candidate", "P-014", "03-05", "36.4mg", "36.4mg")
    script.severe("not-ruled", "P-014", "03-05 13:00", None)


def overridden(script: Script) -> None:
    """P-014: leave is granted for one order, which the dose then follows; another leave is not used."""
    order = {"patient": "P-014", "drug": DRUG, "amount": "30mg"}
    script.add("03-15 07:00", "inv.1", "dose order", for_="2010-03-15T10:00", refused=True, label="gap-order", **order)
    leave = {**order, "rule": "A-GAP", "reason": "clinical-judgement"}
    script.add("03-15 07:10", "pi.1", "override grant", label="leave", **leave)
    script.add("03-15 07:20", "inv.1", "dose order", for_="2010-03-15T10:00", label="leave.o", **order)
    script.dose("under-leave", "P-014", "03-15", "30mg", order="@leave.o")
    script.tolerated("under-leave", "03-15 14:00")
    script.add("03-24 07:00", "pi.1", "override grant", label="idle-leave", **leave)


PLANTS = (premedication, escalation, number_of_doses, consent, delegation, cycles, overridden)


def planted(path: Path) -> dict[str, int]:
    """Make the trial at `path`, and give the positions of what was planted."""
    with closing(Ward.founded(path)) as ward:
        _sponsor(ward)
        script = Script()
        for plant in PLANTS:
            plant(script)
        granted = {
            event.person: entry.position
            for entry in ward.book.stream("people")
            if isinstance(event := entry.event, DelegationGranted)
        }
        return script.play(ward, granted)


def _sponsor(ward: Ward) -> None:
    """Enrol the sponsor's physician, without whom nothing is ruled dose-limiting."""
    ids = Ids(ward.tick(), ward.random)
    request = people.key_request("spon.1", "Spon.1", "Demo Sponsor", key("spon.1"), now=ward.now, new_id=ids)
    ward.do("reg.1", "person enrol", wit=("reg.2",), request=request, role=["sponsor-medical"])
