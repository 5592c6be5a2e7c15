"""`log`, `show`, `timeline`, `replay`, `explain`: what was written, when it was known, what the rules say of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Annotated

import msgspec
import typer

from commands.cli import cards, console, envelope, rows
from commands.cli.asof import reader, times
from commands.cli.options import AsOf, Layout, Shared
from commands.cli.session import reading

Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="#402, 402, or the first 8 characters of its id.")]


def log(
    shared: Shared,
    layout: Layout,
    *,
    patient: Annotated[str | None, typer.Option("--patient", metavar="NUMBER", help="Only this patient.")] = None,
    given: Annotated[bool, typer.Option("--given", help="Only infusions that were started.")] = False,
    person: Annotated[
        str | None, typer.Option("--person", metavar="NAME", help="Only what this person signed or performed.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Only this kind, e.g. infusion or infusion.started.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="TIME|N", help="Only what was written after this time, or after the first N entries."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="TIME|N", help="Only what was written up to this time, or the first N entries."
        ),
    ] = None,
    last: Annotated[
        int | None, typer.Option("--last", "-n", metavar="N", help="Only the last N of them.", min=1)
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", metavar="recorded|occurred|about|kind|person", help="The order of the entries.")
    ] = "recorded",
) -> None:
    """List the entries of the ledger in the order in which they were written, or in another one."""
    from projections.logbook import log as project
    from projections.logbook import sorted_by

    with reading(shared.ledger) as ledger:
        here = reader(ledger)
        found = project(
            ledger,
            patient=patient,
            given=given,
            since=here.place(since) if since is not None else None,
            until=here.place(until) if until is not None else None,
            person=person,
            kind=kind,
        )
        if sort != "recorded":
            found = iter(sorted_by(deque(found, last), sort))
        if shared.json:
            envelope.put(
                "log", ledger, {"rows": list(deque(found, last))}, known_at=here.now.isoformat(timespec="seconds")
            )
            return
        if layout.format == "jsonl":
            for row in deque(found, last) if last else found:
                console.answer(msgspec.json.encode(row).decode())
            return
        kept = list(deque(found, last))
        if layout.format != "table":
            rows.show(kept, layout.format)
            return
        names = ["entry", "recorded", "occurred", "about", "kind", "what", "signed"]
        lines = [
            [
                f"#{row.position}",
                row.recorded_at,
                row.occurred,
                row.patient or row.stream,
                row.kind,
                row.what,
                cards.signed(row.signatures),
            ]
            for row in kept
        ]
        console.table(names, lines)


def show(shared: Shared, asof: AsOf, entry: Entry) -> None:
    """Show one entry in full: its fields, its texts, its signatures, and everything said about it since."""
    from projections.logbook import show as project

    with reading(shared.ledger) as ledger:
        when = times(ledger, asof)
        data = project(ledger, ledger.find(entry), now=when["now"], known_at=when["known_at"])
        if shared.json:
            envelope.put("show", ledger, data)
            return
        console.answer(console.paint(f"#{data.position}  {data.kind}  {data.stream}", "bold"))
        lines: list[tuple[str, object]] = [
            ("id", data.id),
            ("leaf", data.leaf),
            ("occurred", data.occurred),
            ("recorded", f"{data.recorded_at} ({data.recorded_at_utc})"),
            ("says", data.what),
            ("effect", data.effect),
        ]
        _pairs(lines)
        _block(
            "Signed by",
            (
                f"{s.name} ({s.person}), {s.role}, {s.organisation}: {s.meaning} at {s.at} ({s.at_utc}), key {s.key}"
                f'\n      "{s.statement}"'
                for s in data.signatures
            ),
        )
        _block("Still needs", (f"{need.meaning} by {need.role}" for need in data.missing))
        _block(
            "Texts",
            (
                f"{text.field}: {text.text!r}"
                if text.text is not None
                else f"{text.field}: {text.state}{f' by #{text.redacted_by}' if text.redacted_by is not None else ''}"
                for text in data.texts
            ),
        )
        _block(
            "Amendments",
            (
                f"#{row.entry} {row.does} it ({row.state}, {row.why or row.reason or 'no reason given'}); "
                f"{cards.signed(row.signatures)}"
                for row in data.amendments
            ),
        )
        if data.as_it_stands is not None:
            console.answer("As it stands now")
            console.answer(_indented(data.as_it_stands))
        _block("Named by", (f"#{position}" for position in data.named_by))
        _block("Findings", (cards.finding(row) for row in data.findings))
        if data.sandwich.earlier is not None or data.sandwich.later is not None:
            _block("Times outside, by the anchors in the log", cards.around(data.sandwich))
        console.answer("Signed payload")
        console.answer(_indented(data.payload))


def timeline(
    shared: Shared,
    asof: AsOf,
    layout: Layout,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="The patient's number.")],
) -> None:
    """Show what happened to a patient in clinical order, with what was corrected, voided or is pending beside it."""
    from projections.timeline import timeline as project

    with reading(shared.ledger) as ledger:
        data = project(ledger, patient, **times(ledger, asof))
        if shared.json:
            envelope.put("timeline", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
        if layout.format != "table":
            rows.show(data.rows, layout.format)
            return
        lines = [
            [
                row.occurred,
                f"#{row.entry}",
                row.kind,
                row.what,
                row.state + (f" by #{row.by}" if row.by is not None else "") + (" late" if row.late else ""),
                " ".join(row.findings),
                cards.signed(row.signatures),
            ]
            for row in data.rows
        ]
        console.table(["occurred", "entry", "kind", "what", "state", "findings", "signed"], lines)
        console.say(
            f"Patient {data.patient}, as known at {data.known_at} ({data.size} entries), valid at {data.valid_at}."
        )


def replay(
    shared: Shared,
    asof: AsOf,
    layout: Layout,
    patient: Annotated[str | None, typer.Argument(metavar="PATIENT", help="One patient; all when left out.")] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="ENTRY|dose:N|toxicity:N", help="As it was known when this entry was written; one patient."
        ),
    ] = None,
) -> None:
    """Show the ledger as it was known at an earlier time, or after its first N entries."""
    from commands.cli.reads.patients import status

    if not shared.json and at is None:
        with reading(shared.ledger) as ledger:
            from projections.replay import window

            through = window(ledger, **times(ledger, asof))
            console.say(
                f"Replayed from the first {through.size} of {ledger.size} entries; "
                f"root {ledger.root_at(through.size).hex()}."
            )
    status(shared, asof, layout, patient, at)


def explain(shared: Shared, entry: Entry) -> None:
    """Explain an entry: which rules were asked, what they looked at, what they say, and from which pack."""
    from projections.explain import explain as project

    with reading(shared.ledger) as ledger:
        here = reader(ledger)
        data = project(ledger, ledger.find(entry), now=here.now)
        if shared.json:
            envelope.put("explain", ledger, data)
            return
        console.answer(console.paint(f"#{data.entry}  {data.kind}  {data.what}", "bold"))
        pairs: list[tuple[str, object]] = [
            ("patient", data.patient),
            ("occurred", data.occurred),
            ("recorded", data.recorded_at),
            ("decided after", f"{data.after_size} entries"),
            ("software", f"{data.software}, rules {data.rules_version}"),
        ]
        _pairs([(name, value) for name, value in pairs if value is not None])
        if data.pack is not None:
            cards.pack(data.pack.id, data.pack.version, data.pack.fictional_parameters)
        if data.attempt is not None:
            _block(
                "Refused attempt",
                (
                    (
                        f"{data.attempt.act}, claimed by {data.attempt.claimed_by or 'nobody known'} "
                        f"(proof: {data.attempt.proof}), exit {data.attempt.exit}"
                    ),
                    *(data.attempt.answer or "").splitlines(),
                ),
            )
        _block(
            "Rules",
            (
                f"{_MARKS[row.outcome]} {row.rule:<14} {row.outcome}: {row.here or row.text}  [{row.source}]"
                for row in data.rules
            ),
        )
        if data.inputs is not None:
            console.answer("What they looked at")
            console.answer(_indented(msgspec.to_builtins(data.inputs)))
        _block("Findings when it was written", (cards.finding(row) for row in data.findings_then))
        _block("Findings now", (cards.finding(row) for row in data.findings_now))
        _block(
            "Later acts that relied on it",
            (
                f"#{row.entry} {row.kind} of {row.occurred} by {row.name}: {row.what}"
                f"{'' if row.named else ' (decided after it)'}"
                for row in data.relied
            ),
        )
        _block("Signed by", (cards.signed([one]) for one in data.signatures))
        console.answer(data.notice)


_MARKS = {"kept": "v", "broken": "x", "passed": "~", "refused": "x"}


def _pairs(pairs: list[tuple[str, object]]) -> None:
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        console.answer(f"  {name:<{width}}  {value}")


def _block(title: str, lines: Iterable[str]) -> None:
    found = list(lines)
    if found:
        console.answer(title)
        for line in found:
            console.answer(f"  {line}")


def _indented(data: object) -> str:
    text = msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
    return "\n".join(f"  {line}" for line in text.splitlines())
