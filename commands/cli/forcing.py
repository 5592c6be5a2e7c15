"""Anchors that an act forces: asked for at once where this machine knows whom to ask, said where nobody answers.

The act itself is done and stays done, whatever becomes of its anchor.
"""

from __future__ import annotations

from commands.cli import console, queued
from commands.cli.place import addresses
from commands.cli.session import Session
from ledger.anchors.due import forces
from ledger.errors import DoseLedgerError


def after(session: Session, before: int) -> None:
    """Look at what was written behind the first `before` entries; where an anchor is due for it, ask for one."""
    ledger = session.ledger
    if not any(forces(entry.event) for entry in ledger.entries(before, ledger.size)):
        return
    from projections.anchors import due

    try:
        _ask(session)
        found = due(ledger).sentence()
    except (DoseLedgerError, OSError) as error:
        console.insist(f"! no anchor could be asked for: {error}", "warn")
        return
    if found:
        console.say(f"! {found}: doseledger anchor status", "warn")


def _ask(session: Session) -> None:
    """Ask the witnesses and the authorities of the settings, with little patience; what is not answered waits.

    So are authorities asked whose answer is still waited for.
    """
    from commands.cli.network import SOON

    waiting = tuple(one.url for one in queued.waiting(session.ledger.id) if one.url is not None)
    witnesses, authorities = addresses("witnesses"), (*addresses("timestamp-authorities"), *waiting)
    if witnesses and session.roster.policy.witnesses.keys:
        from commands.cli.witness import taking

        made, failed = taking.every(session, witnesses, seconds=SOON)
        for one in made:
            console.say(f"  cosigned by {one.witness}: {one.size} entries (#{one.position})")
        for other in failed:
            why = f": {other.error.why}" if other.error.why else ""
            console.insist(f"! {console.one_line(f'{other.error.what}{why}')}", "warn")
    if authorities:
        from commands.cli import stamping
        from commands.cli.anchoring import told

        told(stamping.every(session, authorities, seconds=SOON))
