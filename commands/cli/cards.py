"""The patient card and its parts as text for people: every amount with its unit, every signature with its meaning."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from commands.cli import console
from ledger.anchors.sandwich import Sandwich
from projections.card import DoseRow, OrderRow, Read, Status, Toxicity
from projections.findings import FindingRow
from projections.printed import Signature


def card(data: Status) -> None:
    """Print one patient's card."""
    console.answer(console.paint(f"Patient {data.patient}   {data.state}   site {data.site}", "bold"))
    console.answer(f"  as known at {data.known_at} ({data.size} entries), valid at {data.valid_at}")
    body = [
        f"{data.height_cm} cm" if data.height_cm else "",
        f"{data.weight_kg} kg" if data.weight_kg else "",
        f"BSA {data.bsa_m2} m2" if data.bsa_m2 else "",
    ]
    if any(body):
        console.answer(f"  {', '.join(part for part in body if part)}")
    _course(data)
    _doses(data.doses)
    _section("Open orders", (_order(row) for row in data.orders))
    _section("Toxicities", (_toxicity(row) for row in data.aes))
    _section(
        "Holds",
        (
            f"{row.drug}: {row.text} ({row.rule}{'' if row.entry is None else f', #{row.entry}'})"
            + (" for good" if row.for_good else "")
            for row in data.holds
        ),
    )
    _section(
        "Pending",
        (
            f"#{row.entry} {row.kind} needs {', '.join(f'{need.meaning} by {need.role}' for need in row.needs)}; "
            "until then the stricter reading counts"
            for row in data.pending
        ),
    )
    _section(
        "In doubt since a key was revoked",
        (
            f"#{row.entry} {row.kind} is {row.state.upper()}: signed by "
            f"{', '.join(signature.name for signature in row.signatures)}; it counts toward every limit"
            for row in data.disputed
        ),
    )
    _section("Readings", (_reading(row) for row in data.readings))
    _section("Findings", (finding(row) for row in data.findings))
    _section(
        "Due",
        (f"{row.what}{f' ({row.rule})' if row.rule else ''}{f', by {row.due}' if row.due else ''}" for row in data.due),
    )
    _section("For the principal investigator", (f"{row.rule}@{row.entry} {row.text}" for row in data.alerts))
    pack(data.pack.id, data.pack.version, data.pack.fictional_parameters)
    console.answer(data.notice)


def _reading(row: Read) -> str:
    step = "no step is open" if row.protocol_step_mg is None else f"{row.protocol_step_mg} mg"
    return f"{row.reading.replace('-', ' ')}: {row.state}, {step}, counted {row.counted}, {row.cumulative_mg} mg in all"


def _course(data: Status) -> None:
    course = data.step_up
    console.answer(f"{course.drug}: {course.state}")
    because = f" ({', '.join(course.because)})" if course.because else ""
    if course.protocol_step_mg is None:
        console.answer(f"  no step is open{because}")
    else:
        console.answer(f"  the pack would not refuse {course.protocol_step_mg} mg{because}")
    over = f", {course.over} over" if course.over else ""
    console.answer(
        f"  counted {course.counted}, remaining {course.remaining}, orderable {course.orderable}{over}; "
        f"{course.cumulative_mg} mg in all"
    )
    console.answer(
        f"  week {course.week.n}: {course.week.given_mg} of {course.week.cap_mg} mg"
        + (f"; last started {course.last_started}" if course.last_started else "")
        + (f"; lapses on {course.lapses_on}" if course.lapses_on else "")
    )
    if len(data.weeks) > 1:
        console.answer(f"  weeks: {', '.join(f'{week.n}: {week.given_mg} mg' for week in data.weeks)}")
    cycles = data.cycles
    console.answer(f"{cycles.drug}: {cycles.state}")
    if cycles.cycle is not None:
        day = f", day {cycles.day}" if cycles.day is not None else ""
        dose = f"; calculated {cycles.dose_mg} mg" if cycles.dose_mg is not None else ""
        console.answer(f"  cycle {cycles.cycle}{day}, level {cycles.level}: {cycles.level_mg_m2} mg/m2 a day{dose}")
        given = ", ".join(map(str, cycles.given_days)) or "none"
        omitted = f"; omitted: {', '.join(map(str, cycles.omitted_days))}" if cycles.omitted_days else ""
        console.answer(f"  days given: {given}{omitted}")
    for reason in cycles.because:
        console.answer(f"  {reason}")


def _doses(doses: Iterable[DoseRow]) -> None:
    rows = list(doses)
    if not rows:
        return
    console.answer("Doses")
    console.table(
        ["entry", "started", "drug", "step", "given", "min", "tolerance", "status", "signed"],
        [
            [
                f"#{row.entry}",
                row.started_at,
                row.drug,
                _mg(row.step_mg),
                _mg(row.given_mg),
                "" if row.running_min is None else row.running_min,
                row.tolerance,
                row.status + (" late" if row.late else "") + ("" if row.counted else " not counted"),
                signed(row.signatures),
            ]
            for row in rows
        ],
        right=frozenset({"step", "given", "min"}),
    )


def _order(row: OrderRow) -> str:
    done = [
        name
        for name, flag in (("checked", row.checked), ("released", row.released), ("premedicated", row.premedicated))
        if flag
    ]
    times = f"for {row.planned_start}, until {row.expires}"
    state = ", ".join(done) or "not yet checked"
    return f"#{row.entry} {row.drug} {row.ordered_mg} mg {times}, by {row.prescriber}: {state}"


def _toxicity(row: Toxicity) -> str:
    grade = (
        "not graded"
        if row.grade is None
        else f"grade {row.grade}" + (f", now {row.current}" if row.current != row.grade else "")
    )
    parts = [f"#{row.entry} {row.term}, {grade} (CTCAE {row.dictionary})", f"onset {row.onset}"]
    parts += [f"{drug} {relation}" for drug, relation in row.relations.items()]
    parts += ["serious"] if row.serious else []
    parts += [f"{row.outcome} at {row.resolved_at}"] if row.resolved_at else []
    return ", ".join(parts)


def finding(row: FindingRow) -> str:
    """Describe a finding in one line."""
    marks = [
        name
        for name, flag in (("hindsight", row.hindsight), ("planned", row.planned), ("acknowledged", row.acknowledged))
        if flag
    ]
    said = f" ({', '.join(marks)})" if marks else ""
    return f"{row.id} {row.severity}{said}: {row.text}"


def signed(signatures: Iterable[Signature]) -> str:
    """Give printed name, role, meaning and time of each signature (21 CFR 11.50)."""
    return "; ".join(f"{one.name} ({one.role}): {one.meaning} {one.at}" for one in signatures)


def pack(name: str, version: str, fictional: Iterable[str]) -> None:
    """Name the pack, and say which of its values are made up."""
    made_up = list(fictional)
    console.answer(f"Protocol pack {name} {version}")
    if made_up:
        text = f"FICTIONAL parameters ({len(made_up)}): {', '.join(made_up)}"
        console.answer(textwrap.fill(text, 110, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False))


def _section(title: str, lines: Iterable[str]) -> None:
    found = list(lines)
    if found:
        console.answer(title)
        for line in found:
            console.answer(f"  {line}")


def _mg(amount: str | None) -> str:
    return "" if amount is None else f"{amount} mg"


def around(found: Sandwich, worth: Mapping[int, str] | None = None) -> Iterator[str]:
    """The time sandwich of an entry, a line for each limit.

    `worth` says of the anchors in the log what their evidence is worth; without it a last line says that nobody looked.
    """

    def limit(at: str | None, entry: int | None) -> str:
        said = "" if worth is None or entry is None else worth.get(entry, "")
        return f"{at} (#{entry}){f', {said}' if said else ''}" if at is not None else "no anchor says"

    yield f"written after   {limit(found.not_before, found.earlier)}"
    yield f"it says         {found.recorded_at}{' OUTSIDE' if found.outside else ''}"
    yield f"written before  {limit(found.not_after, found.later)}"
    if worth is None:
        yield f"what these times are worth: doseledger verify --entry '#{found.entry}'"
