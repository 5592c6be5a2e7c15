"""What is looked at whenever somebody opens the ledger for writing: the clock, and an unknown device."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import msgspec

from commands.alerting import raised, report
from commands.cli import clock, console
from commands.cli.place import state_dir
from commands.clockwork import Moment, moved
from commands.post import Post
from ledger.book import Ledger
from ledger.signing.keyfile import open_system
from ledger.signing.signer import Signer


def watch_clock(ledger: Ledger, post: Post) -> None:
    """Report a clock that moved since this user last wrote to the ledger, or that is behind log time."""
    present = clock.moment()
    if present is None:
        return
    path = state_dir() / "clock" / f"{ledger.id[:32]}.json"
    found = moved(_read(path), present, ledger.log_time(ledger.size - 1), ledger.roster().policy.clock_limit_s)
    if found is not None:
        what, off_s = found
        position = report(ledger, post, raised(what, off_s=off_s)).position
        console.say(f"! the clock of this machine is {off_s} s off ({what}); reported as #{position}", "warn")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(present))
    draft.replace(path)


def report_stranger(ledger: Ledger, own: Path, post: Post, strange: Signer) -> None:
    """Report that an unknown machine tried to write, by the key of the ledger's own device where it lies beside it."""
    try:
        signer = open_system(own.read_bytes())
    except OSError:
        return
    enrolled = ledger.roster().devices.get(signer.public.kid)
    if enrolled is None or enrolled.ended is not None or signer.public == strange.public:
        return
    report(ledger, replace(post, device=enrolled.person, device_signer=signer), raised("unknown-device"))


def _read(path: Path) -> Moment | None:
    """Read the moment of the last time; a file that says nothing sensible says nothing."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Moment)
    except (OSError, msgspec.MsgspecError):
        return None
