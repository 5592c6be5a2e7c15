"""The dose levels as the desk sees them: every patient's file and every level's stream, judged together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.chart import PatientFile
from commands.draft import Desk
from ledger.course import cohort as fold
from ledger.course.history import effective
from ledger.errors import BadInput
from ledger.rules.cohort import Cohorts, Level, Member, assess


def cohorts(desk: Desk) -> Cohorts:
    """Judge all levels now, from everything the ledger knows."""
    members = [Member(file.number, file.entries, file.courses) for file in _enrolled(desk)]
    names = [name.partition("/")[2] for name in desk.book.streams("cohort/")]
    courses = {name: fold.fold(name, effective(desk.book.stream(f"cohort/{name}")).facts) for name in names}
    return assess(desk.setting.protocol, members, courses, desk.now)


def level_of(found: Cohorts, named: str) -> Level:
    """Find a level by its name; BadInput lists those of the pack."""
    level = found.level(named)
    if level is None:
        raise BadInput(
            f"there is no dose level {named}",
            why="the pack names the levels of the trial",
            fix=f"one of: {', '.join(one.level for one in found.levels)}",
        )
    return level


def open_findings(desk: Desk, level: Level) -> Mapping[str, Sequence[str]]:
    """Give the important findings that nobody answered, by patient of the level."""
    files = (desk.patient(place.patient) for place in level.places)
    return {file.number: [one.id for one in file.open_important] for file in files if file.open_important}


def _enrolled(desk: Desk) -> Sequence[PatientFile]:
    files = (desk.patient(name.partition("/")[2]) for name in desk.book.streams("patient/"))
    return [file for file in files if any(course.enrolled is not None for course in file.courses)]
