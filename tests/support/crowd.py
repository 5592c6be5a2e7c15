"""One of many programs at one ledger: `crowd.py LEDGER write NAME SECONDS` or `crowd.py LEDGER follow STOP`.

A writer records weights of several patients, and every now and then tries to take a slot that others try to take at
the same moment, on what it read before its turn. It prints what it was told, a line each. A follower reads on from
where it was until a file appears at STOP, and prints the digest of every entry that it met, in that order.
"""

from __future__ import annotations

import random
import sys
from hashlib import sha256
from pathlib import Path
from time import monotonic

from minting import Site

from ledger.book import Ledger
from ledger.errors import Conflict, DoseLedgerError
from ledger.events.patient import PatientMeasured

PATIENTS = tuple(f"patient/001-{i:03d}" for i in range(1, 5))
SLOTS, TURNS, LEAST = 4, 40, 24
"""So many persons everybody tries to enrol at a time, and others after so many turns: one of all attempts for a person
may win. A writer takes at least so many turns, a third of them for slots, so that some attempts must lose."""


def slot(number: int) -> str:
    """The person of a slot."""
    return f"slot-{number}"


def write(ledger: str, name: str, seconds: float) -> None:
    """Write until the time is over, and a while at least."""
    site = Site(ledger, seed=name, join=True)
    chance, until, turn = random.Random(name), monotonic() + seconds, 0
    while monotonic() < until or turn < LEAST:
        turn += 1
        if turn % 3 == 0:
            tell(grab(site, slot(chance.randrange(SLOTS) + turn // TURNS * SLOTS)))
            continue
        weight = PatientMeasured(weight_kg=str(chance.randrange(40, 99)), height_cm=None)
        entry = site.write(chance.choice(PATIENTS), weight, by=chance.choice(("nina", "norbert", "clara")))
        tell(f"fact {entry.position} {entry.leaf}")
    site.book.close()


def grab(site: Site, person: str) -> str:
    """Try to take a slot with what was read before the turn."""
    site.tick()
    raw = site.draft("people", site.enrolment(site.add(person, f"Slot {person}", "nurse")), by=("rita", "rolf"))
    try:
        (receipt,) = site.store(raw)
    except Conflict as error:
        return f"lost {error.winner}"
    except DoseLedgerError as error:
        return f"refused {type(error).__name__} {error.what}"
    return f"slot {receipt.position} {person}"


def follow(ledger: str, stop: str) -> None:
    """Read on from where it was, until it is told to stop and has read everything."""
    at, ended = 0, False
    with Ledger.open(ledger, read_only=True) as book:
        while not ended:
            ended = Path(stop).exists()
            for position, raw in book.raws(at):
                tell(f"{position} {sha256(raw).hexdigest()}")
                at = position + 1


def tell(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    if sys.argv[2] == "write":
        write(sys.argv[1], sys.argv[3], float(sys.argv[4]))
    else:
        follow(sys.argv[1], sys.argv[3])
