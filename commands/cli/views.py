"""The persisted views as `verify` compares them: with what the entries make of them."""

from __future__ import annotations

from functools import partial

from commands.cli.keeping import made_by
from ledger.book import Ledger
from ledger.errors import DoseLedgerError
from ledger.verify import Rebuild
from projections.views.comparing import compared as compare
from projections.views.comparing import left_out


def compared(path: str) -> tuple[list[Rebuild], list[str]]:
    """How the views of a ledger are compared with its entries, and which of them cannot be; nothing without views."""
    try:
        with Ledger.open(path, read_only=True) as ledger:
            lacking = left_out(ledger, made_by)
    except DoseLedgerError:
        return [], []  # the verification says why it cannot be read
    return ([], []) if lacking is None else ([partial(compare, made_by=made_by())], list(lacking))
