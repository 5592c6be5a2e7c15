"""What vouches for the log outside of it, as its own entries say: every anchor, what is due, how old the newest is."""

from __future__ import annotations

from datetime import timedelta, tzinfo

from ledger.anchors.due import Due, forces
from ledger.anchors.sandwich import Sandwich, Times
from ledger.book import Ledger
from ledger.events.archive import AnchorMade
from ledger.events.entry import Entry
from projections.printed import View, second

FORMS = ("paper", "timestamp", "witness")


class AnchorRow(View, frozen=True, kw_only=True):
    """One anchor: `entry` records that the head of `size` entries was shown; `at` is the time its evidence states.

    `recorded` is the log time of the entry, at the site. `authority`, `at` and `evidence` are null for paper.
    """

    entry: int
    form: str
    size: int
    root: str
    authority: str | None
    at: str | None
    evidence: str | None
    recorded: str


class NewestAnchor(View, frozen=True, kw_only=True):
    """The newest anchor of one form; `later` entries came after its head, in `minutes` of log time.

    All of them null where there is none of this form.
    """

    form: str
    anchor: AnchorRow | None
    later: int | None
    minutes: int | None


class AnchorStatus(View, frozen=True, kw_only=True):
    """How the log stands to the outside; `due` says since which act an anchor is missing, an empty text for none."""

    size: int
    newest: tuple[NewestAnchor, ...]
    due_since: int | None
    due: str
    anchors: tuple[AnchorRow, ...]


def anchors(ledger: Ledger, zone: tzinfo, *, size: int | None = None) -> tuple[AnchorRow, ...]:
    """List the anchors among the first `size` entries, the oldest first."""
    top = ledger.size if size is None else size
    return tuple(
        AnchorRow(
            entry=entry.position,
            form=entry.event.form,
            size=entry.event.size,
            root=entry.event.root,
            authority=entry.event.authority,
            at=entry.event.at,
            evidence=entry.event.evidence,
            recorded=second(ledger.log_time(entry.position), zone),
        )
        for name in ledger.streams("archive/")
        for entry in ledger.stream(name, up_to=top)
        if isinstance(entry.event, AnchorMade)
    )


def due(ledger: Ledger) -> Due:
    """What is due now; it reads the streams of people, levels, exports and anchors alone."""
    found = Due()
    streams = ("people", *ledger.streams("cohort/"), *ledger.streams("exports/"), *ledger.streams("archive/"))
    entries = [
        entry
        for name in streams
        for entry in ledger.stream(name)
        if forces(entry.event) or isinstance(entry.event, AnchorMade)
    ]
    for entry in sorted(entries, key=lambda one: one.position):
        found.take(entry.position, entry.event)
    return found


def status(ledger: Ledger, zone: tzinfo) -> AnchorStatus:
    """Say how the log stands to the outside now."""
    every, waiting = anchors(ledger, zone), due(ledger)
    return AnchorStatus(
        size=ledger.size,
        newest=tuple(_newest(ledger, form, every) for form in FORMS),
        due_since=waiting.since,
        due=waiting.sentence(),
        anchors=every,
    )


def sandwich(ledger: Ledger, entry: Entry, *, size: int | None = None) -> Sandwich:
    """Say between which times outside an entry was written, as the anchors among the first `size` entries state them.

    Whether their evidence holds, a verification says.
    """
    found = (
        (one.position, one.event)
        for name in ledger.streams("archive/")
        for one in ledger.stream(name, up_to=size)
        if isinstance(one.event, AnchorMade)
    )
    return Times(found).around(entry.position, entry.payload.after.size, entry.payload.recorded_at)


def _newest(ledger: Ledger, form: str, every: tuple[AnchorRow, ...]) -> NewestAnchor:
    found = max((one for one in every if one.form == form), key=lambda one: one.size, default=None)
    if found is None:
        return NewestAnchor(form=form, anchor=None, later=None, minutes=None)
    passed = ledger.log_time(ledger.size - 1) - ledger.log_time(found.size - 1)
    return NewestAnchor(
        form=form,
        anchor=found,
        later=ledger.size - found.size,
        minutes=max(passed, timedelta()) // timedelta(minutes=1),
    )
