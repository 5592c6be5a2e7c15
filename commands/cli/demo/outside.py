"""What leaves the play: a page for the binder, a head that a witness cosigned by file, a backup that was restored."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from commands.cli import clock
from commands.cli.anchoring import on_paper
from commands.cli.named import witness_key
from commands.cli.place import write_private
from commands.cli.session import Session
from commands.cli.version import SOFTWARE
from commands.cli.witness.desk import witness
from commands.cli.witness.taking import Cosigned, recorded, request_from
from commands.notes import note
from ledger.anchors import opener
from ledger.anchors.cosignature import witness_key as key_of
from ledger.anchors.memory import Memory
from ledger.anchors.quorum import policy_of
from ledger.anchors.reply import take
from ledger.book.keeping import back_up, tail_of
from ledger.book.moving import move
from ledger.copies.tail import SUFFIX
from ledger.errors import IntegrityFailure
from ledger.events.archive import BackupMade
from ledger.events.study import Witnesses
from ledger.merkle.note import VerifierKey
from ledger.signing.keyfile import create_system
from ledger.verify import Outside
from projections.export.paper.making import page
from projections.printed import second

NAME = "sponsor.example/w1"
PAGE = "anchor.html"
KEY = "witness/sponsor.key"
PUBLIC = f"{KEY}.pub"
STATE = "witness/memory"
REQUEST, REPLY = "witness/to-sponsor", "witness/to-site"
BACKUP = "backup/demo.backup"
RESTORED = "restored/demo.ledger"


def named(here: Path) -> Witnesses:
    """Make the key and the memory of the fictional sponsor's witness, and the policy that names it."""
    text, public = create_system(comment=f"doseledger demo {NAME}")
    mine = key_of(NAME, public.raw)
    write_private(here / KEY, text)
    write_private(here / PUBLIC, f"{mine.text()}\n".encode())
    Memory.begin(here / STATE, mine)
    return policy_of([mine], 1)


def held(here: Path) -> Outside:
    """What whoever looks at the play holds outside of its ledger: the key of the witness, where there is one."""
    path = here / PUBLIC
    return Outside(witnesses=(witness_key(str(path)),)) if path.exists() else Outside()


def printed(session: Session, here: Path) -> int:
    """Make the page of the newest head, and record it; gives the number of entries on it."""
    ledger, zone = session.ledger, ZoneInfo(session.genesis.zone)
    at = second(clock.now(), zone)
    shown, made = page(ledger, ledger.size, zone, printed_at=at, software=SOFTWARE.replace("/", " "))
    write_private(here / PAGE, made)
    on_paper(session, shown.size, shown.root)
    return shown.size


def cosigned(session: Session, here: Path) -> Cosigned:
    """Have the newest head cosigned as it goes by file: a request, the witness's reply, the reply recorded."""
    ledger = session.ledger
    size, head = ledger.size, ledger.checkpoint()
    request = request_from(ledger, 0).written()
    write_private(here / REQUEST, request)
    log = ledger.log_keys.newest
    known = VerifierKey(name=log.origin, public=log.public).text()
    answer = witness(str(here / KEY), str(here / STATE), [known]).answer(request).answer
    if answer.keep is None:
        raise IntegrityFailure("the witness of the play did not cosign its head", why=answer.why)
    write_private(here / REPLY, answer.keep)
    (taken,) = take(head, answer.keep, ledger.roster().policy.witnesses)
    return recorded(session, size, taken)


def restored(session: Session, here: Path) -> int:
    """Make a backup, record it, and restore it beside the ledger; gives how many entries stand in both.

    Raises IntegrityFailure where the restored ledger has another root.
    """
    ledger, file, target = session.ledger, here / BACKUP, here / RESTORED
    opened = opener(lambda: ledger.log_keys)
    for folder in (file.parent, target.parent):
        folder.mkdir(mode=0o700)
    made = back_up(ledger.opened_as, str(file), opened)
    event = BackupMade(size=made.size, root=made.root.hex(), digest=made.digest)
    note(ledger, session.post, "archive", lambda _pad, _roster: event)
    tail = tail_of(ledger, made.size)
    write_private(Path(f"{file}{SUFFIX}"), tail.written())
    moved = move(file, target, opened, tail=tail)
    if (moved.size, moved.root) != (ledger.size, ledger.root()):
        raise IntegrityFailure("the restored ledger is not the one that was backed up")
    return moved.size
