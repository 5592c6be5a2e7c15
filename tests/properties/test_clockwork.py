"""Whether a clock moved: for any clock, any counter and any limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.clockwork import Moment, moved

START = datetime(2010, 3, 1, 9, tzinfo=UTC)
SECONDS = st.integers(0, 10**7)


def at(seconds: float, awake: float = 0, boot: str = "one") -> Moment:
    """The moment at so many seconds by the clock, and by the counter."""
    return Moment(boot=boot, awake_s=awake, at=START + timedelta(seconds=seconds))


@pytest.mark.req("P11-10e", "FQ14")
@given(passed=SECONDS, off=st.integers(-(10**6), 10**6), limit=st.integers(1, 86_400))
def test_a_clock_that_differs_from_the_counter_is_told(passed: int, off: int, limit: int) -> None:
    """Somebody sets the ward's clock back an hour to enter a late dose as if it were in time."""
    found = moved(at(0), at(passed + off, awake=passed), None, limit)
    what = "clock-backwards" if off < 0 else "clock-jump"
    assert (None if abs(off) <= limit else (what, abs(off))) == found


@given(behind=st.integers(-(10**6), 10**6), limit=st.integers(1, 86_400))
def test_after_a_restart_log_time_is_the_measure(behind: int, limit: int) -> None:
    """A machine whose battery is empty wakes up in the past, and nothing else remembers what time it was."""
    expected = ("clock-backwards", behind) if behind > limit else None
    for before in (None, at(0, boot="zero")):
        assert expected == moved(before, at(0), START + timedelta(seconds=behind), limit)


def test_what_was_told_is_not_told_again_until_it_moves() -> None:
    """A day of reports about one mistake would hide the one that matters."""
    log_time = START + timedelta(days=1)
    assert moved(at(0), at(60, awake=60), log_time, 120) is None
    assert ("clock-backwards", 3600) == moved(at(0), at(-3540, awake=60), log_time, 120)
