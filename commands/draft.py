"""What an act sees and what it writes: the `Desk` it reads from, and the `Draft` of an entry not yet signed.

The acts import this and nothing of each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from commands.chart import PatientFile
from ledger import wire
from ledger.course.needs import Struck
from ledger.course.people import Roster
from ledger.errors import BadInput, Question, Refused
from ledger.events.base import After, DictionaryRef, Occurred, ProtocolRef, Reason, ReasonCode, Ref, Source, Wire
from ledger.events.entry import Entry
from ledger.protocol.dictionary import Dictionary
from ledger.rules.finding import Hit, ranked
from ledger.rules.setting import Setting
from ledger.values import wire_minute

Basis = Literal["observed", "device", "chart", "recalled"]


class Book(Protocol):
    """What an act may read of the ledger."""

    def stream(self, name: str) -> tuple[Entry, ...]:
        """All entries of a stream, oldest first."""

    def streams(self, prefix: str = "") -> tuple[str, ...]:
        """The names of the streams that begin so."""

    @property
    def size(self) -> int:
        """How many entries there are now."""

    def head(self) -> After:
        """The head of the log, over all entries there are now."""

    def find(self, text: str) -> Entry:
        """The entry that a person names by `#402`, `402` or the first characters of its id."""


@dataclass(frozen=True, slots=True)
class When:
    """A time as somebody stated it: an aware instant of the site, or a day."""

    at: datetime
    day: date | None = None


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What may be said beside any act: the source, a reason, for whom it is transcribed, which findings were seen."""

    source: Literal["direct", "paper", "import", "device"] = "direct"
    source_ref: str | None = None
    reason: ReasonCode | None = None
    reason_text: str | None = None
    performed_by: str | None = None
    seen: tuple[str, ...] = ()
    basis: Basis = "observed"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An entry before it is signed. `target` is the event that a correction, void or regrade is about."""

    id: str
    stream: str
    event: Wire
    occurred: Occurred
    causes: tuple[Ref, ...] = ()
    corrects: Ref | None = None
    target: Wire | None = None
    moved: Occurred | None = None
    """When what it is about is said to have happened."""
    struck: Struck | None = None
    """What else a void is judged by."""
    shown: tuple[str, ...] = ()
    performed_by: str | None = None
    source: Source
    reason: Reason | None = None


@dataclass
class Pad:
    """The texts that drafts commit to, each under a fresh salt, and the ids they were given."""

    random: Callable[[int], bytes]
    new_id: Callable[[], str]
    texts: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)

    def commit(self, text: str) -> wire.Commitment:
        """Commit to a text; it is stored beside the entry, never in the signed bytes."""
        data, salt = text.encode(), self.random(32)
        commitment = f"sha256:{hashlib.sha256(salt + data).hexdigest()}"
        self.texts[commitment] = (salt, data)
        return commitment

    def maybe(self, text: str | None) -> wire.Commitment | None:
        """Commit to a text if there is one."""
        return None if text is None or not text.strip() else self.commit(text)


@dataclass(frozen=True)
class Desk:
    """What an act reads: the ledger, the site's clock, who acts, and what is said beside the act."""

    book: Book
    base: Setting | None
    dictionaries: tuple[tuple[datetime, Dictionary], ...]
    """Each toxicity dictionary that came into force, with since when; the oldest first."""
    now: datetime
    zone: str
    site: str
    actors: tuple[str, ...]
    pad: Pad
    circumstances: Circumstances
    patterns: tuple[str, ...] = ()
    files: dict[str, PatientFile] = field(default_factory=dict)
    memory: dict[str, PatientFile] = field(default_factory=dict)
    roster: Roster = field(default_factory=Roster)
    """Who may do what, whether or not a protocol is in force."""

    @property
    def setting(self) -> Setting:
        """The protocol in force with the people and the lots; refused (K-VALUE) before a pack is activated."""
        if self.base is None:
            raise Refused(
                "no protocol pack is active at this site",
                rules=("K-VALUE",),
                why="rules and parameters come from a pack",
                fix="activate one: doseledger protocol activate PACK",
            )
        return self.base

    @property
    def dictionary(self) -> Dictionary | None:
        """The toxicity dictionary in force now."""
        return self.graded_by(self.occurred(None))

    def graded_by(self, occurred: Occurred) -> Dictionary | None:
        """Give the dictionary of what is said to have been so since then: in force then, else the first there was."""
        day = f"{occurred.at}T23:59"
        at = datetime.fromisoformat(day if occurred.precision == "day" else occurred.at)
        at = at.replace(tzinfo=at.tzinfo or ZoneInfo(self.zone))
        before = [found for since, found in self.dictionaries if since <= at]
        return before[-1] if before else next((found for _, found in self.dictionaries), None)

    def patient(self, number: str) -> PatientFile:
        """Open a patient's file; BadInput when nobody of that number is registered."""
        if number not in self.files:
            entries = self.book.stream(f"patient/{number}")
            if not entries:
                raise BadInput(
                    f"there is no patient {number}",
                    why="nobody of that number is registered in this ledger",
                    fix="see: doseledger patient list",
                )
            self.files[number] = PatientFile(number, entries, self.setting, self.now, self.memory)
        return self.files[number]

    def of_entry(self, entry: Entry) -> PatientFile:
        """Open the file of the patient whom an entry is about."""
        family, _, number = entry.stream.partition("/")
        if family != "patient":
            raise BadInput(
                f"entry #{entry.position} is not about a patient", why=f"it is {entry.kind} on {entry.stream}"
            )
        return self.patient(number)

    def occurred(self, when: When | None) -> Occurred:
        """State when it happened: the given time, else now."""
        if when is not None and when.day is not None:
            return Occurred(at=when.day.isoformat(), zone=self.zone, precision="day", basis=self.circumstances.basis)
        at = (when.at if when is not None else self.now).astimezone(ZoneInfo(self.zone))
        return Occurred(at=wire_minute(at), zone=self.zone, precision="minute", basis=self.circumstances.basis)

    def draft(
        self,
        stream: str,
        event: Wire,
        when: When | None = None,
        *,
        causes: Iterable[Ref] = (),
        corrects: Ref | None = None,
        target: Wire | None = None,
        moved: Occurred | None = None,
        struck: Struck | None = None,
        shown: tuple[str, ...] = (),
        entry_id: str | None = None,
    ) -> Draft:
        """Write down an event with what was said beside the act."""
        said = self.circumstances
        reason = Reason(code=said.reason, text=self.pad.maybe(said.reason_text)) if said.reason is not None else None
        unique = {ref.id: ref for ref in causes}
        return Draft(
            id=entry_id or self.pad.new_id(),
            stream=stream,
            event=event,
            occurred=self.occurred(when),
            causes=tuple(unique.values()),
            corrects=corrects,
            target=target,
            moved=moved,
            struck=struck,
            shown=shown,
            performed_by=said.performed_by,
            source=Source(kind=said.source, ref=self.pad.maybe(said.source_ref)),
            reason=reason,
        )

    def confirmed(self, file: PatientFile) -> tuple[str, ...]:
        """Give the open important findings, which the author must have seen; asks (exit 2) for those he has not."""
        shown = tuple(f.id for f in file.open_important)
        unseen = [name for name in shown if name not in self.circumstances.seen]
        if unseen:
            raise Question(
                f"{file.number} has open important findings: {', '.join(unseen)}",
                why="an order carries the findings that its author has seen",
                fix=" ".join(f"--seen {name}" for name in shown),
            )
        return shown


def local(entry_id: str, log: str = "main") -> Ref:
    """Name an entry of the same command, whose place is not known yet."""
    return Ref(log=log, position=None, id=entry_id, leaf=None)


def refuse(what: str, hits: Iterable[Hit], *, fix: str = "") -> None:
    """Raise Refused with every rule among `hits`, the first in their order first; nothing when there are none."""
    found = tuple(hits)
    if not found:
        return
    rules = ranked(hit.rule for hit in found)
    words = {hit.rule: hit.text for hit in reversed(found)}
    raise Refused(
        f"{what}: {words[rules[0]]}",
        rules=rules,
        why="; ".join(f"{rule}: {words[rule]}" for rule in rules[1:]),
        fix=fix,
    )


def overridden(hits: Iterable[Hit], rules: Mapping[str, str]) -> tuple[Hit, ...]:
    """Leave out what an override lets pass; `rules` maps an overridden rule to its grant."""
    return tuple(hit for hit in hits if hit.rule not in rules)


def dictionary_ref(dictionary: Dictionary) -> DictionaryRef:
    """Name a dictionary as the envelope does."""
    return DictionaryRef(ctcae=dictionary.version, digest=dictionary.digest)


def protocol_ref(setting: Setting) -> ProtocolRef:
    """Name the pack in force as the envelope does."""
    protocol = setting.protocol
    return ProtocolRef(id=protocol.id, version=protocol.version, digest=protocol.digest)
