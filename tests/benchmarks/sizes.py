"""How large the ledgers are that are measured; the environment changes it, for a quick look or for a long night."""

from __future__ import annotations

import os

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "10000"))
"""Entries of the ledger that is rebuilt, verified in five rounds, exported and listed."""
LARGEST = int(os.environ.get("BENCH_SIZE", "100000"))
"""Entries of the largest ledger; BENCH_SIZE=1000000 takes hours, and several GB of disk."""
MANY = 20_000
"""Above so many entries what takes minutes is measured once, not five times."""


def ladder(largest: int = LARGEST) -> tuple[int, ...]:
    """Sizes up to the largest, each ten times the one before; from 1,000 on, and three at least where it is small."""
    steps = [largest]
    while steps[-1] > 1_000 or (len(steps) < 3 and steps[-1] > 100):
        steps.append(max(steps[-1] // 10, 100))
    return tuple(reversed(steps))
