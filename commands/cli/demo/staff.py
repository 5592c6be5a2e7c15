"""The staff of the demonstration: clearly fictional people, each with a key file whose passphrase is no secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from commands.cli.keys import Card
from commands.cli.place import write_private
from ledger import wire
from ledger.signing.keyfile import create, open_key
from ledger.signing.signer import Signer

ORGANISATION = "Fictional Hospital"
PASSPHRASE = b"demo demo"
ROUNDS = 4
"""Rounds of bcrypt for keys that protect nothing; only training and simulation ledgers accept so few."""


@dataclass(frozen=True)
class Member:
    """One member of the staff."""

    person: str
    name: str
    roles: tuple[wire.Role, ...]


STAFF = (
    Member("reg.1", "Rita Registrar (fictional)", ("registrar",)),
    Member("reg.2", "Ruben Registrar (fictional)", ("registrar",)),
    Member("pi.1", "Dr Petra Principal (fictional)", ("principal-investigator",)),
    Member("inv.1", "Dr Ivan Investigator (fictional)", ("investigator",)),
    Member("pharm.1", "Paula Pharmacist (fictional)", ("pharmacist",)),
    Member("pharm.2", "Tom Technician (fictional)", ("pharmacy-technician",)),
    Member("nurse.1", "Nora Nurse (fictional)", ("nurse",)),
    Member("nurse.2", "Niko Nurse (fictional)", ("nurse",)),
    Member("nurse.3", "Nell Nightnurse (fictional)", ("nurse",)),
    Member("crc.1", "Cora Coordinator (fictional)", ("coordinator",)),
    Member("dm.1", "Dana Datamanager (fictional)", ("data-manager",)),
    Member("mon.1", "Mona Monitor (fictional)", ("monitor",)),
)
SPONSOR = Member("spon.1", "Dr Sven Sponsor (fictional)", ("sponsor-medical",))
"""The sponsor's physician: nobody of the site, but one of the two who rule on what limits a dose."""


def keys_for(folder: Path, members: Sequence[Member] = STAFF) -> dict[str, Signer]:
    """Make a key file and a card for everybody, and open each key with its passphrase."""
    signers: dict[str, Signer] = {}
    for member in members:
        text, public = create(PASSPHRASE, rounds=ROUNDS, comment=f"doseledger demo {member.person}")
        write_private(folder / f"{member.person}.key", text)
        card = Card(person=member.person, name=member.name, organisation=ORGANISATION, key_id=public.kid)
        write_private(folder / f"{member.person}.card", msgspec.json.encode(card))
        signers[member.person] = open_key(text, PASSPHRASE, allow_fast=True)
    return signers
