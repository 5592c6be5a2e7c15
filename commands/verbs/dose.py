"""The rows of a dose, from order to hold."""

from __future__ import annotations

from commands import (
    bedside,
    dosing,
    infusion,
    options,
    pharmacy,
)
from commands.options import Option
from commands.verbs.verb import (
    AT,
    DOSE,
    END,
    HOLDS,
    ORDER,
    PATIENT,
    STOPS,
    Verb,
    among,
    required,
)
from ledger.events.dosing import NotGivenCause, Route, StopCause

ROWS = (
    Verb(
        "dose order",
        dosing.OrderDose,
        (
            PATIENT,
            required("drug", options.token, "The drug."),
            required("amount", options.unit("mg"), "The amount, e.g. 10mg.", "amount_mg"),
            Option("for", options.when, "The planned start.", field="planned", required=True),
            Option("allergies", options.plain, "Allergies, as known now."),
            Option("rounding", options.plain, "Why the amount was rounded."),
            AT,
        ),
        "DOSE",
    ),
    Verb(
        "dose amend",
        dosing.AmendOrder,
        (
            ORDER,
            Option("amount", options.unit("mg"), "The new amount.", field="amount_mg"),
            Option("for", options.when, "The new planned start.", field="planned"),
            Option("rounding", options.plain, "Why the amount was rounded."),
        ),
        "DOSE",
    ),
    Verb("dose cancel", dosing.CancelOrder, (ORDER, Option("why", help="The reason.", **among(NotGivenCause))), "DOSE"),
    Verb("dose pharmacy-check", pharmacy.CheckOrder, (ORDER, AT), "DOSE"),
    Verb(
        "dose release",
        pharmacy.ReleaseDose,
        (
            ORDER,
            Option("lot", options.plain, "The lot.", required=True),
            Option("prepared", options.unit("mg"), "The amount prepared.", field="prepared_mg", required=True),
            Option("waste", options.unit("mg"), "The amount wasted.", field="waste_mg"),
            Option("vials", options.whole, "Vials opened."),
            Option("volume", options.unit("mL"), "The total volume.", field="volume_ml"),
            Option("diluted", options.when, "When it was diluted.", field="diluted_at"),
            AT,
        ),
        "DOSE",
        witnesses=1,
    ),
    Verb(
        "premed give",
        bedside.GivePremedication,
        (
            required("subject", options.plain, "The order it is for, or the patient."),
            Option("set", options.yes, "All agents of the pack, in the pack's dose.", field="whole_set", flag=True),
            Option("agent", options.agent, "AGENT=DOSE@TIME; repeatable.", field="agents", many=True),
            AT,
        ),
        "DOSE",
    ),
    Verb(
        "dose start",
        bedside.StartInfusion,
        (
            ORDER,
            Option("wristband", options.plain, "What the wristband says.", required=True),
            Option(
                "second-id",
                options.choice("dob", "enrolment-number"),
                "The second identifier that was compared.",
                choices=("dob", "enrolment-number"),
            ),
            Option("rate", options.unit("mL/h"), "The pump's rate.", field="rate_ml_h"),
            AT,
        ),
        "DOSE",
        witnesses=1,
    ),
    Verb(
        "dose interrupt",
        infusion.InterruptInfusion,
        (
            DOSE,
            Option("why", help="The reason.", **among(StopCause)),
            Option("volume", options.unit("mL"), "Delivered so far.", field="volume_ml"),
            Option("ae", options.plain, "The toxicity's entry.", field="toxicity"),
            AT,
        ),
        "DOSE",
    ),
    Verb(
        "dose resume",
        infusion.ResumeInfusion,
        (DOSE, Option("rate", options.unit("mL/h"), "The pump's rate.", field="rate_ml_h"), AT),
        "DOSE",
    ),
    Verb("dose complete", infusion.CompleteInfusion, (DOSE, *END), "DOSE"),
    Verb(
        "dose abort",
        infusion.AbortInfusion,
        (
            DOSE,
            *END,
            Option("why", help="The reason.", **among(StopCause)),
            Option("ae", options.plain, "The toxicity's entry.", field="toxicity"),
        ),
        "DOSE",
    ),
    Verb(
        "dose omit",
        infusion.OmitDose,
        (ORDER, Option("why", help="The reason.", **among(NotGivenCause)), AT),
        "DOSE",
    ),
    Verb(
        "dose record",
        infusion.RecordInfusion,
        (
            PATIENT,
            required("drug", options.token, "The drug."),
            Option("given", options.unit("mg"), "The amount given, e.g. 10mg.", field="given_mg", positional=True),
            AT,
            Option("until", options.when, "When it ended."),
            Option("running", options.yes, "It is still running.", flag=True),
            Option("order", options.plain, "The order's entry."),
            Option("checked-by", options.plain, "The second person who checked at the bedside."),
            Option("lot", options.plain, "The lot."),
            Option("prepared", options.unit("mg"), "The amount prepared.", field="prepared_mg"),
            Option("volume", options.unit("mL"), "The volume delivered.", field="volume_ml"),
            Option("route", help="The route.", **among(Route)),
            Option(
                "identity",
                options.choice("matched", "mismatched", "not-stated"),
                "Whether two identifiers matched.",
                choices=("matched", "mismatched", "not-stated"),
            ),
            Option("stopped", help="Why it was stopped early.", **among(StopCause)),
            Option("pause", options.pause, "An interruption, FROM..TO; repeatable.", field="pauses", many=True),
        ),
        "DOSE",
    ),
    Verb(
        "hold place",
        dosing.PlaceHold,
        (
            PATIENT,
            required("drug", options.token, "The drug."),
            Option("why", options.choice(*HOLDS), "The reason.", required=True, choices=HOLDS),
            Option("criterion", options.plain, "What ends it."),
            AT,
        ),
        "DOSE",
    ),
    Verb("hold lift", dosing.LiftHold, (required("hold", options.plain, "The hold's entry."), AT), "DOSE"),
    Verb(
        "course discontinue",
        dosing.DiscontinueCourse,
        (
            PATIENT,
            required("drug", options.token, "The drug."),
            Option("why", options.choice(*STOPS), "The reason.", required=True, choices=STOPS),
            AT,
        ),
        "DOSE",
    ),
)
