"""The evidence of an anchor, opened and checked: whether it is of this head, by whom, and whether we know him."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ledger.anchors.cosignature import check_cosignature, stated, strict
from ledger.anchors.quorum import keys_of
from ledger.errors import DoseLedgerError, IntegrityFailure
from ledger.events.archive import AnchorMade
from ledger.events.study import Witnesses
from ledger.merkle.checkpoint import Checkpoint
from ledger.merkle.note import VerifierKey, parse_note
from ledger.values import wire_utc

if TYPE_CHECKING:  # certificates load with the first time stamp
    from ledger.signing.certificates import Certificate

State = Literal["good", "wrong", "unchecked"]


@dataclass(frozen=True, slots=True)
class Held:
    """One anchor: `entry` records that the head of `size` entries was shown to `authority` at `at`.

    `good`: the evidence is of this head and signed by a key that the registrars named, or that was given from outside.
    `unchecked`: nothing here can tell, or nobody gave the key. `known` says that the key did not come from this ledger
    alone. `why` says it in words.
    """

    entry: int
    form: Literal["paper", "timestamp", "witness"]
    size: int
    root: str
    authority: str | None
    at: str | None
    state: State
    known: bool
    why: str


@dataclass(frozen=True, slots=True)
class Known:
    """Who is known from outside: keys of witnesses, roots of time-stamp authorities.

    `first` are the witnesses of the first entry, where the ledger's id, and with it that entry, is known from outside.
    """

    witnesses: tuple[VerifierKey, ...] = ()
    roots: tuple[Certificate, ...] = ()
    first: tuple[VerifierKey, ...] = ()


def judge(
    entry: int,
    event: AnchorMade,
    *,
    blob: bytes | None,
    note: bytes | None,
    opened: Callable[[bytes], Checkpoint],
    policy: Witnesses,
    known: Known,
) -> Held:
    """Judge one anchor by its evidence; `note` is the stored head of its size, `policy` the one in force for it.

    `blob` and `note` are None where the copy at hand does not have them. Raises nothing.
    """

    def held(state: State, why: str, *, from_outside: bool = False) -> Held:
        said = (event.form, event.size, event.root, event.authority, event.at)
        return Held(entry, *said, state=state, known=from_outside, why=why)

    if event.form == "paper":
        return held("unchecked", "on paper, which is elsewhere")
    if blob is None or (note is None and event.form == "timestamp"):
        return held("unchecked", "its evidence is not at hand")
    try:
        if event.form == "witness":
            state, why, from_outside = _cosigned(event, blob, opened, policy, known)
        else:
            state, why, from_outside = _stamped(event, blob, note or b"", known)
    except DoseLedgerError as error:
        return held("wrong", f"{error.what} ({error.why})" if error.why else error.what)
    return held(state, why, from_outside=from_outside)


def witnesses_of(note: bytes, known: Known) -> tuple[str, ...]:
    """The names of witnesses known from outside that cosigned a note; lines that are not theirs are passed over.

    Raises Malformed for a note that does not parse.
    """
    text, lines = parse_note(note)
    found = []
    for key in (*known.witnesses, *known.first):
        try:
            at = check_cosignature(lines, text, key, strict)
        except IntegrityFailure:
            continue
        if at is not None:
            found.append(key.name)
    return tuple(dict.fromkeys(found))


def _cosigned(
    event: AnchorMade, blob: bytes, opened: Callable[[bytes], Checkpoint], policy: Witnesses, known: Known
) -> tuple[State, str, bool]:
    head = opened(blob)
    if (head.size, head.root.hex()) != (event.size, event.root):
        raise IntegrityFailure("the cosigned note is of another head")
    text, lines = parse_note(blob)
    named = [key for key in (*known.witnesses, *known.first, *keys_of(policy)) if key.name == event.authority]
    for key in named:
        at = check_cosignature(lines, text, key, strict)
        if at is None:
            continue
        if stated(at) != event.at:
            raise IntegrityFailure(f"the cosignature states the time {stated(at)}")
        from_outside = key in known.witnesses or key in known.first
        return "good", "its cosignature holds" if from_outside else _UNKNOWN_KEY, from_outside
    if named:
        raise IntegrityFailure(f"the note bears no cosignature of {event.authority}")
    return "unchecked", "the registrars named no such witness, and nobody gave its key", False


def _stamped(event: AnchorMade, blob: bytes, note: bytes, known: Known) -> tuple[State, str, bool]:
    from ledger.anchors import timestamp  # noqa: PLC0415 - most ledgers have no time stamp

    found = timestamp.check_stamp(blob, note)
    if wire_utc(found.at) != event.at:
        raise IntegrityFailure(f"the time stamp states the time {wire_utc(found.at)}")
    if not known.roots:
        return "unchecked", "it is of this head; the authority's certificate is not compared: --tsa-root PEM", False
    if not timestamp.under(blob, known.roots):
        return "unchecked", "it is of this head; it names an authority under none of the roots that were given", False
    timestamp.check_signed(blob, note, known.roots)
    return "good", "its signature holds under a root that was given", True


_UNKNOWN_KEY = "its cosignature holds, by a key that this ledger names itself"
