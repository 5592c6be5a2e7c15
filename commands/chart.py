"""One patient as the desk sees him: entries, every reading that stands, the course and the findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ledger.course import patient as fold
from ledger.course.history import History, continued, readings
from ledger.course.state import Course, Dose, Order, Toxicity
from ledger.errors import BadInput
from ledger.events.base import Ref
from ledger.events.entry import Entry
from ledger.rules.assess import Judgement, judge, standing_findings
from ledger.rules.finding import Finding
from ledger.rules.setting import Setting


@dataclass(frozen=True, eq=False)
class PatientFile:
    """One patient as the desk sees him: his entries, every reading that still stands, and the findings."""

    number: str
    entries: tuple[Entry, ...]
    setting: Setting
    now: datetime
    memory: dict[str, PatientFile] = field(default_factory=dict)

    @property
    def stream(self) -> str:
        """The patient's stream."""
        return f"patient/{self.number}"

    @cached_property
    def histories(self) -> tuple[History, ...]:
        """Every reading of the history that still stands, as recorded first."""
        before, roster = self._before, self.setting.roster
        doubted = roster.doubted(self.entries)
        if before is None or doubted or before.setting.roster.disputes != roster.disputes:
            return readings(self.entries, at=self.now, doubted=doubted)
        return continued(before.histories, self.entries, len(self.entries) - len(before.entries), at=self.now)

    @property
    def history(self) -> History:
        """The effective history as recorded."""
        return self.histories[0]

    @cached_property
    def courses(self) -> tuple[Course, ...]:
        """The course under every reading that stands; a gate must hold in each of them."""
        return (self.course, *(fold.fold(history.facts) for history in self.histories[1:]))

    @property
    def course(self) -> Course:
        """The course as recorded."""
        return self.judgement.course

    @cached_property
    def judgement(self) -> Judgement:
        """The judgement of the history as recorded; what was judged before at this desk is not judged again."""
        before, facts = self._before, self.history.facts
        known = None if before is None else before.judgement
        if before is None or known is None or facts is not before.history.facts or known.setting != self.setting:
            known = judge(facts, self.setting, known)
        self.memory[self.number] = self
        vars(self).pop("_before", None)  # what was read before is done with; kept, it would keep all before it
        return known

    @cached_property
    def _before(self) -> PatientFile | None:
        """What was read of the patient before at this desk: entries never change, these only begin with those."""
        before = self.memory.get(self.number)
        return None if before is None or len(before.entries) > len(self.entries) else before

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings now."""
        return standing_findings(self.judgement.outcome, self.now)

    @property
    def open_important(self) -> tuple[Finding, ...]:
        """Important findings that nobody has acknowledged or classified."""
        return tuple(f for f in self.findings if f.severity == "important" and not f.acknowledged)

    def ref(self, entry_id: str) -> Ref:
        """Name one of the patient's entries."""
        return next(entry.ref for entry in self.entries if entry.id == entry_id)

    def dose(self, named: Entry) -> Dose:
        """Find the dose that an entry (a start, a record, or their order) stands for."""
        dose = self.course.dose(named.id)
        if dose is None:
            raise BadInput(
                f"entry #{named.position} is not a dose of {self.number}",
                why=f"it is {named.kind}",
                fix=f"see: doseledger log --patient {self.number} --given",
            )
        return dose

    def order(self, named: Entry) -> Order:
        """Find the order that an entry stands for."""
        order = self.course.orders.get(named.id)
        if order is None:
            raise BadInput(
                f"entry #{named.position} is not an order of {self.number}",
                why=f"it is {named.kind}",
                fix=f"see: doseledger status {self.number}",
            )
        return order

    def toxicity(self, named: Entry) -> Toxicity:
        """Find the toxicity that an entry reported."""
        toxicity = self.course.toxicities.get(named.id)
        if toxicity is None:
            raise BadInput(
                f"entry #{named.position} is not a toxicity of {self.number}",
                why=f"it is {named.kind}",
                fix=f"see: doseledger status {self.number}",
            )
        return toxicity
