"""The gates of the dose levels: who may be enrolled, what may be decided, which level may be opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ledger.events.cohort import Decision
from ledger.rules.cohort import Cohorts, Level
from ledger.rules.finding import Finding, Hit


def enrolment(cohorts: Cohorts, level: Level, phase: str) -> Iterator[Hit]:
    """List what keeps a patient from being enrolled at a level; a free slot is looked for by the caller."""
    yield from basis(cohorts)
    if level.too_toxic:
        yield Hit("K-CLOSED", f"{level.dlt} of {level.n} patients at level {level.level} had a DLT: accrual is closed")
    elif phase == "1":
        yield from _open(level)
    elif level.course.last is None or level.course.last.decision != "declare":
        yield Hit("K-CLOSED", f"level {level.level} was not declared, so phase II is not open")
    if level.course.suspended is not None:
        why, entry = level.course.suspended
        yield Hit("K-CLOSED", f"accrual at level {level.level} is suspended ({why}, entry {entry})")


def _open(level: Level) -> Iterator[Hit]:
    last = level.course.last
    if not level.opened and last is not None:
        yield Hit("K-CLOSED", f"level {level.level} was left by the decision of entry {last.position}: {last.decision}")
    elif not level.opened:
        yield Hit("K-CLOSED", f"level {level.level} is not open")


def basis(cohorts: Cohorts) -> Iterator[Hit]:
    """List the decisions that no longer rest on what they were based on."""
    for level in cohorts.changed:
        last = level.course.last
        if last is not None:
            yield Hit(
                "K-BASIS",
                f"the decision of entry {last.position} at level {level.level} ({last.decision}, {last.dlt} of "
                f"{last.n}) was based on other rulings: {', '.join(level.changed)}; "
                f"it is {level.dlt} of {level.n} now",
            )


def findings(cohorts: Cohorts) -> tuple[Finding, ...]:
    """List the findings across patients: each stands on the decision that it is about."""
    decided = [level.course.last for level in cohorts.changed if level.course.last is not None]
    hits = zip(decided, basis(cohorts), strict=True)
    return tuple(Finding(hit.rule, one.id, one.position, "important", hit.text) for one, hit in hits)


def decision(level: Level, wanted: Decision, open_findings: Mapping[str, Sequence[str]]) -> Iterator[Hit]:
    """List what keeps a decision from being signed; `open_findings` are important ones nobody answered, by patient."""
    for patient, one in level.unruled:
        what = f"entry {one.toxicity.position}" if one.toxicity is not None else "its counts"
        yield Hit("K-PENDING", f"nobody ruled on {one.why} of {patient} ({what})")
    for place in level.places:
        if place.unsure:
            yield Hit("K-PENDING", f"a ruling on {place.patient} awaits a signature")
    for patient, names in open_findings.items():
        yield Hit("K-PENDING", f"{patient} has open important findings: {', '.join(names)}")
    following = level.following
    if following is None:
        last = level.course.last
        if last is None:
            yield Hit("K-CLOSED", f"level {level.level} is not open")
        else:
            yield Hit("K-DESIGN", f"level {level.level} is already decided by entry {last.position}")
    elif wanted == "stop":
        return
    elif following == "fill":
        short = f"{level.n} of {level.capacity} patients are evaluable"
        yield Hit("K-PENDING", f"{short}: the level is filled first")
    elif wanted != following:
        yield Hit("K-DESIGN", f"{level.dlt} of {level.n} with a DLT mean {following}, not {wanted}")


def opening(cohorts: Cohorts, level: Level) -> Iterator[Hit]:
    """List what keeps a level from being opened; its value is required by the caller."""
    yield from basis(cohorts)
    if level.opened and level.course.openings:
        yield Hit("K-CLOSED", f"level {level.level} is already open (entry {level.course.openings[-1].position})")
    elif not level.opened and not _named(cohorts, level):
        yield Hit("K-CLOSED", f"no decision names level {level.level} next")
    if level.too_toxic:
        yield Hit("K-CLOSED", f"{level.dlt} patients at level {level.level} had a DLT")


def _named(cohorts: Cohorts, level: Level) -> bool:
    decided = [one.course.last for one in cohorts.levels if one.course.last is not None]
    newest = max(decided, key=lambda one: (one.at, one.position), default=None)
    return newest is not None and newest.to == level.level


def resumption(cohorts: Cohorts, level: Level) -> Iterator[Hit]:
    """List what keeps accrual at a level from being resumed."""
    yield from basis(cohorts)
    if level.course.suspended is None:
        yield Hit("K-CLOSED", f"accrual at level {level.level} is not suspended")
    if level.too_toxic:
        yield Hit("K-CLOSED", f"{level.dlt} patients at level {level.level} had a DLT")
