"""`doseledger witness request`, `add`, `list`: to have the head of a ledger cosigned, online or by file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.cli import console, envelope, lastseen, rows
from commands.cli.options import Layout, Shared
from commands.cli.place import addresses, read_file, write_private
from commands.cli.session import reading, writing
from ledger.anchors import compare
from ledger.anchors.quorum import keys_of
from ledger.anchors.reply import is_lines, take
from ledger.errors import BadInput, DoseLedgerError, IntegrityFailure, Malformed, NotAllowed
from ledger.events.study import Witnesses
from ledger.merkle.checkpoint import parse
from projections.witnesses import CosignedHead, CosignedHeads, RequestFile, State, known_size, witnesses

if TYPE_CHECKING:
    from commands.cli.witness.taking import Cosigned, Unanswered
    from ledger.book import Ledger


def witness_request(
    shared: Shared,
    *,
    url: Annotated[
        list[str] | None,
        typer.Option(
            "--url", metavar="ADDRESS", help="Where a witness answers; repeatable. The setting `witnesses` else."
        ),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="Write the request into a new file instead.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--for", metavar="NAME", help="With --out: for which witness; the only one that is named else."),
    ] = None,
    start: Annotated[
        int | None,
        typer.Option("--from", metavar="N", help="With --out: how many entries that witness says it cosigned."),
    ] = None,
) -> int:
    """Have the newest head cosigned, and put what came back into the ledger; or write the request, to be carried."""
    if out is not None:
        if url:
            raise BadInput("a request goes to an address or into a file", fix="--url ADDRESS, or --out FILE")
        _by_file(shared, out, name, start)
        return 0
    if name is not None or start is not None:
        raise BadInput("--for and --from belong to a request by file", fix="--out FILE")
    urls = tuple(dict.fromkeys(url)) if url else addresses("witnesses")
    if not urls:
        raise BadInput(
            "no witness is named to ask",
            fix="--url ADDRESS, or the setting `witnesses`; without a network: --out FILE",
        )
    from commands.cli.witness.taking import every, named

    with writing(shared.ledger) as session:
        policy, size, root = named(session.ledger), session.ledger.size, session.ledger.root().hex()
        made, failed = every(session, urls)
        shown = _heads(policy, made, failed, size=size, root=root)
        if shared.json:
            envelope.put("witness-request", session.ledger, shown)
        else:
            _tell(shown)
    return max((one.error.exit_code for one in failed), default=0)


def witness_add(
    shared: Shared,
    reply: Annotated[str, typer.Argument(metavar="REPLY", help="What the witness sent back.")],
    size: Annotated[
        int | None,
        typer.Option("--size", metavar="N", help="Of how many entries the head was, where the reply does not say it."),
    ] = None,
) -> None:
    """Check a reply that came by file, and put its cosignatures into the ledger."""
    from commands.cli.witness.taking import named, recorded

    data = read_file(reply)
    with writing(shared.ledger) as session:
        ledger = session.ledger
        policy = named(ledger)
        known = _size(ledger, data, size)
        taken = take(ledger.checkpoint_at(known), data, policy)
        made = [recorded(session, known, one) for one in taken]
        shown = _heads(policy, made, [], size=known, root=ledger.root_at(known).hex())
        if shared.json:
            envelope.put("witness-add", ledger, shown)
        else:
            _tell(shown)


def witness_list(shared: Shared, layout: Layout) -> None:
    """List the witnesses that the registrars named, and up to where each has cosigned."""
    with reading(shared.ledger) as ledger:
        data = witnesses(ledger)
        if shared.json:
            envelope.put("witness-list", ledger, data)
            return
    columns = ("name", "size", "at", "entry", "later", "key")
    rows.show(data.rows, layout.format, columns=columns, right=("size", "entry", "later"), empty="No witness is named.")
    if data.quorum:
        stands = f"The first {data.covered} entries stand in a head of" if data.covered else "No head was cosigned by"
        console.say(f"Asked for: {data.quorum}. {stands} as many.")
    elif data.rows:
        console.say("None is asked for: --witness-quorum of `policy amend` says how many.")


def _by_file(shared: Shared, out: str, name: str | None, start: int | None) -> None:
    from commands.cli.witness.taking import named, request_from

    with reading(shared.ledger) as ledger:
        whom = _whom(named(ledger), name)
        old = known_size(ledger, whom) if start is None else start
        if not 0 <= old <= ledger.size:
            raise BadInput(f"{whom} cannot have cosigned {old} entries", why=f"the ledger has {ledger.size}")
        write_private(Path(out), request_from(ledger, old).written())
        if shared.json:
            data = RequestFile(witness=whom, old=old, size=ledger.size, path=out)
            envelope.put("witness-request-file", ledger, data)
            return
        console.answer(out)
        console.say(f"A request to {whom}: to cosign the head of {ledger.size} entries, which goes on from {old}.")
        console.say(
            f"There: doseledger witness cosign {Path(out).name} --out REPLY; then here: doseledger witness add."
        )


def _whom(policy: Witnesses, name: str | None) -> str:
    names = list(dict.fromkeys(key.name for key in keys_of(policy)))
    if name is None and len(names) == 1:
        return names[0]
    if name not in names:
        what = "for which witness?" if name is None else f"{name} is no witness of this ledger"
        raise BadInput(what, fix=f"--for {' | '.join(names)}")
    return name


def _size(ledger: Ledger, data: bytes, said: int | None) -> int:
    """Of how many entries the head in a reply is; raises IntegrityFailure where it is of another history."""
    if is_lines(data):
        if said is None:
            raise BadInput(
                "the reply is signature lines alone", why="it does not say which head they are of", fix="--size N"
            )
        return said
    try:
        known = parse(data)[0].size
    except Malformed as error:
        raise Malformed(
            "this is no reply of a witness", why=error.what, fix="give the file that came back: witness cosign --out"
        ) from error
    if said is not None and said != known:
        raise BadInput(f"the reply is of the head of {known} entries, not of {said}")
    opened = lastseen.opener_of(ledger)
    opened(data)
    standing = compare(data, ledger, opened)
    if standing.sound:
        return known
    where = ""
    if standing.fork is not None:
        path = lastseen.kept_of(ledger).incident("fork", standing.fork.written())
        where = f"; both heads are in {path}"
    raise IntegrityFailure(
        "what the witness cosigned is not in this ledger",
        why=standing.why,
        fix=f"write nothing; find the file that was in use, and compare: doseledger checkpoint compare{where}",
    )


def _heads(policy: Witnesses, made: list[Cosigned], failed: list[Unanswered], *, size: int, root: str) -> CosignedHeads:
    found = [
        CosignedHead(
            url=one.url,
            state="forgetful" if one.forgot else "cosigned",
            why=f"it cosigned {one.forgot} entries before, and forgot them" if one.forgot else "",
            witness=one.witness,
            size=size,
            root=root,
            at=one.at,
            entry=one.position,
        )
        for one in made
    ]
    found += [
        CosignedHead(
            url=one.url,
            state=_state(one.error),
            why=_words(one.error),
            witness=None,
            size=size,
            root=root,
            at=None,
            entry=None,
        )
        for one in failed
    ]
    names = {one.witness for one in made}
    return CosignedHeads(quorum=policy.quorum, reached=len(names) >= policy.quorum, rows=tuple(found))


def _tell(shown: CosignedHeads) -> None:
    for one in shown.rows:
        if one.witness is None:
            console.insist(console.one_line(f"x {one.url}: {one.why}"), "bad")
            continue
        console.answer(f"{one.witness} cosigned the head of {one.size} entries at {one.at}, recorded as #{one.entry}")
        if one.why:
            console.insist(f"! {one.witness}: {one.why}; it proves no more what came before", "warn")
    if shown.quorum:
        count = len({one.witness for one in shown.rows if one.witness is not None})
        console.say(f"Asked for: {shown.quorum} witnesses. This head was cosigned by {count}.")


def _state(error: DoseLedgerError) -> State:
    match error:
        case IntegrityFailure():
            return "another-history"
        case NotAllowed() | BadInput():
            return "refused"
        case _:
            return "unavailable"


def _words(error: DoseLedgerError) -> str:
    return f"{error.what} ({error.why})" if error.why else error.what
