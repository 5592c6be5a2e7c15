"""Why an entry was accepted, refused or found against the protocol: the rules, their sources, what they looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from ledger.book import Ledger
from ledger.events import dosing
from ledger.events.entry import Entry
from ledger.events.record import EntryRefused
from ledger.events.registry import KINDS
from ledger.rules.finding import RULES, Severity, ranked
from ledger.rules.lateness import basis
from ledger.rules.setting import Setting
from projections.accountability import found_in_books
from projections.card import NOTICE, PackRow, pack_row
from projections.findings import FindingRow, finding_row
from projections.inputs import Before, Inputs, before, gate, inputs
from projections.logbook import patient_of, payload_of
from projections.printed import Signature, View, second, signature
from projections.relied import Relied, relied
from projections.replay import PatientAt, Window, open_patient, setting, window
from projections.words import TextRow, texts, told

Outcome = Literal["kept", "broken", "passed", "refused"]
_COURSE = ("A-COUNT", "A-MAX", "A-G34", "A-HOLD", "A-HEME", "A-INFECT", "A-GAP", "A-LADDER", "A-INTERVAL", "A-WEEK")
_PATIENT = ("P-CONSENT", "P-ENROLLED", "P-OFF")
_PREMEDICATION = ("A-PREMED", "A-PREMED-TIME", "A-PREMED-DOSE")
_BEDSIDE = ("S-ID", "S-2P", "S-ORDER", "S-LOT", "A-INF", "D-QUERY")
_JUDGED_BY: dict[str, tuple[str, ...]] = {
    "dose.ordered/1": (*_PATIENT, *_COURSE, "A-TOLPEND", "S-ORDER"),
    "order.amended/1": (*_PATIENT, *_COURSE, "A-TOLPEND", "S-ORDER"),
    "infusion.started/1": (*_PATIENT, *_COURSE, *_PREMEDICATION, *_BEDSIDE),
    "infusion.recorded/1": (*_PATIENT, *_COURSE, *_PREMEDICATION, *_BEDSIDE),
    "infusion.completed/1": ("A-MAX", "A-INF", "D-QUERY"),
    "infusion.aborted/1": ("A-MAX", "A-INF", "D-QUERY"),
    "tolerance.assessed/1": ("A-TOL", "T-CONTRA"),
    "toxicity.graded/1": ("T-GRADE",),
    "toxicity.regraded/1": ("T-GRADE",),
    "patient.enrolled/1": ("P-CONSENT", "K-SLOT"),
    **{name: ("D-QUERY",) for name, row in KINDS.items() if row.family == "supply"},
}
"""The rules that look at a kind beside delegation and lateness."""


class RuleRow(View, frozen=True, kw_only=True):
    """One rule that judged the entry: what it says in general, its source, and what it said here.

    `passed` is an override by the principal investigator: the rule was broken and let pass.
    """

    rule: str
    outcome: Outcome
    here: str | None
    text: str
    source: str
    severity: Severity
    overridable: bool


class Attempt(View, frozen=True, kw_only=True):
    """A refused attempt: what was tried, by whom it was said to be, and the answer that was given."""

    act: str
    claimed_by: str | None
    proof: str
    rules: tuple[str, ...]
    exit: int
    answer: str | None
    input: str | None
    about: tuple[str, ...]


class Explanation(View, frozen=True, kw_only=True):
    """Everything that bears on one entry; `findings_then` as they stood when it was written, `findings_now` today."""

    entry: int
    id: str
    kind: str
    patient: str | None
    what: str
    occurred: str
    recorded_at: str
    pack: PackRow | None
    software: str
    rules_version: str
    after_size: int
    shown: tuple[str, ...]
    rules: tuple[RuleRow, ...]
    inputs: Inputs | None
    findings_then: tuple[FindingRow, ...]
    findings_now: tuple[FindingRow, ...]
    attempt: Attempt | None
    texts: tuple[TextRow, ...]
    relied: tuple[Relied, ...]
    signatures: tuple[Signature, ...]
    notice: str


def explain(ledger: Ledger, entry: Entry, *, now: datetime) -> Explanation:
    """Explain an entry by the protocol in force where it was written, and by what is known now."""
    through, then = window(ledger, now=now), window(ledger, now=now, known_at=entry.position + 1)
    base = setting(ledger, then) if ledger.roster(then.size).protocol is not None else None
    event = entry.event
    attempt = _attempt(ledger, event) if isinstance(event, EntryRefused) else None
    number = patient_of(entry) if attempt is None else _about(ledger, attempt, then)
    opened = open_patient(ledger, number, through) if number is not None else None
    found = before(opened, entry) if opened is not None and base is not None else None
    after = _raised(ledger, opened, entry, through)
    return Explanation(
        entry=entry.position,
        id=entry.id,
        kind=entry.kind,
        patient=number,
        what=told(entry),
        occurred=entry.payload.occurred.at,
        recorded_at=second(entry.recorded_at, through.zone),
        pack=pack_row(base.protocol) if base is not None else None,
        software=entry.payload.writer.software,
        rules_version=entry.payload.writer.rules,
        after_size=entry.payload.after.size,
        shown=entry.payload.shown,
        rules=_rules(entry, opened, base, found, after),
        inputs=inputs(found, base.protocol) if found is not None and base is not None else None,
        findings_then=_raised(
            ledger,
            open_patient(ledger, number, then, base=base) if opened is not None and number is not None else None,
            entry,
            then,
        ),
        findings_now=after,
        attempt=attempt,
        texts=tuple(texts(ledger, payload_of(entry))),
        relied=relied(ledger, entry, size=through.size),
        signatures=tuple(signature(signer) for signer in entry.everyone),
        notice=NOTICE,
    )


def _raised(ledger: Ledger, opened: PatientAt | None, entry: Entry, through: Window) -> tuple[FindingRow, ...]:
    """Give what is found on the entry: by its patient's course, or by the drug books."""
    if entry.stream.startswith("supply/"):
        return tuple(finding_row(one) for one in found_in_books(ledger, through) if one.target == entry.id)
    return () if opened is None else tuple(finding_row(one) for one in opened.findings if one.target == entry.id)


def _attempt(ledger: Ledger, event: EntryRefused) -> Attempt:
    answer, said = ledger.text(event.answer), ledger.text(event.input)
    return Attempt(
        act=event.act,
        claimed_by=event.claimed_by,
        proof=event.proof,
        rules=event.rules,
        exit=event.exit,
        answer=answer.decode(errors="replace") if answer is not None else None,
        input=said.decode(errors="replace") if said is not None else None,
        about=event.streams,
    )


def _about(ledger: Ledger, attempt: Attempt, then: Window) -> str | None:
    """Give the first known patient whom an attempt was about."""
    named = (stream.partition("/")[2] for stream in attempt.about if stream.startswith("patient/"))
    return next((number for number in named if ledger.stream(f"patient/{number}", up_to=then.size)), None)


def _rules(
    entry: Entry, opened: PatientAt | None, base: Setting | None, found: Before | None, after: Sequence[FindingRow]
) -> tuple[RuleRow, ...]:
    """List the rules that look at this kind, and those that said something about this entry."""
    if isinstance(entry.event, EntryRefused):
        return tuple(_rule(name, "refused", None) for name in entry.event.rules if name in RULES)
    here: dict[str, tuple[Outcome, str]] = {}
    if found is not None and base is not None and opened is not None:
        passed = _let_pass(opened, entry)
        for hit in gate(found, base, entry):
            here.setdefault(hit.rule, ("passed" if hit.rule in passed else "broken", hit.text))
    for one in after:
        here.setdefault(one.rule, ("passed" if one.planned else "broken", one.text))
    row = KINDS[entry.kind]
    names = {*_JUDGED_BY.get(entry.kind, ()), *here}
    if row.factual and row.task is not None:
        names.add("S-DELEG")
    if basis(entry.event, entry.occurred_at) is not None:
        names.add("P-LATE")
    return tuple(_rule(name, *here.get(name, ("kept", None))) for name in ranked(names))


def _let_pass(opened: PatientAt, entry: Entry) -> frozenset[str]:
    """Name the rules that the principal investigator let an order pass."""
    event = entry.event
    named = event.overrides if isinstance(event, dosing.DoseOrdered | dosing.OrderAmended) else ()
    return frozenset(opened.course.overrides[name].rule for name in named if name in opened.course.overrides)


def _rule(name: str, outcome: Outcome, here: str | None) -> RuleRow:
    rule = RULES[name]
    return RuleRow(
        rule=name,
        outcome=outcome,
        here=here,
        text=rule.text,
        source=rule.source,
        severity=rule.severity,
        overridable=rule.overridable,
    )
