"""Acts of review: the principal investigator's sign-off, the comparison with the source, the review of the trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from commands.draft import Desk, Draft
from ledger.course.history import effective
from ledger.course.review import SignOff, head_of, reviews, uncovered
from ledger.errors import BadInput
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.review import MOST_TARGETS, AuditReviewed, EntriesSigned, EntryReviewed, QueryOpened


@dataclass(frozen=True, kw_only=True)
class SignOffEntries:
    """Sign off what stands of a patient since the last sign-off; by the principal investigator.

    `since` and `through` name the first and the last entry; left out, what no sign-off covers, up to the newest.
    """

    verb: ClassVar[str] = "signoff"
    kind: ClassVar[str] = "entries.signed/1"
    patient: str
    since: str | None = None
    through: str | None = None

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """One signature over the leaf hashes of the range; the range is never empty."""
        file = desk.patient(self.patient)
        since, until = self._range(desk, file.entries, reviews(file.entries, file.history).sign_offs)
        covered = [entry for entry in file.entries if since <= entry.position < until]
        if not any(not of_review(entry.event) for entry in covered):
            raise BadInput(
                f"there is nothing of {self.patient} to sign off",
                why="every entry is covered by a sign-off, and none was made since",
                fix=f"see: doseledger signoff status --patient {self.patient}",
            )
        digest = sha256(b"".join(bytes.fromhex(entry.leaf) for entry in covered)).hexdigest()
        event = EntriesSigned(since=since, until=until, entries=len(covered), digest=digest)
        return (desk.draft(file.stream, event),)

    def _range(self, desk: Desk, entries: tuple[Entry, ...], signed: tuple[SignOff, ...]) -> tuple[int, int]:
        until = entries[-1].position + 1
        if self.through is not None:
            until = self._own(desk, self.through, entries).position + 1
        if self.since is not None:
            since = self._own(desk, self.since, entries).position
        else:
            first = next((entry.position for entry in uncovered(entries, signed)), until)
            since = max((one.until for one in signed if one.until <= first), default=0)
        if since >= until:
            raise BadInput(f"there is nothing of {self.patient} to sign off in this range", fix="--since, --through")
        return since, until

    def _own(self, desk: Desk, named: str, entries: tuple[Entry, ...]) -> Entry:
        entry = desk.book.find(named)
        if entry.stream != entries[0].stream:
            raise BadInput(f"entry #{entry.position} is not about {self.patient}", why=f"it is on {entry.stream}")
        return entry


@dataclass(frozen=True, kw_only=True)
class VerifySource:
    """State that entries of one patient were compared with their source documents; by the monitor."""

    verb: ClassVar[str] = "review source"
    kind: ClassVar[str] = "entry.reviewed/1"
    entries: tuple[str, ...]

    def about(self) -> tuple[str, ...]:
        """Known only once the entries are found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The newest correction of each entry is what was compared."""
        named = list(self._heads(desk))
        if not 1 <= len(named) <= MOST_TARGETS or len({entry.stream for entry in named}) > 1:
            raise BadInput(
                f"{len(named)} entries were named",
                why=f"one signature is over 1 to {MOST_TARGETS} entries of one patient",
                fix="name those of one patient",
            )
        event = EntryReviewed(targets=tuple(dict.fromkeys(entry.id for entry in named)))
        return (desk.draft(named[0].stream, event, causes=[entry.ref for entry in named]),)

    def _heads(self, desk: Desk) -> Iterator[Entry]:
        for name in self.entries:
            entry = desk.book.find(name)
            if not entry.stream.startswith("patient/") or of_review(entry.event):
                raise BadInput(f"entry #{entry.position} has no source document", why=f"it is {entry.kind}")
            history = effective(desk.book.stream(entry.stream))
            if any(struck.id == entry.id for struck, _ in history.struck):
                raise BadInput(f"entry #{entry.position} is void", fix=f"see: doseledger show {entry.position}")
            yield head_of(entry, history)


QUESTIONS = (
    "consent-order",
    "dlt",
    "dose-violations",
    "favourable-changes",
    "late",
    "no-premed",
    "outside-delegation",
    "post-signoff-changes",
    "refusals",
    "time-anomalies",
    "unsupported-escalation",
)
"""The preset questions that a review asks of the trail: those of `doseledger find`."""


@dataclass(frozen=True, kw_only=True)
class ReviewTrail:
    """Sign a review of the audit trail: the preset questions are asked and shown, then what came out is signed.

    `since` and `through` name the first and the last entry; left out, what no review covers, up to the newest.
    """

    verb: ClassVar[str] = "review run"
    kind: ClassVar[str] = "audit.reviewed/1"
    patients: tuple[str, ...] = ()
    questions: tuple[str, ...] = QUESTIONS
    findings: str | None = None
    queries: tuple[str, ...] = ()
    since: str | None = None
    through: str | None = None

    def about(self) -> tuple[str, ...]:
        """The stream of the patients that were looked at; none where it was everything."""
        return tuple(f"patient/{number}" for number in self.patients)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """It stands on the review stream of the site, and covers the positions from `since` on."""
        stream = f"review/{desk.site}"
        for number in self.patients:
            desk.patient(number)
        asked = [desk.book.find(name) for name in self.queries]
        for entry in asked:
            if not isinstance(entry.event, QueryOpened):
                raise BadInput(f"entry #{entry.position} is no query", why=f"it is {entry.kind}")
        done = [entry.event for entry in desk.book.stream(stream) if isinstance(entry.event, AuditReviewed)]
        last = max((one.until for one in done if not one.streams), default=0)
        since = desk.book.find(self.since).position if self.since is not None else last
        until = desk.book.find(self.through).position + 1 if self.through is not None else desk.book.size
        if since >= until:
            raise BadInput("nothing was written since the last review", fix="--since, --through")
        event = AuditReviewed(
            since=since,
            until=until,
            streams=tuple(sorted({*self.about()})),
            questions=tuple(sorted({*self.questions})),
            findings=desk.pad.maybe(self.findings),
            queries=tuple(dict.fromkeys(entry.id for entry in asked)),
        )
        return (desk.draft(stream, event, causes=[entry.ref for entry in asked]),)
