"""A trial site in one process, which acts through the commands: keys in memory, a clock that the test moves.

    ward = Ward.founded(tmp_path / "trial.ledger")
    order = ward.do("inv.1", "dose order", patient="P-001", drug="alemtuzumab", amount="3mg", **{"for": "10:00"})
    ward.do("pharm.1", "dose release", order=order, lot="A1", prepared="3mg", wit=("pharm.2",))

`do` gives the name of the newest entry it wrote, as later options take it; `act` gives the whole outcome.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import server

from commands import people, study
from commands.chart import PatientFile
from commands.opening import site_setting
from commands.perform import Hand, Outcome, Plan, perform, plan
from commands.post import Ids, Post, uuid7
from commands.verbs import Reading, build
from ledger.book import Ledger, is_url
from ledger.errors import BadInput
from ledger.rules.ladder import Ladder, ladder
from ledger.signing.signer import MemorySigner
from ledger.verify import Report, verify

ZONE = ZoneInfo("America/Los_Angeles")
BEGIN = datetime(2010, 2, 1, 10, 0, tzinfo=ZONE)
MONDAY = datetime(2010, 3, 1, 10, 0, tzinfo=ZONE)
PATIENT = "P-001"
DRUG = "alemtuzumab"
STAFF = (
    ("pi.1", "principal-investigator"),
    ("inv.1", "investigator"),
    ("inv.2", "investigator"),
    ("nurse.1", "nurse"),
    ("nurse.2", "nurse"),
    ("nurse.3", "nurse"),
    ("pharm.1", "pharmacist"),
    ("pharm.2", "pharmacist"),
    ("crc.1", "coordinator"),
    ("nurse.9", "nurse"),
)
"""Everybody but nurse.9 is delegated the tasks of the role."""


def key(name: str) -> MemorySigner:
    """The fixed key of a name."""
    return MemorySigner(sha256(f"ward {name}".encode()).digest())


class Ward:
    """One workstation of the site; `seed` makes what it draws differ from what another one draws."""

    book: Ledger

    def __init__(self, *, seed: str = "ward", now: datetime = BEGIN) -> None:
        self.now = now
        self.seed = seed
        self.drawn = 0
        self.held: dict[str, str] = {}
        """Who signs with another key than the first: its name."""
        self.post = Post(self.tick, self.random, "ws1", key("ws1"), "doseledger/0.1.0", "0" * 64, "scripted")

    @classmethod
    def open(cls, path: Path | str, *, seed: str = "ward", now: datetime = BEGIN) -> Ward:
        """Sit down at a workstation of an existing ledger."""
        ward = cls(seed=seed, now=now)
        ward.book = Ledger.open(path, log_signer=key("log"))
        return ward

    @classmethod
    def copy(cls, original: Path | str, path: Path, *, seed: str = "ward", now: datetime = MONDAY) -> Ward:
        """Sit down at a copy of a closed ledger: at `path`, or on the server where that one is."""
        if is_url(str(original)):
            return cls.open(server.place(str(original)), seed=seed, now=now)
        shutil.copyfile(original, path)
        return cls.open(path, seed=seed, now=now)

    @classmethod
    def staffed(cls, path: Path | str) -> Ward:
        """Make a ledger with everybody enrolled, and nothing else."""
        ward = cls()
        registrars = [study.Registrar(p, p.title(), "Demo Site", key(p)) for p in ("reg.1", "reg.2")]
        genesis = study.found(
            study.Foundation(
                trial="nct00983528",
                site="001",
                zone=ZONE.key,
                purpose="simulation",
                registrars=registrars,
                log_key=key("log").public,
                next_log_key=key("the next log").public,
            ),
            ward.post,
        )
        ward.book = Ledger.create(path, genesis, log_signer=key("log"), now=ward.now)
        ward._staff()
        return ward

    @classmethod
    def founded(cls, path: Path | str) -> Ward:
        """Make a ledger with everybody enrolled, the demonstration pack, a lot, and one enrolled patient."""
        ward = cls.staffed(path)
        ward.do("pi.1", "protocol activate", pack="nct00983528-demo")
        for person, _ in STAFF[1:-1]:
            ward.do("pi.1", "person delegate", person=person, **{"from": "2010-01-01"})
        ward.do("pharm.1", "lot receive", agent=DRUG, lot="A1", strength="30mg", vials=40, expiry="2011-12-31")
        ward.enrol(PATIENT)
        return ward

    def _staff(self) -> None:
        for person, role in STAFF:
            self.do("reg.1", "person enrol", wit=("reg.2",), request=self.request(person), role=[role])

    def key(self, person: str) -> MemorySigner:
        """The key that a person signs with now."""
        return key(self.held.get(person, person))

    def request(self, person: str) -> str:
        """The request with which a person offers the key that he signs with from now on."""
        ids = Ids(self.tick(), self.random)
        return people.key_request(person, person.title(), "Demo Site", self.key(person), now=self.now, new_id=ids)

    def enrol(self, number: str) -> None:
        """Take a patient from registration to enrolment."""
        self.do("crc.1", "patient register", patient=number, sex="F", birth_year=1970)
        self.do("inv.1", "patient consent", patient=number, form="v1", signed_on="2010-01-31")
        self.do("inv.1", "patient screen", patient=number)
        self.do("inv.1", "patient enrol", patient=number)

    # --- time and chance -------------------------------------------------------------------------------------

    def tick(self) -> datetime:
        """The clock: a second later at every look."""
        self.now += timedelta(seconds=1)
        return self.now

    def random(self, count: int) -> bytes:
        """Bytes that look like chance and are the same in every run."""
        self.drawn += 1
        return sha256(f"{self.seed} {self.drawn}".encode()).digest()[:count]

    def command(self) -> str:
        """A new command id."""
        return uuid7(self.now, self.random, 0)

    # --- acting ----------------------------------------------------------------------------------------------

    def act(
        self,
        by: str,
        verb: str,
        *,
        wit: Sequence[str] = (),
        command: str = "",
        expect: Plan | None = None,
        **said: object,
    ) -> Outcome:
        """Do an act as these persons."""
        reading = Reading(self.tick().astimezone(ZONE), ZONE.key, _no_file)
        what, beside = build(verb, said, reading)
        hands = [Hand(person, self.key(person)) for person in (by, *wit)]
        return perform(what, self.book, self.post, hands, beside, command=command or self.command(), expect=expect)

    def plan(self, by: str, verb: str, *, wit: Sequence[str] = (), **said: object) -> Plan:
        """Decide an act without signing it, as a person is shown it."""
        what, beside = build(verb, said, Reading(self.tick().astimezone(ZONE), ZONE.key, _no_file))
        return plan(what, self.book, self.post, (by, *wit), beside)

    def do(self, by: str, verb: str, *, wit: Sequence[str] = (), **said: object) -> str:
        """Do an act, and give the name of the newest entry that it wrote."""
        return f"#{self.act(by, verb, wit=wit, **said).receipts[-1].position}"

    def ordered(self, amount: str, *, number: str = PATIENT, **said: object) -> str:
        """Order a dose for an hour from now."""
        planned = (self.now + timedelta(hours=1)).isoformat(timespec="minutes")
        said = {"for": planned, **said}
        return self.do("inv.1", "dose order", patient=number, drug=DRUG, amount=amount, **said)

    def prepared(self, order: str, amount: str) -> None:
        """Check, release and premedicate an order, so that it can be started three quarters of an hour later."""
        self.do("pharm.1", "dose pharmacy-check", order=order)
        self.do("pharm.1", "dose release", order=order, lot="A1", prepared=amount, wit=("pharm.2",))
        self.do("nurse.1", "premed give", subject=order, set=True)
        self.now += timedelta(minutes=45)

    def given(self, amount: str, *, number: str = PATIENT, worst: int = 0) -> str:
        """Take a dose from its order to its tolerance, a morning's work; gives the start's entry."""
        order = self.ordered(amount, number=number)
        self.prepared(order, amount)
        dose = self.do("nurse.1", "dose start", order=order, wristband=number, wit=("nurse.2",))
        self.now += timedelta(hours=2)
        self.do("nurse.1", "dose complete", dose=dose, given="all")
        self.now += timedelta(hours=2)
        self.do("inv.1", "tolerance assess", dose=dose, worst=worst)
        return dose

    # --- reading ---------------------------------------------------------------------------------------------

    def file(self, number: str = PATIENT) -> PatientFile:
        """A patient's file, judged from nothing."""
        return PatientFile(number, self.book.stream(f"patient/{number}"), site_setting(self.book), self.local)

    def ladder(self, number: str = PATIENT) -> Ladder:
        """The step-up course of a patient now."""
        file = self.file(number)
        return ladder(file.course, file.setting.protocol, self.local)

    @property
    def local(self) -> datetime:
        """The site's time."""
        return self.now.astimezone(ZONE)

    def report(self) -> Report:
        """What an inspector would find."""
        return verify(self.book, workers=1)

    def head(self) -> tuple[int, bytes]:
        """Size and root: equal before and after means that nothing was written."""
        return self.book.size, self.book.root()

    def close(self) -> None:
        """Let go of the ledger."""
        self.book.close()


def _no_file(path: str) -> bytes:
    raise BadInput(f"no test reads {path}")


def founded(path):
    """Make the ledger of `Ward.founded` and close it, for `Ward.copy`."""
    with closing(Ward.founded(path)):
        return path


def utc(at: datetime) -> datetime:
    """The same instant as the record's times are written."""
    return at.astimezone(UTC)
