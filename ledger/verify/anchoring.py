"""What vouches for a ledger from outside: its id and a head on paper, keys, checkpoints that somebody kept.

Evidence that stands in the log counts where its key is known from outside: whoever owns the log cannot have made it. It
shows that the entries it covers are those of that day; that a newer anchor was cut off with the newest entries, only
something that is kept elsewhere shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ledger.anchors.evidence import Held, Known, witnesses_of
from ledger.anchors.paper import Paper
from ledger.anchors.quorum import covered, keys_of
from ledger.errors import DoseLedgerError
from ledger.merkle.checkpoint import Checkpoint, parse
from ledger.merkle.epochs import LogKey, of_one_log
from ledger.merkle.note import VerifierKey
from ledger.signing.keys import check_ed25519
from ledger.verify.opening import sentence
from ledger.verify.passing import Passing
from ledger.verify.report import NOT_ANCHORED, OWN_WORD, Finding, Verdict

if TYPE_CHECKING:  # certificates load where somebody gives one
    from ledger.signing.certificates import Certificate

ANCHORS = frozenset({"fork", "stale"})
"""The findings that say what is wrong between this ledger and the outside, not inside it."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What somebody holds outside: checkpoints as signed notes, a head on paper, the ledger id, keys.

    `held_as` names the `trusted` checkpoint in the report; `cosigned` is one that a witness kept. `witnesses` are keys
    of witnesses, `roots` certificates of time-stamp authorities, whose evidence in the log then counts.
    """

    trusted: bytes | None = None
    ledger: str | None = None
    log_key: VerifierKey | None = None
    held_as: str = "trusted checkpoint"
    paper: Paper | None = None
    cosigned: bytes | None = None
    witnesses: tuple[VerifierKey, ...] = ()
    roots: tuple[Certificate, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """What was given, in the words of the report."""
        given = {
            self.held_as: self.trusted is not None,
            "paper": self.paper is not None,
            "cosigned checkpoint": self.cosigned is not None,
            "ledger id": self.ledger is not None,
            "log key": self.log_key is not None,
            "witnesses": bool(self.witnesses),
            "time-stamp authorities": bool(self.roots),
        }
        return tuple(name for name, there in given.items() if there)


@dataclass(frozen=True, slots=True)
class Anchored:
    """How a ledger stands to the outside: the words for the reader, the verdict if nothing else is wrong.

    `anchors` are those that stand in the log, each judged; `compared` says that something outside was asked.
    """

    words: str
    verdict: Verdict
    anchors: tuple[Held, ...] = ()
    compared: bool = False

    @property
    def left_open(self) -> tuple[str, ...]:
        """What is NOT CHECKED, in sentences."""
        unread = [f"#{one.entry}" for one in self.anchors if one.state == "unchecked" and one.form != "paper"]
        return (
            *(() if self.compared else ("outside anchors",)),
            *((f"who signed the evidence of {', '.join(unread)}",) if unread else ()),
        )


@dataclass(frozen=True, slots=True)
class _Vouched:
    """Somebody outside saw the first `size` entries as they are here; `size` 0: what he saw was given up by name."""

    size: int
    words: str


def anchored(passing: Passing, key: LogKey | None, outside: Outside, *, copy: bool) -> Anchored:
    """Compare with what is held outside, and judge the anchors in the log by it; findings go into the pass.

    Of a `copy` the ledger id and the key come from the copy itself, unless one of them was given.
    """
    found = [*_named(passing, key, outside)]
    known = _known(passing, outside)
    inside = () if key is None else _inside(passing, known, found)
    vouched = (
        [] if key is None else [*_kept(passing, key, outside, known, found), *_by_evidence(passing, known, inside)]
    )
    passing.findings.extend(found)
    compared = outside.trusted is not None or outside.paper is not None or outside.cosigned is not None
    for worst in ("fork", "stale"):
        said = [finding.why for finding in found if finding.code == worst]
        if said:
            return Anchored(said[0], "fork" if worst == "fork" else "stale", inside, compared)
    best = max(vouched, key=lambda one: one.size, default=None)
    if best is not None and best.size:
        later = passing.seen.size - best.size
        since = f", not anchored since #{best.size}" if later else ""
        words = f"anchored by {best.words} of {best.size} entries; {later} came later{since}"
        more = [f"{one.words} of {one.size} entries" for one in vouched if one.size and one is not best]
        words += f"; it agrees with {', '.join(more)}" if more else ""
        return Anchored(words, "ok", inside, compared=True)
    if copy and outside.ledger is None and outside.log_key is None:
        return Anchored(OWN_WORD + _own(inside), "self-consistent", inside, compared)
    return Anchored(best.words if best is not None else NOT_ANCHORED + _own(inside), "ok-unanchored", inside, compared)


def _own(anchors: tuple[Held, ...]) -> str:
    """Say how far the ledger's own anchors reach, where nobody outside was asked about them."""
    if not anchors:
        return ""
    newest = max(anchors, key=lambda one: one.size)
    return f"; its own newest anchor ({newest.form}, #{newest.entry}) covers {newest.size} entries"


def _known(passing: Passing, outside: Outside) -> Known:
    """Who is known from outside; the witnesses of the first entry are, where the ledger's id is.

    Not so one under whose name another key was given: whoever gave it has not chosen this one. Nor one whose key seals
    the log, or is that of a person or a device of the site: he is nobody outside.
    """
    genesis = passing.roster.genesis
    sure = genesis is not None and outside.ledger is not None and outside.ledger == passing.roster.ledger
    first = keys_of(genesis.witnesses) if genesis is not None and sure else ()
    given = {key.name for key in outside.witnesses}
    site = {one.public for one in passing.log_keys.keys} | {one.raw for one in passing.known.values()}
    named = (key for key in first if key.public not in site)
    own = tuple(key for key in named if key in outside.witnesses or key.name not in given)
    return Known(witnesses=outside.witnesses, roots=outside.roots, first=own)


def _inside(passing: Passing, known: Known, found: list[Finding]) -> tuple[Held, ...]:
    """Judge the anchors in the log; one whose evidence is not what it says is a finding."""
    opened = partial(passing.log_keys.open, check=check_ed25519)
    anchors: list[Held] = []
    try:
        anchors.extend(passing.vouching.judged(passing.source, passing.lacks, opened, known))
    except DoseLedgerError as error:
        found.append(Finding("L1", "unreadable", sentence(error)))
    except Exception as error:  # noqa: BLE001 - no bytes of a file may end an inspection without a finding
        found.append(Finding("L1", "unreadable", f"{type(error).__name__}: {error}"))
    for one in anchors:
        if one.state == "wrong":
            whose = f"{one.form} by {one.authority}"
            found.append(Finding("L1", "anchor", f"the evidence ({whose}): {one.why}", one.entry, "anchor.made/1"))
    return tuple(anchors)


def _by_evidence(passing: Passing, known: Known, anchors: tuple[Held, ...]) -> list[_Vouched]:
    """What is vouched for by evidence in the log whose key is known from outside."""
    seen, genesis = passing.seen, passing.roster.genesis
    good = [
        one
        for one in anchors
        if one.known and one.state == "good" and one.size <= seen.size and seen.root_at(one.size).hex() == one.root
    ]
    given = {key.name for key in known.witnesses}
    found = [
        _Vouched(one.size, f"the {_FORMS[one.form]} {one.authority} at {one.at}")
        for one in good
        if one.form == "timestamp" or one.authority in given
    ]
    if known.first and genesis is not None:
        newest: dict[str, int] = {}
        for one in good:
            if one.form == "witness" and one.authority is not None:
                newest[one.authority] = max(newest.get(one.authority, 0), one.size)
        size = covered(newest, genesis.witnesses)
        found += [_Vouched(size, f"{genesis.witnesses.quorum} of the witnesses in the first entry")] if size else []
    return found


_FORMS = {"timestamp": "time stamp of", "witness": "cosignature of", "paper": "paper of"}


def _named(passing: Passing, key: LogKey | None, outside: Outside) -> list[Finding]:
    found = []
    ledger = passing.roster.ledger
    if outside.ledger is not None and outside.ledger != ledger:
        found.append(Finding("L1", "fork", f"this is the ledger {ledger or 'unknown'}, not {outside.ledger}"))
    if outside.log_key is not None and key is not None:
        held = (outside.log_key.name, outside.log_key.public)
        if held not in {(one.origin, one.public) for one in passing.log_keys.keys}:
            found.append(Finding("L1", "fork", f"the key given is of another log than {key.origin}, or is another key"))
    return found


def _kept(passing: Passing, key: LogKey, outside: Outside, known: Known, found: list[Finding]) -> list[_Vouched]:
    """Compare with the heads kept outside."""
    vouched: list[_Vouched | None] = []
    if outside.paper is not None:
        vouched.append(_on_paper(passing, outside.paper, found))
    if outside.cosigned is not None:
        names = _cosigners(passing, outside.cosigned, known)
        by = ", ".join(names) or "nobody who is known from outside"
        same = _note(passing, key, outside.cosigned, f"checkpoint cosigned by {by}", found)
        vouched.append(same if names or same is None else _Vouched(0, f"{NOT_ANCHORED}; {same.words}"))
    if outside.trusted is not None:
        vouched.append(_note(passing, key, outside.trusted, outside.held_as, found))
    return [one for one in vouched if one is not None]


def _cosigners(passing: Passing, note: bytes, known: Known) -> tuple[str, ...]:
    """Name those who vouch by a cosigned note: witnesses who were given, or a quorum of those in the first entry."""
    try:
        given = witnesses_of(note, Known(witnesses=known.witnesses))
        first = witnesses_of(note, Known(first=known.first))
    except DoseLedgerError:
        return ()
    genesis = passing.roster.genesis
    enough = genesis is not None and 0 < genesis.witnesses.quorum <= len(first)
    return tuple(dict.fromkeys((*given, *(first if enough else ()))))


def _on_paper(passing: Passing, paper: Paper, found: list[Finding]) -> _Vouched | None:
    """Compare with a head on paper, which bears no signature: one that was given up is told by its size alone."""
    size, root = paper.size, bytes.fromhex(paper.root)
    for key in passing.log_keys.keys:
        if key.lost is not None and key.since < size <= key.lost.size:
            if size <= passing.seen.size and passing.seen.root_at(size) == root:
                break
            return _Vouched(0, f"the paper of {size} entries may be of what was given up at position {key.since}")
    return _head(passing, size, root, "paper", found)


def _note(passing: Passing, key: LogKey, note: bytes, held_as: str, found: list[Finding]) -> _Vouched | None:
    """Compare with a checkpoint kept outside."""
    size, keys = passing.seen.size, passing.log_keys
    try:
        kept = keys.ever(note, check_ed25519)
    except DoseLedgerError as error:
        later = _of_another_key(note, key)
        if later is None or (later.size <= size and keys.given_up(later) is None):
            found.append(Finding("L1", "fork", f"the {held_as} is not of this ledger: {sentence(error)}"))
            return None
        kept = later
    left = keys.given_up(kept)
    if left is not None:
        return _Vouched(0, f"the {held_as} of {kept.size} entries was given up at position {left.since}")
    return _head(passing, kept.size, kept.root, held_as, found)


def _head(passing: Passing, size: int, root: bytes, held_as: str, found: list[Finding]) -> _Vouched | None:
    """Compare with a head of that size and root."""
    here = passing.seen.size
    if size > here:
        found.append(Finding("L1", "stale", f"the {held_as} saw {size} entries; only {here} are here"))
        return None
    if passing.seen.root_at(size) != root:
        why = f"the {held_as} of {size} entries has another root: there are two histories"
        found.append(Finding("L1", "fork", why))
        return None
    return _Vouched(size, f"the {held_as}")


def _of_another_key(note: bytes, key: LogKey) -> Checkpoint | None:
    """A head of this log by a key that nothing here names: what names it may be missing, or have been lost."""
    try:
        kept = parse(note)[0]
    except DoseLedgerError:
        return None
    return kept if of_one_log(kept.origin, key.origin) else None
