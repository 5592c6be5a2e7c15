"""What a copy for some patients leaves out (docs/spec/copy.md, "Withheld entries"): positions, decided in one pass."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ledger import codec
from ledger.book import Ledger
from ledger.errors import BadInput
from ledger.events.entry import Entry
from ledger.events.record import EntryCountersigned

ALWAYS = frozenset({"study", "people", "clock"})
"""Families of streams on which authority and time rest: nothing of them is ever left out."""
_PATIENT = "patient/"
_DASHES = re.compile("[\u2010-\u2015\u2212]")


def withheld(ledger: Ledger, patients: Sequence[str], size: int) -> frozenset[int]:
    """The positions among the first `size` that a copy for these patients leaves out; for nobody in particular, none.

    What the ledger itself does not have, because it was opened from such a copy, is always among them. Raises
    BadInput for a patient of whom the ledger holds nothing.
    """
    if not patients:
        return frozenset(position for position in ledger.withheld() if position < size)
    return Split(ledger, size).withheld(patients)


def whose(ledger: Ledger, size: int) -> tuple[str, ...]:
    """The patients to whom the first `size` entries are limited; none for a whole ledger, or a copy of nobody."""
    if not withheld(ledger, (), size):
        return ()
    streams = sorted(name for name in ledger.streams(_PATIENT) if ledger.stream(name, up_to=size))
    return tuple(name.removeprefix(_PATIENT) for name in streams)


def scope_of(ledger: Ledger, size: int) -> str:
    """What a copy of everything that a ledger has is of: `all`, `patient/` and a number, or `part` of the record.

    It follows from what the ledger itself withholds, since it may have been opened from a filtered copy.
    """
    if not withheld(ledger, (), size):
        return "all"
    patients = whose(ledger, size)
    return f"{_PATIENT}{patients[0]}" if len(patients) == 1 else "part"


class Split:
    """The first `size` entries by whom they are about, found in one pass for the copies of any number of patients."""

    def __init__(self, ledger: Ledger, size: int) -> None:
        self._ledger = ledger
        self._known = frozenset(ledger.streams(_PATIENT))
        self._absent = frozenset(position for position in ledger.withheld() if position < size)
        self._positions: dict[frozenset[str], list[int]] = {}
        numbers = "|".join(re.escape(_plain(stream.removeprefix(_PATIENT))) for stream in sorted(self._known))
        self._named = re.compile(_alone(f"(?:{numbers})")) if self._known else None
        met: dict[str, frozenset[str]] = {}
        for entry in ledger.entries(0, size):
            about = self._about(entry, met)
            if about:
                met[entry.id] = about
                self._positions.setdefault(about, []).append(entry.position)

    def withheld(self, patients: Iterable[str]) -> frozenset[int]:
        """The positions that a copy for these patients leaves out; BadInput for one of whom there is nothing."""
        kept = frozenset(f"{_PATIENT}{number}" for number in patients)
        for stream in sorted(kept - self._known):
            raise BadInput(f"The ledger holds nothing of a patient {stream.removeprefix(_PATIENT)}.")
        return self._where(lambda about: not about <= kept)

    def of_nobody(self, patients: Sequence[str]) -> frozenset[int]:
        """The positions that a copy for one of these patients or another leaves out: all but what each of them has."""
        streams = [frozenset((f"{_PATIENT}{number}",)) for number in patients]
        return self._where(lambda about: any(not about <= stream for stream in streams))

    def _where(self, hides: Callable[[frozenset[str]], bool]) -> frozenset[int]:
        return self._absent.union(*(places for about, places in self._positions.items() if hides(about)))

    def _about(self, entry: Entry, met: Mapping[str, frozenset[str]]) -> frozenset[str]:
        """Name the streams of the patients whom an entry is about, or speaks of; `met` has those of earlier entries."""
        stream = entry.stream
        if stream.startswith(_PATIENT):
            return frozenset((stream,))
        if stream.partition("/")[0] in ALWAYS:
            return frozenset()
        named = re.findall(rb'"(patient/[^"]+)"', bytes(entry.payload.body))
        found = {name.decode() for name in named}
        if isinstance(entry.event, EntryCountersigned):
            found |= met.get(entry.event.target, frozenset())
        if entry.payload.corrects is not None:
            found |= met.get(entry.payload.corrects.id, frozenset())
        for words in _texts(self._ledger, entry):
            found.update(self._spoken(words))
        return frozenset(found)

    def _spoken(self, words: str) -> Iterator[str]:
        """Name the streams of the patients whose number stands in a text; one number may stand within another."""
        said = _plain(words)
        if self._named is None or self._named.search(said) is None:
            return
        for stream in self._known:
            number = _plain(stream.removeprefix(_PATIENT))
            if number in said and re.search(_alone(re.escape(number)), said):
                yield stream


def _alone(pattern: str) -> str:
    """Match a number that is no part of a longer one; what else is written against it does not hide it."""
    return rf"(?<![0-9])(?<![0-9]-){pattern}(?![0-9])(?!-[0-9])"


def _plain(words: str) -> str:
    """Write a text as a number is compared: any width and case, every dash a hyphen."""
    return _DASHES.sub("-", unicodedata.normalize("NFKC", words)).casefold()


def _texts(ledger: Ledger, entry: Entry) -> Iterator[str]:
    for commitment in sorted(codec.commitments(codec.write_payload(entry.payload))):
        words = ledger.text(commitment)
        if words is not None:
            yield words.decode("utf-8", "replace")
