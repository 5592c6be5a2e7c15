"""What went against the protocol: deviations and what was done about them, refused attempts, overrides."""

from __future__ import annotations

from projections.deviations import deviations
from projections.export.casebook import records
from projections.export.casebook.parts import Row, Section, Table, cell, entry, lines, says
from projections.export.casebook.source import Source
from projections.find.refusals import RefusalRow
from projections.find.refusals import refusals as asked

_DEVIATIONS = ("Entry", "Occurred", "Rule", "What", "Severity", "Nature", "Answer", "Cause and action", "Signed")
_REFUSALS = ("Entry", "When", "Act", "In the name of", "Rules", "What was typed", "What was answered", "Afterwards")


def section(source: Source) -> Section:
    """Show every finding, answered or open, and every entry that answers one."""
    ask = source.ask
    found = deviations(source.ledger, patient=ask.patient, now=ask.now, valid_at=ask.valid_at, known_at=ask.known_at)
    rows = tuple(
        Row(
            source.whole((one.entry,)),
            (
                cell(entry(one.entry)),
                cell(one.occurred),
                cell(one.rule),
                cell(one.text),
                cell(one.severity, "bad" if one.severity == "important" else ""),
                cell(one.nature),
                (
                    says(one.disposition, "bad" if one.disposition == "open" else ""),
                    *lines(cell(f"{one.by}, {one.at}" if one.by is not None else None, "soft")),
                    *lines(cell("important" if one.important else None)),
                ),
                lines([*cell(one.root_cause), *cell(one.action)]),
                source.signed((one.entry,)),
            ),
        )
        for one in found.rows
    )
    return Section(
        "deviations",
        "Deviations",
        "What the rules say of the facts; a fact is recorded, whatever they say.",
        (
            Table("Findings", _DEVIATIONS, rows, "None."),
            records.table(source, "Every entry about findings", lambda noun: noun.startswith("deviation."), "None."),
        ),
    )


def refusals(source: Source) -> Section:
    """Show the attempts that were refused; the device signs them, and says only who it was said to be."""
    rows = tuple(_attempt(one) for one in asked(source.ledger, source.ask).rows if one.what == "refused")
    words = "Nothing of these was carried out. Overrides that were granted stand among the doses."
    return Section("refusals", "Refused attempts", words, (Table("Attempts", _REFUSALS, rows, "None."),))


def _attempt(one: RefusalRow) -> Row:
    after = (says(f"{entry(each.position)} {each.kind.partition('/')[0]}", "soft", line=True) for each in one.followed)
    return Row(
        (one.position,),
        (
            cell(entry(one.position)),
            cell(one.recorded_at),
            cell(one.act),
            (
                says(one.claimed_by or "nobody known"),
                says(f"proof: {one.proof}; entered by {one.name}", "soft", line=True),
            ),
            cell(", ".join(one.rules) or f"exit {one.exit}"),
            cell(one.input or "not in this copy"),
            cell(one.answer or "not in this copy"),
            (says(one.outcome), *after),
        ),
    )
