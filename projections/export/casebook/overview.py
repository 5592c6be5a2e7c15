"""Where the patient stands: the computed state with its reasons, holds, orders, what is due, and the safety clocks."""

from __future__ import annotations

from collections.abc import Iterator

from projections.clocks import safety_reports
from projections.export.casebook.parts import Cell, Row, Section, Table, cell, entry, says
from projections.export.casebook.source import Source

_PAIR = ("What", "Value")


def section(source: Source) -> Section:
    """Show the state as computed."""
    return Section(
        "state",
        "State",
        "Computed from the entries below by the rules of the protocol pack; the entries are the record.",
        (_state(source), _weeks(source), _holds(source), _orders(source), _due(source), _disputed(source)),
    )


def clocks(source: Source) -> Section:
    """Show every safety report that falls due or was sent."""
    ask = source.ask
    found = safety_reports(
        source.ledger, patient=ask.patient, now=ask.now, valid_at=ask.valid_at, known_at=ask.known_at
    ).clocks
    rows = tuple(
        Row(
            (one.ae,),
            (
                cell(entry(one.ae)),
                cell(one.term),
                cell(f"{one.report} ({one.days} days)"),
                cell(one.since),
                cell(one.due),
                cell(one.state, "bad" if one.state == "overdue" else ""),
                cell(one.submitted_at),
                source.signed((one.ae,)),
            ),
        )
        for one in found
    )
    columns = ("Toxicity", "Term", "Report", "Clock began", "Due", "State", "Sent", "Signed")
    words = "21 CFR 312.32 and 312.64(b): counted from when the site was aware."
    return Section("clocks", "Safety reports", words, (Table("Clocks", columns, rows, "None falls due."),))


def _state(source: Source) -> Table:
    card = source.card
    course, cycles = card.step_up, card.cycles
    step = f"{course.protocol_step_mg} mg" if course.protocol_step_mg is not None else "none"
    pairs: list[tuple[str, Cell]] = [
        ("state", cell(card.state)),
        ("height, weight, body surface", cell(_body(source))),
        (f"{course.drug}: course", cell(course.state)),
        (
            f"{course.drug}: protocol step",
            (says(step), *(says(one, "soft", line=True) for one in course.because)),
        ),
        (
            f"{course.drug}: doses",
            cell(f"{course.counted} counted, {course.remaining} remaining, {course.orderable} orderable"),
        ),
        (f"{course.drug}: in all", cell(f"{course.cumulative_mg} mg")),
        (f"{course.drug}: last started", cell(course.last_started or "never")),
        (f"{course.drug}: lapses on", cell(course.lapses_on or "-")),
        (
            f"{cycles.drug}: state",
            (says(cycles.state), *(says(one, "soft", line=True) for one in cycles.because)),
        ),
    ]
    if cycles.cycle is not None:
        dose = f"{cycles.dose_mg} mg" if cycles.dose_mg is not None else "none"
        pairs += [
            (f"{cycles.drug}: cycle", cell(f"{cycles.cycle}, level {cycles.level} ({cycles.level_mg_m2} mg/m2)")),
            (f"{cycles.drug}: next dose", cell(dose)),
            (f"{cycles.drug}: days given", cell(", ".join(map(str, cycles.given_days)) or "none")),
            (f"{cycles.drug}: days omitted", cell(", ".join(map(str, cycles.omitted_days)) or "none")),
        ]
    if course.over:
        pairs.append((f"{course.drug}: over the limit", cell(f"{course.over} doses", "bad")))
    pairs += [("to the principal investigator", (says(f"{one.rule}: {one.text}", "bad"),)) for one in card.alerts]
    return Table("As computed", _PAIR, tuple(Row((), (cell(what), said)) for what, said in pairs), "")


def _body(source: Source) -> str:
    card = source.card
    if card.weight_kg is None:
        return "not measured"
    return f"{card.height_cm or '?'} cm, {card.weight_kg} kg, {card.bsa_m2 or '?'} m2"


def _weeks(source: Source) -> Table:
    rows = tuple(
        Row((), (cell(str(week.n)), cell(f"{week.given_mg} mg"), cell(f"{week.cap_mg} mg")))
        for week in source.card.weeks
    )
    return Table(f"Treatment weeks of {source.card.step_up.drug}", ("Week", "Given", "At most"), rows, "None yet.")


def _holds(source: Source) -> Table:
    rows = tuple(
        Row(
            _known(source, one.entry),
            (
                cell(one.drug),
                cell(one.rule),
                cell(one.text),
                cell(entry(one.entry)),
                cell("for good" if one.for_good else "until it is lifted or over"),
            ),
        )
        for one in source.card.holds
    )
    return Table("Holds", ("Drug", "Rule", "Why", "Entry", "How long"), rows, "Nothing is held.")


def _orders(source: Source) -> Table:
    rows = tuple(
        Row(
            (one.entry,),
            (
                cell(entry(one.entry)),
                source.value(f"{one.ordered_mg} mg of {one.drug}", (one.entry,), "ordered_mg"),
                cell(one.planned_start),
                cell(one.expires),
                cell(", ".join(_steps(one.checked, one.released, one.premedicated)) or "nothing yet"),
                source.signed((one.entry,)),
            ),
        )
        for one in source.card.orders
    )
    columns = ("Entry", "Ordered", "For", "Expires", "Done", "Signed")
    return Table("Open orders", columns, rows, "None.")


def _steps(checked: bool, released: bool, premedicated: bool) -> Iterator[str]:  # noqa: FBT001  # three answers
    yield from ["checked"] * checked + ["released"] * released + ["premedicated"] * premedicated


def _due(source: Source) -> Table:
    rows = tuple(
        Row(
            _known(source, one.entry),
            (cell(one.what), cell(one.rule), cell(entry(one.entry)), cell(one.since), cell(one.due)),
        )
        for one in source.card.due
    )
    return Table("What is due", ("What", "Rule", "Entry", "Since", "Due"), rows, "Nothing.")


def _disputed(source: Source) -> Table:
    rows: list[Row] = [
        Row((one.entry,), (cell(entry(one.entry)), cell(one.kind), cell(one.state.upper(), "bad")))
        for one in source.card.disputed
    ]
    rows += [
        Row(
            (),
            (
                cell(one.reading),
                cell(one.state),
                cell(f"step {one.protocol_step_mg or 'none'}, counted {one.counted}, remaining {one.remaining}"),
            ),
        )
        for one in source.card.readings
    ]
    return Table(
        "Entries in doubt, and the course with and without them", ("Entry", "Kind", "State"), tuple(rows), "None."
    )


def _known(source: Source, position: int | None) -> tuple[int, ...]:
    """Give an entry of the patient; what stands in another stream has its signatures there."""
    return (position,) if position is not None and position in source.by_position else ()
