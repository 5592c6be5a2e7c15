"""A patient whose record is amended at random, and the record as the fold has it: what a trail is compared with."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

from acts import MONDAY, PATIENT, Ward
from dosed import recorded

from ledger.book import Ledger
from ledger.course.history import effective
from ledger.errors import DoseLedgerError
from ledger.events.record import EntryCountersigned
from projections.trail.fields import Words, of_fact

AMENDABLE = ("infusion.", "patient.measured", "toxicity.", "entry.")


def amended(ward: Ward, chance: random.Random, acts: int) -> None:
    """Record doses, toxicities and weights, and correct, void, regrade and countersign whatever stands."""
    for day in range(2):
        recorded(ward, "3mg", MONDAY + timedelta(days=day))
    for number in range(acts):
        ward.now += timedelta(minutes=7)
        entries = ward.book.stream(f"patient/{PATIENT}")
        target = f"#{chance.choice([one.position for one in entries if one.kind.startswith(AMENDABLE)])}"
        newest = f"#{ward.book.size - 1}"
        fix = {"entry": target, "reason": "transcription"}
        by, verb, said = chance.choice(
            (
                ("nurse.1", "patient measure", {"patient": PATIENT, "weight": f"{60 + number}kg", "height": "170cm"}),
                ("nurse.1", "toxicity report", {"patient": PATIENT, "term": "IRR", "words": f"word {number}"}),
                ("inv.1", "toxicity grade", {"toxicity": target, "grade": chance.randint(1, 4)}),
                ("inv.1", "toxicity regrade", {"toxicity": target, "grade": chance.randint(1, 4)}),
                ("nurse.1", "correct", {**fix, "set": [f"given={number + 1}mg"]}),
                ("nurse.1", "correct", {**fix, "set": [f"weight={number + 1}kg"]}),
                ("nurse.1", "correct", {**fix, "at": "2010-03-01T09:00-08:00"}),
                ("nurse.1", "void", {**fix, "reason": "duplicate"}),
                ("pi.1", "void", {**fix, "reason": "entered-in-error"}),
                ("pi.1", "countersign", {"entry": target}),
                ("pi.1", "countersign", {"entry": newest}),
            )
        )
        with suppress(DoseLedgerError):
            ward.do(by, verb, **said)


def standing(book: Ledger, size: int, patient: str, *, pending: bool = False) -> dict[int, dict[str, str]]:
    """The records of a patient as the fold has them: the signatures too, or what waits for one (`pending`)."""
    words = Words(book)
    entries = book.stream(f"patient/{patient}", up_to=size)
    past = effective(entries)
    struck = {entry.id for entry, _ in past.struck}
    facts = [(fact.entry, fact.event, fact.occurred) for fact in past.facts]
    if pending:
        waits = [one.entry for one in past.awaiting if one.target is None]
        more = [(entry, entry.event, entry.payload.occurred) for entry in waits]
    else:
        signed = [e for e in entries if isinstance(e.event, EntryCountersigned) and e.id not in struck]
        more = [(entry, entry.event, entry.payload.occurred) for entry in signed]
    return {
        entry.position: {
            path: str(words.show(value)) for path, value, _ in of_fact(event, occurred, entry.payload).values()
        }
        for entry, event, occurred in (*facts, *more)
    }
