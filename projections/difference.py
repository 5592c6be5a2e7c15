"""What came between two heads of the log: entries that were appended, and what that changed for each patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

import msgspec

from ledger.book import Ledger
from ledger.errors import IntegrityFailure
from ledger.merkle import proof
from projections.findings import finding_row
from projections.logbook import LogRow, log
from projections.patient import overview
from projections.printed import View, second
from projections.replay import opened_all, window


class Head(View, frozen=True, kw_only=True):
    """A head of the log: how many entries it had, its root, and the log time of the newest of them."""

    size: int
    root: str
    at: str | None


class Moved(View, frozen=True, kw_only=True):
    """One thing in a patient's state that is not what it was; null where the patient was not known."""

    patient: str
    field: str
    before: str | None
    after: str | None


class Difference(View, frozen=True, kw_only=True):
    """What was appended after `first` up to `second`, whose log begins with that of `first`, as was proved."""

    first: Head
    second: Head
    appended: tuple[LogRow, ...]
    patients: tuple[Moved, ...]


def difference(
    ledger: Ledger, first: int, second: int, *, now: datetime, roots: Mapping[int, bytes] | None = None
) -> Difference:
    """Compare the logs of `first` and `second` entries, in either order.

    `roots` are those of heads that were kept outside, by size. IntegrityFailure when one of them is not of this log:
    then not only was something appended. BadInput for a size that the log never had.
    """
    old, new = sorted((first, second))
    kept = roots or {}
    for size, root in kept.items():
        if size > ledger.size:
            raise IntegrityFailure(
                f"The checkpoint saw {size} entries; only {ledger.size} are here.", fix="Run `doseledger verify`."
            )
        _require_beginning(ledger, size, root)
    if old:
        _require_beginning(ledger, old, kept.get(old, ledger.root_at(old)), new, kept.get(new, ledger.root_at(new)))
    zone = window(ledger, now=now).zone
    return Difference(
        first=Head(size=old, root=ledger.root_at(old).hex(), at=_at(ledger, old, zone)),
        second=Head(size=new, root=ledger.root_at(new).hex(), at=_at(ledger, new, zone)),
        appended=tuple(log(ledger, since=old, until=new)),
        patients=tuple(_moved(_states(ledger, old, now), _states(ledger, new, now))),
    )


def _require_beginning(
    ledger: Ledger, old: int, old_root: bytes, new: int | None = None, new_root: bytes | None = None
) -> None:
    """Require that the log begins with what was seen: all that came later was appended."""
    top = ledger.size if new is None else new
    whole = ledger.root_at(top) if new_root is None else new_root
    if old:
        proof.check_consistency(old, top, ledger.prove_consistency(old, top), old_root, whole)


def _at(ledger: Ledger, size: int, zone: tzinfo) -> str | None:
    return second(ledger.log_time(size - 1), zone) if size else None


def _states(ledger: Ledger, size: int, now: datetime) -> Mapping[str, Mapping[str, str | None]]:
    """Give the state of every patient that was known at a size, as judged at the time of its newest entry."""
    if not size:
        return {}
    through = window(ledger, now=now, known_at=size)
    states: dict[str, dict[str, str | None]] = {}
    for row in overview(ledger, now=now, known_at=size).patients:
        data = msgspec.to_builtins(row)
        states[row.patient] = {name: None if value is None else str(value) for name, value in data.items()}
    for opened in opened_all(ledger, through):
        found = ", ".join(finding_row(one).id for one in opened.findings)
        states[opened.number]["findings"] = found or None
    return states


def _moved(
    before: Mapping[str, Mapping[str, str | None]], after: Mapping[str, Mapping[str, str | None]]
) -> Iterator[Moved]:
    for patient, state in after.items():
        was = before.get(patient, {})
        for name, value in state.items():
            if name != "patient" and was.get(name) != value:
                yield Moved(patient=patient, field=name, before=was.get(name), after=value)
