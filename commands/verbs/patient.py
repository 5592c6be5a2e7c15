"""The rows of a patient, apart from doses and toxicities."""

from __future__ import annotations

from commands import (
    options,
    patient,
)
from commands.options import Option
from commands.verbs.verb import (
    AT,
    ENDS,
    PATIENT,
    Verb,
    among,
    required,
)
from ledger.events.patient import Comparator

ROWS = (
    Verb(
        "patient register",
        patient.RegisterPatient,
        (
            PATIENT,
            Option(
                "sex",
                options.choice("F", "M", "X", "U"),
                "F, M, X or U.",
                required=True,
                choices=("F", "M", "X", "U"),
            ),
            Option("birth-year", options.whole, "Year of birth.", required=True),
            AT,
        ),
        "PATIENT",
    ),
    Verb(
        "patient consent",
        patient.RecordConsent,
        (
            PATIENT,
            Option("form", options.plain, "The consent form's version.", required=True),
            Option("guardian", options.plain, "The guardian who consented too."),
            Option("signed-on", options.when, "The day, or time, it was signed.", field="at"),
        ),
        "PATIENT",
    ),
    Verb(
        "patient screen",
        patient.ScreenPatient,
        (PATIENT, Option("not-met", options.token, "A criterion that is not met; repeatable.", many=True), AT),
        "PATIENT",
    ),
    Verb(
        "patient enrol",
        patient.EnrolPatient,
        (
            PATIENT,
            Option("level", options.plain, "The dose level, 0 or -1."),
            Option("cohort", options.whole, "The cohort's number."),
            Option("slot", options.whole, "The slot; the next free one when left out."),
            Option("phase", options.choice("1", "2"), "Phase of the trial.", choices=("1", "2")),
            Option("decided-by", options.plain, "The physician who decided, when you enter it for him."),
            AT,
        ),
        "PATIENT",
    ),
    Verb(
        "patient measure",
        patient.MeasurePatient,
        (
            PATIENT,
            Option("weight", options.measure("kg"), "Body weight.", field="weight_kg", required=True),
            Option("height", options.measure("cm"), "Body height.", field="height_cm"),
            AT,
        ),
        "PATIENT",
    ),
    Verb(
        "patient end-treatment",
        patient.EndTreatment,
        (PATIENT, Option("why", options.choice(*ENDS), "The reason.", required=True, choices=ENDS), AT),
        "PATIENT",
    ),
    Verb(
        "patient withdraw",
        patient.WithdrawConsent,
        (
            PATIENT,
            Option(
                "scope",
                options.choice("treatment", "study"),
                "What is withdrawn from.",
                required=True,
                choices=("treatment", "study"),
            ),
            AT,
        ),
        "PATIENT",
    ),
    Verb(
        "patient death",
        patient.RecordDeath,
        (
            PATIENT,
            Option("cause", options.plain, "The cause."),
            Option("aware", options.when, "When the site became aware.", field="aware_at"),
            AT,
        ),
        "PATIENT",
    ),
    Verb(
        "lab record",
        patient.RecordLab,
        (
            PATIENT,
            required("test", options.token, "The test, e.g. anc, plt, creatinine."),
            required("value", options.number, "The value."),
            required("unit", options.plain, "Its unit, e.g. /uL."),
            Option("comparator", help="lt, le, ge or gt: a value beyond the test's range.", **among(Comparator)),
            Option("lower-limit", options.number, "The laboratory's lower limit of normal."),
            Option("upper-limit", options.number, "The laboratory's upper limit of normal."),
            Option("reported", options.when, "When the result was reported.", field="reported_at"),
            AT,
        ),
        "PATIENT",
    ),
    Verb(
        "prophylaxis record",
        patient.RecordProphylaxis,
        (
            PATIENT,
            required("agent", options.token, "The agent."),
            Option("from", options.when, "The first day.", field="since", required=True),
            Option("to", options.when, "The last day.", field="until"),
        ),
        "PATIENT",
    ),
)
