"""Acts that answer what devices reported: acknowledge it, lift a lockout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import ClassVar

from commands.draft import Desk, Draft
from ledger.course.people.lockouts import lockout
from ledger.errors import BadInput
from ledger.events.security import LockoutLifted, SecurityAcknowledged, SecurityRaised


@dataclass(frozen=True)
class OnSecurity:
    """What the acts here share: they are about what devices reported."""

    def about(self) -> tuple[str, ...]:
        """The stream is that of the site, which the ledger knows."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Acknowledge(OnSecurity):
    """Take note of reports of the device: they are open no longer."""

    verb: ClassVar[str] = "security acknowledge"
    kind: ClassVar[str] = "security.acknowledged/1"
    entries: tuple[str, ...]

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse (BadInput) what is no report."""
        found = [desk.book.find(name) for name in self.entries]
        other = next((entry for entry in found if not isinstance(entry.event, SecurityRaised)), None)
        if other is not None:
            raise BadInput(f"entry #{other.position} is no report of a device", why=f"it is {other.kind}")
        unique = {entry.id: entry.ref for entry in found}
        event = SecurityAcknowledged(targets=tuple(unique))
        return (desk.draft(f"security/{desk.site}", event, causes=unique.values()),)


@dataclass(frozen=True, kw_only=True)
class LiftLockout(OnSecurity):
    """Let a person who is locked out sign again."""

    verb: ClassVar[str] = "security lift"
    kind: ClassVar[str] = "lockout.lifted/1"
    person: str

    def decide(self, desk: Desk) -> tuple[Draft, ...]:
        """Refuse (BadInput) for a person who is not locked out."""
        stream = f"security/{desk.site}"
        entries = desk.book.stream(stream)
        if lockout(entries, self.person, None, desk.now.astimezone(UTC)).until is None:
            raise BadInput(f"{self.person} is not locked out", fix="see: doseledger security alerts")
        causes = [
            entry.ref
            for entry in entries
            if isinstance(entry.event, SecurityRaised)
            and (entry.event.what, entry.event.person) == ("locked-out", self.person)
        ]
        return (desk.draft(stream, LockoutLifted(person=self.person), causes=causes[-1:]),)
