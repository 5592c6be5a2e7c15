"""`doseledger anchor`: the head of the log shown outside, on paper and to time-stamp authorities; and what is due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from commands.cli import console, envelope, queued
from commands.cli.options import Shared
from commands.cli.place import addresses, read_file, write_private
from commands.cli.queued import Row
from commands.cli.session import Session, reading, writing
from ledger.errors import BadInput, Unavailable
from projections.anchors import AnchorStatus

if TYPE_CHECKING:
    from commands.cli.stamping import Answers
    from ledger.anchors.timestamp import Digest

SECONDS = 60.0
"""How long an answer may be waited for: `--timeout` at most."""


@dataclass(frozen=True)
class Standing:
    """What `anchor status` says: what stands in the ledger, and the requests that wait on this machine."""

    standing: AnchorStatus
    waiting: tuple[Row, ...]


def anchor_paper(
    shared: Shared,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="A new file, to be printed; stdout when left out.")
    ] = None,
) -> None:
    """Print a checkpoint for the binder: one page in HTML, with size and root in groups and the note as a QR code."""
    from commands.cli import clock
    from commands.cli.version import SOFTWARE
    from ledger.anchors import paper
    from projections.export.paper.making import PaperAnchor, page
    from projections.printed import second

    with writing(shared.ledger) as session:
        ledger, zone = session.ledger, ZoneInfo(session.genesis.zone)
        if out is not None and Path(out).exists():
            raise BadInput(f"there is already something at {out}", why="a page never replaces another file")
        shown, made = page(
            ledger, ledger.size, zone, printed_at=second(clock.now(), zone), software=SOFTWARE.replace("/", " ")
        )
        if out is not None:
            write_private(Path(out), made)
        elif not shared.json:
            console.raw(made)
        position = on_paper(session, shown.size, shown.root)
        if shared.json:
            data = PaperAnchor(
                file=out,
                ledger=ledger.id,
                size=shown.size,
                root=shown.root,
                lines=paper.written(shown.size, shown.root),
                at=shown.at,
                log_key=shown.log_key,
                recorded=position,
            )
            envelope.put("anchor-paper", ledger, data)
            return
    if out is not None:
        console.answer(out)
    console.say(f"{shown.size} entries, recorded in the ledger as #{position}")
    console.say(f"root {' '.join(shown.root[at : at + 4] for at in range(0, len(shown.root), 4))}")
    console.say("Print it, sign it, put it into the binder. To compare: doseledger verify --paper -")


def on_paper(session: Session, size: int, root: str) -> int:
    """Record that the head of `size` entries was printed; gives the position of the entry."""
    from commands.notes import note
    from ledger.events.archive import AnchorMade

    event = AnchorMade(form="paper", size=size, root=root, evidence=None, authority=None, at=None)
    return note(session.ledger, session.post, "archive", lambda _pad, _roster: event).position


def anchor_timestamp(
    shared: Shared,
    url: Annotated[
        list[str] | None,
        typer.Option("--url", metavar="URL", help="An authority to ask; repeatable. Those of the settings else."),
    ] = None,
    *,
    request_out: Annotated[
        str | None,
        typer.Option("--request-out", metavar="FILE", help="Offline: write the request into a new file instead."),
    ] = None,
    response: Annotated[
        str | None,
        typer.Option("--response", metavar="FILE", help="Offline: record the answer to a request of this machine."),
    ] = None,
    authority: Annotated[
        str | None, typer.Option("--authority", metavar="NAME", help="Whose answer it is, with --response.")
    ] = None,
    tsa_root: Annotated[
        list[str] | None,
        typer.Option("--tsa-root", metavar="PEM", help="Accept no answer but one signed under this root; repeatable."),
    ] = None,
    digest: Annotated[str, typer.Option("--digest", metavar="sha256|sha512", help="What is stamped.")] = "sha256",
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="How long to wait for each answer.")
    ] = 15.0,
    retry: Annotated[bool, typer.Option("--retry", help="Ask the authorities whose requests wait here.")] = False,
) -> int:
    """Have RFC 3161 authorities stamp the newest checkpoint: exit 0 when one did, 6 when none answered.

    What is not answered waits on this machine: `--retry` asks again, and so does every act that forces an anchor.
    """
    from commands.cli import stamping
    from ledger.signing.certificates import read_roots

    if sum((url is not None, request_out is not None, response is not None, retry)) > 1:
        raise BadInput("these do not go together", fix="one of --url, --request-out, --response, --retry")
    if not 0 < timeout <= SECONDS:
        raise BadInput(f"{timeout:g} seconds cannot be waited for", fix=f"--timeout more than 0, at most {SECONDS:g}")
    algorithm = _digest(digest)
    roots = tuple(one for name in tsa_root or () for one in read_roots(read_file(name)))
    with writing(shared.ledger) as session:
        if request_out is not None:
            _to_file(session, request_out, algorithm, shared)
            return 0
        if response is not None:
            found = stamping.Answers((stamping.by_file(session, read_file(response), authority, roots),), ())
        else:
            waiting = tuple(one.url for one in queued.waiting(session.ledger.id) if one.url is not None)
            urls = tuple(url or ()) or (tuple(dict.fromkeys(waiting)) if retry else addresses("timestamp-authorities"))
            if not urls:
                _nobody(retry=retry)
            found = stamping.every(session, urls, digest=algorithm, roots=roots, seconds=timeout)
        if shared.json:
            envelope.put("anchor-timestamp", session.ledger, found)
    if not shared.json:
        for one in found.made:
            console.answer(f"v {one.authority} stamped the head of {one.size} entries at {one.at}: #{one.position}")
    told(replace(found, made=()))
    return 0 if found.made else Unavailable.exit_code


def anchor_status(shared: Shared) -> None:
    """Say how the log stands to the outside: the newest anchor of each form, what came later, what is due."""
    from commands.cli.asof import reader
    from projections.anchors import status

    with reading(shared.ledger) as ledger:
        data = status(ledger, ZoneInfo(reader(ledger).zone))
        waiting = queued.rows(ledger.id)
        if shared.json:
            envelope.put("anchor-status", ledger, Standing(data, waiting))
            return
    _status(data)
    for one in waiting:
        console.answer(f"  waits      a request over {one.size} entries to {one.url or 'an authority, by file'}")


def _status(data: AnchorStatus) -> None:
    console.answer(f"{data.size} entries")
    for one in data.newest:
        if one.anchor is None or one.minutes is None:
            console.answer(f"  {one.form:<10} none")
            continue
        whose = f" by {one.anchor.authority} at {one.anchor.at}" if one.anchor.authority else ""
        console.answer(
            f"  {one.form:<10} {one.anchor.size} entries{whose} (#{one.anchor.entry}); "
            f"{one.later} came later, in {one.minutes // 60} h {one.minutes % 60} min"
        )
    if data.due:
        console.answer(console.paint(f"! {data.due}", "warn"))
        console.say(
            "  Print one: doseledger anchor paper. Online: doseledger anchor timestamp, doseledger witness request."
        )
    else:
        console.answer("v no anchor is due")


def told(found: Answers) -> None:
    """Say beside another act which authorities stamped the head, and which did not."""
    for one in found.made:
        console.say(f"  stamped by {one.authority} at {one.at}: {one.size} entries (#{one.position})")
    for other in found.waiting:
        console.insist(f"! {other.authority}: {console.one_line(other.why)}; the request waits", "warn")


def _to_file(session: Session, name: str, digest: Digest, shared: Shared) -> None:
    from commands.cli.stamping import Asking
    from ledger.anchors import timestamp

    ledger = session.ledger
    size = ledger.size
    request = timestamp.ask(ledger.checkpoint_at(size), digest)
    write_private(Path(name), request.der)
    one = queued.keep(ledger.id, size, None, digest, request)
    if shared.json:
        envelope.put("anchor-request", ledger, Asking(name, size, one.nonce))
        return
    console.answer(name)
    console.say(
        f"A request over {size} entries; the answer: doseledger anchor timestamp --response FILE --authority NAME"
    )


def _digest(said: str) -> Digest:
    if said == "sha256":
        return "sha256"
    if said == "sha512":
        return "sha512"
    raise BadInput(f"{said!r} is no digest for a time stamp", fix="--digest sha256|sha512")


def _nobody(*, retry: bool) -> None:
    if retry:
        raise BadInput("no request waits here", fix="doseledger anchor timestamp --url URL")
    raise BadInput(
        "no time-stamp authority is named",
        fix="--url URL, $DOSELEDGER_TIMESTAMP_AUTHORITIES, or timestamp-authorities in the file of settings",
    )
