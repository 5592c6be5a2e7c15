"""The rows of dose levels, cohorts, accrual and dose-limiting toxicity."""

from __future__ import annotations

from commands import cohort, options
from commands.options import Option
from commands.verbs.verb import AT, PATIENT, TOXICITY, Verb, among, required
from ledger.events.cohort import Decision

WHY = ("dlt", "decision-basis", "supply", "sponsor", "other")
LEVEL = required("level", options.plain, "The dose level, e.g. 0 or -1.")
BASIS = Option("basis", options.plain, "Why, in words; kept beside the record, not in the signed bytes.", required=True)

ROWS = (
    Verb("level open", cohort.OpenLevel, (LEVEL,), "STUDY"),
    Verb(
        "cohort decide",
        cohort.DecideCohort,
        (LEVEL, Option("decision", help="What follows.", positional=True, required=True, **among(Decision))),
        "STUDY",
        witnesses=1,
    ),
    Verb("cohort replace", cohort.DeclareNonEvaluable, (PATIENT, BASIS, AT), "STUDY", witnesses=1),
    Verb(
        "accrual suspend",
        cohort.SuspendAccrual,
        (LEVEL, Option("why", options.choice(*WHY), "The reason.", required=True, choices=WHY)),
        "STUDY",
    ),
    Verb("accrual resume", cohort.ResumeAccrual, (LEVEL,), "STUDY"),
    Verb(
        "dlt adjudicate",
        cohort.AdjudicateDlt,
        (TOXICITY, Option("dlt", options.yes, "yes or no.", required=True), BASIS, AT),
        "SAFETY",
        witnesses=2,
    ),
)
