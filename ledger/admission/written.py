"""With what an entry was written: the device, the protocol pack in force and the toxicity dictionary it names."""

from __future__ import annotations

from ledger.admission.problem import Problem
from ledger.course.people import Roster
from ledger.errors import NotAllowed
from ledger.events.entry import Entry
from ledger.events.keys import RegistrarRecovered

_FIX = "two registrars enrol the device: doseledger device enrol"


def written(entry: Entry, roster: Roster, found: list[Problem]) -> None:
    """Judge `writer.device`, `protocol` and `dictionary` of an entry by what its author could see at `after`."""
    _device(entry, roster, found)
    if entry.payload.after.size:
        _protocol(entry, roster, found)
        _dictionary(entry, roster, found)


def _device(entry: Entry, roster: Roster, found: list[Problem]) -> None:
    """What people sign is written on an enrolled device; what a device signs, on that device."""
    device = entry.payload.writer.device
    if all(one.person != device or one.ended is not None for one in roster.devices.values()):
        found.append(Problem("device", f"{device} is no device of this site", NotAllowed, fix=_FIX))
    elif entry.author.role == "system" and entry.author.person != device:
        why = f"signed by the device {entry.author.person}, written on {device}"
        found.append(Problem("device", why, NotAllowed))


def _protocol(entry: Entry, roster: Roster, found: list[Problem]) -> None:
    """A device, and whoever comes by the recovery key, writes without looking at the protocol."""
    named, due = entry.payload.protocol, roster.pack_at(entry.payload.after.size)
    alone = entry.author.role == "system" or isinstance(entry.event, RegistrarRecovered)
    if named == due or (named is None and alone):
        return
    said = "no protocol" if named is None else f"the protocol {named.id} {named.version}"
    was = "none was in force" if due is None else f"{due.id} {due.version} was in force"
    found.append(Problem("protocol", f"the entry names {said}; {was}"))


def _dictionary(entry: Entry, roster: Roster, found: list[Problem]) -> None:
    """While no protocol is in force, nothing says which dictionary holds."""
    named, size = entry.payload.dictionary, entry.payload.after.size
    if named is None or roster.pack_at(size) is None or named in roster.dictionaries_at(size):
        return
    why = f"neither a protocol nor a loaded dictionary that `after` covers names this dictionary CTCAE {named.ctcae}"
    found.append(Problem("dictionary", why))
