"""`person list` and `who-may`: who holds which role, and who may sign what now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from commands.cli import console, envelope, rows
from commands.cli.asof import reader, times
from commands.cli.options import AsOf, Layout, Shared
from commands.cli.session import reading
from ledger.errors import BadInput
from projections import people as project


@dataclass(frozen=True)
class PersonRow:
    """One person on one line."""

    person: str
    name: str
    organisation: str
    roles: str
    key: str
    delegated: str


def person_list(shared: Shared, asof: AsOf, layout: Layout) -> None:
    """List everybody with roles, key and delegations."""
    with reading(shared.ledger) as ledger:
        data = project.people(ledger, **times(ledger, asof))
        if shared.json:
            envelope.put("person-list", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
        found = [
            PersonRow(
                one.person,
                one.name,
                one.organisation,
                ", ".join(one.roles),
                ", ".join(f"{key.short}{'' if key.active else f' ({key.state})'}" for key in one.keys),
                "; ".join(
                    f"#{row.entry} {', '.join(row.tasks)} {row.since}..{row.until or ''}"
                    for row in one.delegations
                    if row.holds
                ),
            )
            for one in data.persons
        ]
        rows.show(found, layout.format)
        for waiting in data.pending:
            console.say(
                f"! #{waiting.entry} {waiting.kind} of {waiting.about} awaits a second signature: "
                f"doseledger countersign {waiting.entry}",
                "warn",
            )


def who_may(
    shared: Shared,
    act: Annotated[
        list[str], typer.Argument(metavar="ACT", help="A command, e.g. dose start, or a kind, e.g. infusion.started.")
    ],
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="At this time; now when left out.")] = None,
) -> None:
    """Say who may do something, and for everybody else in that role why not."""
    with reading(shared.ledger) as ledger:
        here = reader(ledger)
        data = project.who_may(
            ledger, _kind(" ".join(act)), now=here.now, at=here.moment(at) if at is not None else None
        )
        if shared.json:
            envelope.put("who-may", ledger, data, valid_at=data.at)
            return
        console.answer(
            f"{data.kind} at {data.at}"
            + (f", task {data.task}" if data.task else "")
            + ("; a fact: never refused for role or delegation inside the site" if data.fact else "")
        )
        for number, signature in enumerate(data.signatures, 1):
            console.answer(f"Signature {number}: {' or '.join(signature.meanings)}")
            for one in signature.persons:
                console.answer(
                    f"  {'v' if one.may else 'x'} {one.person} ({one.name}), {one.role}"
                    + ("" if one.may else f": {one.why}")
                )
            if not signature.persons:
                console.answer("  x nobody is enrolled in such a role")


def _kind(said: str) -> str:
    if "." in said:
        return said
    from commands.verbs import VERBS

    verb = VERBS.get(said)
    if verb is None:
        raise BadInput(f"there is no act {said!r}", fix=f"one of: {', '.join(VERBS)}")
    kind: str | None = verb.act.kind
    if kind is None:
        raise BadInput(
            f"who may {said} depends on the entry that it is about",
            why="its author, or somebody delegated for its task; some need the principal investigator too",
            fix="ask for the kind of that entry, e.g. who-may infusion.completed",
        )
    return kind
