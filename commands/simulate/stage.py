"""The stage: a throw-away ledger, its scripted clock, keys in memory; acts are done on it as people do them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from commands.draft import Circumstances
from commands.options import Reading
from commands.perform import Act, Outcome, Plan, perform, plan
from commands.post import Ids, Post
from commands.reading import read_when
from commands.sealing import Hand
from commands.simulate.labels import Labels
from commands.verbs import build
from ledger.book import Ledger
from ledger.errors import BadInput, Changed
from ledger.signing.signer import MemorySigner

TICK = timedelta(milliseconds=1)
"""How far the scripted clock moves each time it is looked at."""


class ScriptedClock:
    """A clock that stands where the script puts it, and moves by a millisecond each time it is looked at."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Look at the clock."""
        self.now += TICK
        return self.now

    def put(self, at: datetime) -> None:
        """Put the clock to a later minute; BadInput when it would run backwards."""
        if at < self.now.replace(second=0, microsecond=0):
            raise BadInput(
                f"the clock would run backwards to {at:%Y-%m-%d %H:%M}",
                why=f"it is {self.now:%Y-%m-%d %H:%M} by then",
                fix="put the steps in the order of their clocks, or in a fork",
            )
        self.now = max(self.now, at)


class Chance:
    """Repeatable bytes: each run of a scenario gives the same ledger."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._drawn = 0

    def __call__(self, count: int) -> bytes:
        """Give the next bytes, at most 64."""
        self._drawn += 1
        return hashlib.sha512(self._seed + self._drawn.to_bytes(8, "big")).digest()[:count]


@dataclass
class Keys:
    """The keys of one run, each made from the run's seed and a name; they are worth nothing outside it."""

    seed: bytes
    made: dict[str, MemorySigner] = field(default_factory=dict)

    def of(self, name: str) -> MemorySigner:
        """Give the key of a person, the device or the log."""
        if name not in self.made:
            self.made[name] = MemorySigner(hashlib.sha256(self.seed + name.encode()).digest())
        return self.made[name]


@dataclass(frozen=True)
class Stage:
    """One ledger with its clock and labels; a fork or a tried order of a race is played on a copy."""

    path: str
    ledger: Ledger
    clock: ScriptedClock
    post: Post
    keys: Keys
    labels: Labels
    zone: str
    read_file: Callable[[str], bytes]

    def copy(self, path: str) -> Stage:
        """Go on with the copy of the ledger that lies at `path`, from here."""
        clock = ScriptedClock(self.clock.now)
        post = Post(
            clock,
            self.post.random,
            self.post.device,
            self.post.device_signer,
            self.post.software,
            self.post.build,
            "scripted",
        )
        ledger = Ledger.open(path, log_signer=self.keys.of("log"))
        return Stage(path, ledger, clock, post, self.keys, self.labels.copy(), self.zone, self.read_file)

    def at(self, text: str) -> datetime:
        """Read a time as people write it, in the zone of the site."""
        return read_when(text, self.clock.now.astimezone(ZoneInfo(self.zone)), self.zone).at

    def build(self, do: str, options: Mapping[str, object]) -> tuple[Act, Circumstances]:
        """Build an act from its options as text."""
        reading = Reading(self.clock.now.astimezone(ZoneInfo(self.zone)), self.zone, self.read_file)
        return build(do, options, reading)

    def plan(self, act: Act, persons: Sequence[str], said: Circumstances) -> Plan:
        """Show what would be signed."""
        return plan(act, self.ledger, self.post, persons, said)

    def sign(self, planned: Plan, persons: Sequence[str], said: Circumstances) -> Outcome:
        """Sign what was shown; what changed meanwhile is shown again, once."""
        try:
            return self._perform(planned, persons, said)
        except Changed:
            return self._perform(self.plan(planned.act, persons, said), persons, said)

    def do(self, act: Act, persons: Sequence[str], said: Circumstances) -> Outcome:
        """Do an act: show it, then sign it."""
        return self.sign(self.plan(act, persons, said), persons, said)

    def _perform(self, planned: Plan, persons: Sequence[str], said: Circumstances) -> Outcome:
        hands = [Hand(person, self.keys.of(person)) for person in persons]
        command = Ids(self.clock.now, self.post.random)()
        return perform(planned.act, self.ledger, self.post, hands, said, command=command, expect=planned)
