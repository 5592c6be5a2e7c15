"""The fold of the log's keys: the first entry names one, a rotation the one after it, a restoration begins an epoch."""

from __future__ import annotations

from ledger import wire
from ledger.events.entry import Entry
from ledger.events.keys import LogRotated
from ledger.events.study import LedgerCreated, LedgerRestored
from ledger.merkle.checkpoint import origin
from ledger.merkle.epochs import LogKey, LogKeys, Lost
from ledger.signing import base64url

TURNS = frozenset({"log.rotated/1", "ledger.restored/1"})
"""The kinds after which another key seals the heads."""


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
    return base64url.decode(key.x.encode())
