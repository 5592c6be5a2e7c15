"""What lies in front of an inspector: a ledger file or a copy, how far it can be trusted, and what is in it."""

from __future__ import annotations

from datetime import datetime

from ledger.book import Ledger
from ledger.errors import IntegrityFailure
from ledger.verify import Report
from projections.printed import View, second
from projections.queue import QueueRow, queue
from projections.replay import window


class Counted(View, frozen=True, kw_only=True):
    """How many entries of one kind there are."""

    kind: str
    entries: int


class Somebody(View, frozen=True, kw_only=True):
    """A person of the roster with the roles held."""

    person: str
    name: str
    organisation: str
    roles: tuple[str, ...]


class Inspected(View, frozen=True, kw_only=True):
    """The overview: what it is, of what, as of when, what verification says, and what it holds.

    `sha256` is that of the file; of a folder, of the list of its files' hashes. `as_of` is the log time of the newest
    entry. `withheld` entries stand as their hashes alone, and are not in `kinds`.
    """

    file: str
    form: str
    sha256: str
    trial: str
    site: str
    purpose: str
    zone: str
    as_of: str
    verdict: str
    anchor: str
    findings: int
    not_checked: tuple[str, ...]
    entries: int
    withheld: int
    kinds: tuple[Counted, ...]
    patients: tuple[str, ...]
    people: tuple[Somebody, ...]
    signatures: tuple[QueueRow, ...]
    commands: tuple[str, ...]


def inspected(
    ledger: Ledger, report: Report, *, form: str, sha256: str, commands: tuple[str, ...], now: datetime
) -> Inspected:
    """Put the overview together; `commands` are those that can be run on it."""
    roster = ledger.roster()
    genesis = roster.genesis
    if genesis is None:
        raise IntegrityFailure("The first entry does not create a ledger.", fix="Run `doseledger verify`.")
    through = window(ledger, now=now)
    return Inspected(
        file=ledger.path,
        form=form,
        sha256=sha256,
        trial=genesis.trial,
        site=roster.site,
        purpose=genesis.purpose,
        zone=genesis.zone,
        as_of=second(ledger.log_time(ledger.size - 1), through.zone),
        verdict=report.verdict,
        anchor=report.anchor,
        findings=len(report.findings),
        not_checked=report.not_checked,
        entries=ledger.size,
        withheld=len(ledger.withheld()),
        kinds=tuple(Counted(kind=kind, entries=count) for kind, count in ledger.kinds()),
        patients=tuple(name.removeprefix("patient/") for name in ledger.streams("patient/")),
        people=tuple(
            Somebody(person=one.id, name=one.name, organisation=one.organisation, roles=tuple(sorted(one.roles)))
            for one in sorted(roster.people.values(), key=lambda one: one.id)
        ),
        signatures=queue(ledger, now=now).signatures,
        commands=commands,
    )
