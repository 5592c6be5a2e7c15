"""Cosignatures asked for and put into the ledger: one witness at a time, checked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from commands.cli import network
from commands.cli.session import Session
from commands.draft import Pad
from commands.notes import note
from ledger.anchors.cosignature import stated
from ledger.anchors.quorum import keys_of
from ledger.anchors.reply import Taken, size_told, take
from ledger.anchors.witnessing import SIZE, TEXT, Request
from ledger.book import Ledger
from ledger.course.people import Roster
from ledger.errors import BadInput, DoseLedgerError, IntegrityFailure, NotAllowed, Unavailable
from ledger.events.archive import AnchorMade
from ledger.events.study import Witnesses
from projections.witnesses import known_size

PATH = "/add-checkpoint"
MOST_BYTES = 1 << 16
"""Signature lines of one witness are shorter."""
_TURNS = 3
"""How often one witness is asked in a row: to learn what it knows, to cosign, and once more if somebody was faster."""


@dataclass(frozen=True)
class Cosigned:
    """A cosignature that stands in the ledger: whose, over how many entries, the time it states, at which position.

    `url` is whom it was asked of, None where it came by file. `forgot` is how many entries the witness cosigned before,
    as the ledger records, where it said that it knew fewer; 0 elsewhere.
    """

    witness: str
    size: int
    at: str
    position: int
    url: str | None = None
    forgot: int = 0


@dataclass(frozen=True)
class Unanswered:
    """A witness that cosigned nothing: which address, and why."""

    url: str
    error: DoseLedgerError


def named(ledger: Ledger) -> Witnesses:
    """The witnesses that the registrars named; BadInput where they named none."""
    policy = ledger.roster().policy.witnesses
    if not keys_of(policy):
        raise BadInput(
            "this ledger names no witness",
            why="only a witness that the registrars named vouches for it",
            fix="doseledger policy amend --witness-key NAME+ID+KEY --witness-quorum 1",
        )
    return policy


def request_from(ledger: Ledger, old: int) -> Request:
    """The request to cosign the newest head, for a witness that cosigned the head of `old` entries."""
    proof = ledger.prove_consistency(old) if old else ()
    return Request(old, proof, ledger.checkpoint())


def every(
    session: Session, urls: Sequence[str], *, seconds: float = network.SECONDS
) -> tuple[list[Cosigned], list[Unanswered]]:
    """Ask every address to cosign the same head, then record what came; one that fails keeps no other from being asked.

    Raises BadInput where the ledger names no witness, and for what is no address.
    """
    ledger = session.ledger
    policy, size, head = named(ledger), ledger.size, ledger.checkpoint()
    for url in urls:
        network.host_of(url)
    came: list[tuple[Taken, str, int]] = []
    failed: list[Unanswered] = []
    for url in urls:
        try:
            reply, old = asked(ledger, url, size, head, seconds=seconds)
            came.extend((one, url, old) for one in take(head, reply, policy))
        except DoseLedgerError as error:
            failed.append(Unanswered(url, error))
    before = {one.name: known_size(ledger, one.name) for one, _, _ in came}
    made = []
    for one, url, old in came:
        forgot = before[one.name] if before[one.name] > old else 0
        made.append(recorded(session, size, one, url=url, forgot=forgot))
    return made, failed


def asked(ledger: Ledger, url: str, size: int, head: bytes, *, seconds: float) -> tuple[bytes, int]:
    """Get the signature lines of the witness at an address under the head of `size` entries; they are not checked yet.

    It is asked first as if it knew nothing, and answers how many entries it does know; that number comes back too.
    Raises IntegrityFailure where it cosigned a history that is not this one, or more of it than is here.
    """
    old, name = 0, network.host_of(url)
    for _ in range(_TURNS):
        proof = ledger.prove_consistency(old, size) if old else ()
        body = Request(old, proof, head).written()
        answer = network.post(url.rstrip("/") + PATH, body, kind=TEXT, seconds=seconds, limit=MOST_BYTES)
        if answer.status == 200:
            return answer.body, old
        if answer.status != 409 or answer.kind != SIZE:
            raise _refusal(name, answer, old)
        told = size_told(answer.body)
        if told > size:
            raise IntegrityFailure(
                f"{name} cosigned {told} entries of this log; only {size} are here",
                why="entries that it saw are missing from this ledger",
                fix="write nothing; find the newer file, or the backup of it",
            )
        if told == old:
            raise _another_history(name, told)
        old = told
    raise Unavailable(f"{name} is asked by others at the same time", fix="try again")


def recorded(session: Session, size: int, taken: Taken, *, url: str | None = None, forgot: int = 0) -> Cosigned:
    """Append the `anchor.made/1` of a cosignature; the cosigned note is kept as a blob."""
    root, digest = session.ledger.root_at(size).hex(), sha256(taken.note).hexdigest()
    at = stated(taken.at)

    def made(pad: Pad, _: Roster) -> AnchorMade:
        pad.blobs[digest] = taken.note
        return AnchorMade(form="witness", size=size, root=root, evidence=digest, authority=taken.name, at=at)

    position = note(session.ledger, session.post, "archive", made).position
    return Cosigned(taken.name, size, at, position, url, forgot)


def _refusal(name: str, answer: network.Answer, old: int) -> DoseLedgerError:
    said = answer.body[:300].decode("utf-8", "replace").strip()
    match answer.status:
        case 403 | 404:
            fix = "give whoever runs it the key of this log: doseledger checkpoint show; and compare the address"
            return NotAllowed(f"{name} does not cosign this log", why=said, fix=fix)
        case 422:
            return _another_history(name, old)
        case 400:
            return BadInput(
                f"{name} does not understand the request", why=said, fix="is this the address of a witness?"
            )
        case _:
            return Unavailable(f"{name} does not cosign", why=f"it answers {answer.status}", fix="try again later")


def _another_history(name: str, size: int) -> IntegrityFailure:
    return IntegrityFailure(
        f"{name} cosigned another history of this log",
        why=f"what it knows of the first {size} entries is not what is here",
        fix="write nothing; ask whoever runs it for the head it keeps, and compare: doseledger checkpoint compare",
    )
