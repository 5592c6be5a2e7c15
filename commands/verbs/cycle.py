"""The rows of the drug given in cycles: the cycle, the response, a transplant."""

from __future__ import annotations

from commands import cycle, options
from commands.options import Option
from commands.verbs.verb import AT, PATIENT, Verb, among
from ledger.events.cycle import Response
from ledger.events.dosing import NotGivenCause

RESPONSE = Option("response", required=True, help="The response of the disease.", **among(Response))
ROWS = (
    Verb("cycle open", cycle.OpenCycle, (PATIENT, AT), "DOSE"),
    Verb(
        "cycle omit",
        cycle.OmitDay,
        (
            PATIENT,
            Option("day", options.whole, "The day of the cycle.", required=True),
            Option("why", help="The reason.", **among(NotGivenCause)),
            AT,
        ),
        "DOSE",
    ),
    Verb(
        "cycle close",
        cycle.CloseCycle,
        (
            PATIENT,
            RESPONSE,
            Option("recovered", options.yes, "Whether organ function has recovered.", required=True),
            Option("unacceptable", options.yes, "Whether the toxicity was unacceptable; no when left out."),
            AT,
        ),
        "DOSE",
    ),
    Verb(
        "cycle stop",
        cycle.StopCycle,
        (PATIENT, Option("why", required=True, help="The reason.", **among(cycle.Stop)), AT),
        "DOSE",
    ),
    Verb(
        "response assess",
        cycle.AssessResponse,
        (
            PATIENT,
            Option("response", positional=True, required=True, help="The response.", **among(Response)),
            AT,
        ),
        "PATIENT",
    ),
    Verb(
        "transplant record",
        cycle.RecordTransplant,
        (PATIENT, Option("type", positional=True, required=True, help="Its type.", **among(cycle.Transplant)), AT),
        "PATIENT",
    ),
)
