"""What vouches for a ledger from outside: its id on paper, the key of its log, a checkpoint that somebody kept."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import DoseLedgerError
from ledger.merkle.note import VerifierKey
from ledger.verify.opening import LogKey, sentence
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
        if held != (key.origin, key.public.raw):
            found.append(Finding("L1", "fork", f"the key given is of another log than {key.origin}, or is another key"))
    return found


def _kept(passing: Passing, key: LogKey | None, outside: Outside, found: list[Finding]) -> tuple[str, Verdict]:
    """Compare with the checkpoint kept outside."""
    if outside.trusted is None or key is None:
        return NOT_ANCHORED, "ok-unanchored"
    size = passing.seen.size
    try:
        kept = key.open(outside.trusted)
    except DoseLedgerError as error:
        found.append(Finding("L1", "fork", f"the {outside.held_as} is not of this ledger: {sentence(error)}"))
        return "", "fork"
    if kept.size > size:
        why = f"the {outside.held_as} saw {kept.size} entries; only {size} are here"
        found.append(Finding("L1", "stale", why))
        return why, "stale"
    if passing.seen.root_at(kept.size) != kept.root:
        why = f"the {outside.held_as} of {kept.size} entries has another root: there are two histories"
        found.append(Finding("L1", "fork", why))
        return why, "fork"
    return f"anchored by the {outside.held_as} of {kept.size} entries; {size - kept.size} came later", "ok"
