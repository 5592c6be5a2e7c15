"""Times as people write them: read with the site's zone, never guessed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from commands.draft import When
from ledger.errors import BadInput, Question

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_CLOCK = re.compile(r"(?:(?P<word>today|yesterday|tomorrow|\d{4}-\d{2}-\d{2})[ T])?(?P<hm>\d{1,2}:\d{2})\Z")
_FORMS = "2026-02-10T03:05+01:00, '2026-02-10 03:05', 02:55, 'yesterday 22:10', or a day: 2026-02-10"


def read_when(text: str, now: datetime, zone: str) -> When:
    """Read a time or a day; BadInput for anything else, Question for an hour that does not exist or exists twice."""
    said = text.strip()
    if said == "now":
        return When(now)
    if said in ("today", "yesterday", "tomorrow"):
        return _day(_date(said, now), zone)
    if _DAY.match(said):
        return _day(_date(said, now), zone)
    found = _CLOCK.match(said)
    if found is not None:
        hour, minute = (int(part) for part in found["hm"].split(":"))
        if hour > 23 or minute > 59:
            raise BadInput(f"{text!r} is not a time", why=f"there is no {found['hm']}", fix=f"for example: {_FORMS}")
        return When(_placed(_date(found["word"] or "today", now), hour, minute, zone))
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or "T" not in said:
        raise BadInput(
            f"{text!r} is not a time",
            why="times are written in one of a few forms, so that none is guessed",
            fix=f"for example: {_FORMS}",
        )
    return When(at.astimezone(ZoneInfo(zone)).replace(second=0, microsecond=0))


def _date(word: str, now: datetime) -> date:
    offsets = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if word in offsets:
        return now.date() + timedelta(days=offsets[word])
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise BadInput(f"{word!r} is not a day", why=str(error), fix=f"for example: {_FORMS}") from error


def _day(day: date, zone: str) -> When:
    return When(datetime(day.year, day.month, day.day, 12, 0, tzinfo=ZoneInfo(zone)), day)


def _placed(day: date, hour: int, minute: int, zone: str) -> datetime:
    """Put a wall-clock time into the zone; a summer-time change makes some hours a question."""
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
    twice = local.replace(fold=1)
    if local.utcoffset() == twice.utcoffset():
        return local
    forms = [one.astimezone(UTC).astimezone(ZoneInfo(zone)) for one in (local, twice)]
    if forms[0].replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Question(
            f"{day} {hour:02d}:{minute:02d} does not exist in {zone}",
            why="the clocks were put forward over it",
            fix=f"{forms[1].isoformat(timespec='minutes')} or {forms[0].isoformat(timespec='minutes')}",
        )
    raise Question(
        f"{day} {hour:02d}:{minute:02d} exists twice in {zone}",
        why="the clocks were put back over it",
        fix=f"say which: {local.isoformat(timespec='minutes')} or {twice.isoformat(timespec='minutes')}",
    )
