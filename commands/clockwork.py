"""Whether the machine's clock moved by itself: compared with what the machine counted, and with log time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec


class Moment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A moment by the clock, and how many seconds the machine had counted since it was started as `boot`."""

    boot: str
    awake_s: float
    at: datetime


Moved = tuple[Literal["clock-backwards", "clock-jump"], int]
"""What the clock did, and by how many seconds."""


def moved(before: Moment | None, present: Moment, log_time: datetime | None, limit_s: int) -> Moved | None:
    """Compare the present moment with an earlier one and with log time; None while all agree within `limit_s`.

    Since the same start the machine's own counter tells how much time passed. Across starts only log time is known:
    a clock that is behind it went back, or was wrong before. What was behind log time before is not told again.
    """
    limit = timedelta(seconds=limit_s)
    same = before is not None and before.boot == present.boot
    if before is not None and same:
        off = (present.at - before.at) - timedelta(seconds=present.awake_s - before.awake_s)
        if abs(off) > limit:
            return "clock-backwards" if off < timedelta(0) else "clock-jump", abs(off) // timedelta(seconds=1)
    if log_time is None or log_time - present.at <= limit:
        return None
    if before is not None and same and log_time - before.at > limit:
        return None
    return "clock-backwards", (log_time - present.at) // timedelta(seconds=1)
