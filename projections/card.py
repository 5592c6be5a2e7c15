"""The patient card: every part of `status PATIENT` as it is printed and as its JSON stands (CLI contract, version 1).

Amounts are decimal strings in the unit of their name, without trailing zeros; times are local with their offset; a
bare number named `entry` is a position in the log.
"""

from __future__ import annotations

from typing import Literal

from msgspec import field

from ledger.course.people import Doubt
from ledger.protocol.model import Protocol
from ledger.rules.cycle import CycleState
from ledger.rules.ladder import State
from projections.findings import FindingRow
from projections.printed import Needed, Signature, View

NOTICE = "Not an order; the investigator decides."
PatientState = Literal[
    "IDENTIFIED",
    "CONSENTED",
    "ELIGIBLE",
    "SCREEN_FAILED",
    "ENROLLED",
    "ON_TREATMENT",
    "OFF_TREATMENT",
    "OFF_STUDY",
    "DIED",
]
Progress = Literal["in-progress", "on-hold", "completed", "aborted"]
Standing = Literal["tolerated", "not-tolerated", "pending", "contradicted"]


class Week(View, frozen=True, kw_only=True):
    """One treatment week of the step-up drug: what was given in it, and the cap."""

    n: int
    given_mg: str
    cap_mg: str


class StepUp(View, frozen=True, kw_only=True):
    """The course of the step-up drug, the stricter of every reading that stands.

    `protocol_step_mg` is null when held, exhausted or discontinued; `because` names the rules and entries behind it.
    """

    drug: str
    state: State
    protocol_step_mg: str | None
    because: tuple[str, ...]
    counted: int
    remaining: int
    orderable: int
    over: int
    cumulative_mg: str
    week: Week
    last_started: str | None
    lapses_on: str | None


class Cycles(View, frozen=True, kw_only=True):
    """The drug given in cycles; everything but its name and state is null or empty before the first cycle.

    `dose_mg` is what a dose would be now, null unless a cycle is open and nothing holds it; `because` says what holds
    or stops the drug.
    """

    drug: str
    state: CycleState
    cycle: int | None
    day: int | None
    level: str | None
    level_mg_m2: str | None
    dose_mg: str | None
    factors: dict[str, str]
    given_days: tuple[int, ...]
    omitted_days: tuple[int, ...]
    because: tuple[str, ...]


class Pause(View, frozen=True, kw_only=True):
    """An interruption of an infusion; `until` is null while it lasts."""

    since: str
    until: str | None
    why: str


class DoseRow(View, frozen=True, kw_only=True):
    """One administration that was started, under every reading: counted if any says so, tolerated if all do.

    `tolerance` is null for a drug without steps; `overridden` lists the rules that the principal investigator let
    pass; running and wall time are null where the time of day is not known.
    """

    id: str
    entry: int
    drug: str
    order: int | None
    started_at: str
    ended_at: str | None
    step_mg: str | None
    prepared_mg: str | None
    given_mg: str | None
    route: str
    lot: str | None
    running_min: int | None
    wall_min: int | None
    interruptions: int
    pauses: tuple[Pause, ...]
    counted: bool
    step_passed: bool
    late: bool
    tolerance: Standing | None
    worst_grade: int | None
    status: Progress
    stopped: str | None
    overridden: tuple[str, ...]
    signatures: tuple[Signature, ...]


class OrderRow(View, frozen=True, kw_only=True):
    """One open order, and what it still needs before it may be started."""

    id: str
    entry: int
    drug: str
    ordered_mg: str
    step_mg: str | None
    planned_start: str
    expires: str
    prescriber: str
    checked: bool
    released: bool
    premedicated: bool
    prepared_mg: str | None
    lot: str | None


class Grade(View, frozen=True, kw_only=True):
    """A grade from a moment on, of the dictionary version in force then."""

    grade: int
    since: str
    entry: int
    dictionary: str | None


class Toxicity(View, frozen=True, kw_only=True):
    """One toxicity with its grade history; `grade` is the highest, the worst of every reading, `current` the latest."""

    id: str
    entry: int
    term: str
    dictionary: str | None
    onset: str
    dose: int | None
    grade: int | None
    current: int | None
    grades: tuple[Grade, ...]
    relations: dict[str, str]
    serious: bool | None
    dlt: bool | None
    resolved_at: str | None
    outcome: str | None


class Due(View, frozen=True, kw_only=True):
    """Something that somebody has to do; `rule` asks for it, or is null for a missing signature."""

    what: str
    rule: str | None
    entry: int | None
    since: str | None
    due: str | None


class Pending(View, frozen=True, kw_only=True):
    """An entry without effect until it is signed; until then the stricter of both readings counts."""

    entry: int
    kind: str
    needs: tuple[Needed, ...]
    target: int | None
    signatures: tuple[Signature, ...]


class HoldRow(View, frozen=True, kw_only=True):
    """Why a drug may not be given now."""

    drug: str
    rule: str
    text: str
    entry: int | None
    for_good: bool


class Alert(View, frozen=True, kw_only=True):
    """A finding that the principal investigator must be told of at once."""

    to: Literal["principal-investigator"]
    rule: str
    entry: int
    text: str


class Clock(View, frozen=True, kw_only=True):
    """A safety report that falls due, and was not sent: `ae` is the toxicity's entry, `report` which one it is."""

    ae: int
    term: str
    report: Literal["7-day", "15-day", "follow-up", "sponsor"]
    days: int
    since: str
    due: str
    overdue: bool


class PackRow(View, frozen=True, kw_only=True):
    """The protocol pack behind every judgement here, and its parameters whose values are made up."""

    id: str
    version: str
    digest: str
    fictional_parameters: tuple[str, ...]


class Disputed(View, frozen=True, kw_only=True):
    """An entry whose signature is in doubt since its key was revoked; it counts toward every limit all the same.

    `disputed`: its signer has not answered; `repudiated`: he says that he did not sign. `signatures` are all it has.
    """

    entry: int
    kind: str
    state: Doubt
    signatures: tuple[Signature, ...]


class Read(View, frozen=True, kw_only=True):
    """The step-up course in one reading of a record with doubted entries: with them, or without all of them."""

    reading: Literal["as-recorded", "without-disputed"]
    state: State
    protocol_step_mg: str | None
    counted: int
    remaining: int
    cumulative_mg: str


class Status(View, frozen=True, kw_only=True):
    """Everything that is known of one patient, at one place in the log and one clinical moment.

    `readings` are empty while nothing is `disputed`; what stands above them is the stricter of all.
    """

    patient: str
    state: PatientState
    site: str
    size: int
    known_at: str
    valid_at: str
    height_cm: str | None
    weight_kg: str | None
    bsa_m2: str | None
    step_up: StepUp = field(name="alemtuzumab")
    cycles: Cycles = field(name="clofarabine")
    weeks: tuple[Week, ...]
    doses: tuple[DoseRow, ...]
    orders: tuple[OrderRow, ...]
    aes: tuple[Toxicity, ...]
    clocks: tuple[Clock, ...]
    findings: tuple[FindingRow, ...]
    due: tuple[Due, ...]
    pending: tuple[Pending, ...]
    disputed: tuple[Disputed, ...]
    readings: tuple[Read, ...]
    holds: tuple[HoldRow, ...]
    alerts: tuple[Alert, ...]
    pack: PackRow
    notice: str


class PatientRow(View, frozen=True, kw_only=True):
    """One patient in the overview."""

    patient: str
    state: PatientState
    course: State
    protocol_step_mg: str | None
    counted: int
    remaining: int
    last_started: str | None
    lapses_on: str | None
    open_important: int
    due: int
    pending: int
    holds: int


class Overview(View, frozen=True, kw_only=True):
    """Every patient of the site, one row each."""

    site: str
    size: int
    known_at: str
    valid_at: str
    patients: tuple[PatientRow, ...]
    pack: PackRow | None
    notice: str


class Task(View, frozen=True, kw_only=True):
    """Something that is due, and for whom; `overdue` when its time is past."""

    patient: str
    what: str
    rule: str | None
    entry: int | None
    since: str | None
    due: str | None
    overdue: bool


class Todo(View, frozen=True, kw_only=True):
    """What is due across all patients, the earliest first."""

    size: int
    known_at: str
    valid_at: str
    tasks: tuple[Task, ...]
    notice: str


def pack_row(protocol: Protocol) -> PackRow:
    """Name a pack, with what in it is made up."""
    return PackRow(
        id=protocol.id,
        version=protocol.version,
        digest=protocol.digest,
        fictional_parameters=protocol.fictional,
    )
