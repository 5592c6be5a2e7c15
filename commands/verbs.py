"""Every write command and its options, once: the command line and scenario files read the same table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from commands import (
    bedside,
    deviation,
    dosing,
    infusion,
    options,
    patient,
    people,
    pharmacy,
    record,
    safety,
    study,
    supply,
)
from commands.draft import Circumstances
from commands.options import Option, Parsed, Reading
from commands.perform import Act
from ledger import wire
from ledger.errors import BadInput
from ledger.events.base import ReasonCode
from ledger.events.dosing import NotGivenCause, Route, StopCause
from ledger.events.patient import Comparator
from ledger.events.people import Task
from ledger.protocol.bundled import bundled
from ledger.protocol.model import load
from ledger.values import parse_amount, parse_number


@dataclass(frozen=True)
class Verb:
    """One write command: the act it builds, its options, and how many further persons may sign with `--witness`."""

    name: str
    act: type[Any]
    options: tuple[Option, ...]
    panel: str
    witnesses: int = 0

    @property
    def help(self) -> str:
        """The first line of the act's description."""
        return (self.act.__doc__ or "").partition("\n")[0]


_CODES = (*get_args(ReasonCode),)
COMMON = (
    Option(
        "reason",
        options.choice(*_CODES),
        "Why: a code; needed to correct, void and override, asked for when late.",
        choices=_CODES,
    ),
    Option("reason-text", options.plain, "Why, in words; kept beside the record, not in the signed bytes."),
    Option(
        "source",
        options.choice("direct", "paper", "import", "device"),
        "Where the statement was taken from.",
        choices=("direct", "paper", "import", "device"),
    ),
    Option("source-ref", options.plain, "The page or file it was taken from."),
    Option("performed-by", options.plain, "Who did it, when you transcribe for somebody else."),
    Option("seen", options.plain, "A finding you have seen, RULE@ENTRY; repeatable.", many=True),
    Option(
        "basis",
        options.choice("observed", "device", "chart", "recalled"),
        "How the time is known.",
        choices=("observed", "device", "chart", "recalled"),
    ),
)
_PATIENT = Option("patient", options.plain, "The patient's number.", positional=True, required=True)
_AT = Option("at", options.when, "When it happened; now when left out.")


def _p(name: str, read: Callable[[str, Reading], Parsed], words: str, field: str = "") -> Option:
    return Option(name, read, words, field=field, positional=True, required=True)


def _of(values: object) -> dict[str, Any]:
    names = tuple(get_args(values))
    return {"read": options.choice(*names), "choices": names}


_HOLDS = ("toxicity", "infection", "serious-adverse-reaction", "haematology", "logistics", "other")
_STOPS = ("toxicity", "autoimmune-cytopenia", "progression", "investigator", "patient", "other")
_ENDS = ("completed", "progression", "toxicity", "withdrawal", "investigator", "transplant", "death", "lost", "sponsor")
_ORDER = _p("order", options.plain, "The order's entry.")
_DOSE = _p("dose", options.plain, "The dose's entry, or its order's.")
_TOX = _p("toxicity", options.plain, "The toxicity's entry.")
_END = (
    Option("ended", options.when, "When it ended; now when left out."),
    Option("given", options.plain, "What was given: all, an amount (5.94mg) or a share of the volume (60%)."),
    Option("volume", options.unit("mL"), "The volume delivered.", field="volume_ml"),
    Option("reaction", options.plain, "A reaction that came with it: a term of the dictionary."),
)

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            "protocol activate",
            study.ActivateProtocol,
            (_p("pack", options.pack, "A bundled pack's name or a file."),),
            "STUDY",
        ),
        Verb(
            "person enrol",
            people.EnrolPerson,
            (
                _p("request", options.file_text, "The request file made by the key's owner."),
                Option(
                    "role",
                    options.choice(*get_args(wire.Role)),
                    "A role; repeatable.",
                    field="roles",
                    many=True,
                    required=True,
                    choices=tuple(r for r in get_args(wire.Role) if r != "system"),
                ),
                Option(
                    "identity",
                    options.choice("passport", "national-id", "staff-record", "known-in-person"),
                    "How you know who it is.",
                    choices=("passport", "national-id", "staff-record", "known-in-person"),
                ),
                Option("identity-ref", options.plain, "The document looked at."),
                Option("valid-until", options.day, "The last day of the key."),
            ),
            "PEOPLE",
            witnesses=1,
        ),
        Verb(
            "person delegate",
            people.Delegate,
            (
                _p("person", options.plain, "The person's id."),
                Option(
                    "task",
                    options.choice(*get_args(Task)),
                    "A task; repeatable; by default those of the person's roles.",
                    field="tasks",
                    many=True,
                    choices=get_args(Task),
                ),
                Option("from", options.when, "The first day or moment.", field="since"),
                Option("to", options.when, "The last day, or the moment it ends.", field="until"),
            ),
            "PEOPLE",
        ),
        Verb(
            "person undelegate",
            people.Undelegate,
            (_p("delegation", options.plain, "The delegation's entry."), _AT),
            "PEOPLE",
        ),
        Verb(
            "patient register",
            patient.RegisterPatient,
            (
                _PATIENT,
                Option(
                    "sex",
                    options.choice("F", "M", "X", "U"),
                    "F, M, X or U.",
                    required=True,
                    choices=("F", "M", "X", "U"),
                ),
                Option("birth-year", options.whole, "Year of birth.", required=True),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "patient consent",
            patient.RecordConsent,
            (
                _PATIENT,
                Option("form", options.plain, "The consent form's version.", required=True),
                Option("guardian", options.plain, "The guardian who consented too."),
                Option("signed-on", options.when, "The day, or time, it was signed.", field="at"),
            ),
            "PATIENT",
        ),
        Verb(
            "patient screen",
            patient.ScreenPatient,
            (_PATIENT, Option("not-met", options.token, "A criterion that is not met; repeatable.", many=True), _AT),
            "PATIENT",
        ),
        Verb(
            "patient enrol",
            patient.EnrolPatient,
            (
                _PATIENT,
                Option("level", options.plain, "The dose level, 0 or -1."),
                Option("cohort", options.whole, "The cohort's number."),
                Option("slot", options.whole, "The slot; the next free one when left out."),
                Option("phase", options.choice("1", "2"), "Phase of the trial.", choices=("1", "2")),
                Option("decided-by", options.plain, "The physician who decided, when you enter it for him."),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "patient measure",
            patient.MeasurePatient,
            (
                _PATIENT,
                Option("weight", options.measure("kg"), "Body weight.", field="weight_kg", required=True),
                Option("height", options.measure("cm"), "Body height.", field="height_cm"),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "patient end-treatment",
            patient.EndTreatment,
            (_PATIENT, Option("why", options.choice(*_ENDS), "The reason.", required=True, choices=_ENDS), _AT),
            "PATIENT",
        ),
        Verb(
            "patient withdraw",
            patient.WithdrawConsent,
            (
                _PATIENT,
                Option(
                    "scope",
                    options.choice("treatment", "study"),
                    "What is withdrawn from.",
                    required=True,
                    choices=("treatment", "study"),
                ),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "patient death",
            patient.RecordDeath,
            (
                _PATIENT,
                Option("cause", options.plain, "The cause."),
                Option("aware", options.when, "When the site became aware.", field="aware_at"),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "lab record",
            patient.RecordLab,
            (
                _PATIENT,
                _p("test", options.token, "The test, e.g. anc, plt, creatinine."),
                _p("value", options.number, "The value."),
                _p("unit", options.plain, "Its unit, e.g. /uL."),
                Option("comparator", help="lt, le, ge or gt: a value beyond the test's range.", **_of(Comparator)),
                Option("lower-limit", options.number, "The laboratory's lower limit of normal."),
                Option("upper-limit", options.number, "The laboratory's upper limit of normal."),
                Option("reported", options.when, "When the result was reported.", field="reported_at"),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "prophylaxis record",
            patient.RecordProphylaxis,
            (
                _PATIENT,
                _p("agent", options.token, "The agent."),
                Option("from", options.when, "The first day.", field="since", required=True),
                Option("to", options.when, "The last day.", field="until"),
            ),
            "PATIENT",
        ),
        Verb(
            "dose order",
            dosing.OrderDose,
            (
                _PATIENT,
                _p("drug", options.token, "The drug."),
                _p("amount", options.unit("mg"), "The amount, e.g. 10mg.", "amount_mg"),
                Option("for", options.when, "The planned start.", field="planned", required=True),
                Option("allergies", options.plain, "Allergies, as known now."),
                Option("rounding", options.plain, "Why the amount was rounded."),
                _AT,
            ),
            "DOSE",
        ),
        Verb(
            "dose amend",
            dosing.AmendOrder,
            (
                _ORDER,
                Option("amount", options.unit("mg"), "The new amount.", field="amount_mg"),
                Option("for", options.when, "The new planned start.", field="planned"),
                Option("rounding", options.plain, "Why the amount was rounded."),
            ),
            "DOSE",
        ),
        Verb(
            "dose cancel", dosing.CancelOrder, (_ORDER, Option("why", help="The reason.", **_of(NotGivenCause))), "DOSE"
        ),
        Verb("dose pharmacy-check", pharmacy.CheckOrder, (_ORDER, _AT), "DOSE"),
        Verb(
            "dose release",
            pharmacy.ReleaseDose,
            (
                _ORDER,
                Option("lot", options.plain, "The lot.", required=True),
                Option("prepared", options.unit("mg"), "The amount prepared.", field="prepared_mg", required=True),
                Option("waste", options.unit("mg"), "The amount wasted.", field="waste_mg"),
                Option("vials", options.whole, "Vials opened."),
                Option("volume", options.unit("mL"), "The total volume.", field="volume_ml"),
                Option("diluted", options.when, "When it was diluted.", field="diluted_at"),
                _AT,
            ),
            "DOSE",
            witnesses=1,
        ),
        Verb(
            "premed give",
            bedside.GivePremedication,
            (
                _p("subject", options.plain, "The order it is for, or the patient."),
                Option("set", options.yes, "All agents of the pack, in the pack's dose.", field="whole_set", flag=True),
                Option("agent", options.agent, "AGENT=DOSE@TIME; repeatable.", field="agents", many=True),
                _AT,
            ),
            "DOSE",
        ),
        Verb(
            "dose start",
            bedside.StartInfusion,
            (
                _ORDER,
                Option("wristband", options.plain, "What the wristband says.", required=True),
                Option(
                    "second-id",
                    options.choice("dob", "enrolment-number"),
                    "The second identifier that was compared.",
                    choices=("dob", "enrolment-number"),
                ),
                Option("rate", options.unit("mL/h"), "The pump's rate.", field="rate_ml_h"),
                _AT,
            ),
            "DOSE",
            witnesses=1,
        ),
        Verb(
            "dose interrupt",
            infusion.InterruptInfusion,
            (
                _DOSE,
                Option("why", help="The reason.", **_of(StopCause)),
                Option("volume", options.unit("mL"), "Delivered so far.", field="volume_ml"),
                Option("ae", options.plain, "The toxicity's entry.", field="toxicity"),
                _AT,
            ),
            "DOSE",
        ),
        Verb(
            "dose resume",
            infusion.ResumeInfusion,
            (_DOSE, Option("rate", options.unit("mL/h"), "The pump's rate.", field="rate_ml_h"), _AT),
            "DOSE",
        ),
        Verb("dose complete", infusion.CompleteInfusion, (_DOSE, *_END), "DOSE"),
        Verb(
            "dose abort",
            infusion.AbortInfusion,
            (
                _DOSE,
                *_END,
                Option("why", help="The reason.", **_of(StopCause)),
                Option("ae", options.plain, "The toxicity's entry.", field="toxicity"),
            ),
            "DOSE",
        ),
        Verb(
            "dose omit",
            infusion.OmitDose,
            (_ORDER, Option("why", help="The reason.", **_of(NotGivenCause)), _AT),
            "DOSE",
        ),
        Verb(
            "dose record",
            infusion.RecordInfusion,
            (
                _PATIENT,
                _p("drug", options.token, "The drug."),
                Option("given", options.unit("mg"), "The amount given, e.g. 10mg.", field="given_mg", positional=True),
                _AT,
                Option("until", options.when, "When it ended."),
                Option("running", options.yes, "It is still running.", flag=True),
                Option("order", options.plain, "The order's entry."),
                Option("checked-by", options.plain, "The second person who checked at the bedside."),
                Option("lot", options.plain, "The lot."),
                Option("prepared", options.unit("mg"), "The amount prepared.", field="prepared_mg"),
                Option("volume", options.unit("mL"), "The volume delivered.", field="volume_ml"),
                Option("route", help="The route.", **_of(Route)),
                Option(
                    "identity",
                    options.choice("matched", "mismatched", "not-stated"),
                    "Whether two identifiers matched.",
                    choices=("matched", "mismatched", "not-stated"),
                ),
                Option("stopped", help="Why it was stopped early.", **_of(StopCause)),
                Option("pause", options.pause, "An interruption, FROM..TO; repeatable.", field="pauses", many=True),
            ),
            "DOSE",
        ),
        Verb(
            "hold place",
            dosing.PlaceHold,
            (
                _PATIENT,
                _p("drug", options.token, "The drug."),
                Option("why", options.choice(*_HOLDS), "The reason.", required=True, choices=_HOLDS),
                Option("criterion", options.plain, "What ends it."),
                _AT,
            ),
            "DOSE",
        ),
        Verb("hold lift", dosing.LiftHold, (_p("hold", options.plain, "The hold's entry."), _AT), "DOSE"),
        Verb(
            "course discontinue",
            dosing.DiscontinueCourse,
            (
                _PATIENT,
                _p("drug", options.token, "The drug."),
                Option("why", options.choice(*_STOPS), "The reason.", required=True, choices=_STOPS),
                _AT,
            ),
            "DOSE",
        ),
        Verb(
            "tolerance assess",
            safety.AssessTolerance,
            (
                _DOSE,
                Option("worst", options.whole, "The worst grade seen, 0 to 5."),
                Option("tolerated", options.yes, "yes or no; by the worst grade when left out."),
                Option("ae", options.plain, "A toxicity to grade in the same act.", field="toxicity"),
                Option("grade", options.whole, "Its grade."),
                Option("attribute", options.relation, "DRUG=RELATION; repeatable.", many=True),
                Option("serious", options.yes, "Whether it is serious."),
                _AT,
            ),
            "SAFETY",
        ),
        Verb(
            "toxicity report",
            safety.ReportToxicity,
            (
                _PATIENT,
                _p("term", options.plain, "The dictionary's term or alias, e.g. IRR."),
                Option("onset", options.when, "When it began; now when left out."),
                Option("dose", options.plain, "The dose during or after which it came."),
                Option("words", options.plain, "As reported."),
                Option("aware", options.when, "When the site became aware.", field="aware_at"),
            ),
            "SAFETY",
        ),
        Verb(
            "toxicity grade",
            safety.GradeToxicity,
            (
                _TOX,
                _p("grade", options.whole, "1 to 5, as the term has them."),
                Option("lab-value", options.number, "The laboratory value."),
                Option("lab-unit", options.plain, "Its unit."),
                Option("lower-limit", options.number, "The lower limit of normal."),
                Option("upper-limit", options.number, "The upper limit of normal."),
                Option("baseline", options.number, "The patient's baseline."),
                Option("from", options.when, "From when; now when left out.", field="at"),
            ),
            "SAFETY",
        ),
        Verb(
            "toxicity regrade",
            safety.RegradeToxicity,
            (_TOX, _p("grade", options.whole, "The grade it should be."), _AT),
            "SAFETY",
            witnesses=1,
        ),
        Verb(
            "toxicity attribute",
            safety.AttributeToxicity,
            (
                _TOX,
                _p("drug", options.token, "The drug."),
                Option(
                    "relation",
                    positional=True,
                    required=True,
                    help="How likely it is the cause.",
                    **_of(safety.Relation),
                ),
                _AT,
            ),
            "SAFETY",
        ),
        Verb(
            "toxicity serious",
            safety.AssessSeriousness,
            (
                _TOX,
                Option("serious", options.yes, "yes or no."),
                Option(
                    "criterion", help="A criterion; repeatable.", field="criteria", many=True, **_of(safety.Criterion)
                ),
                Option("aware", options.when, "When the site became aware.", field="aware_at"),
                _AT,
            ),
            "SAFETY",
        ),
        Verb(
            "toxicity resolve",
            safety.ResolveToxicity,
            (_TOX, Option("outcome", help="How it ended.", **_of(safety.Outcome)), _AT),
            "SAFETY",
        ),
        Verb(
            "deviation acknowledge",
            deviation.AcknowledgeDeviation,
            (_p("finding", options.plain, "RULE@ENTRY."),),
            "SAFETY",
        ),
        Verb(
            "deviation classify",
            deviation.ClassifyDeviation,
            (
                _p("finding", options.plain, "RULE@ENTRY."),
                Option("important", options.yes, "Whether it is an important deviation.", required=True),
                Option("root-cause", options.plain, "Why it came about.", required=True),
                Option("action", options.plain, "What is done about it."),
            ),
            "SAFETY",
        ),
        Verb(
            "override grant",
            deviation.GrantOverride,
            (
                _PATIENT,
                _p("rule", options.plain, "The rule to pass."),
                Option("drug", options.token, "The drug.", required=True),
                Option("amount", options.unit("mg"), "The amount it is for.", field="amount_mg"),
                Option("until", options.when, "Until when.", field="valid_until"),
            ),
            "SAFETY",
        ),
        Verb(
            "lot receive",
            supply.ReceiveLot,
            (
                _p("agent", options.token, "The drug."),
                Option("lot", options.plain, "The lot.", required=True),
                Option("strength", options.unit("mg"), "Per vial.", field="strength_mg", required=True),
                Option("vials", options.whole, "How many.", required=True),
                Option("expiry", options.day, "The last day of use.", required=True),
                Option("location", options.token, "Where it is kept."),
                Option("remarks", options.plain, "The state it arrived in; kept beside the record."),
                _AT,
            ),
            "SUPPLY",
        ),
        Verb(
            "correct",
            record.CorrectEntry,
            (
                _p("entry", options.plain, "The entry."),
                Option("set", options.change, "FIELD=VALUE; repeatable.", field="changes", many=True),
                Option("at", options.when, "The true time."),
            ),
            "RECORD",
            witnesses=1,
        ),
        Verb(
            "void",
            record.VoidEntry,
            (
                _p("entry", options.plain, "The entry."),
                Option("to-patient", options.plain, "The right patient."),
                Option("to-order", options.plain, "The right patient's order."),
            ),
            "RECORD",
            witnesses=1,
        ),
        Verb("countersign", record.CountersignEntry, (_p("entry", options.plain, "The entry."),), "RECORD"),
    )
}
"""Every write command by its name."""


def build(name: str, given: Mapping[str, object], reading: Reading) -> tuple[Act, Circumstances]:
    """Build an act and what is said beside it from options as text, flags, lists or tables; BadInput says why not."""
    verb = VERBS.get(name)
    if verb is None:
        raise BadInput(f"there is no command {name!r}", fix=f"one of: {', '.join(VERBS)}")
    known = {option.name: option for option in (*verb.options, *COMMON)}
    common = {option.name for option in COMMON} - {option.name for option in verb.options}
    act, said = dict[str, Any](), dict[str, Any]()
    for key, value in given.items():
        option = known.get(key.replace("_", "-"))
        if option is None:
            raise BadInput(f"{name} has no option {key!r}", fix=f"one of: {', '.join(known)}")
        if value is None or value == () or value is False:
            continue
        (said if option.name in common else act)[option.target] = _read(option, value, reading)
    missing = [option for option in verb.options if option.required and option.target not in act]
    if missing:
        raise BadInput(f"{name} needs {', '.join(option.name for option in missing)}", fix=missing[0].help)
    _finish(name, act)
    if name == "protocol activate":
        act["dictionary"] = bundled(f"ctcae-{load(act['pack']).parameters['dictionary'].value}")
    return verb.act(**act), Circumstances(**said)


def _read(option: Option, value: object, reading: Reading) -> object:
    if option.many:
        items = (
            [f"{k}={v}" for k, v in value.items()]
            if isinstance(value, Mapping)
            else list(value)
            if isinstance(value, list | tuple)
            else [value]
        )
        return tuple(option.read(str(item), reading) for item in items)
    if isinstance(value, bool):
        return option.read("yes", reading)
    return option.read(str(value), reading)


def _finish(name: str, act: dict[str, Any]) -> None:
    """Open `--given all`, `--given 60%` and `--given 5.94mg`, which say the same thing in three ways."""
    if name not in ("dose complete", "dose abort") or "given" not in act:
        return
    said = act.pop("given").strip()
    if said == "all":
        act["all_given"] = True
    elif said.endswith("%"):
        act["percent"] = parse_number(said[:-1])
        if act["percent"] > 100:
            raise BadInput(f"{said} is more than all of it", fix="--given all")
    else:
        act["given_mg"] = parse_amount(said, "mg")
