"""One act of a ward in a process of its own: broken at a chosen step of its write, or one of many at the same time.

`acted.py kill LEDGER STEP MOMENT OUTBOX` does `ASSESS` and is killed on the way, its signed bytes kept first.
`acted.py race LEDGER NAME COUNT` records facts and tries to order, again and again, and prints what came of each.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import faulty
from acts import DRUG, MONDAY, PATIENT, Ward

from commands.perform import Outcome, resend
from commands.post import Parcel
from ledger.errors import DoseLedgerError

COMMAND = "01270000-0000-7000-8000-000000000001"
NOBODY = 65534
AFTER = MONDAY + timedelta(days=1)


def reacted(ward: Ward) -> tuple[str, str]:
    """A dose of 3 mg with a reaction that nobody has judged yet: the dose's and the reaction's entry."""
    order = ward.ordered("3mg")
    ward.prepared(order, "3mg")
    dose = ward.do("nurse.1", "dose start", order=order, wristband=PATIENT, wit=("nurse.2",))
    ward.now += timedelta(hours=2)
    reaction = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", dose=dose)
    ward.do("nurse.1", "dose complete", dose=dose, given="all")
    return dose, reaction


def assess(ward: Ward, dose: str, reaction: str) -> Outcome:
    """Grade, attribute and assess in one act: three entries, and two texts beside them."""
    return ward.act(
        "inv.1",
        "tolerance assess",
        dose=dose,
        ae=reaction,
        grade=1,
        attribute=[f"{DRUG}=probable"],
        reason="late-entry",
        reason_text="assessed on the round",
        command=COMMAND,
    )


def latest(ward: Ward, kind: str) -> str:
    """The newest entry of a kind."""
    return next(f"#{e.position}" for e in reversed(ward.book.stream(f"patient/{PATIENT}")) if e.kind == kind)


def assess_latest(ward: Ward) -> Outcome:
    """Assess the newest dose with the newest reaction."""
    return assess(ward, latest(ward, "infusion.started/1"), latest(ward, "toxicity.reported/1"))


def activate(ward: Ward) -> Outcome:
    """Bring the demonstration pack into force: one entry and two files."""
    return ward.act("pi.1", "protocol activate", pack="nct00983528-demo", command=COMMAND)


ACTS: dict[str, Callable[[Ward], Outcome]] = {"assess": assess_latest, "activate": activate}
Texts = Mapping[str, tuple[bytes, bytes]]


class Outbox:
    """A file that keeps signed bytes before they are written to the ledger."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, parcel: Parcel) -> None:
        """Keep them."""
        kept = {name: [part.hex() for part in pair] for name, pair in parcel.texts.items()}
        blobs = {name: content.hex() for name, content in parcel.blobs.items()}
        whole = [parcel.command, [raw.decode() for raw in parcel.entries], kept, blobs]
        self.path.write_text(json.dumps(whole), encoding="utf-8")

    def send(self, ward: Ward) -> Outcome:
        """Send what was kept, once more."""
        command, sealed, kept, files = json.loads(self.path.read_text(encoding="utf-8"))
        texts = {name: (bytes.fromhex(salt), bytes.fromhex(text)) for name, (salt, text) in kept.items()}
        blobs = {name: bytes.fromhex(content) for name, content in files.items()}
        return resend(ward.book, ward.post, Parcel(command, tuple(raw.encode() for raw in sealed), texts, blobs))


def kept_by(ward: Ward, path: Path) -> Outbox:
    """Let a ward keep its signed bytes."""
    outbox = Outbox(path)
    ward.post = replace(ward.post, keep=outbox.keep)
    return outbox


def kill(act: str, ledger: str, step: str, moment: str, outbox: str) -> None:
    """Act, and be killed on the way."""
    faulty.install(setattr)
    ward = Ward.open(ledger, seed="killed", now=AFTER)
    kept_by(ward, Path(outbox))
    faulty.FaultyConnection.plan = faulty.Plan(step, moment == "after", faulty.killed)
    ACTS[act](ward)


def race(ledger: str, name: str, count: int) -> Iterator[str]:
    """Record a premedication, then try to order, `count` times; say what was written, refused or lost."""
    with closing(Ward.open(ledger, seed=name, now=AFTER)) as ward:
        for _ in range(count):
            yield f"fact {ward.do(name, 'premed give', subject=PATIENT, set=True)}"
            yield ordered(ward, ward.now)


def ordered(ward: Ward, at: datetime) -> str:
    """Show an order and then sign it, as a person does who takes a while to read."""
    said = {
        "patient": PATIENT,
        "drug": DRUG,
        "amount": "3mg",
        "for": (at + timedelta(hours=1)).isoformat(timespec="minutes"),
    }
    try:
        shown = ward.plan("inv.1", "dose order", **said)
    except DoseLedgerError as error:
        return f"refused {type(error).__name__} {error.what}"
    try:
        return f"order #{ward.act('inv.1', 'dose order', expect=shown, **said).receipts[0].position}"
    except DoseLedgerError as error:
        return f"lost {type(error).__name__} {getattr(error, 'winner', None)}"


def spoiled(how: str, ledger: str) -> Iterator[str]:
    """Act where nothing can be written: the file may not grow, or is somebody else's to write."""
    path = Path(ledger)
    with closing(Ward.open(path, now=AFTER)) as ward:
        yield f"before {ward.book.size}"
        if how == "full":
            size = path.stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            yield from refused(lambda: filled(ward))
    if how == "read-only":
        path.chmod(0o444)
        path.parent.chmod(0o555)
        if os.geteuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        yield from refused(lambda: Ward.open(path, now=AFTER).do("nurse.1", "premed give", subject=PATIENT, set=True))


def filled(ward: Ward) -> None:
    """Write until nothing can be written."""
    for _ in range(500):
        ward.do("nurse.1", "premed give", subject=PATIENT, set=True)


def refused(act: Callable[[], object]) -> Iterator[str]:
    """What an act that cannot be done says."""
    try:
        act()
    except DoseLedgerError as error:
        yield f"{type(error).__name__} {error.exit_code} {error.what}"


def main() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case ["kill", act, ledger, step, moment, outbox]:
            kill(act, ledger, step, moment, outbox)
        case ["race", ledger, name, count]:
            for line in race(ledger, name, int(count)):
                sys.stdout.write(f"{line}\n")
        case ["spoiled", how, ledger]:
            for line in spoiled(how, ledger):
                sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
