"""The machine's clock: the one place where the present time enters. No option and no variable can set it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from commands.clockwork import Moment

_UNSYNCHRONISED, _NANOSECONDS = 0x0040, 0x2000
"""Flags of the kernel's clock (adjtimex(2)): nobody keeps it right; its offset is in nanoseconds."""


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def moment() -> Moment | None:
    """The present moment beside what the machine itself has counted; None where it cannot be read."""
    import time
    from pathlib import Path

    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return Moment(boot=boot, awake_s=time.clock_gettime(time.CLOCK_BOOTTIME), at=now())
    except (OSError, AttributeError):
        return None


def offset_ms() -> Decimal | None:
    """How far the clock is from true time, in milliseconds, as the kernel says; None where nobody keeps it right."""
    import ctypes
    import struct

    try:
        buffer = ctypes.create_string_buffer(512)
        state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    except (OSError, AttributeError):
        return None
    _, offset, _, _, _, status = struct.unpack_from("=I4xqqqqi", buffer)
    if state < 0 or status & _UNSYNCHRONISED:
        return None
    return Decimal(offset) / (1_000_000 if status & _NANOSECONDS else 1_000)
