"""Acts on findings: acknowledge, classify, and the override that lets one act pass one rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from commands.chart import PatientFile
from commands.draft import Desk, Draft, When
from ledger.errors import BadInput, Refused
from ledger.events import safety
from ledger.events.base import Ref
from ledger.rules.finding import RULES
from ledger.values import wire_decimal, wire_minute


@dataclass(frozen=True, kw_only=True)
class AcknowledgeDeviation:
    """Take note of a finding, named RULE@ENTRY."""

    verb: ClassVar[str] = "deviation acknowledge"
    kind: ClassVar[str] = "deviation.acknowledged/1"
    finding: str

    def about(self) -> tuple[str, ...]:
        """Known only once the finding is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The finding must stand now."""
        file, rule, ref = _finding(desk, self.finding)
        return (desk.draft(file.stream, safety.DeviationAcknowledged(rule=rule, target=ref.id), causes=[ref]),)


@dataclass(frozen=True, kw_only=True)
class ClassifyDeviation:
    """Classify a finding: an important deviation or not, its cause, and what is done about it."""

    verb: ClassVar[str] = "deviation classify"
    kind: ClassVar[str] = "deviation.classified/1"
    finding: str
    important: bool
    root_cause: str
    action: str | None = None

    def about(self) -> tuple[str, ...]:
        """Known only once the finding is found."""
        return ()

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """The finding must stand now."""
        file, rule, ref = _finding(desk, self.finding)
        event = safety.DeviationClassified(
            rule=rule,
            target=ref.id,
            important=self.important,
            root_cause=desk.pad.commit(self.root_cause),
            action=desk.pad.maybe(self.action),
        )
        return (desk.draft(file.stream, event, causes=[ref]),)


@dataclass(frozen=True, kw_only=True)
class GrantOverride:
    """Let one dose pass one rule, before the act; the deviation stays, marked as planned."""

    verb: ClassVar[str] = "override grant"
    kind: ClassVar[str] = "override.granted/1"
    patient: str
    rule: str
    drug: str
    amount_mg: Decimal | None = None
    valid_until: When | None = None

    def about(self) -> tuple[str, ...]:
        """The patient's stream."""
        return (f"patient/{self.patient}",)

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Some rules have no override; the permission lasts at most the pack's hours."""
        file = desk.patient(self.patient)
        rule = RULES.get(self.rule)
        if rule is None:
            raise BadInput(f"there is no rule {self.rule!r}", fix=f"one of: {', '.join(RULES)}")
        if not rule.overridable:
            raise Refused(f"{self.rule} has no override", rules=(self.rule,), why=rule.text)
        if desk.circumstances.reason is None:
            raise BadInput("an override needs a reason", fix="--reason clinical-judgement --reason-text '...'")
        limit = desk.now + timedelta(hours=desk.setting.protocol.override_valid_h)
        until = self.valid_until.at if self.valid_until is not None else limit
        if not desk.now < until <= limit:
            raise BadInput(
                f"an override is valid for at most {desk.setting.protocol.override_valid_h} h",
                fix="name an earlier --until",
            )
        amount = wire_decimal(self.amount_mg) if self.amount_mg is not None else None
        event = safety.OverrideGranted(
            act="dose",
            rule=self.rule,
            drug=self.drug,
            amount_mg=amount,
            valid_until=wire_minute(until.astimezone(desk.now.tzinfo)),
        )
        return (desk.draft(file.stream, event),)


def _finding(desk: Desk, named: str) -> tuple[PatientFile, str, Ref]:
    rule, _, position = named.partition("@")
    if not position.isdigit():
        raise BadInput(f"{named!r} does not name a finding", fix="RULE@ENTRY, for example A-GAP@402")
    entry = desk.book.find(position)
    file = desk.of_entry(entry)
    if not any(f.id == named for f in file.findings):
        raise BadInput(
            f"there is no finding {named} now",
            why=f"{file.number} has: {', '.join(f.id for f in file.findings) or 'none'}",
        )
    return file, rule, entry.ref
