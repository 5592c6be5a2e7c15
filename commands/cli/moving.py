"""`doseledger ledger copy`: the ledger at another place, byte for byte, from a file to a server or back."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import Struct

from commands.cli import console, envelope, lastseen
from commands.cli.going import Going
from commands.cli.options import Shared
from commands.cli.session import reading
from ledger.book import Ledger, shown


class Copied(Struct, frozen=True, kw_only=True):
    """A ledger that was copied: where it lies, how many entries it has, their root in hexadecimal.

    `before` of them an interrupted run had copied; `behind` are those that were written at the source meanwhile.
    """

    target: str
    size: int
    root: str
    before: int
    behind: int


def ledger_copy(
    shared: Shared,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The ledger, or a complete copy of it.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Where there is no ledger yet.")],
) -> None:
    """Copy a ledger to another place, from a file to a server or back: the same bytes, the same root.

    Every entry and every checkpoint is checked on the way. A copy that was interrupted goes on where it stopped. Keys
    are not copied.
    """
    from ledger.book.moving import move

    with reading(source) as ledger:
        with Going("copied") as told:
            moved = move(source, target, lastseen.opener_of(ledger), progress=told)
        behind = ledger.size - moved.size
    data = Copied(target=shown(target), size=moved.size, root=moved.root.hex(), before=moved.before, behind=behind)
    with Ledger.open(target, read_only=True) as made:
        if shared.json:
            envelope.put("ledger-copy", made, data)
            return
    console.answer(data.target)
    gone_on = f" ({data.before} of them by an earlier run)" if data.before else ""
    console.say(f"{data.size} entries{gone_on}, the same root {data.root}")
    if behind:
        console.say(f"! {behind} entries were written at {shown(source)} since; they are not in the copy", "warn")
    console.say("The keys of the log and of this machine are not copied: writing needs them.")
    console.say("Write to one of the two alone from now on: two that go on are two histories.")
