"""`doseledger backup make` and `doseledger restore`: the whole ledger in one file, and a ledger made of it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from commands.cli import console, envelope, lastseen
from commands.cli.going import Going
from commands.cli.options import Shared
from commands.cli.place import device_key_path, ledger_path, log_key_path, read_file, write_private
from commands.cli.session import reading, writing
from commands.cli.trust import tell
from ledger.anchors import Opener
from ledger.book import Ledger, is_url, shown
from ledger.copies.tail import SUFFIX, Tail, parse_tail
from ledger.errors import DoseLedgerError, IntegrityFailure, Unavailable
from ledger.events.archive import BackupMade, BackupRestored
from ledger.merkle.checkpoint import parse
from ledger.verify import Outside, verify_path

if TYPE_CHECKING:  # writing loads only when something is written
    from ledger.book.moving import Moved


class BackupDone(Struct, frozen=True, kw_only=True):
    """A backup: the file, the head it is of, its SHA-256; null where no entry says so in the ledger.

    `entry` is the position of the entry that names it, `tail` the file beside it with that entry and whatever else
    was written behind the backup, `verified` whether everything in it was derived again.
    """

    file: str
    size: int
    root: str
    digest: str
    verified: bool
    entry: int | None
    tail: str | None


class Restored(Struct, frozen=True, kw_only=True):
    """A ledger made of a backup: where it lies, the head that was restored, and what was last seen of it here.

    `entry` is the position of the entry that says so; null where none was written. `lost` counts the entries that
    were seen here and do not stand in it.
    """

    target: str
    size: int
    root: str
    digest: str
    entry: int | None
    seen: int | None
    lost: int


def backup_make(
    shared: Shared,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A new file, on another disk than the ledger's.")],
    *,
    full: Annotated[
        bool, typer.Option("--full", help="Derive everything in it again, as verify does; the root alone else.")
    ] = False,
) -> None:
    """Make a backup: the whole ledger in one file, while others go on writing; from a server too.

    It is compared with its signed checkpoint, and recorded in the ledger. What is written meanwhile, that entry with
    it, goes into FILE.tail: keep both. The keys of the log and of this machine are no part of it.
    """
    from ledger.book.keeping import back_up, require_free

    path = ledger_path(shared.ledger)
    require_free(f"{file}{SUFFIX}")
    with reading(shared.ledger) as ledger:
        made = back_up(path, file, lastseen.opener_of(ledger))
    if full:
        with Going("judged") as told:
            report = verify_path(file, progress=told)
        if report.exit_code != 0:
            tell(report, file)
            raise IntegrityFailure(
                "this backup is of a ledger in which something is wrong",
                why="the same is wrong in the ledger itself",
                fix="keep it and every older backup; run: doseledger verify",
            )
    root = made.root.hex()
    entry = _recorded(shared.ledger, BackupMade(size=made.size, root=root, digest=made.digest))
    tail = None if entry is None else _tail(path, file, made.size)
    done = BackupDone(file=file, size=made.size, root=root, digest=made.digest, verified=full, entry=entry, tail=tail)
    if shared.json:
        with Ledger.open(file, read_only=True) as backup:
            envelope.put("backup-make", backup, done)
        return
    console.answer(file)
    console.say(f"{made.size} entries, root {root}")
    if tail is not None:
        console.say(f"What was written since is in {tail}; keep it beside the backup.")
    console.say("Not in it: the keys of the log and of this machine, and nobody's own key. Keep them apart.")


def restore(
    shared: Shared,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The backup; FILE.tail beside it is used too.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Where the ledger shall lie; nothing may be there.")],
    *,
    expect: Annotated[
        str | None,
        typer.Option("--trusted", "--expect", metavar="NOTE", help="A checkpoint that was kept outside the ledger."),
    ] = None,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss", help="Restore it although newer entries were seen; registrars then sign for that."
        ),
    ] = False,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Restore it to read only: the entry that says so is not written.")
    ] = False,
) -> None:
    """Make a ledger of a backup: everything in it is verified first, and compared with what was last seen here.

    A backup older than that is refused (exit 8), because what was acknowledged since would be gone. The keys of the
    log and of this machine must lie beside TO, under their usual names.
    """
    from ledger.book.keeping import digest_of, require_free

    require_free(target)
    tail, digest = _beside(file), digest_of(file)
    if not without_keys:
        _require_keys(target)
    with Ledger.open(file, read_only=True) as backup:
        kept = read_file(expect) if expect is not None else lastseen.kept_of(backup).note()
        seen = None if kept is None else parse(kept)[0].size
        held = backup.size + (0 if tail is None else len(tail.entries))
        lost = 0 if seen is None else max(0, seen - held)
        if lost and not accept_loss:
            raise _older(file, held, lost)
        moved = _moved(file, target, lastseen.opener_of(backup), tail, lambda part: _require_sound(part, kept, lost))
    root = moved.root.hex()
    entry = None
    if not lost and not without_keys:
        entry = _recorded(target, BackupRestored(size=moved.size, root=root, digest=digest))
    done = Restored(target=shown(target), size=moved.size, root=root, digest=digest, entry=entry, seen=seen, lost=lost)
    if shared.json:
        with Ledger.open(target, read_only=True) as ledger:
            envelope.put("restore", ledger, done)
        return
    _told(done)


def _moved(file: str, target: str, opened: Opener, tail: Tail | None, check: Callable[[str], object]) -> Moved:
    """Carry a backup over once it was checked: onto a server from a private file, since nothing is taken back there."""
    from ledger.book.moving import move
    from ledger.copies import PrivateFolder

    with Going("restored") as told:
        if not is_url(target):
            return move(file, target, opened, tail=tail, check=check, progress=told)
        private = PrivateFolder()
        try:
            whole = private.path / "ledger"
            move(file, whole, opened, tail=tail, check=check, progress=told)
            return move(whole, target, opened, progress=told)
        finally:
            private.close()


def _recorded(option: str | None, event: BackupMade | BackupRestored) -> int | None:
    """Append what was done to the ledger; None where it cannot be, and stderr says why."""
    from commands.notes import note

    try:
        with writing(option) as session:
            position = note(session.ledger, session.post, "archive", lambda _pad, _roster: event).position
    except DoseLedgerError as error:
        why = f": {error.why}" if error.why else ""
        console.insist(f"! not recorded in the ledger: {error.what}{why}", "warn")
        return None
    console.say(f"  recorded in the ledger as #{position}")
    return position


def _tail(path: str, file: str, size: int) -> str:
    """Write what stands behind the backup beside it."""
    from ledger.book.keeping import tail_of

    name = f"{file}{SUFFIX}"
    with Ledger.open(path, read_only=True) as ledger:
        write_private(Path(name), tail_of(ledger, size).written())
    return name


def _beside(file: str) -> Tail | None:
    name = f"{file}{SUFFIX}"
    return parse_tail(read_file(name)) if Path(name).exists() else None


def _require_keys(target: str) -> None:
    missing = [str(path) for path in (log_key_path(target), device_key_path(target)) if not path.is_file()]
    if missing:
        raise Unavailable(
            "the keys of the restored ledger are not here",
            why=f"missing: {', '.join(missing)}",
            fix="put the keys of the log and of this machine there first; or restore it to read only: --without-keys",
        )


def _older(file: str, held: int, lost: int) -> IntegrityFailure:
    return IntegrityFailure(
        "this backup is older than what was seen of the ledger here",
        why=f"{file} holds {held} entries; {lost} that were written after them would be lost",
        fix="find a newer backup, its .tail, or another copy of the ledger; if there is none: --accept-loss",
    )


def _require_sound(part: str, kept: bytes | None, lost: int) -> None:
    """Verify what was made of the backup; IntegrityFailure where it does not hold, or is another history."""
    held_as = lastseen.HELD_AS
    with Going("judged") as told:
        outside = Outside(trusted=None if lost else kept, held_as=held_as)
        report = verify_path(part, outside=outside, progress=told)
    if report.exit_code != 0:
        tell(report, part)
        raise IntegrityFailure(
            "this backup is not restored: it does not hold",
            why=report.anchor if report.verdict in {"fork", "stale"} else f"{len(report.findings)} findings",
            fix="take an older backup; keep this one, for whoever asks what happened to it",
        )


def _told(done: Restored) -> None:
    console.answer(done.target)
    console.say(f"{done.size} entries, verified; root {done.root}")
    if done.seen is None:
        console.say("! nothing of this ledger was seen here before: compare its root with the paper", "warn")
    if done.lost:
        console.insist(f"! {done.lost} entries that were seen here are not in it", "warn")
        console.insist("  Texts that were redacted by them are here again, until these redactions come back.")
        console.insist("  Nothing can be written to it until registrars accept the loss: doseledger ledger accept")
        console.insist("  Then bring back what others still hold: doseledger entry recover")
