"""The witnesses of a log: whom the registrars named, and up to where each cosigned, as the ledger's own entries say."""

from __future__ import annotations

from typing import Literal

from ledger.anchors.quorum import covered, keys_of
from ledger.anchors.witnessing import head_of
from ledger.book import Ledger
from ledger.errors import DoseLedgerError
from ledger.events.archive import AnchorMade
from projections.printed import View

State = Literal["cosigned", "forgetful", "another-history", "refused", "unavailable"]
"""How one witness answered. `forgetful`: it cosigned, and knew less than the ledger records of it. `another-history`:
what it cosigned before does not go with this ledger, or what it sent does not hold. `refused`: it does not know the
log, or not the request."""


class WitnessRow(View, frozen=True, kw_only=True):
    """One witness: the newest head of the log that it cosigned has `size` entries, `later` came after it.

    `key` is null for one that is no longer named. `at` is the time that it states, UTC, `entry` records it; `size`,
    `at`, `entry` and `later` are null where it cosigned nothing.
    """

    name: str
    key: str | None
    size: int | None
    at: str | None
    entry: int | None
    later: int | None


class WitnessRows(View, frozen=True, kw_only=True):
    """All witnesses: `quorum` of them are asked for; the first `covered` entries stand in a head of as many."""

    quorum: int
    covered: int
    rows: tuple[WitnessRow, ...]


class CosignedHead(View, frozen=True, kw_only=True):
    """One witness's answer: `state` says how it ended, `why` in words; the rest is null unless it cosigned.

    `url` is whom it was asked of, null where the reply came by file; `at` the time that the witness states, UTC, and
    `entry` what records it.
    """

    url: str | None
    state: State
    why: str
    witness: str | None
    size: int
    root: str
    at: str | None
    entry: int | None


class RequestFile(View, frozen=True, kw_only=True):
    """A request in a file: to `witness`, for the head of `size` entries, going on from `old`."""

    witness: str
    old: int
    size: int
    path: str


class CosignedHeads(View, frozen=True, kw_only=True):
    """What the witnesses that were asked answered, and whether as many cosigned this head as the registrars ask for."""

    quorum: int
    reached: bool
    rows: tuple[CosignedHead, ...]


def newest(ledger: Ledger) -> dict[str, tuple[AnchorMade, int]]:
    """The newest head that each witness cosigned, by its name, with the position that records it."""
    found: dict[str, tuple[AnchorMade, int]] = {}
    for stream in ledger.streams("archive/"):
        for entry in ledger.stream(stream):
            event = entry.event
            if not isinstance(event, AnchorMade) or event.form != "witness" or event.authority is None:
                continue
            before = found.get(event.authority)
            if before is None or before[0].size <= event.size:
                found[event.authority] = event, entry.position
    return found


def known_size(ledger: Ledger, name: str) -> int:
    """How many entries the head has that a witness last cosigned of the log as it is called now; 0 for none.

    A log that goes on under another name is another log to a witness.
    """
    found = newest(ledger).get(name)
    if found is None or found[0].evidence is None:
        return 0
    try:
        told = head_of(ledger.blob(found[0].evidence))[0]
    except DoseLedgerError:
        return 0
    return told.size if told.origin == head_of(ledger.checkpoint())[0].origin else 0


def witnesses(ledger: Ledger) -> WitnessRows:
    """List the witnesses that are named now, and those that cosigned before and no longer are."""
    policy, made, size = ledger.roster().policy.witnesses, newest(ledger), ledger.size
    keys = {key.name: key.text() for key in keys_of(policy)}
    rows = []
    for name in (*keys, *sorted(made.keys() - keys.keys())):
        event, entry = made.get(name, (None, None))
        rows.append(
            WitnessRow(
                name=name,
                key=keys.get(name),
                size=event.size if event is not None else None,
                at=event.at if event is not None else None,
                entry=entry,
                later=size - event.size if event is not None else None,
            )
        )
    sizes = {name: event.size for name, (event, _) in made.items()}
    return WitnessRows(quorum=policy.quorum, covered=covered(sizes, policy), rows=tuple(rows))
