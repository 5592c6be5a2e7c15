"""What a gated kind must not race: the entries that may not stand between what its author read and its own place."""

from __future__ import annotations

from ledger.events.row import Family

Conflicts = tuple[tuple[Family, frozenset[str]], ...]

COURSE = frozenset(
    {
        "dose.ordered/1",
        "order.amended/1",
        "order.cancelled/1",
        "infusion.started/1",
        "infusion.recorded/1",
        "dose.omitted/1",
        "tolerance.assessed/1",
        "toxicity.graded/1",
        "toxicity.regraded/1",
        "hold.placed/1",
        "course.discontinued/1",
        "treatment.ended/1",
        "consent.withdrawn/1",
        "patient.died/1",
        "override.granted/1",
        "cycle.opened/1",
        "cycle.closed/1",
        "cycle.stopped/1",
        "response.assessed/1",
        "dlt.adjudicated/1",
        "patient.measured/1",
        "lab.measured/1",
        "seriousness.assessed/1",
        "entry.corrected/1",
        "entry.voided/1",
        "entry.countersigned/1",
        "entry.recovered/1",
    }
)
"""What an order, a start or another gated act of a patient rests on: none of these may slip in between."""
SAME_PATIENT: Conflicts = (("any", COURSE),)
"""Everything the course of the same patient rests on."""
SLOTS: Conflicts = (
    (
        "patient",
        frozenset(
            {
                "patient.enrolled/1",
                "dlt.adjudicated/1",
                "patient.declared-non-evaluable/1",
                "consent.withdrawn/1",
                "patient.died/1",
                "entry.corrected/1",
                "entry.voided/1",
                "entry.countersigned/1",
                "entry.recovered/1",
            }
        ),
    ),
    ("cohort", frozenset({"level.opened/1", "cohort.decided/1", "accrual.suspended/1", "accrual.resumed/1"})),
)
"""Slots of a level: no other enrolment, ruling or decision of any patient, and nothing that undoes one."""


def only(*kinds: str) -> Conflicts:
    """Race only these kinds on the entry's own stream."""
    return (("any", frozenset(kinds)),)
