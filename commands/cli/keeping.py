"""The persisted views as commands that read use them: what is taken from them is told, and changes no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.cli import console
from commands.cli.version import SOFTWARE

if TYPE_CHECKING:  # what reads views loads for a list alone
    from projections.views.keeper import Keeper


def made_by() -> str:
    """Name this build, as the rows of a view name theirs."""
    from commands.cli.installed import build

    return f"{SOFTWARE.replace('/', ' ')}, build {build()}"


def keeper() -> Keeper:
    """Make a reader of the views that this build made."""
    from projections.views.keeper import Keeper

    return Keeper(made_by)


def tell(views: Keeper) -> None:
    """Say which views were used, up to where they stand, and which could not be."""
    for one in views.used:
        if one.why_not:
            console.say(f"! The view {one.view} is not used: {one.why_not}; the entries were read instead.", "warn")
            console.say("  To do: doseledger view run")
            continue
        after = "the entry after them was" if one.newer == 1 else f"the {one.newer} entries after them were"
        newer = f"; {after} read from the ledger" if one.newer else ""
        console.say(f"From the view {one.view}: {one.size} entries, root {one.root}{newer}", "dim")
        if one.stopped:
            console.say(f"! The view {one.view} has stopped before the entry {one.stopped}", "warn")
