"""The audit trail, field by field: what each entry put where, what stood there before, who, when and why."""

from __future__ import annotations

from projections.trail.row import TrailRow, Transaction
from projections.trail.rows import record_of, rows

__all__ = ["TrailRow", "Transaction", "record_of", "rows"]
