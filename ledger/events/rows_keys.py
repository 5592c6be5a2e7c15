"""The kinds of the life of keys, of the registrars and of the policy."""

from __future__ import annotations

from typing import get_args

from ledger import wire
from ledger.events import keys
from ledger.events.predicate import only
from ledger.events.row import DEVICE, REGISTRARS, KindRow, by

PERSONS: frozenset[wire.Role] = frozenset(get_args(wire.Role)) - DEVICE
"""Whoever holds a key of his own."""
_CHANGES = only("registrar.changed/1", "registrar.recovered/1", "policy.amended/1", "key.revoked/1")
"""What an act of the quorum must not race: whoever counts registrars has counted these."""
_TWO = (by(REGISTRARS, "responsibility"), by(REGISTRARS, "responsibility"))
"""The least quorum; a greater one of the policy adds to it."""

ROWS = (
    KindRow("key.rotated/1", keys.KeyRotated, "people", 4, (by(PERSONS, "responsibility"),)),
    KindRow("key.revoked/1", keys.KeyRevoked, "people", 5, (by(REGISTRARS, "responsibility"),)),
    KindRow("registrar.changed/1", keys.RegistrarChanged, "people", 6, _TWO, conflicts=_CHANGES, completed=True),
    KindRow("registrar.recovered/1", keys.RegistrarRecovered, "people", 7, (by(REGISTRARS, "responsibility"),)),
    KindRow("policy.amended/1", keys.PolicyAmended, "people", 8, _TWO, conflicts=_CHANGES, completed=True),
    KindRow(
        "signature.reaffirmed/1",
        keys.SignatureReaffirmed,
        "people",
        9,
        (by(PERSONS, "responsibility"),),
        completed=True,
    ),
    KindRow("signature.repudiated/1", keys.SignatureRepudiated, "people", 10, (by(PERSONS, "responsibility"),)),
    KindRow("log.rotated/1", keys.LogRotated, "people", 11, _TWO, conflicts=_CHANGES),
    KindRow("signature.abandoned/1", keys.SignatureAbandoned, "security", 0, (by(DEVICE, "system"),)),
)
