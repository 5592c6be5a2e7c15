"""A ledger opened by this user: for reading without any key, or for writing with the log's and the device's key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from commands.cli import clock, console, lastseen, logfiles
from commands.cli.pinned import require_unpinned
from commands.cli.place import device_key_path, ledger_path, log_key_path, own_device_key_path
from ledger.book import Ledger, is_url
from ledger.course.people import Roster
from ledger.errors import IntegrityFailure, NotAllowed, Unavailable
from ledger.events.study import LedgerCreated

if TYPE_CHECKING:  # loading these loads the libraries of the keys, which reading does without
    from commands.post import Post
    from ledger.signing.signer import Signer


@contextmanager
def reading(option: str | None) -> Iterator[Ledger]:
    """Open the ledger or the copy for reading only; no file beside it is made or changed."""
    with Ledger.open(ledger_path(option), read_only=True) as ledger:
        hidden = len(ledger.withheld())
        if hidden:
            console.say(f"! {hidden} entries are withheld from this copy: nothing here counts them", "warn")
        lastseen.on_read(ledger)
        yield ledger


@dataclass(frozen=True)
class Session:
    """A ledger open for writing, and the post from which this machine writes."""

    ledger: Ledger
    post: Post

    @property
    def roster(self) -> Roster:
        """Who may do what, now."""
        return self.ledger.roster()

    @property
    def genesis(self) -> LedgerCreated:
        """The ledger's first event."""
        found = self.roster.genesis
        if found is None:
            raise IntegrityFailure("the ledger has no first entry", fix="run: doseledger verify")
        return found

    def local_now(self) -> datetime:
        """Give the present time in the site's zone."""
        return self.post.clock().astimezone(ZoneInfo(self.genesis.zone))


@contextmanager
def writing(option: str | None, *, after_loss: bool = False, keyless: bool = False) -> Iterator[Session]:
    """Open the ledger for writing with the keys that lie beside it.

    `after_loss`: it is not what was last seen here, and only the act that accepts this is written, under a key of the
    log that the act brings. `keyless`: so too where the log's key is lost, and the act brings the next one.
    """
    from commands.attempts import count_stale
    from commands.cli.installed import build
    from commands.cli.outbox import keeper
    from commands.cli.tallying import tally_of
    from commands.cli.version import SOFTWARE
    from commands.cli.watching import report_stranger, watch_clock
    from commands.post import Post

    require_unpinned()
    path = ledger_path(option)
    if not is_url(path) and not Path(path).is_file():
        Ledger.open(path, read_only=True).close()
    device = _system_key(device_key_path(path), "device")
    if logfiles.settle(path):
        console.say("The log had changed its key; its new key is in its place now.")
    alone = after_loss or (keyless and not log_key_path(path).is_file())
    sealer = None if alone else _system_key(log_key_path(path), "log")
    watch = lastseen.on_loss if after_loss else lastseen.on_write
    with Ledger.open(path, log_signer=sealer) as ledger, watch(ledger):
        taken = logfiles.waiting(path)
        if taken is not None:
            ledger.hold(taken)
        enrolled = ledger.roster().devices.get(device.public.kid)
        post = Post(
            clock.now,
            os.urandom,
            enrolled.person if enrolled is not None else "",
            device,
            SOFTWARE,
            build(),
            offset_ms=clock.offset_ms(),
            keep=keeper(ledger.id),
            tally=tally_of(ledger.id),
            mute=alone,
        )
        if enrolled is None:
            if not alone:
                report_stranger(ledger, own_device_key_path(path), post, device)
            raise NotAllowed(
                "this machine's key is not enrolled in the ledger",
                why=f"{device_key_path(path)} is another key",
                fix="use the device key that was made with the ledger, or enrol this one: doseledger device enrol",
            )
        ledger.roster().require_key(enrolled.kid, enrolled.person)
        if not alone:
            watch_clock(ledger, post)
            count_stale(ledger, post)
        yield Session(ledger, post)


def _system_key(path: Path, whose: str) -> Signer:
    from ledger.signing.keyfile import open_system

    try:
        return open_system(path.read_bytes())
    except OSError as error:
        raise Unavailable(
            f"the {whose} key cannot be read",
            why=f"{path}: {error.strerror}",
            fix="writing needs it beside the ledger, or where the settings say (log-key, device-key); reading does not",
        ) from error
