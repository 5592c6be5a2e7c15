"""The audit trail as one page to read and print: patient by patient, one line for each entry and what it changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from ledger.book import Ledger
from ledger.signing.meanings import TEXTS
from projections.export.audit.table import Out
from projections.export.pages import page
from projections.printed import Signature, second, utc
from projections.replay import numbers, window
from projections.trail import TrailRow, rows
from projections.trail.rows import of_patient

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that no page may hold; U+FFFD stands for them."""
LONGEST = 200
"""Characters of a value that the page shows; the table has all of them."""
_CHANGES = (
    ("insert", "a first entry"),
    ("late", "a first entry that came after the limit of its protocol pack, or that says so itself"),
    ("correct", "a record is restated, because it was wrong; what stood there is struck through"),
    ("void", "a record no longer counts"),
    ("context", "an entry that speaks of another, or that is about no record: it changes none"),
)


class Field(Struct, frozen=True):
    """A field with what stood there and what stands there since."""

    name: str
    old: str | None
    new: str | None


class Step(Struct, frozen=True):
    """What one entry did to one record; `effect` tells when it is not in force from its own entry on."""

    position: int
    change: str
    effect: str
    record: int
    record_kind: str
    fields: tuple[Field, ...]
    signatures: tuple[Signature, ...]
    occurred: str
    recorded_at: str
    recorded_at_utc: str
    why: str


class Section(Struct, frozen=True):
    """The entries of one stream."""

    heading: str
    steps: Iterator[Step]


def write(ledger: Ledger, out: Out, *, software: str, size: int | None = None, patients: Sequence[str] = ()) -> int:
    """Write the page of the first `size` entries, of these patients alone where any are named; gives its lines."""
    stop = ledger.size if size is None else size
    through = window(ledger, now=ledger.log_time(stop - 1), known_at=stop)
    roster = ledger.roster(stop)
    counted, withheld = _Counted(), sum(1 for position in ledger.withheld() if position < stop)
    of_patients = tuple(of_patient(ledger, one, stop) for one in (patients or numbers(ledger, through)))
    others = () if patients else tuple(name for name in ledger.streams() if _known_of(ledger, name, stop))
    trial = roster.genesis.trial if roster.genesis is not None else ""
    values: dict[str, object] = {
        "title": f"Audit trail: {trial}, site {roster.site}",
        "size": stop,
        "about": (
            ("ledger", ledger.id),
            ("root", ledger.root_at(stop).hex()),
            ("entries", stop),
            ("as of", f"{second(through.known_at, through.zone)} ({utc(through.known_at)})"),
            ("of", ", ".join(patients) if patients else "everything"),
            (
                "withheld from this copy",
                f"{withheld} entries, of which this copy has the hashes alone" if withheld else "nothing",
            ),
            ("made by", software.replace("/", " ")),
        ),
        "sections": counted.sections(ledger, (*of_patients, *others), stop),
        "words": (*_CHANGES, *((f"signed: {meaning}", text) for (meaning, _, _), text in sorted(TEXTS.items()))),
    }
    for piece in page.pieces("audit.html.j2", **values):
        out.write(piece)
    return counted.steps


def _known_of(ledger: Ledger, stream: str, size: int) -> bool:
    """Tell whether a stream that is no patient's had begun by then: a page says nothing of what came later."""
    return not stream.startswith("patient/") and bool(ledger.stream(stream, up_to=size))


class _Counted:
    """The sections of a page, drawn as it is written, and how many lines they had."""

    steps = 0

    def sections(self, ledger: Ledger, streams: Sequence[str], size: int) -> Iterator[Section]:
        for name in streams:
            family, _, number = name.partition("/")
            found = rows(ledger, stream=name, size=size)
            yield Section(f"Patient {number}" if family == "patient" else name, self._steps(found))

    def _steps(self, found: Iterator[TrailRow]) -> Iterator[Step]:
        for _, group in groupby(found, key=lambda row: (row.position, row.record, row.in_force)):
            self.steps += 1
            yield _step(tuple(group))


def _step(group: Sequence[TrailRow]) -> Step:
    row = group[0]
    effect = "no effect: a signature is lacking" if row.in_force is None else f"in force since #{row.in_force}"
    return Step(
        position=row.position,
        change=row.transaction,
        effect="" if row.in_force == row.position else effect,
        record=row.record,
        record_kind=row.record_kind.partition("/")[0],
        fields=tuple(Field(one.field, _shown(one.old, one.unit), _shown(one.new, one.unit)) for one in group),
        signatures=row.signatures,
        occurred=row.occurred,
        recorded_at=row.recorded_at,
        recorded_at_utc=row.recorded_at_utc,
        why=": ".join(part for part in (row.reason, row.reason_text) if part is not None),
    )


def _shown(value: str | None, unit: str | None) -> str | None:
    if value is None:
        return None
    short = _UNSEEN.sub("\ufffd", value if len(value) <= LONGEST else f"{value[: LONGEST - 3]}...")
    return short if unit is None else f"{short} {unit}"
