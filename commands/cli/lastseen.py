"""What this user last saw of a ledger, looked at whenever one is opened: a file rolled back or forked is noticed.

Reads warn, writes refuse. An inspection and a copy are never compared, and never change what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from commands.cli import console
from commands.cli.pinned import pinned_path
from commands.cli.place import ledger_place, state_dir
from ledger.anchors import LastSeen, Opener, Standing, compare, opener
from ledger.book import Ledger
from ledger.copies import form_of
from ledger.errors import DoseLedgerError, IntegrityFailure
from ledger.merkle.checkpoint import parse

FOLDER = "last-seen"
HELD_AS = "checkpoint last seen here"
"""What a report calls it."""
_PAPER = "doseledger checkpoint show"
_WHAT = {
    "stale": "this ledger is older than what was seen of it here",
    "fork": "this is another history of the ledger than the one that was seen here",
    "broken": "the newest checkpoint of the ledger does not hold",
    "unreadable": "what was last seen of this ledger cannot be read",
}


@dataclass(frozen=True)
class Look:
    """One comparison; `note` is what was kept, where it is a head of this log, `incident` the file of one."""

    standing: Standing
    kept: LastSeen
    note: bytes | None = None
    incident: Path | None = None


def kept_of(ledger: Ledger, state: str | None = None) -> LastSeen:
    """Give what is kept of a ledger, in the state folder of this user or in another one."""
    return LastSeen((Path(state) if state is not None else state_dir()) / FOLDER, ledger.id, ledger.log)


def opener_of(ledger: Ledger) -> Opener:
    """Give what opens the notes of a ledger, by the keys of its log, which are read when a note is opened."""

    def doubted(positions: Sequence[int]) -> str:
        from ledger.book.turning import doubt  # a log whose key never changed asks nothing

        return doubt(ledger, positions) if positions else ""

    return opener(lambda: ledger.log_keys, doubted)


def compared(ledger: Ledger) -> bool:
    """Whether a ledger is compared: it is a file, and nothing is being inspected."""
    return pinned_path(None) is None and form_of(ledger.path) is None


def instead_of(path: str, state: str | None) -> bytes | None:
    """Give the newest note of the ledger that was seen at a place where a copy lies; None anywhere else."""
    if pinned_path(None) is not None or form_of(path) is None:
        return None
    folder = (Path(state) if state is not None else state_dir()) / FOLDER
    try:
        return next(iter(LastSeen.seen_at(folder, ledger_place(path), Ledger.log)), None)
    except OSError:
        return None


def look(ledger: Ledger, state: str | None = None) -> Look:
    """Compare a ledger with what was last seen of it, keep what has grown, and write down what does not go with it.

    Raises what reading the ledger raises. A state folder that cannot be written is no error here.
    """
    kept = kept_of(ledger, state)
    try:
        note = kept.note()
    except OSError as error:
        return Look(Standing("unreadable", ledger.size, b"", why=str(error)), kept)
    standing = compare(note, ledger, opener_of(ledger))
    known = note if standing.verdict in {"same", "grown", "restored", "stale", "fork"} else None
    return Look(standing, kept, known, _written_down(kept, note, standing))


def keep(found: Look, place: str) -> str:
    """Keep the head that was found, where it is newer; why it could not be kept, or an empty text."""
    if found.standing.verdict not in {"first", "grown", "restored"}:
        return ""
    try:
        found.kept.keep(found.standing.note)
        if found.standing.verdict == "first":
            found.kept.at(ledger_place(place))
    except (OSError, DoseLedgerError) as error:
        return str(error)
    return ""


def on_read(ledger: Ledger) -> None:
    """Look at a ledger that was opened to read: warn of what does not go with what was seen, refuse nothing."""
    if not compared(ledger):
        kept = instead_of(ledger.path, None)
        if kept is not None:
            _exchanged(ledger, kept)
        return
    try:
        found = look(ledger)
    except DoseLedgerError as error:
        console.insist(f"! it cannot be told whether this is the ledger that was seen here: {error.what}", "warn")
        console.insist("  run: doseledger verify")
        return
    if not found.standing.sound:
        warn(found)
        return
    met = _elsewhere(found, ledger)
    if met or not keep(found, ledger.path):
        _greet(found, ledger, met)


def begin(ledger: Ledger) -> None:
    """Keep the first head of a ledger that was made here."""
    failed = keep(look(ledger), ledger.path)
    if failed:
        console.insist(f"! what is seen of this ledger cannot be kept: {failed}", "warn")


@contextmanager
def on_write(ledger: Ledger) -> Iterator[None]:
    """Look at a ledger that was opened to write, and keep its head when the block has written.

    Raises IntegrityFailure, before anything is written, where the ledger is not what was seen of it, or more, and at
    first contact where another ledger was seen at its place.
    """
    found = look(ledger)
    if not found.standing.sound:
        raise _refusal(found)
    met = _elsewhere(found, ledger)
    if met:
        raise _another(found, ledger, met)
    failed = keep(found, ledger.path)
    _greet(found, ledger, met)
    if failed:
        console.insist(f"! what is seen of this ledger cannot be kept: {failed}", "warn")
    try:
        yield
    finally:
        with suppress(DoseLedgerError):  # what is wrong with it the next command says
            keep(look(ledger), ledger.path)


@contextmanager
def on_loss(ledger: Ledger) -> Iterator[None]:
    """Let a ledger be written to although it is not what was seen of it, and keep its head afterwards."""
    try:
        yield
    finally:
        with suppress(DoseLedgerError):
            keep(look(ledger), ledger.path)


def before_verify(path: str, state: str | None) -> Look | None:
    """Look at a ledger file before it is verified; None for a copy, an inspection, and what cannot be opened."""
    if pinned_path(None) is not None or form_of(path) is not None:
        return None
    try:
        with Ledger.open(path, read_only=True) as ledger:
            return look(ledger, state)
    except (DoseLedgerError, TypeError, ValueError):
        return None  # the verification says what is wrong with a file like this


def after_verify(found: Look, path: str, *, good: bool, compared: bool) -> None:
    """Keep the head of a ledger that was verified; warn where the report was not `compared` with what was seen."""
    if not found.standing.sound:
        if found.standing.verdict == "unreadable" or not compared:
            warn(found)
        elif found.incident is not None:
            console.insist(f"! both heads are in {found.incident}", "warn")
    elif good and not (found.standing.verdict == "first" and _others(found, path)):
        failed = keep(found, path)
        if failed and found.standing.verdict != "same":
            console.insist(f"! what is seen of this ledger cannot be kept: {failed}", "warn")


def _exchanged(copy: Ledger, kept: bytes) -> None:
    try:
        seen = f"{parse(kept)[0].size} were seen here"
    except DoseLedgerError:
        seen = "what was seen here cannot be read"
    console.insist(f"! a copy lies where the ledger was: {copy.size} entries; {seen}", "warn")
    console.insist("  Find the ledger that was in use; to look at a copy keep it elsewhere: doseledger inspect")


def warn(found: Look) -> None:
    """Say that a ledger is not what was seen here."""
    error = _refusal(found)
    console.insist(f"! {error.what}: {error.why}", "warn")
    console.insist(f"  {error.fix}")


def _refusal(found: Look) -> IntegrityFailure:
    standing = found.standing
    where = f"; both heads are in {found.incident}" if found.incident is not None else ""
    match standing.verdict:
        case "unreadable":
            fix = f"compare the ledger with the paper ({_PAPER}); if it is the right one, move {found.kept.path} away"
        case "broken":
            fix = "run: doseledger verify"
        case _:
            fix = f"nothing is written to it; find the file that was in use, and compare both with the paper{where}"
            fix += "; what is lost for good the registrars give up: doseledger ledger accept"
    return IntegrityFailure(_WHAT[standing.verdict], why=standing.why, fix=fix)


def _greet(found: Look, ledger: Ledger, others: tuple[str, ...]) -> None:
    if found.standing.verdict == "restored":
        console.insist(f"! {found.standing.why}", "warn")
    if found.standing.verdict != "first":
        return
    for other in others:
        console.insist(f"! another ledger was seen at this place before: {other[:16]}...", "warn")
    if not console.manner.json:
        console.say(f"! first contact with the ledger {ledger.id[:16]}...: compare its root with the paper ({_PAPER})")


def _another(found: Look, ledger: Ledger, met: Sequence[str]) -> IntegrityFailure:
    folders = ", ".join(str(found.kept.path.parent.with_name(one)) for one in met)
    return IntegrityFailure(
        "another ledger was seen at this place before",
        why=f"this one is {ledger.id[:16]}..., that was {', '.join(f'{one[:16]}...' for one in met)}",
        fix=f"compare the id with the paper ({_PAPER}); if this is the right ledger, move away: {folders}",
    )


def _elsewhere(found: Look, ledger: Ledger) -> tuple[str, ...]:
    return _others(found, ledger.path) if found.standing.verdict == "first" else ()


def _others(found: Look, path: str) -> tuple[str, ...]:
    try:
        return found.kept.elsewhere(ledger_place(path))
    except OSError:
        return ()


def _written_down(kept: LastSeen, note: bytes | None, standing: Standing) -> Path | None:
    if standing.verdict not in {"stale", "fork"} or note is None:
        return None
    if standing.fork is not None:
        data = standing.fork.written()
    else:
        both = {"format": "doseledger-stale/1", "older": standing.note.decode(), "newer": note.decode()}
        data = msgspec.json.encode(both) + b"\n"
    try:
        return kept.incident(standing.verdict, data)
    except OSError:
        return None
