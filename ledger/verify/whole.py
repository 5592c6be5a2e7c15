"""The verification of a whole ledger, from its stored bytes up, on all cores."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from os import PathLike, fspath

from ledger.book import Ledger
from ledger.copies import Copy, form_of, open_copy
from ledger.errors import DoseLedgerError
from ledger.events.study import LedgerCreated
from ledger.merkle.epochs import LogKey
from ledger.verify.anchoring import ANCHORS, Outside, anchored
from ledger.verify.derived import Derived
from ledger.verify.opening import Run, look, look_at_heads, run, sentence
from ledger.verify.passing import Passing
from ledger.verify.report import EXIT, NOT_ANCHORED, Finding, Report, first_bad
from ledger.verify.since import Since, Verified
from ledger.verify.source import Source
from ledger.verify.stored import Stored, opened

Rebuild = Callable[[Ledger], Iterable[Finding]]
"""Compares something derived from the entries with a rebuild of it; yields every difference."""

Progress = Callable[[int, int], object]
"""Told how many entries were judged, of how many."""

CHUNK = 256
"""Entries that a thread takes at once."""
SWITCH_SECONDS = 0.0005
"""A thread that returns from a signature check waits no longer than this for the interpreter."""
CHECKED = (
    "bytes",
    "signatures",
    "keys",
    "tree",
    "checkpoints",
    "texts",
    "blobs",
    "needs",
    "delegation",
    "after",
    "predicates",
    "counters",
    "derived columns",
)


NOTHING = Outside()


def verify(
    ledger: Ledger,
    *,
    trusted: bytes | None = None,
    outside: Outside = NOTHING,
    rebuilds: Sequence[Rebuild] = (),
    workers: int | None = None,
    since: Verified | None = None,
    progress: Progress = min,
) -> Report:
    """Derive everything again and report every difference; raises nothing for whatever is stored.

    `trusted` is a checkpoint, as a signed note, that somebody kept outside this ledger; `outside` takes more that
    is known from there. `workers` is the number of threads (None: one per core). With `since`, what that checkpoint
    covers is not judged again where it is a head of this ledger, and the verdict says so; where it is none, everything
    is. `progress` is told now and then how many entries of how many were judged.
    """
    held = outside if trusted is None else replace(outside, trusted=trusted)
    asked = [partial(rebuild, ledger) for rebuild in rebuilds]
    try:
        if form_of(ledger.path) is not None:
            with open_copy(ledger.path) as copy:
                return examine(copy, outside=held, rebuilds=asked, workers=workers, progress=progress)
        reader, source = opened(ledger.opened_as)
    except DoseLedgerError as error:
        return _unreadable(error)
    try:
        return examine(source, outside=held, rebuilds=asked, workers=workers, since=since, progress=progress)
    finally:
        reader.close()


def verify_path(
    path: str | PathLike[str],
    *,
    trusted: bytes | None = None,
    outside: Outside = NOTHING,
    rebuilds: Sequence[Rebuild] = (),
    workers: int | None = None,
    since: Verified | None = None,
    progress: Progress = min,
) -> Report:
    """Verify the ledger or the copy at a path; one that is missing, foreign or damaged beyond opening has failed.

    For `rebuilds` a copy is also read into a ledger of its own.
    """
    held = outside if trusted is None else replace(outside, trusted=trusted)
    try:
        if form_of(fspath(path)) is not None:
            with open_copy(path) as copy:
                asked = [partial(_on_copy, copy.path, rebuild) for rebuild in rebuilds]
                return examine(copy, outside=held, rebuilds=asked, workers=workers, progress=progress)
        with Ledger.open(path, read_only=True) as ledger:
            return verify(ledger, outside=held, rebuilds=rebuilds, workers=workers, since=since, progress=progress)
    except DoseLedgerError as error:
        return _unreadable(error)


def examine(
    source: Source,
    *,
    trusted: bytes | None = None,
    outside: Outside = NOTHING,
    rebuilds: Sequence[Callable[[], Iterable[Finding]]] = (),
    workers: int | None = None,
    since: Verified | None = None,
    progress: Progress = min,
) -> Report:
    """Verify whatever gives the stored bytes: a ledger file, or a copy of one."""
    held = outside if trusted is None else replace(outside, trusted=trusted)
    copy = source if isinstance(source, Copy) else None
    lacks = () if copy is None else copy.lacks
    before, held = _before(source, since, held)
    audit = source.audit() if before is None or not isinstance(source, Stored) else source.audit(before)
    passing, derived, key = Passing(source, lacks, before), Derived(audit), None
    unread = () if before is None or not rebuilds else ("what the projections keep",)
    rebuilds = rebuilds if before is None else ()
    try:
        key = _pass(passing, derived, source.size, workers or os.cpu_count() or 1, progress)
    except DoseLedgerError as error:
        passing.fail(passing.seen.size, None, "L1", "unreadable", sentence(error))
    except Exception as error:  # noqa: BLE001 - no bytes of a file may end an inspection without a finding
        passing.fail(passing.seen.size, None, "L1", "unreadable", f"{type(error).__name__}: {error}")
    derived.end(rebuilds)
    passing.findings.extend(derived.findings)
    if copy is not None:
        passing.findings.extend(_flaws(copy, passing, key))
    standing = anchored(passing, key, held, copy=copy is not None)
    findings = tuple(sorted(dict.fromkeys(passing.findings), key=_order))
    behind = source.size - passing.seen.size
    good = "continued" if before is not None and EXIT[standing.verdict] == 0 else standing.verdict
    return Report(
        verdict="failed" if any(finding.code not in ANCHORS for finding in findings) else good,
        ledger=passing.roster.ledger,
        entries=source.size,
        root=passing.seen.root_at(passing.seen.size).hex(),
        checked=(
            *(name for name in CHECKED if name not in lacks),
            *(("rebuilds",) if rebuilds else ()),
            *held.named,
        ),
        not_checked=(
            *standing.left_open,
            *(() if before is None else before.left_open()),
            *unread,
            *lacks,
            *derived.unread,
            *passing.unseen.words(),
            *((f"{behind} entries behind position {passing.seen.size - 1}",) if behind > 0 else ()),
        ),
        first_bad=first_bad(findings),
        findings=findings,
        notices=tuple(passing.notices),
        anchor=standing.words if before is None else f"{before.words()}; {standing.words}",
        anchors=standing.anchors,
        withheld=len(passing.unseen.withheld),
    )


def _flaws(copy: Copy, passing: Passing, key: LogKey | None) -> Iterator[Finding]:
    """What is wrong with a copy beside its entries."""
    root = passing.seen.root_at(passing.seen.size).hex()
    try:
        for why in copy.flaws(passing.roster.ledger, "" if key is None else passing.log_keys.newest.origin, root):
            yield Finding("L1", "copy", why)
    except (DoseLedgerError, OSError) as error:
        yield Finding("L1", "copy", sentence(error) if isinstance(error, DoseLedgerError) else str(error))


def _on_copy(path: str, rebuild: Rebuild) -> Iterator[Finding]:
    with Ledger.open(path, read_only=True) as ledger:
        yield from rebuild(ledger)


def _unreadable(error: DoseLedgerError) -> Report:
    finding = Finding("L1", "unreadable", sentence(error))
    return Report("failed", "", 0, "", (), CHECKED, None, (finding,), (), NOT_ANCHORED)


def _before(source: Source, since: Verified | None, held: Outside) -> tuple[Since | None, Outside]:
    """What is not judged again, and what is held outside with it: nothing where the checkpoint does not fit here."""
    if since is None:
        return None, held
    if held.trusted is None:
        held = replace(held, trusted=since.note, held_as="checkpoint verified before")
    if not isinstance(source, Stored):
        return None, held
    try:
        return source.since(since), held
    except (DoseLedgerError, TypeError, ValueError):
        return None, held  # everything is judged, and the comparison says how that checkpoint stands to it


def _pass(passing: Passing, derived: Derived, size: int, workers: int, progress: Progress) -> LogKey | None:
    source = passing.source
    if not size:
        passing.fail(None, None, "L1", "empty", "the ledger holds no entries")
        return None
    key = _genesis(passing, source) if passing.since is None else passing.log_keys.newest
    if key is None:
        return None
    with _switching(), _threads(workers) as pool:
        for one in _runs(passing, size, workers, pool):
            passing.take(one)
            if not passing.broken:
                derived.take(one, passing.seen.tree.node)
            progress(passing.seen.size, size)
            if passing.broken:
                return key
    stray = source.notes(size + 1, 2**63 - 1)
    if stray:
        passing.fail(
            size - 1, None, "L1", "checkpoint", f"a checkpoint of {stray[-1][0]} entries is stored; {size} are here"
        )
    passing.ended(size)
    return key


def _genesis(passing: Passing, source: Source) -> LogKey | None:
    """Pass the first entry, from which the ledger's id and the log's key come; None ends the pass."""
    (looked,) = look(source.log, 0, source.raws(0, 1), {})
    if looked.withheld:
        passing.fail(
            0, None, "L1", "genesis", "the first entry was left out of the copy; nothing can be judged without it"
        )
        return None
    passing.entry(looked)
    event = None if looked.opened is None else looked.opened.entry.event
    if not isinstance(event, LedgerCreated):
        return None
    key = passing.log_keys.newest
    for head in look_at_heads(source.notes(1, 2), key):
        passing.head(head)
    return key


def _runs(passing: Passing, size: int, workers: int, pool: ThreadPoolExecutor) -> Iterator[Run]:
    """The runs in order, a few ahead of the one that is passed."""
    source, waiting, unread = passing.source, deque[Future[Run]](), None
    for start in range(passing.seen.size, size, CHUNK):
        stop = min(start + CHUNK, size)
        try:
            raws = source.raws(start, stop)
            notes = list(source.notes(start + 1, stop + 1))
        except Exception as error:  # noqa: BLE001 - raised below: what was read before it is judged first
            unread = error
            break
        newest = passing.log_keys.newest
        waiting.append(pool.submit(run, source.log, start, raws, notes, passing.known, newest))
        if len(waiting) > 2 * workers:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
    if unread is not None:
        raise unread


def _order(finding: Finding) -> tuple[int, str]:
    """By position, then level; within both as they were found, the plainest first."""
    return (2**53 if finding.position is None else finding.position, finding.level)


@contextmanager
def _threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that end with the block; where it is left early, what they have not begun is dropped."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, SWITCH_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
