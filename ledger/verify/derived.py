"""L3: what the storage and the projections derived, against the entries, step by step beside the pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ledger.errors import DoseLedgerError
from ledger.merkle.tree import NodeReader
from ledger.verify.opening import Run, sentence
from ledger.verify.report import Finding
from ledger.verify.source import Audit, Oddity


class Derived:
    """The audit of one source; what the threads have opened is not opened again."""

    def __init__(self, audit: Audit) -> None:
        self.findings: list[Finding] = []
        self._audit = audit
        self._going = True

    @property
    def unread(self) -> Sequence[str]:
        """What could not be compared, in words, once everything was."""
        return self._audit.unread

    def take(self, run: Run, node: NodeReader) -> None:
        """Compare what hangs on a run of entries that was passed; `node` reads the tree that it made."""
        opened = {run.start + at: one.opened for at, one in enumerate(run.looked) if one.opened is not None}
        heads = frozenset(head.size for head in run.heads if head.checkpoint is not None)
        self._compare(self._audit.take(run.start + len(run.looked), opened, heads, node))

    def end(self, rebuilds: Sequence[Callable[[], Iterable[Finding]]]) -> None:
        """Compare everything else, and what the projections rebuild."""
        self._compare(self._audit.rest())
        self._collect(finding for rebuild in rebuilds for finding in rebuild())

    def _compare(self, oddities: Iterable[Oddity]) -> None:
        self._collect(Finding("L3", odd.kind, odd.why, odd.position) for odd in oddities)

    def _collect(self, found: Iterable[Finding]) -> None:
        """Take findings; whatever ends them is one more, and the last of its kind."""
        if not self._going:
            return
        try:
            self.findings.extend(found)
        except DoseLedgerError as error:
            self._failed(sentence(error))
        except Exception as error:  # noqa: BLE001 - no bytes of a file may end an inspection without a finding
            self._failed(f"{type(error).__name__}: {error}")

    def _failed(self, why: str) -> None:
        self._going = False
        self.findings.append(Finding("L3", "unreadable", why))
