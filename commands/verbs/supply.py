"""The rows of the drug on the shelf: lots, and vials counted, wasted, returned, moved and destroyed."""

from __future__ import annotations

from commands import options, supply
from commands.options import Option
from commands.verbs.verb import AT, Verb, among, required

LOT = Option("lot", options.plain, "The lot.", required=True)
VIALS = Option("vials", options.whole, "How many vials.", required=True)
SHELF = (
    Option("location", options.token, "Where they are; where the lot was received when left out."),
    Option("agent", options.token, "The drug, where the lot was not received here."),
    Option("strength", options.unit("mg"), "Per vial, where the lot was not received here.", field="strength_mg"),
    AT,
)

ROWS = (
    Verb(
        "lot receive",
        supply.ReceiveLot,
        (
            required("agent", options.token, "The drug."),
            LOT,
            Option("strength", options.unit("mg"), "Per vial.", field="strength_mg", required=True),
            VIALS,
            Option("expiry", options.day, "The last day of use.", required=True),
            Option("location", options.token, "Where it is kept."),
            Option("remarks", options.plain, "The state it arrived in; kept beside the record."),
            Option("further", options.yes, "A further delivery of a lot that was received before.", flag=True),
            AT,
        ),
        "SUPPLY",
    ),
    Verb(
        "lot quarantine",
        supply.QuarantineLot,
        (
            required("lot", options.plain, "The lot."),
            Option("why", options.plain, "Why, in words; kept beside the record.", required=True),
            Option("lift", options.yes, "Take it out of quarantine.", flag=True),
            Option("agent", options.token, "The drug, where the lot was not received here."),
            AT,
        ),
        "SUPPLY",
    ),
    Verb(
        "stock count",
        supply.CountStock,
        (LOT, Option("counted", options.whole, "The vials on the shelf.", required=True), *SHELF),
        "SUPPLY",
    ),
    Verb(
        "stock waste",
        supply.WasteDrug,
        (
            Option("lot", options.plain, "The lot; that of the released dose when an order is named."),
            Option("order", options.plain, "The order whose released dose, or what is left of it, is wasted."),
            Option("vials", options.whole, "How many vials."),
            Option("mg", options.unit("mg"), "The amount in all; whole vials, or what is left, when left out."),
            Option("why", help="Why.", **among(supply.WasteCause)),
            *SHELF,
        ),
        "SUPPLY",
        witnesses=1,
    ),
    Verb(
        "stock return",
        supply.ReturnDrug,
        (LOT, VIALS, Option("to", help="Where to.", required=True, **among(supply.ReturnTo)), *SHELF),
        "SUPPLY",
    ),
    Verb(
        "stock transfer",
        supply.TransferDrug,
        (LOT, VIALS, Option("to", options.token, "The other location.", required=True), *SHELF),
        "SUPPLY",
    ),
    Verb(
        "stock destroy",
        supply.DestroyDrug,
        (LOT, VIALS, Option("method", options.plain, "How, in words; kept beside the record.", required=True), *SHELF),
        "SUPPLY",
        witnesses=1,
    ),
)
