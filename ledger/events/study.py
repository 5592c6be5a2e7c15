"""The study: the ledger's first entry and the protocol versions in force."""

from __future__ import annotations

from typing import Literal

from ledger import wire
from ledger.events.base import DictionaryRef, ProtocolRef, Wire


class RootRegistrar(Wire, frozen=True, kw_only=True):
    """A registrar whose key the first entry itself establishes."""

    person: wire.Token
    name: wire.PrintedName
    organisation: wire.PrintedName
    key_id: wire.Kid
    key: wire.Jwk


class Device(Wire, frozen=True, kw_only=True):
    """A workstation and the key of its system entries."""

    id: wire.Token
    key_id: wire.Kid
    key: wire.Jwk


class Witness(Wire, frozen=True, kw_only=True):
    """An outside witness of checkpoints: the key name of its cosignature lines and its Ed25519 key."""

    name: wire.Code
    key: wire.Jwk


class Witnesses(Wire, frozen=True, kw_only=True):
    """How many outside cosignatures a checkpoint needs, and whose; quorum 0 asks for none."""

    quorum: wire.Count
    keys: tuple[Witness, ...]


class LedgerCreated(Wire, frozen=True, kw_only=True):
    """The genesis: all root registrars sign it; the hash of its bytes is the ledger's id.

    `quorum` is the number of registrars that an act about registrars needs; `next_log_key` and
    `recovery_key` are the thumbprints of keys that are not yet shown.
    """

    trial: wire.Token
    purpose: Literal["production", "training", "simulation"]
    zone: wire.Zone
    registrars: tuple[RootRegistrar, ...]
    quorum: wire.Count
    device: Device
    log_key: wire.Jwk
    next_log_key: wire.Kid
    recovery_key: wire.Kid | None
    witnesses: Witnesses
    signing: Literal["every-act", "session"]


class LostHead(Wire, frozen=True, kw_only=True):
    """The newest head that somebody holds of what is lost."""

    size: wire.Count
    root: wire.Hex


class LedgerRestored(Wire, frozen=True, kw_only=True):
    """The ledger goes on from an older or another state than was seen; the quorum of registrars signs it.

    Heads that cover this entry are those of the epoch `log`, under the new `key`; the positions go on. `next_log_key`
    is the thumbprint of the key after it. `size` and `root` are the head the ledger goes on from, `lost` the newest one
    that is known of what does not stand in it, and `evidence` the SHA-256 of that signed note, kept as a blob; null
    where only paper tells of it.
    """

    log: wire.Token
    key: wire.Jwk
    next_log_key: wire.Kid
    size: wire.Count
    root: wire.Hex
    lost: LostHead
    evidence: wire.Hex | None


class ProtocolActivated(Wire, frozen=True, kw_only=True):
    """A protocol pack comes into force at this site; its bytes are kept as a blob of that digest."""

    pack: ProtocolRef
    dictionary: DictionaryRef
    fictional: tuple[wire.Token, ...]


class DictionaryLoaded(Wire, frozen=True, kw_only=True):
    """A full toxicity dictionary was taken from the publisher's workbook; its terms are kept as a blob.

    `workbook` is the SHA-256 of the file as it was, `terms` how many it holds.
    """

    dictionary: DictionaryRef
    workbook: wire.Hex
    terms: wire.Count
