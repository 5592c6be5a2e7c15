"""What leaves the ledger is an entry of it: every export says here what it wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

from commands.cli import console, forcing
from commands.cli.place import setting
from ledger.errors import DoseLedgerError
from ledger.events.exports import ExportMade, Form
from ledger.wire import Token

_TOKEN = re.compile(get_args(Token)[1].pattern)


def recorded(
    option: str | None,
    form: Form,
    *,
    size: int,
    root: str,
    digest: str,
    patients: Sequence[str] = (),
    name: str | None = None,
    me: str | None = None,
    recipient: str | None = None,
    last: bool = True,
) -> int | None:
    """Append `export.made/1` to the ledger that `option` names and give its position; None where it cannot be.

    `size` and `root` are the head that was exported, `digest` the SHA-256 as docs/spec/kinds.md says, `patients`
    whom the copy is limited to (all, when empty), `name` the copy's own name, `me` the `--as` of the command. An
    export forces an anchor: of several made by one command the `last` does. A copy that cannot be recorded, because
    the record was read from a copy or the device's key is not here, is made all the same: stderr says that it is not
    in the ledger, and why.
    """
    try:
        position = _written(
            option,
            form,
            size=size,
            root=root,
            digest=digest,
            patients=patients,
            name=name,
            me=me,
            recipient=recipient,
            last=last,
        )
    except DoseLedgerError as error:
        why = f": {error.why}" if error.why else ""
        console.insist(f"! not recorded in the ledger: {error.what}{why}", "warn")
        return None
    return position


def _written(
    option: str | None,
    form: Form,
    *,
    size: int,
    root: str,
    digest: str,
    patients: Sequence[str],
    name: str | None,
    me: str | None,
    recipient: str | None,
    last: bool,
) -> int:
    from commands.cli.session import writing
    from commands.draft import Pad
    from commands.notes import note
    from ledger.course.people import Roster

    said = setting("as", me).value

    def made(pad: Pad, roster: Roster) -> ExportMade:
        return ExportMade(
            form=form,
            size=size,
            root=root,
            digest=digest,
            streams=tuple(sorted({f"patient/{one}" for one in patients})),
            name=name if name is not None and _TOKEN.match(name) else None,
            claimed_by=said if said in roster.people else None,
            recipient=pad.maybe(recipient),
        )

    with writing(option) as session:
        before = session.ledger.size
        position = note(session.ledger, session.post, "exports", made).position
        console.say(f"  recorded in the ledger as #{position}")
        if last:
            forcing.after(session, before)
        return position
