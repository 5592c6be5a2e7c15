"""Every write command and its options, once: the command line and scenario files read the same table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args

from commands import dosing, patient, people, record, safety, study, supply
from commands.draft import Circumstances, When
from commands.perform import Act
from commands.reading import read_when
from ledger import wire
from ledger.errors import BadInput
from ledger.events.base import ReasonCode
from ledger.events.dosing import NotGivenCause, Route, StopCause
from ledger.events.people import Task
from ledger.protocol.bundled import bundled
from ledger.protocol.model import load
from ledger.values import parse_amount, parse_number

Parsed = object


@dataclass(frozen=True)
class Reading:
    """What reading an option needs: the ledger's clock and zone, and a way to read a file that is named."""

    now: datetime
    zone: str
    read_file: Callable[[str], bytes]


@dataclass(frozen=True)
class Option:
    """One option: its name on the command line and in scenario files, how it is read, and the field it fills."""

    name: str
    read: Callable[[str, Reading], Parsed]
    help: str
    field: str = ""
    positional: bool = False
    required: bool = False
    many: bool = False
    flag: bool = False
    choices: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The act's field."""
        return self.field or self.name.replace("-", "_")


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


def _text(text: str, _: Reading) -> str:
    return text


def _token(text: str, _: Reading) -> str:
    return text.strip().lower()


def _when(text: str, reading: Reading) -> When:
    return read_when(text, reading.now, reading.zone)


def _day(text: str, _: Reading) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{text!r} is not a day", why=str(error), fix="for example 2026-12-31") from error


def _unit(unit: str) -> Callable[[str, Reading], Decimal]:
    return lambda text, _: parse_amount(text, unit)


def _measure(unit: str) -> Callable[[str, Reading], Decimal]:
    return lambda text, _: parse_number(text) if re.fullmatch(r"[0-9.,]+", text.strip()) else parse_amount(text, unit)


def _number(text: str, _: Reading) -> Decimal:
    return parse_number(text)


def _whole(text: str, _: Reading) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()):
        raise BadInput(f"{text!r} is not a whole number", fix="digits only, for example 2")
    return int(text)


def _yes(text: str, _: Reading) -> bool:
    if text not in ("yes", "no", "true", "false"):
        raise BadInput(f"{text!r} is neither yes nor no", fix="yes or no")
    return text in ("yes", "true")


def _choice(*values: str) -> Callable[[str, Reading], str]:
    def read(text: str, _: Reading) -> str:
        if text not in values:
            raise BadInput(f"{text!r} is not possible here", fix=f"one of: {', '.join(values)}")
        return text

    return read


def _agent(text: str, reading: Reading) -> dosing.Agent:
    found = re.fullmatch(r"(?P<agent>[a-z0-9-]+)=(?P<dose>[^@]+)(?:@(?P<at>.+))?", text.strip())
    if found is None:
        raise BadInput(f"{text!r} is not a premedication", fix="AGENT=DOSE@TIME, for example dexamethasone=20mg@09:15")
    at = _when(found["at"], reading) if found["at"] else When(reading.now)
    return dosing.Agent(found["agent"], parse_amount(found["dose"], "mg"), at)


def _pause(text: str, reading: Reading) -> tuple[When, When]:
    first, arrow, second = text.partition("..")
    if not arrow:
        raise BadInput(f"{text!r} is not an interruption", fix="FROM..TO, for example 10:40..11:10")
    return _when(first.strip(), reading), _when(second.strip(), reading)


def _relation(text: str, _: Reading) -> tuple[str, str]:
    drug, _sign, relation = text.partition("=")
    return drug, _choice(*get_args(safety.Relation))(relation, _)


def _set(text: str, _: Reading) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadInput(f"{text!r} is not a change", fix="FIELD=VALUE, for example given=3mg")
    return name.strip().replace("-", "_"), value.strip()


def _pack(text: str, reading: Reading) -> bytes:
    return (
        bundled(text) if re.fullmatch(r"[a-z0-9.-]+", text) and not text.endswith(".toml") else reading.read_file(text)
    )


def _file_text(text: str, reading: Reading) -> str:
    return text if text.startswith("{") else reading.read_file(text).decode("utf-8", "replace")


_CODES = (*get_args(ReasonCode),)
COMMON = (
    Option(
        "reason",
        _choice(*_CODES),
        "Why: a code; needed to correct, void and override, asked for when late.",
        choices=_CODES,
    ),
    Option("reason-text", _text, "Why, in words; kept beside the record, not in the signed bytes."),
    Option(
        "source",
        _choice("direct", "paper", "import", "device"),
        "Where the statement was taken from.",
        choices=("direct", "paper", "import", "device"),
    ),
    Option("source-ref", _text, "The page or file it was taken from."),
    Option("performed-by", _text, "Who did it, when you transcribe for somebody else."),
    Option("seen", _text, "A finding you have seen, RULE@ENTRY; repeatable.", many=True),
    Option(
        "basis",
        _choice("observed", "device", "chart", "recalled"),
        "How the time is known.",
        choices=("observed", "device", "chart", "recalled"),
    ),
)
_PATIENT = Option("patient", _text, "The patient's number.", positional=True, required=True)
_AT = Option("at", _when, "When it happened; now when left out.")


def _p(name: str, read: Callable[[str, Reading], Parsed], words: str, field: str = "") -> Option:
    return Option(name, read, words, field=field, positional=True, required=True)


def _of(values: object) -> dict[str, Any]:
    names = tuple(get_args(values))
    return {"read": _choice(*names), "choices": names}


_HOLDS = ("toxicity", "infection", "serious-adverse-reaction", "haematology", "logistics", "other")
_STOPS = ("toxicity", "autoimmune-cytopenia", "progression", "investigator", "patient", "other")
_ENDS = ("completed", "progression", "toxicity", "withdrawal", "investigator", "transplant", "death", "lost", "sponsor")
_ORDER = _p("order", _text, "The order's entry.")
_DOSE = _p("dose", _text, "The dose's entry, or its order's.")
_TOX = _p("toxicity", _text, "The toxicity's entry.")
_END = (
    Option("ended", _when, "When it ended; now when left out."),
    Option("given", _text, "What was given: all, an amount (5.94mg) or a share of the volume (60%)."),
    Option("volume", _unit("mL"), "The volume delivered.", field="volume_ml"),
    Option("reaction", _text, "A reaction that came with it: a term of the dictionary."),
)

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            "protocol activate",
            study.ActivateProtocol,
            (_p("pack", _pack, "A bundled pack's name or a file."),),
            "STUDY",
        ),
        Verb(
            "person enrol",
            people.EnrolPerson,
            (
                _p("request", _file_text, "The request file made by the key's owner."),
                Option(
                    "role",
                    _choice(*get_args(wire.Role)),
                    "A role; repeatable.",
                    field="roles",
                    many=True,
                    required=True,
                    choices=tuple(r for r in get_args(wire.Role) if r != "system"),
                ),
                Option(
                    "identity",
                    _choice("passport", "national-id", "staff-record", "known-in-person"),
                    "How you know who it is.",
                    choices=("passport", "national-id", "staff-record", "known-in-person"),
                ),
                Option("identity-ref", _text, "The document looked at."),
                Option("valid-until", _day, "The last day of the key."),
            ),
            "PEOPLE",
            witnesses=1,
        ),
        Verb(
            "person delegate",
            people.Delegate,
            (
                _p("person", _text, "The person's id."),
                Option(
                    "task",
                    _choice(*get_args(Task)),
                    "A task; repeatable; by default those of the person's roles.",
                    field="tasks",
                    many=True,
                    choices=get_args(Task),
                ),
                Option("from", _when, "The first day or moment.", field="since"),
                Option("to", _when, "The last day, or the moment it ends.", field="until"),
            ),
            "PEOPLE",
        ),
        Verb(
            "person undelegate", people.Undelegate, (_p("delegation", _text, "The delegation's entry."), _AT), "PEOPLE"
        ),
        Verb(
            "patient register",
            patient.RegisterPatient,
            (
                _PATIENT,
                Option(
                    "sex", _choice("F", "M", "X", "U"), "F, M, X or U.", required=True, choices=("F", "M", "X", "U")
                ),
                Option("birth-year", _whole, "Year of birth.", required=True),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "patient consent",
            patient.RecordConsent,
            (
                _PATIENT,
                Option("form", _text, "The consent form's version.", required=True),
                Option("guardian", _text, "The guardian who consented too."),
                Option("signed-on", _when, "The day, or time, it was signed.", field="at"),
            ),
            "PATIENT",
        ),
        Verb(
            "patient screen",
            patient.ScreenPatient,
            (_PATIENT, Option("not-met", _token, "A criterion that is not met; repeatable.", many=True), _AT),
            "PATIENT",
        ),
        Verb(
            "patient enrol",
            patient.EnrolPatient,
            (
                _PATIENT,
                Option("level", _text, "The dose level, 0 or -1."),
                Option("cohort", _whole, "The cohort's number."),
                Option("slot", _whole, "The slot; the next free one when left out."),
                Option("phase", _choice("1", "2"), "Phase of the trial.", choices=("1", "2")),
                Option("decided-by", _text, "The physician who decided, when you enter it for him."),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "patient measure",
            patient.MeasurePatient,
            (
                _PATIENT,
                Option("weight", _measure("kg"), "Body weight.", field="weight_kg", required=True),
                Option("height", _measure("cm"), "Body height.", field="height_cm"),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "patient end-treatment",
            patient.EndTreatment,
            (_PATIENT, Option("why", _choice(*_ENDS), "The reason.", required=True, choices=_ENDS), _AT),
            "PATIENT",
        ),
        Verb(
            "patient withdraw",
            patient.WithdrawConsent,
            (
                _PATIENT,
                Option(
                    "scope",
                    _choice("treatment", "study"),
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
                Option("cause", _text, "The cause."),
                Option("aware", _when, "When the site became aware.", field="aware_at"),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "lab record",
            patient.RecordLab,
            (
                _PATIENT,
                _p("test", _token, "The test, e.g. anc, plt, creatinine."),
                _p("value", _number, "The value."),
                _p("unit", _text, "Its unit, e.g. /uL."),
                Option("upper-limit", _number, "The laboratory's upper limit of normal."),
                Option("reported", _when, "When the result was reported.", field="reported_at"),
                _AT,
            ),
            "PATIENT",
        ),
        Verb(
            "prophylaxis record",
            patient.RecordProphylaxis,
            (
                _PATIENT,
                _p("agent", _token, "The agent."),
                Option("from", _when, "The first day.", field="since", required=True),
                Option("to", _when, "The last day.", field="until"),
            ),
            "PATIENT",
        ),
        Verb(
            "dose order",
            dosing.OrderDose,
            (
                _PATIENT,
                _p("drug", _token, "The drug."),
                _p("amount", _unit("mg"), "The amount, e.g. 10mg.", "amount_mg"),
                Option("for", _when, "The planned start.", field="planned", required=True),
                Option("allergies", _text, "Allergies, as known now."),
                Option("rounding", _text, "Why the amount was rounded."),
                _AT,
            ),
            "DOSE",
        ),
        Verb(
            "dose amend",
            dosing.AmendOrder,
            (
                _ORDER,
                Option("amount", _unit("mg"), "The new amount.", field="amount_mg"),
                Option("for", _when, "The new planned start.", field="planned"),
                Option("rounding", _text, "Why the amount was rounded."),
            ),
            "DOSE",
        ),
        Verb(
            "dose cancel", dosing.CancelOrder, (_ORDER, Option("why", help="The reason.", **_of(NotGivenCause))), "DOSE"
        ),
        Verb("dose pharmacy-check", dosing.CheckOrder, (_ORDER, _AT), "DOSE"),
        Verb(
            "dose release",
            dosing.ReleaseDose,
            (
                _ORDER,
                Option("lot", _text, "The lot.", required=True),
                Option("prepared", _unit("mg"), "The amount prepared.", field="prepared_mg", required=True),
                Option("waste", _unit("mg"), "The amount wasted.", field="waste_mg"),
                Option("vials", _whole, "Vials opened."),
                Option("volume", _unit("mL"), "The total volume.", field="volume_ml"),
                Option("diluted", _when, "When it was diluted.", field="diluted_at"),
                _AT,
            ),
            "DOSE",
            witnesses=1,
        ),
        Verb(
            "premed give",
            dosing.GivePremedication,
            (
                _p("subject", _text, "The order it is for, or the patient."),
                Option("set", _yes, "All agents of the pack, in the pack's dose.", field="whole_set", flag=True),
                Option("agent", _agent, "AGENT=DOSE@TIME; repeatable.", field="agents", many=True),
                _AT,
            ),
            "DOSE",
        ),
        Verb(
            "dose start",
            dosing.StartInfusion,
            (
                _ORDER,
                Option("wristband", _text, "What the wristband says.", required=True),
                Option(
                    "second-id",
                    _choice("dob", "enrolment-number"),
                    "The second identifier that was compared.",
                    choices=("dob", "enrolment-number"),
                ),
                Option("rate", _unit("mL/h"), "The pump's rate.", field="rate_ml_h"),
                _AT,
            ),
            "DOSE",
            witnesses=1,
        ),
        Verb(
            "dose interrupt",
            dosing.InterruptInfusion,
            (
                _DOSE,
                Option("why", help="The reason.", **_of(StopCause)),
                Option("volume", _unit("mL"), "Delivered so far.", field="volume_ml"),
                Option("ae", _text, "The toxicity's entry.", field="toxicity"),
                _AT,
            ),
            "DOSE",
        ),
        Verb(
            "dose resume",
            dosing.ResumeInfusion,
            (_DOSE, Option("rate", _unit("mL/h"), "The pump's rate.", field="rate_ml_h"), _AT),
            "DOSE",
        ),
        Verb("dose complete", dosing.CompleteInfusion, (_DOSE, *_END), "DOSE"),
        Verb(
            "dose abort",
            dosing.AbortInfusion,
            (
                _DOSE,
                *_END,
                Option("why", help="The reason.", **_of(StopCause)),
                Option("ae", _text, "The toxicity's entry.", field="toxicity"),
            ),
            "DOSE",
        ),
        Verb(
            "dose omit", dosing.OmitDose, (_ORDER, Option("why", help="The reason.", **_of(NotGivenCause)), _AT), "DOSE"
        ),
        Verb(
            "dose record",
            dosing.RecordInfusion,
            (
                _PATIENT,
                _p("drug", _token, "The drug."),
                Option("given", _unit("mg"), "The amount given, e.g. 10mg.", field="given_mg", positional=True),
                _AT,
                Option("until", _when, "When it ended."),
                Option("running", _yes, "It is still running.", flag=True),
                Option("order", _text, "The order's entry."),
                Option("checked-by", _text, "The second person who checked at the bedside."),
                Option("lot", _text, "The lot."),
                Option("prepared", _unit("mg"), "The amount prepared.", field="prepared_mg"),
                Option("volume", _unit("mL"), "The volume delivered.", field="volume_ml"),
                Option("route", help="The route.", **_of(Route)),
                Option(
                    "identity",
                    _choice("matched", "mismatched", "not-stated"),
                    "Whether two identifiers matched.",
                    choices=("matched", "mismatched", "not-stated"),
                ),
                Option("stopped", help="Why it was stopped early.", **_of(StopCause)),
                Option("pause", _pause, "An interruption, FROM..TO; repeatable.", field="pauses", many=True),
            ),
            "DOSE",
        ),
        Verb(
            "hold place",
            dosing.PlaceHold,
            (
                _PATIENT,
                _p("drug", _token, "The drug."),
                Option("why", _choice(*_HOLDS), "The reason.", required=True, choices=_HOLDS),
                Option("criterion", _text, "What ends it."),
                _AT,
            ),
            "DOSE",
        ),
        Verb("hold lift", dosing.LiftHold, (_p("hold", _text, "The hold's entry."), _AT), "DOSE"),
        Verb(
            "course discontinue",
            dosing.DiscontinueCourse,
            (
                _PATIENT,
                _p("drug", _token, "The drug."),
                Option("why", _choice(*_STOPS), "The reason.", required=True, choices=_STOPS),
                _AT,
            ),
            "DOSE",
        ),
        Verb(
            "tolerance assess",
            safety.AssessTolerance,
            (
                _DOSE,
                Option("worst", _whole, "The worst grade seen, 0 to 5."),
                Option("tolerated", _yes, "yes or no; by the worst grade when left out."),
                Option("ae", _text, "A toxicity to grade in the same act.", field="toxicity"),
                Option("grade", _whole, "Its grade."),
                Option("attribute", _relation, "DRUG=RELATION; repeatable.", many=True),
                Option("serious", _yes, "Whether it is serious."),
                _AT,
            ),
            "SAFETY",
        ),
        Verb(
            "toxicity report",
            safety.ReportToxicity,
            (
                _PATIENT,
                _p("term", _text, "The dictionary's term or alias, e.g. IRR."),
                Option("onset", _when, "When it began; now when left out."),
                Option("dose", _text, "The dose during or after which it came."),
                Option("words", _text, "As reported."),
                Option("aware", _when, "When the site became aware.", field="aware_at"),
            ),
            "SAFETY",
        ),
        Verb(
            "toxicity grade",
            safety.GradeToxicity,
            (
                _TOX,
                _p("grade", _whole, "1 to 5, as the term has them."),
                Option("lab-value", _number, "The laboratory value."),
                Option("lab-unit", _text, "Its unit."),
                Option("upper-limit", _number, "The upper limit of normal."),
                Option("baseline", _number, "The patient's baseline."),
                Option("from", _when, "From when; now when left out.", field="at"),
            ),
            "SAFETY",
        ),
        Verb(
            "toxicity regrade",
            safety.RegradeToxicity,
            (_TOX, _p("grade", _whole, "The grade it should be."), _AT),
            "SAFETY",
            witnesses=1,
        ),
        Verb(
            "toxicity attribute",
            safety.AttributeToxicity,
            (
                _TOX,
                _p("drug", _token, "The drug."),
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
                Option("serious", _yes, "yes or no."),
                Option(
                    "criterion", help="A criterion; repeatable.", field="criteria", many=True, **_of(safety.Criterion)
                ),
                Option("aware", _when, "When the site became aware.", field="aware_at"),
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
        Verb("deviation acknowledge", safety.AcknowledgeDeviation, (_p("finding", _text, "RULE@ENTRY."),), "SAFETY"),
        Verb(
            "deviation classify",
            safety.ClassifyDeviation,
            (
                _p("finding", _text, "RULE@ENTRY."),
                Option("important", _yes, "Whether it is an important deviation.", required=True),
                Option("root-cause", _text, "Why it came about.", required=True),
                Option("action", _text, "What is done about it."),
            ),
            "SAFETY",
        ),
        Verb(
            "override grant",
            safety.GrantOverride,
            (
                _PATIENT,
                _p("rule", _text, "The rule to pass."),
                Option("drug", _token, "The drug.", required=True),
                Option("amount", _unit("mg"), "The amount it is for.", field="amount_mg"),
                Option("until", _when, "Until when.", field="valid_until"),
            ),
            "SAFETY",
        ),
        Verb(
            "lot receive",
            supply.ReceiveLot,
            (
                _p("agent", _token, "The drug."),
                Option("lot", _text, "The lot.", required=True),
                Option("strength", _unit("mg"), "Per vial.", field="strength_mg", required=True),
                Option("vials", _whole, "How many.", required=True),
                Option("expiry", _day, "The last day of use.", required=True),
                Option("location", _token, "Where it is kept."),
                _AT,
            ),
            "SUPPLY",
        ),
        Verb(
            "correct",
            record.CorrectEntry,
            (
                _p("entry", _text, "The entry."),
                Option("set", _set, "FIELD=VALUE; repeatable.", field="changes", many=True),
                Option("at", _when, "The true time."),
            ),
            "RECORD",
            witnesses=1,
        ),
        Verb(
            "void",
            record.VoidEntry,
            (
                _p("entry", _text, "The entry."),
                Option("to-patient", _text, "The right patient."),
                Option("to-order", _text, "The right patient's order."),
            ),
            "RECORD",
            witnesses=1,
        ),
        Verb("countersign", record.CountersignEntry, (_p("entry", _text, "The entry."),), "RECORD"),
    )
}
"""Every write command by its name."""


def build(name: str, given: Mapping[str, object], reading: Reading) -> tuple[Act, Circumstances]:
    """Build an act and what is said beside it from options as text, flags, lists or tables; BadInput names what is wrong."""
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
