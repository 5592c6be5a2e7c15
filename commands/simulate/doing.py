"""One step on the stage: a write as a person does it, or a read; whatever comes of it is a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from commands.perform import Outcome
from commands.simulate.cast import somebody
from commands.simulate.result import Done, failed
from commands.simulate.scenario import Person, Step
from commands.simulate.stage import Stage
from commands.verbs import COMMON
from ledger.book import Ledger
from ledger.errors import BadInput, DoseLedgerError
from ledger.events.row import NURSES

Read = Callable[[Ledger, Mapping[str, object]], object]
"""A read command: the ledger and its arguments (as texts, times opened, with `now`) to its JSON data."""
_BESIDE = {option.name for option in COMMON} - {"performed-by", "seen"}


def write(stage: Stage, step: Step, people: Mapping[str, Person]) -> Done:
    """Do the act of a step, its premedication first where the shorthand is used."""
    options = stage.labels.options(step.options)
    first = Done()
    if step.premeds is not None:
        by, given = _premeds(step, options, people)
        first = _act(stage, "premed give", (by,), given)
        if first.exit:
            return first
    done = _act(stage, step.do, (step.by or "", *step.with_), options)
    gone = {finding.id for finding in done.cleared}
    raised = (*(finding for finding in first.raised if finding.id not in gone), *done.raised)
    return replace(done, entries=(*first.entries, *done.entries), added=first.added + done.added, raised=raised)


def read(stage: Stage, step: Step, reads: Mapping[str, Read]) -> Done:
    """Ask a read command; `known_before` is what was known when an entry was written."""
    command = str(step.options["command"])
    if command not in reads:
        raise BadInput(f"the read command {command!r} is not offered here", fix=f"one of: {', '.join(reads)}")
    arguments = _arguments(stage, step)
    try:
        return Done(data=reads[command](stage.ledger, arguments))
    except DoseLedgerError as error:
        return failed(error, added=0)


def accepted(stage: Stage, outcome: Outcome, before: int) -> Done:
    """Describe what an accepted act wrote and raised."""
    last = outcome.receipts[-1]
    entry = stage.ledger.entry(last.position)
    data = {
        "outcome": "accepted",
        "position": entry.position,
        "entry": entry.id,
        "leaf": entry.leaf,
        "winner": None,
        "attempt": None,
    }
    return Done(
        entries=tuple(receipt.position for receipt in outcome.receipts),
        added=stage.ledger.size - before,
        raised=outcome.raised,
        cleared=outcome.cleared,
        data=data,
    )


def _act(stage: Stage, do: str, persons: tuple[str, ...], options: Mapping[str, object]) -> Done:
    before = stage.ledger.size
    try:
        act, said = stage.build(do, options)
        outcome = stage.do(act, persons, said)
    except DoseLedgerError as error:
        return failed(error, added=stage.ledger.size - before)
    return accepted(stage, outcome, before)


def _premeds(
    step: Step, options: Mapping[str, object], people: Mapping[str, Person]
) -> tuple[str, Mapping[str, object]]:
    """Give the full set at the stated time, by the nurse of the step: who records it, or for whom, or any."""
    named = [
        name for name in (step.by, options.get("performed_by"), options.get("performed-by")) if isinstance(name, str)
    ]
    nurses = [name for name in named if name in people and NURSES & {*people[name].roles}]
    by = nurses[0] if nurses else somebody(people, NURSES)
    beside = {key: value for key, value in options.items() if key.replace("_", "-") in _BESIDE}
    subject = options["order"] if "order" in options else options["patient"]
    return by, {"subject": subject, "set": True, "at": step.premeds, **beside}


def _arguments(stage: Stage, step: Step) -> Mapping[str, object]:
    given = stage.labels.options(
        {key: value for key, value in step.options.items() if key not in ("command", "known_before")}
    )
    given["now"] = stage.clock.now
    for name in ("valid_at", "known_at", "since", "until"):
        if name in given:
            given[name] = _moment(stage, str(given[name]))
    before = step.options.get("known_before")
    if before is not None:
        if "known_at" in given:
            raise BadInput(f"{step.where}: known_at and known_before are the same question", fix="give one of them")
        given["known_at"] = stage.ledger.find(str(stage.labels.value(before))).position
    return given


def _moment(stage: Stage, said: str) -> object:
    """Read a moment, or the number of entries that were known; `#12` is known with all entries up to it."""
    if re.fullmatch(r"#[0-9]+", said):
        return int(said[1:]) + 1
    return int(said) if said.isdigit() else stage.at(said)
