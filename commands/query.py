"""Queries: a question about an entry, its answer, its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from commands.draft import Desk, Draft
from ledger.errors import BadInput, Conflict
from ledger.events.body import restated
from ledger.events.entry import Entry
from ledger.events.event import of_review
from ledger.events.review import QueryAnswered, QueryClosed, QueryOpened


@dataclass(frozen=True)
class _OnEntry:
    """What the acts here share: the stream is known once the entry is found."""

    def about(self) -> tuple[str, ...]:
        """Known only once the entry is found."""
        return ()


@dataclass(frozen=True, kw_only=True)
class OpenQuery(_OnEntry):
    """Ask the site about an entry, or about one field of it."""

    verb: ClassVar[str] = "query open"
    kind: ClassVar[str] = "query.opened/1"
    entry: str
    question: str
    field: str | None = None

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The query stands on the stream of the entry; a query is answered, not asked about."""
        entry = desk.book.find(self.entry)
        if of_review(entry.event):
            raise BadInput(
                f"entry #{entry.position} is no statement that a query could be about",
                why=f"it is {entry.kind}",
                fix="ask about the entry that it reviews",
            )
        if not self.question.strip():
            raise BadInput("a query asks something", fix='doseledger query open ENTRY "..."')
        event = QueryOpened(target=entry.id, field=self._field(entry), question=desk.pad.commit(self.question))
        return (desk.draft(entry.stream, event, causes=[entry.ref]),)

    def _field(self, entry: Entry) -> str | None:
        names = type(restated(entry.event)).__struct_fields__
        said = self.field.replace("-", "_") if self.field is not None else None
        if said is None or said in names:
            return said
        found = [name for name in names if name.rpartition("_")[0] == said]
        if len(found) != 1:
            raise BadInput(f"entry #{entry.position} has no field {self.field!r}", fix=f"one of: {', '.join(names)}")
        return found[0]


@dataclass(frozen=True, kw_only=True)
class AnswerQuery(_OnEntry):
    """Answer an open query; what was wrong is corrected apart, and the correction names the query."""

    verb: ClassVar[str] = "query answer"
    kind: ClassVar[str] = "query.answered/1"
    query: str
    answer: str

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """An open query may be answered again."""
        entry = opened(desk, self.query)
        event = QueryAnswered(query=entry.id, answer=desk.pad.commit(self.answer))
        return (desk.draft(entry.stream, event, causes=[entry.ref]),)


@dataclass(frozen=True, kw_only=True)
class CloseQuery(_OnEntry):
    """End a query: with its answer, after a correction, with nothing changed, or withdrawn."""

    verb: ClassVar[str] = "query close"
    kind: ClassVar[str] = "query.closed/1"
    query: str
    outcome: Literal["answered", "corrected", "unchanged", "withdrawn"]

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """It ends once."""
        entry = opened(desk, self.query)
        event = QueryClosed(query=entry.id, outcome=self.outcome)
        return (desk.draft(entry.stream, event, causes=[entry.ref]),)


def opened(desk: Desk, named: str) -> Entry:
    """Find an open query; BadInput where the entry is none, Conflict where it was closed."""
    entry = desk.book.find(named)
    if not isinstance(entry.event, QueryOpened):
        raise BadInput(f"entry #{entry.position} is no query", why=f"it is {entry.kind}", fix="doseledger query list")
    for one in desk.book.stream(entry.stream):
        if isinstance(one.event, QueryClosed) and one.event.query == entry.id:
            raise Conflict(
                f"the query #{entry.position} is closed",
                winner=one.position,
                why=f"{one.author.name} closed it: {one.event.outcome}",
                fix="open another",
            )
    return entry
