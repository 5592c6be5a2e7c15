"""The table of rules, and a finding: what one rule says about one entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Severity = Literal["important", "minor", "query", "info"]


class Rule(Struct, frozen=True):
    """One rule: how bad a breach is, what it says, its source, and whether the investigator can override it."""

    id: str
    severity: Severity
    text: str
    source: str
    overridable: bool = True


class Hit(Struct, frozen=True):
    """A rule that one administration or act does not keep, with the words for this case."""

    rule: str
    text: str
    severity: Severity | None = None


class Finding(Struct, frozen=True):
    """What `rule` says about the entry `target`; derived, never stored."""

    rule: str
    target: str
    position: int
    severity: Severity
    text: str
    hindsight: bool = False
    planned: bool = False
    acknowledged: bool = False

    @property
    def id(self) -> str:
        """`RULE@position`, as people and `shown` name it."""
        return f"{self.rule}@{self.position}"


_ROWS = (
    Rule("P-CONSENT", "important", "Consent comes before any study procedure.", "21 CFR 312.62(b)", overridable=False),
    Rule("P-ENROLLED", "important", "Study drug is for enrolled patients.", "ours"),
    Rule("P-OFF", "important", "No study drug after the end of treatment or death.", "ours", overridable=False),
    Rule(
        "P-LOCK",
        "info",
        "What happened in a locked time is stated after unlocking alone.",
        "ICH E6(R3) 4.2.6; ours",
        overridable=False,
    ),
    Rule("P-LATE", "info", "An entry is made within the pack's limit for its kind.", "ours; ICH E6(R3) 4.2.4"),
    Rule("S-ID", "important", "Two patient identifiers match at the bedside.", "ASCO-ONS 2024", overridable=False),
    Rule(
        "A-COUNT",
        "important",
        "At most the pack's number of doses of the step-up drug for each patient.",
        "NCT00983528 registry text",
        overridable=False,
    ),
    Rule("A-MAX", "important", "No single dose above the pack's maximum.", "Campath label 2.1", overridable=False),
    Rule(
        "A-G34",
        "important",
        "A grade 3 or 4 reaction withholds the drug until it is resolved; grade 4 stops it.",
        "Campath label boxed warning, 5.2; stop: ours",
    ),
    Rule(
        "A-TOL",
        "info",
        "Tolerated means worst grade at most the pack's limit over its tolerance terms.",
        "Campath label 2.1; terms: ours",
    ),
    Rule(
        "A-STEPOK",
        "info",
        "A step is passed when it was tolerated and at least the pack's share of it was given.",
        "ours",
        overridable=False,
    ),
    Rule("A-TOLPEND", "info", "The previous dose has a signed tolerance assessment before the next order.", "ours"),
    Rule(
        "A-GAP",
        "important",
        "After the pack's gap in days since the last counted dose the steps start again.",
        "Campath label 2.1, 2.3",
    ),
    Rule(
        "A-LADDER",
        "important",
        "The next step only after the previous one was tolerated.",
        "NCT00983528 registry text; Campath label 2.1",
    ),
    Rule(
        "A-INTERVAL",
        "minor",
        "One dose a day; at the target on alternate days, three times a week.",
        "Campath label 2.1",
    ),
    Rule("A-WEEK", "important", "No more than the pack's weekly total.", "Campath label 2.1; week: ours"),
    Rule("A-HOLD", "important", "No dose while the drug is held or after it was discontinued.", "ours"),
    Rule("A-HEME", "important", "Haematology holds of the label, where the pack turns them on.", "Campath label 2.3"),
    Rule(
        "A-INFECT",
        "important",
        "Serious infection or reaction holds the drug; autoimmune cytopenia stops it.",
        "Campath label 2.3",
    ),
    Rule(
        "A-REPEAT",
        "minor",
        "The target step is reached within the pack's number of days.",
        "Campath label 2.1; days: ours",
    ),
    Rule(
        "A-PREMED",
        "important",
        "Every premedication agent is given before every infusion.",
        "NCT00983528 registry text",
    ),
    Rule("A-PREMED-DOSE", "minor", "Each premedication agent is given in the pack's dose.", "Campath label 2.2"),
    Rule(
        "A-PREMED-TIME",
        "minor",
        "Each premedication agent is given in the pack's time before the start.",
        "Campath label 2.2; upper bound: ours",
    ),
    Rule(
        "A-INF",
        "minor",
        "By intravenous infusion over the pack's time, never as a push or by another route.",
        "Campath label 2.1; tolerances: ours",
    ),
    Rule("A-PREP", "minor", "Used within the pack's hours after dilution.", "Campath label 2.4"),
    Rule(
        "C-AFTER",
        "important",
        "The cycle drug comes after the step-up drug has reached its target, and on a shared day after its infusion.",
        "NCT00983528 registry text; gate: ours",
    ),
    Rule(
        "C-NEXT",
        "important",
        "A further cycle only without progression and without unacceptable toxicity.",
        "NCT00983528 registry text",
    ),
    Rule(
        "C-CYCLE",
        "important",
        "The next day 1 comes after the pack's days, with neutrophils and organ function recovered.",
        "Clolar label 2.1",
    ),
    Rule(
        "C-STOP",
        "important",
        "Hypotension or a capillary leak on a day of dosing stops the cycle until the principal investigator lifts it.",
        "Clolar label 2.1, 5",
    ),
    Rule(
        "C-DEPTH",
        "important",
        "After a dose-limiting toxicity at the lowest level the cycle drug is stopped.",
        "NCT00983528 registry text; stop: ours",
    ),
    Rule(
        "C-DEESC",
        "important",
        "After a dose-limiting toxicity the patient goes on at the lower level, once it is resolved.",
        "NCT00983528 registry text; value: ours",
    ),
    Rule(
        "C-MOD-H",
        "important",
        "Long neutropenia reduces the next cycle.",
        "Clolar label 2.3",
    ),
    Rule(
        "C-MOD-NH",
        "important",
        "Infection and other severe toxicity hold, reduce or stop the cycle drug.",
        "Clolar label 2.3",
    ),
    Rule(
        "C-RENAL",
        "important",
        "Reduced creatinine clearance reduces the dose; below the pack's limit there is none.",
        "Clolar label 2.1, 8.6",
    ),
    Rule(
        "C-WT",
        "important",
        "A weight that changed by the pack's share within the cycle changes the dose.",
        "ours",
    ),
    Rule(
        "C-ROUND",
        "important",
        "No dose is further from the calculated one than the pack's share.",
        "HOPA dose rounding; NCI audit guideline",
    ),
    Rule(
        "C-LEVEL",
        "important",
        "The cycle drug is given within an open cycle, at its level and by the pack's route.",
        "NCT00983528 registry text; Clolar label 2.1",
    ),
    Rule(
        "C-BSA",
        "important",
        "Height and weight are measured before each cycle.",
        "Clolar label 2.1; formula: ours",
    ),
    Rule("C-DAY", "minor", "A missed day of a cycle is recorded as omitted, and not made up.", "ours"),
    Rule(
        "C-INF",
        "minor",
        "By infusion over the pack's time, in the pack's concentration, used within the pack's hours.",
        "Clolar label 2.1",
    ),
    Rule("C-SUPP", "minor", "Supportive care is on during the days of a cycle.", "Clolar label 2.1"),
    Rule("A-PROPH", "minor", "Anti-infective prophylaxis is on.", "Campath label 2.2, 5.3"),
    Rule(
        "S-2P",
        "important",
        "Two persons check a start; neither prescribed it, the second did not prepare it.",
        "ASCO-ONS 2024; prescriber: ours",
    ),
    Rule(
        "S-ORDER",
        "minor",
        "An infusion follows a checked, released order that has not expired; one open order a drug.",
        "ASCO-ONS 2024; limits: ours",
    ),
    Rule("S-LOT", "important", "The lot is known at the site, not expired and not in quarantine.", "21 CFR 312.62(a)"),
    Rule("S-DELEG", "important", "Who acts holds the role and the delegation for it.", "ICH E6(R3) 2.12"),
    Rule("T-GRADE", "info", "A grade exists for its term in the dictionary in force.", "CTCAE"),
    Rule("T-CONTRA", "important", "A tolerance stands against a later grade of a linked toxicity.", "ours"),
    Rule("K-VALUE", "info", "A value that the protocol does not give is never guessed.", "ours"),
    Rule(
        "K-BASIS",
        "important",
        "A cohort decision rests on the rulings that it was based on.",
        "ours",
        overridable=False,
    ),
    Rule("K-CLOSED", "important", "Patients are enrolled at a level that is open.", "ours", overridable=False),
    Rule("K-SLOT", "important", "A patient takes a free slot of an open level.", "ours"),
    Rule(
        "K-PENDING",
        "info",
        "A cohort is decided when its patients are ruled on and their important findings answered.",
        "ours",
    ),
    Rule(
        "K-DESIGN", "info", "A cohort decision is the one that the design gives.", "classic 3+3; Korn 1994, Storer 1989"
    ),
    Rule("D-QUERY", "query", "Two records disagree, or one is missing.", "ours"),
    Rule("D-TIME", "info", "Nothing is recorded before it happened, and no end before its start.", "ours"),
)

RULES: dict[str, Rule] = {rule.id: rule for rule in _ROWS}
"""Every rule by its id. Their order is the order in which one of several refusing rules is named first."""

_PLACE = {rule.id: place for place, rule in enumerate(_ROWS)}


def ranked(rules: Iterable[str]) -> tuple[str, ...]:
    """Put rule ids in the order in which they are named (DOMAIN: consent first, then identity, count, maximum ...)."""
    return tuple(sorted(set(rules), key=lambda rule: _PLACE[rule]))
