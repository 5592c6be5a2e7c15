"""Time stamps asked for and put into the ledger: the request is kept, sent, and its answer checked and recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from commands.cli import network, queued
from commands.cli.session import Session
from commands.draft import Pad
from commands.notes import note
from ledger.anchors import timestamp
from ledger.anchors.timestamp import Digest, Stamp
from ledger.course.people import Roster
from ledger.errors import BadInput, DoseLedgerError, IntegrityFailure, Unavailable
from ledger.events.archive import AnchorMade
from ledger.signing.certificates import Certificate
from ledger.values import wire_utc

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
_NO_CODE = re.compile(r"[^A-Za-z0-9._/-]+")


@dataclass(frozen=True)
class Stamped:
    """A time stamp that stands in the ledger: whose, over how many entries, when, and at which position."""

    authority: str
    size: int
    at: str
    position: int


@dataclass(frozen=True)
class Unanswered:
    """An authority that gave none: why, and whether the request waits on this machine."""

    authority: str
    size: int
    why: str
    waits: bool


@dataclass(frozen=True)
class Answers:
    """What became of the requests to the authorities: stamps in the ledger, and what waits for another try."""

    made: tuple[Stamped, ...]
    waiting: tuple[Unanswered, ...]


@dataclass(frozen=True)
class Asking:
    """A request that was written into a file, over `size` entries; its answer repeats the `nonce`."""

    file: str
    size: int
    nonce: str


def asked(session: Session, url: str, *, digest: Digest, roots: tuple[Certificate, ...], seconds: float) -> Stamped:
    """Ask one authority for a stamp over the newest head, and record it; the request waits here until that is done.

    Raises Unavailable where nothing answers, IntegrityFailure for an answer that does not hold.
    """
    ledger = session.ledger
    authority = name_of(network.host_of(url))
    size = ledger.size
    request = timestamp.ask(ledger.checkpoint_at(size), digest)
    one = queued.keep(ledger.id, size, url, digest, request)
    answer = network.post(url, request.der, kind=QUERY, seconds=seconds, limit=timestamp.MAX_BYTES)
    if answer.status != 200:
        raise Unavailable(f"{authority} gives no time stamp", why=f"it answers {answer.status}")
    return recorded(session, one, answer.body, authority, roots)


def recorded(
    session: Session, one: queued.Waiting, answer: bytes, authority: str, roots: tuple[Certificate, ...]
) -> Stamped:
    """Check the answer to a request that waits here, record it, and let the request go."""
    head = session.ledger.checkpoint_at(one.size)
    found = checked(answer, head, one.number, roots)
    made = written(session, one.size, answer, authority, found)
    queued.done(session.ledger.id, one)
    return made


def checked(answer: bytes, head: bytes, nonce: int | None, roots: tuple[Certificate, ...]) -> Stamp:
    """Accept an answer: the stamp of this head, for this request, and signed under `roots` where some are given."""
    found = timestamp.check_stamp(answer, head, nonce=nonce)
    if roots:
        timestamp.check_signed(answer, head, roots)
    return found


def written(session: Session, size: int, answer: bytes, authority: str, stamp: Stamp) -> Stamped:
    """Append the `anchor.made/1` of a time stamp; the answer is kept as a blob."""
    root, digest, at = session.ledger.root_at(size).hex(), sha256(answer).hexdigest(), wire_utc(stamp.at)

    def made(pad: Pad, _: Roster) -> AnchorMade:
        pad.blobs[digest] = answer
        return AnchorMade(form="timestamp", size=size, root=root, evidence=digest, authority=authority, at=at)

    receipt = note(session.ledger, session.post, "archive", made)
    return Stamped(authority, size, at, receipt.position)


def by_file(session: Session, answer: bytes, authority: str | None, roots: tuple[Certificate, ...]) -> Stamped:
    """Record an answer that came as a file: it must belong to a request that waits here."""
    nonce = timestamp.open_response(answer).nonce
    found = [one for one in queued.waiting(session.ledger.id) if one.number == nonce]
    if not found:
        raise IntegrityFailure(
            "this answers no request that waits here",
            why="its number is none of theirs",
            fix="give the answer to the newest request: doseledger anchor status lists what waits",
        )
    one = found[0]
    if authority is None and one.url is None:
        raise BadInput("whose time stamp is it?", fix="--authority NAME, for example the address of the authority")
    name = authority if authority is not None else network.host_of(one.url or "")
    return recorded(session, one, answer, name_of(name), roots)


def every(
    session: Session,
    urls: tuple[str, ...],
    *,
    digest: Digest = "sha256",
    roots: tuple[Certificate, ...] = (),
    seconds: float = network.SECONDS,
) -> Answers:
    """Ask every authority; one that does not answer, or not as it must, keeps no other from being asked.

    Raises BadInput, before any is asked, for what is no address.
    """
    names = {url: name_of(network.host_of(url)) for url in urls}
    made, failed = list[Stamped](), list[Unanswered]()
    for url, name in names.items():
        size = session.ledger.size
        try:
            made.append(asked(session, url, digest=digest, roots=roots, seconds=seconds))
        except (Unavailable, IntegrityFailure) as error:
            failed.append(Unanswered(name, size, _sentence(error), waits=True))
    return Answers(tuple(made), tuple(failed))


def name_of(host: str) -> str:
    """The name of an authority as an entry can hold it: letters, digits, dots, hyphens and slashes, at most 64."""
    name = _NO_CODE.sub("-", host)[:64].strip("-._/")
    if not name:
        raise BadInput(f"{host!r} is no name of an authority", fix="letters and digits, e.g. tsa.example.org")
    return name


def _sentence(error: DoseLedgerError) -> str:
    return f"{error.what}: {error.why}" if error.why else error.what
