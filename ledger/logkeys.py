"""The keys of the log as its entries name them: the first one, the one after it, and with a loss that of an epoch."""

from __future__ import annotations

from collections.abc import Iterable

from ledger import wire
from ledger.events.entry import Entry
from ledger.events.keys import LogRotated
from ledger.events.study import LedgerCreated, LedgerRestored
from ledger.merkle.checkpoint import origin
from ledger.merkle.epochs import LogKey, LogKeys, Lost
from ledger.signing import base64url

TURNS = frozenset({"log.rotated/1", "ledger.restored/1"})
"""The kinds after which another key seals the heads."""


def keys_of(entries: Iterable[Entry]) -> LogKeys:
    """Fold the keys from the entries that name them, in log order."""
    keys = LogKeys()
    for entry in entries:
        keys = turned(keys, entry)
    return keys


def turned(keys: LogKeys, entry: Entry) -> LogKeys:
    """Apply one entry; all but those that name a key of the log leave the keys as they are."""
    match entry.event:
        case LedgerCreated() as event:
            name = origin(event.trial, entry.leaf, entry.log)
            return keys.then(LogKey(entry.position, name, _public(event.log_key), event.next_log_key))
        case LogRotated() as event if keys.keys:
            name = keys.newest.origin
            return keys.then(LogKey(entry.position, name, _public(event.key), event.next_log_key))
        case LedgerRestored() as event if keys.keys:
            name = f"{keys.newest.origin.rpartition('/')[0]}/{event.log}"
            lost = Lost(event.lost.size, bytes.fromhex(event.lost.root))
            return keys.then(LogKey(entry.position, name, _public(event.key), event.next_log_key, lost))
        case _:
            return keys


def _public(key: wire.Jwk) -> bytes:
    """The bytes of the key; none for a key that is not Ed25519, which opens no head."""
    return base64url.decode(key.x.encode()) if key.crv == "Ed25519" else b""
