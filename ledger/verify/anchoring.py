"""What vouches for a ledger from outside: its id on paper, the key of its log, a checkpoint that somebody kept."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import DoseLedgerError
from ledger.merkle.checkpoint import Checkpoint, parse
from ledger.merkle.epochs import LogKey, of_one_log
from ledger.merkle.note import VerifierKey
from ledger.signing.keys import check_ed25519
from ledger.verify.opening import sentence
from ledger.verify.passing import Passing
from ledger.verify.report import NOT_ANCHORED, OWN_WORD, Finding, Verdict

ANCHORS = frozenset({"fork", "stale"})
"""The findings that say what is wrong between this ledger and the outside, not inside it."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What somebody holds outside: a checkpoint as a signed note, the ledger id, the verifier key of the log.

    `held_as` names the checkpoint in the report.
    """

    trusted: bytes | None = None
    ledger: str | None = None
    log_key: VerifierKey | None = None
    held_as: str = "trusted checkpoint"


def anchored(passing: Passing, key: LogKey | None, outside: Outside, *, copy: bool) -> tuple[str, Verdict]:
    """Compare with what is held outside: the words for the reader, and the verdict if nothing else is wrong.

    Of a `copy` the ledger id and the key come from the copy itself, unless one of them was given.
    """
    found = [*_named(passing, key, outside)]
    words, verdict = _kept(passing, key, outside, found)
    passing.findings.extend(found)
    for worst in ("fork", "stale"):
        said = [finding.why for finding in found if finding.code == worst]
        if said:
            return said[0], "fork" if worst == "fork" else "stale"
    if verdict == "ok" or not copy or outside.ledger is not None or outside.log_key is not None:
        return words, verdict
    return OWN_WORD, "self-consistent"


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


def _kept(passing: Passing, key: LogKey | None, outside: Outside, found: list[Finding]) -> tuple[str, Verdict]:
    """Compare with the checkpoint kept outside."""
    if outside.trusted is None or key is None:
        return NOT_ANCHORED, "ok-unanchored"
    size, keys = passing.seen.size, passing.log_keys
    try:
        kept = keys.ever(outside.trusted, check_ed25519)
    except DoseLedgerError as error:
        later = _of_a_later_key(outside.trusted, key, size)
        if later is None:
            found.append(Finding("L1", "fork", f"the {outside.held_as} is not of this ledger: {sentence(error)}"))
            return "", "fork"
        kept = later
    left = keys.given_up(kept)
    if left is not None and left.lost is not None and left.lost.names(kept):
        return f"the {outside.held_as} of {kept.size} entries was given up at position {left.since}", "ok-unanchored"
    if kept.size > size:
        why = f"the {outside.held_as} saw {kept.size} entries; only {size} are here"
        found.append(Finding("L1", "stale", why))
        return why, "stale"
    if passing.seen.root_at(kept.size) != kept.root:
        why = f"the {outside.held_as} of {kept.size} entries has another root: there are two histories"
        found.append(Finding("L1", "fork", why))
        return why, "fork"
    return f"anchored by the {outside.held_as} of {kept.size} entries; {size - kept.size} came later", "ok"


def _of_a_later_key(note: bytes, key: LogKey, size: int) -> Checkpoint | None:
    """A head of this log that saw more entries, by a key that none of those here names: what is missing names it."""
    try:
        kept = parse(note)[0]
    except DoseLedgerError:
        return None
    return kept if kept.size > size and of_one_log(kept.origin, key.origin) else None
