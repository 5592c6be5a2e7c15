"""Plays a script on a new training ledger with a scripted clock; every act takes the one path of all acts."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from commands import people
from commands.cli.demo.script import Step
from commands.cli.demo.staff import ORGANISATION, STAFF, Member
from commands.cli.founding import make
from commands.cli.place import device_key_path, log_key_path, read_file
from commands.cli.version import SOFTWARE
from commands.options import Reading
from commands.perform import perform
from commands.post import Ids, Post
from commands.sealing import Hand
from commands.study import NO_WITNESSES, Registrar
from commands.verbs import build
from ledger.book import Ledger
from ledger.errors import DoseLedgerError, Refused
from ledger.events.study import Witnesses
from ledger.signing.keyfile import open_system
from ledger.signing.signer import Signer

Tell = Callable[[datetime, str], None]

BETWEEN = timedelta(seconds=5)
"""What passes at least between two acts: nobody signs several within one second."""


@dataclass
class Stage:
    """A ledger being played on: the scripted clock, everybody's key, and the entries that labels name."""

    path: Path
    zone: str
    signers: Mapping[str, Signer]
    build: str
    now: datetime
    labels: dict[str, int] = field(default_factory=dict)

    def founded(self, *, trial: str, site: str, device: str, witnesses: Witnesses = NO_WITNESSES) -> Ledger:
        """Make the ledger, which names its witnesses, and open it for writing."""
        registrars = [
            Registrar(m.person, m.name, ORGANISATION, self.signers[m.person]) for m in STAFF if "registrar" in m.roles
        ]
        first = Post(
            lambda: self.now, os.urandom, device, self.signers[STAFF[0].person], SOFTWARE, self.build, "scripted"
        )
        made = make(
            self.path,
            trial=trial,
            site=site,
            zone=self.zone,
            purpose="training",
            registrars=registrars,
            device=device,
            witnesses=witnesses,
            post=first,
        )
        made.close()
        return Ledger.open(self.path, log_signer=open_system(log_key_path(str(self.path)).read_bytes()))

    def post(self, device: str) -> Post:
        """Give the post of the play: the scripted clock, this machine's own key."""
        signer = open_system(device_key_path(str(self.path)).read_bytes())
        return Post(lambda: self.now, os.urandom, device, signer, SOFTWARE, self.build, "scripted")

    def enrol_staff(self, ledger: Ledger, post: Post, members: Sequence[Member] = STAFF) -> None:
        """Enrol everybody but the registrars: each asks with his own key, two registrars sign."""
        for member in members:
            if "registrar" in member.roles:
                continue
            self.now += timedelta(minutes=3)
            request = people.key_request(
                member.person,
                member.name,
                ORGANISATION,
                self.signers[member.person],
                now=self.now.astimezone(UTC),
                new_id=Ids(self.now, os.urandom),
            )
            self._act(
                ledger, post, ("reg.1", "reg.2"), "person enrol", {"request": request, "role": list(member.roles)}
            )

    def play(self, ledger: Ledger, post: Post, steps: list[Step], tell: Tell) -> None:
        """Play every step; a refusal that the script expects is part of it, any other ends the play."""
        for step in steps:
            self.now = max(step.at, self.now + BETWEEN)
            try:
                last = self._act(ledger, post, step.by, step.verb, self._named(step.options))
            except Refused as error:
                if step.refused not in error.rules or not step.refused:
                    raise
            else:
                if step.refused:
                    raise DoseLedgerError(f"{step.verb} was accepted, the script expects {step.refused}")
                if step.label:
                    self.labels[step.label] = last
            if step.tell:
                tell(step.at, step.tell)

    def _act(self, ledger: Ledger, post: Post, by: tuple[str, ...], verb: str, options: Mapping[str, object]) -> int:
        act, said = build(verb, options, Reading(self.now, self.zone, read_file))
        hands = [Hand(person, self.signers[person]) for person in by]
        return perform(act, ledger, post, hands, said, command=str(uuid.uuid4())).receipts[0].position

    def _named(self, options: Mapping[str, object]) -> dict[str, object]:
        """Put the entries of earlier steps in the place of their labels: `@label`, `RULE@label`."""
        return {name: self._entry(value) for name, value in options.items()}

    def _entry(self, value: object) -> object:
        if not isinstance(value, str) or "@" not in value:
            return value
        rule, _, label = value.partition("@")
        if label not in self.labels:
            return value
        return f"{rule}@{self.labels[label]}" if rule else f"#{self.labels[label]}"
