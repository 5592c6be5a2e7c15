"""`find` and `recompute`: the inspector's questions, each answered with the exact entries and one sentence for each."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from commands.cli import console, envelope, rows
from commands.cli.asof import reader, times
from commands.cli.options import AsOf, Layout, Shared
from commands.cli.session import reading
from ledger.book import Ledger
from ledger.errors import BadInput

if TYPE_CHECKING:
    from projections.find.found import Grouping
    from projections.find.queries import Answer

NAMES = (
    "no-premed",
    "dose-violations",
    "unsupported-escalation",
    "late",
    "outside-delegation",
    "post-signoff-changes",
    "favourable-changes",
    "refusals",
    "dlt",
    "time-anomalies",
    "consent-order",
)
"""Every question by its name."""
_LENGTH = re.compile(r"(?P<n>[0-9]{1,6}) ?(?P<unit>min|m|h|d)\Z")
_UNITS = {"min": "minutes", "m": "minutes", "h": "hours", "d": "days"}
_HEAD = ("position", "patient", "occurred", "recorded_at", "name")
_OWN: dict[str, tuple[str, ...]] = {
    "dose-violations": ("violations",),
    "unsupported-escalation": ("lack",),
    "outside-delegation": ("task", "known"),
    "post-signoff-changes": ("change", "record"),
    "favourable-changes": ("change", "record"),
    "refusals": ("act", "rules"),
    "dlt": ("term", "grade", "then"),
    "time-anomalies": ("anomaly",),
    "consent-order": ("disorder",),
}
"""The columns of a table beside those of every question."""


def find(
    shared: Shared,
    asof: AsOf,
    layout: Layout,
    query: Annotated[
        str,
        typer.Argument(metavar="QUERY", help=f"One of: {', '.join(NAMES)}.", autocompletion=lambda: list(NAMES)),
    ],
    *,
    patient: Annotated[str | None, typer.Option("--patient", metavar="NUMBER", help="Only this patient.")] = None,
    over: Annotated[
        str | None,
        typer.Option("--over", metavar="24h|90min|2d", help="late: over this time; the pack's limits when left out."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="user,site,...", help="late: count by user, site, patient, kind or day."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="ENTRY|TIME|N", help="post-signoff-changes: also of what stood at this moment."
        ),
    ] = None,
    followup: Annotated[
        bool, typer.Option("--followup", help="dlt: with everything that happened to the drug afterwards.")
    ] = False,
) -> int:
    """Find the entries that answer an inspector's question. Exit 1 when there are any, 0 when there are none."""
    from projections.find.found import Ask
    from projections.find.queries import QUERIES

    if query not in QUERIES:
        raise BadInput(f"there is no question {query!r}", fix=f"one of: {', '.join(NAMES)}")
    asked = QUERIES[query]
    for name, given in (("over", over), ("by", by), ("since", since), ("followup", followup or None)):
        if given is not None and name not in asked.options:
            raise BadInput(f"{query} takes no --{name}", fix=f"see: doseledger find --help; {query}: {asked.asks}")
    with reading(shared.ledger) as ledger:
        ask = Ask(
            **times(ledger, asof),
            patient=patient,
            over=_length(over) if over is not None else None,
            by=_groupings(by) if by is not None else (),
            since=reader(ledger).place(_placed(ledger, since)) if since is not None else None,
            followup=followup,
        )
        data = asked.answer(ledger, ask)
        if shared.json:
            envelope.put(f"find-{query}", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
        else:
            _print(query, data, layout, counted=by is not None)
    return 1 if data.rows else 0


def recompute(
    shared: Shared,
    asof: AsOf,
    layout: Layout,
    drug: Annotated[str, typer.Argument(metavar="DRUG", help="The drug that is dosed by body surface: clofarabine.")],
    patient: Annotated[str | None, typer.Option("--patient", metavar="NUMBER", help="Only this patient.")] = None,
) -> int:
    """Work out every dose again from dated height and weight. Exit 1 when one differs by more than its rounding."""
    from projections.find.found import Ask
    from projections.recompute import recompute as project

    with reading(shared.ledger) as ledger:
        data = project(ledger, Ask(**times(ledger, asof), patient=patient), drug)
        if shared.json:
            envelope.put("recompute", ledger, data, valid_at=data.valid_at, known_at=data.known_at, size=data.size)
        else:
            rows.show(
                data.rows,
                layout.format,
                columns=("position", "patient", "occurred", "cycle", "day", "given_mg", "why", "rounding"),
                right=("given_mg",),
                empty=f"No dose of {drug}.",
            )
            if layout.format == "table":
                console.say(f"{data.differing} of {len(data.rows)} doses differ by more than the pack's rounding.")
                console.say(data.notice)
    return 1 if data.differing else 0


def _print(query: str, data: Answer, layout: Layout, *, counted: bool) -> None:
    """Print the rows; where counts are asked for, a table has them below, CSV and JSON lines have them instead."""
    clusters = getattr(data, "clusters", ())
    if counted and layout.format != "table":
        rows.show(clusters, layout.format, empty="Nothing was found.")
        return
    rows.show(data.rows, layout.format, columns=(*_HEAD, *_OWN.get(query, ()), "why"), empty="Nothing was found.")
    if layout.format != "table":
        return
    for title, below in (("Counted", clusters), ("Most changed", getattr(data, "fields", ()))):
        if below:
            console.answer(f"\n{title}")
            rows.show(below, "table")
    for row in data.rows:
        if getattr(row, "next", ()):
            console.answer(f"\nAfter #{row.position}")
            rows.show(getattr(row, "next", ()), "table")
    if query == "post-signoff-changes" and getattr(data, "moments", 1) == 0:
        console.say("Nothing is signed off, locked or reviewed in this ledger; --since names another moment.")


def _length(text: str) -> timedelta:
    found = _LENGTH.match(text.strip())
    if found is None:
        raise BadInput(f"{text!r} is not a length of time", fix="for example: --over 24h")
    return timedelta(**{_UNITS[found["unit"]]: int(found["n"])})


def _groupings(text: str) -> tuple[Grouping, ...]:
    from projections.find.found import Grouping as Known

    names = tuple(dict.fromkeys(one.strip() for one in text.split(",")))
    for name in names:
        if name not in get_args(Known):
            raise BadInput(f"late entries are not counted by {name!r}", fix=f"--by {','.join(get_args(Known))}")
    return cast("tuple[Grouping, ...]", names)


def _placed(ledger: Ledger, text: str) -> str:
    """Give the number of an entry that is named by the first digits of its id; anything else as it is."""
    digits = text.replace("-", "")
    if re.fullmatch(r"[0-9a-f]{8,32}", digits) and not digits.isdigit():
        return f"#{ledger.find(text).position}"
    return text
