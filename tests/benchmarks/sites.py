"""Ledgers to measure: patients of 100 entries each, from registration through twelve doses of alemtuzumab.

One patient is treated through the acts themselves. A large ledger has that patient many times: every entry is
written and signed anew for its patient. Many are stored in bulk, past the judgement that each was given as an
original; `verify` judges them all, and W4 asserts what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from acts import DRUG, MONDAY, Ward, key

from commands.draft import Circumstances
from commands.perform import perform
from commands.sealing import Hand
from commands.study import ActivateProtocol
from ledger.codec import Opened, commitments, open_entry, open_whole
from ledger.events.base import After, CommandRef, Payload, Ref
from ledger.events.entry import Entry
from ledger.merkle import checkpoint, tree
from ledger.protocol.bundled import bundled
from ledger.protocol.model import load
from ledger.signing.jws import Signature, assemble, signing_input
from ledger.storage.carrying import carry
from ledger.storage.rows import TextRow

DAYS = (0, 1, 2, 4, 7, 9, 11, 14, 16, 18, 21, 23)
"""The days of the twelve doses: at most three of 30 mg in seven days."""
AMOUNTS = ("3mg", "10mg", *("30mg",) * 10)
PER_PATIENT = 100
BATCH = 100
"""Entries of a large ledger that are stored in one transaction."""


def with_room(ward: Ward) -> None:
    """Bring a pack into force whose cohorts hold all patients of a measurement."""
    sizes = dict.fromkeys(("cohort_first_size", "min_at_declared", "cohort_full_size"), "10000")
    act = ActivateProtocol(
        pack=load(bundled("nct00983528-demo"), overrides=sizes).data, dictionary=bundled("ctcae-5.0")
    )
    perform(act, ward.book, ward.post, [Hand("pi.1", key("pi.1"))], Circumstances(), command=ward.command())


def enrol(ward: Ward, number: str) -> None:
    """Take a patient from registration to 16 entries before the first dose: 12 weights are among them."""
    ward.enrol(number)
    for day in range(12):
        ward.do("nurse.1", "patient measure", patient=number, weight=f"{70 + day}kg")


def dose(ward: Ward, numbers: list[str], day: int, amount: str) -> Iterator[str]:
    """Give one dose to each patient, all of them together step by step; yields before each of the 7 steps.

    Whoever measures takes the time between two steps; the clock moves in a step of its own, outside of it.
    """
    ten = MONDAY + timedelta(days=day)
    planned = ten.isoformat(timespec="minutes")
    orders, doses = dict[str, str](), dict[str, str]()

    def at(hours: float) -> datetime:
        return ten + timedelta(hours=hours)

    ward.now = at(-2)
    yield "order"
    for number in numbers:
        orders[number] = ward.do("inv.1", "dose order", patient=number, drug=DRUG, amount=amount, **{"for": planned})
    yield "check"
    for number in numbers:
        ward.do("pharm.1", "dose pharmacy-check", order=orders[number])
    yield "release"
    for number in numbers:
        ward.do("pharm.1", "dose release", order=orders[number], lot="A1", prepared=amount, wit=("pharm.2",))
    ward.now = at(-0.75)
    yield "premedication"
    for number in numbers:
        ward.do("nurse.1", "premed give", subject=orders[number], set=True)
    ward.now = at(0)
    yield "start"
    for number in numbers:
        doses[number] = ward.do("nurse.1", "dose start", order=orders[number], wristband=number, wit=("nurse.2",))
    ward.now = at(2)
    yield "complete"
    for number in numbers:
        ward.do("nurse.1", "dose complete", dose=doses[number], given="all")
    ward.now = at(4)
    yield "tolerance"
    for number in numbers:
        ward.do("inv.1", "tolerance assess", dose=doses[number], worst=0)


def treated(ward: Ward, numbers: list[str], doses: int = len(DAYS)) -> None:
    """Give the first `doses` doses to each patient."""
    for day, amount in list(zip(DAYS, AMOUNTS, strict=True))[:doses]:
        for _ in dose(ward, numbers, day, amount):
            pass


@dataclass(frozen=True)
class Template:
    """One patient's entries as they were written, and how many entries of the site stand before them."""

    number: str
    founding: int
    course: tuple[Opened, ...]
    texts: Mapping[str, tuple[bytes, bytes]]


def template(path: Path) -> Template:
    """Treat one patient through the acts on a ledger of its own."""
    texts: dict[str, tuple[bytes, bytes]] = {}
    with closing(Ward.founded(path)) as ward:
        founding = ward.book.size
        ward.post = replace(ward.post, keep=lambda parcel: texts.update(parcel.texts))
        enrol(ward, "P-100")
        treated(ward, ["P-100"])
        stream = {entry.position for entry in ward.book.stream("patient/P-100")}
        raws = ward.book.raws(founding)
        course = [open_whole(raw, log="main", position=position) for position, raw in raws if position in stream]
        assert PER_PATIENT == len(course) == ward.book.size - founding
    return Template("P-100", founding, tuple(course), texts)


def copied(course: Template, path: Path, *, patients: int, at_once: int = BATCH) -> Path:
    """Make a site whose patients all had the course of the template, step by step, `at_once` in one transaction."""
    with closing(Ward.founded(path)) as ward:
        filled(ward, course, [f"{number:06}" for number in range(patients)], at_once=at_once)
    return path


def filled(
    ward: Ward, course: Template, numbers: Sequence[str], *, at_once: int = BATCH, steps: int = PER_PATIENT
) -> None:
    """Let these patients have the course of the template, or its first steps, on a ledger that is open."""
    grown = _Grown(ward)
    copies = [_Copy(course, number) for number in numbers]
    for step in range(steps):
        for first in range(0, len(copies), at_once):
            grown.write(step, copies[first : first + at_once])
            if len(grown.waiting) >= at_once:
                grown.store()
    grown.store()


class _Grown:
    """The log with the entries that are about to be stored: each names the head before it in its `after`."""

    def __init__(self, ward: Ward) -> None:
        self.ward = ward
        self.size = ward.book.size
        self.origin = ward.book.origin
        self.frontier = ward.book._store.reader.frontier(self.size)
        self.counters: dict[str, int] = {}
        self.waiting: list[tuple[Entry, bytes]] = []
        self.heads: dict[int, tuple[bytes, checkpoint.Checkpoint]] = {}
        self.texts: dict[str, TextRow] = {}

    def write(self, step: int, copies: list[_Copy]) -> None:
        """Write and sign one step of the course of some patients, each entry under the checkpoint that an act makes."""
        book, log, template = self.ward.book, key("log"), copies[0].template
        original = template.course[step]
        keys = {header.kid: key(header.signer.id) for header in original.headers}
        for name in commitments(original.jws.payload):
            self.texts.setdefault(name, TextRow(name, self.size, *template.texts[name]))
        for copy in copies:
            after = After(log="main", size=self.size, root=tree.frontier_root(self.frontier).hex())
            payload = msgspec.json.encode(copy.payload(original, after=after, drawn=self.ward.random(6).hex()))
            signed = []
            for header in original.headers:
                n = self.counters.get(header.kid) or book.next_n(header.kid)
                self.counters[header.kid] = n + 1
                protected = msgspec.json.encode(msgspec.structs.replace(header, n=n))
                signed.append(Signature(protected, keys[header.kid].sign(signing_input(protected, payload))))
            raw = assemble(payload, signed)
            entry = open_entry(raw, log="main", position=self.size)
            self.frontier = tree.append(self.size, self.frontier, bytes.fromhex(entry.leaf)).frontier
            self.size += 1
            root = tree.frontier_root(self.frontier)
            head = checkpoint.Checkpoint(origin=self.origin, size=self.size, root=root)
            self.heads[self.size] = checkpoint.seal(head, head.origin, log.public.raw, log.sign), head
            self.waiting.append((entry, raw))
            copy.stands(original, entry.position, entry.id, entry.leaf)

    def store(self) -> None:
        """Store what was written, with everything that hangs on it, in one transaction."""
        if not self.waiting:
            return
        book = self.ward.book
        texts = [row for name, row in self.texts.items() if book.text(name) is None]
        with book.turn():
            carry(book._store, self.waiting, self.heads, texts=texts, blobs=())
        self.waiting, self.heads, self.texts = [], {}, {}


class _Copy:
    """The patient of the template under another number, as far as he stands in the new ledger."""

    def __init__(self, template: Template, number: str) -> None:
        self.template = template
        self.number = number
        self.refs: dict[str, Ref] = {}

    def payload(self, original: Opened, *, after: After, drawn: str) -> Payload:
        """The payload of the next entry, about this patient; ids end in `drawn` and keep their order."""
        entry = original.entry.payload
        command = entry.command.id[:24] + drawn
        body = bytes(entry.body)
        for cause in entry.causes:
            if cause.id in self.refs:
                body = body.replace(cause.id.encode(), self.refs[cause.id].id.encode())
        return msgspec.structs.replace(
            entry,
            stream=f"patient/{self.number}",
            id=entry.id[:24] + drawn,
            command=CommandRef(id=command, index=0, of=1),
            after=after,
            causes=tuple(self.refs.get(cause.id, cause) for cause in entry.causes),
            body=msgspec.Raw(body.replace(self.template.number.encode(), self.number.encode())),
        )

    def stands(self, original: Opened, position: int, id: str, leaf: str) -> None:
        """Remember what the copy of an entry is called here."""
        self.refs[original.entry.id] = Ref(log="main", position=position, id=id, leaf=leaf)
