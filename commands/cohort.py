"""Acts on dose levels and cohorts: rulings, replacements, decisions, levels opened, accrual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from commands.draft import Desk, Draft, When, refuse
from commands.slots import cohorts, level_of, open_findings
from ledger.errors import BadInput, NotAllowed
from ledger.events import cohort
from ledger.rules import accrual
from ledger.rules.cohort import Cohorts, Level
from ledger.rules.dlt import candidates
from ledger.rules.finding import Hit
from ledger.values import wire_decimal

TO_LOOK = "see: doseledger cohort show"


@dataclass(frozen=True, kw_only=True)
class AdjudicateDlt:
    """Rule whether a toxicity was dose-limiting; turning a ruling around needs the principal investigator too."""

    verb: ClassVar[str] = "dlt adjudicate"
    kind: ClassVar[str] = "dlt.adjudicated/1"
    toxicity: str
    dlt: bool
    basis: str
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the toxicity is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """A graded toxicity; what was ruled before is named, and the same ruling is not given twice."""
        entry = desk.book.find(self.toxicity)
        file = desk.of_entry(entry)
        toxicity = file.toxicity(entry)
        if not toxicity.grades:
            raise BadInput(
                f"the toxicity of entry #{toxicity.position} has no grade yet",
                fix="grade it: doseledger toxicity grade",
            )
        ruling = toxicity.ruling
        if ruling is not None and ruling.dlt == self.dlt:
            found = candidates(file.course, desk.setting.protocol, desk.now)
            if not any(one.toxicity is toxicity and one.ruled is None for one in found):
                raise BadInput(
                    f"entry #{ruling.position} already rules so", fix=f"see: doseledger show {ruling.position}"
                )
        reverses = ruling.id if ruling is not None and ruling.dlt != self.dlt else None
        event = cohort.DltAdjudicated(
            toxicity=toxicity.id, dlt=self.dlt, basis=desk.pad.commit(self.basis), reverses=reverses
        )
        causes = [entry.ref] if reverses is None else [entry.ref, file.ref(reverses)]
        return (desk.draft(file.stream, event, self.at, causes=causes),)


@dataclass(frozen=True, kw_only=True)
class DeclareNonEvaluable:
    """Declare a patient not evaluable for his dose level; his slot is free again, he stays in the safety set."""

    verb: ClassVar[str] = "cohort replace"
    kind: ClassVar[str] = "patient.declared-non-evaluable/1"
    patient: str
    basis: str
    at: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse it for a patient who is evaluable: with a DLT, or with his doses and his window over."""
        file = desk.patient(self.patient)
        place = next(
            (one for level in cohorts(desk).levels for one in level.places if one.patient == self.patient), None
        )
        hits = []
        if place is None:
            hits.append(Hit("K-SLOT", f"{self.patient} has no slot of a dose level"))
        elif place.result == "replaced":
            hits.append(Hit("K-SLOT", f"{self.patient} is already declared not evaluable"))
        elif place.result in ("T", "N"):
            had = "had a DLT" if place.result == "T" else f"got {place.doses} doses and was followed through the window"
            hits.append(Hit("K-DESIGN", f"{self.patient} is evaluable: {had}"))
        elif place.unruled:
            hits.append(Hit("K-PENDING", f"nobody ruled on {place.unruled[0].why} of {self.patient}"))
        refuse(f"{self.patient} is not replaced", hits, fix=TO_LOOK)
        event = cohort.PatientDeclaredNonEvaluable(basis=desk.pad.commit(self.basis))
        return (desk.draft(file.stream, event, self.at),)


@dataclass(frozen=True, kw_only=True)
class OfLevel:
    """What the acts on one dose level have in common."""

    level: str

    def about(self) -> tuple[str, ...]:
        """The level's stream."""
        return (f"cohort/{self.level}",)

    def found(self, desk: Desk) -> tuple[Cohorts, Level]:
        """Judge all levels, and find this one."""
        every = cohorts(desk)
        return every, level_of(every, self.level)


@dataclass(frozen=True, kw_only=True)
class OpenLevel(OfLevel):
    """Open a dose level for accrual: the first one, or the one that the newest decision names."""

    verb: ClassVar[str] = "level open"
    kind: ClassVar[str] = "level.opened/1"

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse (K-VALUE) a level whose value the pack leaves unset, and one that no decision names."""
        every, level = self.found(desk)
        value = desk.setting.protocol.level_mg_m2(self.level)
        refuse(f"level {self.level} is not opened", accrual.opening(every, level), fix=TO_LOOK)
        event = cohort.LevelOpened(level=self.level, mg_m2=wire_decimal(value))
        return (desk.draft(f"cohort/{self.level}", event),)


@dataclass(frozen=True, kw_only=True)
class DecideCohort(OfLevel):
    """Decide what follows from the patients of a level; it is signed on the head of the log it was read at."""

    verb: ClassVar[str] = "cohort decide"
    kind: ClassVar[str] = "cohort.decided/1"
    decision: cohort.Decision

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse what the design does not give, and any decision while something of the cohort is unanswered."""
        every, level = self.found(desk)
        hits = accrual.decision(level, self.decision, open_findings(desk, level))
        refuse(f"level {self.level} is not decided", hits, fix=TO_LOOK)
        event = cohort.CohortDecided(
            level=self.level,
            decision=self.decision,
            n=level.n,
            dlt=level.dlt,
            outcomes=every.outcomes,
            to=self._next(every, level),
        )
        return (desk.draft(f"cohort/{self.level}", event),)

    def _next(self, every: Cohorts, level: Level) -> str | None:
        step = {"deescalate": -1, "escalate": 1}.get(self.decision)
        return None if step is None else every.levels[level.number - 1 + step].level


@dataclass(frozen=True, kw_only=True)
class SuspendAccrual(OfLevel):
    """Enrol nobody further at a level for now."""

    verb: ClassVar[str] = "accrual suspend"
    kind: ClassVar[str] = "accrual.suspended/1"
    why: Literal["dlt", "decision-basis", "supply", "sponsor", "other"]

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Closing is always possible, once, and is the principal investigator's."""
        author = desk.roster.people[desk.actors[0]]
        if "principal-investigator" not in author.roles:
            raise NotAllowed(
                f"{author.name} may not suspend accrual",
                why="the principal investigator suspends and resumes accrual; the sponsor's physician decides with him",
                fix="the principal investigator signs",
            )
        _, level = self.found(desk)
        if level.course.suspended is not None:
            raise BadInput(
                f"accrual at level {self.level} is already suspended",
                why=f"by entry #{level.course.suspended[1]}",
                fix=TO_LOOK,
            )
        return (desk.draft(f"cohort/{self.level}", cohort.AccrualSuspended(level=self.level, why=self.why)),)


@dataclass(frozen=True, kw_only=True)
class ResumeAccrual(OfLevel):
    """Let patients be enrolled at a level again."""

    verb: ClassVar[str] = "accrual resume"
    kind: ClassVar[str] = "accrual.resumed/1"

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse it where rulings closed the level, or changed under a decision."""
        every, level = self.found(desk)
        refuse(f"accrual at level {self.level} is not resumed", accrual.resumption(every, level), fix=TO_LOOK)
        return (desk.draft(f"cohort/{self.level}", cohort.AccrualResumed(level=self.level)),)
