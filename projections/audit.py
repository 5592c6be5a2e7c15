"""The audit trail as people read it: the log, one entry in full, one patient in clinical order, and why."""

from __future__ import annotations

from projections.explain import Explanation, explain
from projections.logbook import LogRow, Shown, log, show
from projections.timeline import Timeline, timeline

__all__ = ["Explanation", "LogRow", "Shown", "Timeline", "explain", "log", "show", "timeline"]
