"""A history that is continued by new entries tells what all entries swept anew tell."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from test_history import Log, steps
from unsigned import BEGIN

from ledger.course.history import continued, readings


@settings(max_examples=800)
@given(steps, st.integers(1, 4))
def test_a_continued_history_is_the_whole_history(drawn: list[tuple[str, int, int, int, int]], stride: int) -> None:
    """The next dose would be judged by a course that lacks what was written since somebody last looked."""
    log = Log(drawn).entries
    known, size = readings((), at=BEGIN), 0
    while size < len(log):
        added = min(stride, len(log) - size)
        size += added
        known = continued(known, log[:size], added, at=BEGIN)
        assert readings(log[:size], at=BEGIN) == known
