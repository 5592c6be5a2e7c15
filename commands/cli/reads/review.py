"""`signoff status`, `review log`, `query list`, `lock list`, `countersign queue`: what was reviewed, and what not."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.cli import console, envelope, keyring, rows
from commands.cli.asof import times
from commands.cli.options import AsOf, Layout, Shared
from commands.cli.session import reading

Patient = Annotated[str | None, typer.Option("--patient", metavar="NUMBER", help="Only this patient.")]


def signoff_status(shared: Shared, asof: AsOf, layout: Layout, patient: Patient = None) -> int:
    """Show for every patient what the principal investigator signed off, what is stale, and what is due."""
    from projections.review.signoff import status

    with reading(shared.ledger) as ledger:
        data = status(ledger, patient=patient, **times(ledger, asof))
        open_rows = int(any(row.state != "signed off" for row in data.rows))
        if shared.json:
            envelope.put("signoff-status", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return open_rows
        rows.show(
            data.rows,
            layout.format,
            columns=("patient", "state", "entries", "covered", "last", "last_by", "due", "due_since"),
            right=("entries", "covered", "due"),
            empty="No patient.",
        )
        if layout.format != "table":
            return open_rows
        for row in data.rows:
            for signed in row.sign_offs:
                console.say(
                    f"  {row.patient} #{signed.entry} {signed.at}: #{signed.since} to #{signed.until - 1}, "
                    f"{signed.entries} entries, {signed.state}"
                )
                for by in signed.signed:
                    console.say(f"      {by.name}, {by.role}, {by.organisation}, {by.at}: {by.meaning}")
                for one in signed.stale_by:
                    console.say(f"      #{one.entry} {one.why} {one.at} by {one.name}: {one.what}")
            for gap in row.gaps:
                console.say(f"  {row.patient} not covered: #{gap.first} to #{gap.last}, {gap.entries} entries")
        return open_rows


def review_log(shared: Shared, asof: AsOf, layout: Layout, patient: Patient = None) -> None:
    """Show who reviewed which part of the audit trail, what came out, and what nobody has looked at."""
    from projections.review.trail import log

    with reading(shared.ledger) as ledger:
        data = log(ledger, patient=patient, **times(ledger, asof))
        if shared.json:
            envelope.put("review-log", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
        if layout.format != "table":
            rows.show(data.reviews, layout.format)
            return
        for one in data.reviews:
            about = ", ".join(one.patients) or "everything"
            who = f"{one.signed.name}, {one.signed.role}, {one.signed.organisation}: {one.signed.meaning}"
            console.answer(f"#{one.entry} {one.at}  #{one.since} to #{one.until - 1}, {about}  {who}")
            for label, words in (("asked", ", ".join(one.questions)), ("found", one.findings)):
                if words:
                    console.answer(f"    {label}: {words}")
            if one.queries:
                console.answer(f"    queries: {', '.join(f'#{query}' for query in one.queries)}")
        if not data.reviews:
            console.say("Nobody has reviewed the trail.")
        for gap in data.gaps:
            console.answer(f"no review of everything covers #{gap.since} to #{gap.until - 1}")
        for row in data.patients:
            console.answer(
                f"{row.patient}: {row.reviewed} of {row.entries} entries reviewed; "
                f"{row.compared} of {row.facts} facts compared with their source"
            )
            for fallen in row.fell_off:
                console.answer(
                    f"    #{fallen.entry} compared by #{fallen.compared}, ended by #{fallen.by} ({fallen.name})"
                )


def query_list(
    shared: Shared,
    asof: AsOf,
    layout: Layout,
    patient: Patient = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not closed.")] = False,
) -> None:
    """List the queries with their answers, how they ended, and how long they were open."""
    from projections.review.asked import queries

    with reading(shared.ledger) as ledger:
        data = queries(ledger, patient=patient, only_open=only_open, **times(ledger, asof))
        if shared.json:
            envelope.put("query-list", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
        rows.show(
            data.rows,
            layout.format,
            columns=(
                "entry",
                "stream",
                "target",
                "field",
                "state",
                "question",
                "by",
                "at",
                "answer",
                "outcome",
                "open_h",
            ),
            right=("open_h",),
            empty="No query.",
        )


def lock_list(shared: Shared, asof: AsOf, layout: Layout, patient: Patient = None) -> None:
    """List the locks: what each closes, who signed it, and how it ended."""
    from projections.review.asked import locks

    with reading(shared.ledger) as ledger:
        data = locks(ledger, patient=patient, **times(ledger, asof))
        if shared.json:
            envelope.put("lock-list", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
            return
        rows.show(
            data.rows,
            layout.format,
            columns=("entry", "scope", "until", "state", "by", "at", "ended", "ended_by", "ended_at", "reason"),
            empty="Nothing is locked.",
        )


def countersign_queue(shared: Shared, asof: AsOf, layout: Layout) -> None:
    """List the entries that wait for a signature of yours: of a role you hold, and not yet signed by you."""
    from projections.queue import queue

    with reading(shared.ledger) as ledger:
        data = queue(ledger, person=keyring.who(shared.me), **times(ledger, asof))
        if shared.json:
            envelope.put(
                "countersign-queue", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size
            )
            return
        rows.show(
            data.signatures,
            layout.format,
            columns=("entry", "state", "stream", "kind", "what", "meaning", "role", "signed_by", "since", "lapses"),
            empty="Nothing waits for your signature.",
        )
