"""Which protocol pack came into force at which position, and which toxicity dictionaries came with it or later."""

from __future__ import annotations

from msgspec import Struct

from ledger.events.base import DictionaryRef, ProtocolRef


class Brought(Struct, frozen=True):
    """What an entry on the stream `study` brought: a pack and its dictionary, or a dictionary alone."""

    position: int
    pack: ProtocolRef | None
    dictionary: DictionaryRef


def pack_at(brought: tuple[Brought, ...], size: int) -> ProtocolRef | None:
    """The pack of the newest activation among the first `size` entries; None where there is none."""
    return next((one.pack for one in reversed(brought) if one.pack is not None and one.position < size), None)


def dictionaries_at(brought: tuple[Brought, ...], size: int) -> frozenset[DictionaryRef]:
    """Every dictionary that the first `size` entries brought."""
    return frozenset(one.dictionary for one in brought if one.position < size)
