"""The doses as they were given: premedication, preparation, amount and tolerance of each, and what was changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ledger.events.body import references
from ledger.events.dosing import PremedicationGiven
from ledger.events.entry import Entry
from ledger.rules.administration import LOOK_BACK
from projections.card import DoseRow
from projections.export.casebook import records
from projections.export.casebook.parts import Cell, Piece, Row, Section, Table, cell, entry, lines, says
from projections.export.casebook.source import Source

COLUMNS = (
    "Entry",
    "Started, ended",
    "Drug",
    "Premedication",
    "Prepared, lot",
    "Given",
    "Tolerance",
    "State",
    "Signed",
)
_NOUNS = frozenset(
    {"dose", "order", "premedication", "infusion", "tolerance", "hold", "course", "cycle", "day", "override"}
)
_OF_A_DOSE = frozenset({"dose", "order", "premedication", "infusion", "tolerance"})
_STARTS = frozenset({"infusion.started/1", "infusion.recorded/1"})
_SIGNED = (
    "infusion.started/1",
    "infusion.recorded/1",
    "infusion.completed/1",
    "infusion.aborted/1",
    "tolerance.assessed/1",
)


def section(source: Source, pictures: tuple[str, ...]) -> Section:
    """Show the doses, then every entry behind them."""
    return Section(
        "doses",
        "Doses",
        "One line for each infusion that was started; below it every entry about orders, premedication, infusions, "
        "tolerance, holds, cycles and overrides.",
        (
            Table(
                "Infusions",
                COLUMNS,
                (*(_dose(source, one) for one in source.card.doses), *_void(source)),
                "None was started.",
            ),
            records.table(source, "Every entry about doses", lambda noun: noun.partition(".")[0] in _NOUNS, "None."),
        ),
        pictures,
    )


def _dose(source: Source, dose: DoseRow) -> Row:
    family = _family(source, dose)
    places = [one.position for one in family]
    return Row(
        source.whole(places),
        (
            cell(entry(dose.entry)),
            _times(source, dose, places),
            _drug(dose),
            _premedication(source, family),
            (
                *source.value(dose.prepared_mg, places, "prepared_mg", unit="mg"),
                *lines(cell(dose.lot and f"lot {dose.lot}")),
                *source.changed(places, "lot"),
                says(dose.route, "soft", line=True),
            ),
            source.value(dose.given_mg or "not known", places, "given_mg", unit="mg" if dose.given_mg else None),
            _tolerance(source, dose, places),
            _state(source, dose),
            source.signed(source.whole(one.position for one in family if one.kind in _SIGNED)),
        ),
    )


def _family(source: Source, dose: DoseRow) -> Sequence[Entry]:
    """Give the records of one infusion: its order, its premedication, its start, and what names one of these."""
    order = source.by_position[dose.order].id if dose.order is not None else None
    names, before = {dose.id, order} - {None}, _before(source, dose)
    return [one for one in source.records if one.id in names | before or _of(source, one, dose, names)]


def _of(source: Source, one: Entry, dose: DoseRow, names: Collection[str | None]) -> bool:
    if one.kind.partition(".")[0] not in _OF_A_DOSE or (one.kind in _STARTS and one.id != dose.id):
        return False
    return bool({*names} & {*references(source.event(one))})


def _before(source: Source, dose: DoseRow) -> frozenset[str]:
    """Give the premedication that the rules judge this infusion by, whether it names an order or not."""
    course, drug = source.opened.course, source.opened.setting.protocol.ladder_drug
    found = next((one for one in course.doses_of(drug) if one.id == dose.id), None)
    if found is None:
        return frozenset()
    at = found.started_at
    since = max([*[one.started_at for one in course.doses_of(drug) if one.started_at < at][-1:], at - LOOK_BACK])
    return frozenset(one.id for one in course.premeds if since <= one.at <= at)


def _times(source: Source, dose: DoseRow, places: Iterable[int]) -> Cell:
    began = source.value(dose.started_at, (dose.entry,), "occurred.at")
    ends = [
        place for place in places if source.by_position[place].kind in ("infusion.completed/1", "infusion.aborted/1")
    ]
    lasted = f"{dose.running_min} min" if dose.running_min is not None else ""
    pauses = [f"interrupted {one.since} to {one.until or 'now'}: {one.why}" for one in dose.pauses]
    changed = (*source.changed((dose.entry,), "ended"), *source.changed(ends, "occurred.at"))
    return (
        *began,
        *lines(cell(dose.ended_at)),
        *changed,
        *lines(says(one, "soft") for one in (lasted, *pauses) if one),
    )


def _drug(dose: DoseRow) -> Cell:
    step = f"step {dose.step_mg} mg" if dose.step_mg is not None else ""
    order = f"ordered in {entry(dose.order)}" if dose.order is not None else "no order"
    over = f"override of {', '.join(dose.overridden)}" if dose.overridden else ""
    return (says(dose.drug), *lines(says(one, "soft") for one in (step, order, over) if one))


def _premedication(source: Source, family: Iterable[Entry]) -> Cell:
    found: list[Piece] = []
    for one in family:
        event, place = source.event(one), one.position
        if isinstance(event, PremedicationGiven):
            given = (f"{each.agent} {each.dose_mg} mg {each.at} ({entry(place)})" for each in event.given)
            found += lines(says(words) for words in given)
            found += source.changed((place,), *(name for record, name in source.changes if record == place))
    return tuple(found) or cell("none on record")


def _tolerance(source: Source, dose: DoseRow, places: Iterable[int]) -> Cell:
    if dose.tolerance is None:
        return ()
    judged = [place for place in places if source.by_position[place].kind == "tolerance.assessed/1"]
    worst = f"worst grade {dose.worst_grade}" if dose.worst_grade is not None else None
    return (
        says(dose.tolerance, "" if dose.tolerance == "tolerated" else "bad"),
        *source.changed(judged, "tolerated"),
        *lines(cell(worst)),
        *source.changed(judged, "worst_grade"),
    )


def _state(source: Source, dose: DoseRow) -> Cell:
    stopped = f"{dose.status}: {dose.stopped}" if dose.stopped is not None else dose.status
    counted = "counted" if dose.counted else "not counted"
    rules = dict.fromkeys(one.rule for one in source.opened.findings if one.target == dose.id)
    found = cell(f"see {', '.join(rules)} under Deviations" if rules else None, "soft")
    return (says(f"{stopped}, {counted}"), *source.state(source.by_position[dose.entry]), *lines(found))


def _void(source: Source) -> Iterable[Row]:
    """Show the infusions that were voided: they never count, and never disappear."""
    known = {dose.entry for dose in source.card.doses}
    for one in source.records:
        if one.kind in _STARTS and one.position not in known:
            whole = records.record_row(source, one)
            number, when, _, stated, state, signed = whole.cells
            crossed = tuple(says(piece.text, "old", line=piece.line) for piece in when)
            yield Row(whole.entries, (number, crossed, (*stated, *state, *signed)), struck=whole.struck)
