"""The rows of tolerance, toxicity, deviation and override."""

from __future__ import annotations

from commands import (
    deviation,
    options,
    safety,
)
from commands.options import Option
from commands.verbs.verb import (
    AT,
    DOSE,
    PATIENT,
    TOXICITY,
    Verb,
    among,
    required,
)
from ledger.rules.clocks import Report

LABORATORY = (
    Option("lab-value", options.number, "The laboratory value; the grade must be the one that it has."),
    Option("lab-unit", options.lab_unit, "Its unit, and that of the limits and the baseline."),
    Option("lower-limit", options.number, "The lower limit of normal."),
    Option("upper-limit", options.number, "The upper limit of normal."),
    Option("baseline", options.number, "The patient's baseline."),
)
ROWS = (
    Verb(
        "tolerance assess",
        safety.AssessTolerance,
        (
            DOSE,
            Option("worst", options.whole, "The worst grade seen, 0 to 5."),
            Option("tolerated", options.yes, "yes or no; by the worst grade when left out."),
            Option("ae", options.plain, "A toxicity to grade in the same act.", field="toxicity"),
            Option("grade", options.whole, "Its grade."),
            Option("attribute", options.relation, "DRUG=RELATION; repeatable.", many=True),
            Option("serious", options.yes, "Whether it is serious."),
            AT,
        ),
        "SAFETY",
    ),
    Verb(
        "toxicity report",
        safety.ReportToxicity,
        (
            PATIENT,
            required("term", options.plain, "The dictionary's term or alias, e.g. IRR."),
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
            TOXICITY,
            required("grade", options.whole, "1 to 5, as the term has them."),
            *LABORATORY,
            Option("from", options.when, "From when; now when left out.", field="at"),
        ),
        "SAFETY",
    ),
    Verb(
        "toxicity regrade",
        safety.RegradeToxicity,
        (TOXICITY, required("grade", options.whole, "The grade it should be."), *LABORATORY, AT),
        "SAFETY",
        witnesses=1,
    ),
    Verb(
        "toxicity attribute",
        safety.AttributeToxicity,
        (
            TOXICITY,
            required("drug", options.token, "The drug."),
            Option(
                "relation",
                positional=True,
                required=True,
                help="How likely it is the cause.",
                **among(safety.Relation),
            ),
            AT,
        ),
        "SAFETY",
    ),
    Verb(
        "toxicity serious",
        safety.AssessSeriousness,
        (
            TOXICITY,
            Option("serious", options.yes, "yes or no."),
            Option(
                "criterion", help="A criterion; repeatable.", field="criteria", many=True, **among(safety.Criterion)
            ),
            Option("aware", options.when, "When the site became aware.", field="aware_at"),
            AT,
        ),
        "SAFETY",
    ),
    Verb(
        "toxicity expected",
        safety.AssessExpectedness,
        (
            TOXICITY,
            required("expected", options.yes, "yes or no, by the reference safety information."),
            Option("reference", options.plain, "Where it is, or is not, listed."),
            AT,
        ),
        "SAFETY",
    ),
    Verb(
        "safety-report submitted",
        safety.SubmitSafetyReport,
        (
            TOXICITY,
            Option("report", positional=True, required=True, help="Which report.", **among(Report)),
            Option("ref", options.plain, "Its case number or file.", required=True),
            AT,
        ),
        "SAFETY",
    ),
    Verb(
        "toxicity resolve",
        safety.ResolveToxicity,
        (TOXICITY, Option("outcome", help="How it ended.", **among(safety.Outcome)), AT),
        "SAFETY",
    ),
    Verb(
        "deviation acknowledge",
        deviation.AcknowledgeDeviation,
        (required("finding", options.plain, "RULE@ENTRY."),),
        "SAFETY",
    ),
    Verb(
        "deviation classify",
        deviation.ClassifyDeviation,
        (
            required("finding", options.plain, "RULE@ENTRY."),
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
            PATIENT,
            required("rule", options.plain, "The rule to pass."),
            Option("drug", options.token, "The drug.", required=True),
            Option("amount", options.unit("mg"), "The amount it is for.", field="amount_mg"),
            Option("until", options.when, "Until when.", field="valid_until"),
        ),
        "SAFETY",
    ),
)
