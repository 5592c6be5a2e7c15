"""Make the casebook of one patient: a page that is the same bytes each time it is made of the same head."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from ledger.book import Ledger
from ledger.signing.meanings import TEXTS
from projections.export.casebook import amended, doses, findings, overview, records, review, toxicities
from projections.export.casebook.parts import Section
from projections.export.casebook.signed import STATUSES, manifests
from projections.export.casebook.source import Source
from projections.export.pages.page import render
from projections.export.svg.swimmer import swimmer
from projections.export.svg.timeline import dose_timeline
from projections.printed import View, minute, second, utc
from projections.replay import Window, open_patient, window

BACKGROUND = ("patient.", "consent.", "eligibility.", "treatment.", "prophylaxis.", "transplant.", "response.")
MEASURED = ("patient.measured", "lab.")
ELSEWHERE = (
    "dose.",
    "order.",
    "premedication.",
    "infusion.",
    "tolerance.",
    "hold.",
    "course.",
    "cycle.",
    "day.",
    "override.",
    "toxicity.",
    "seriousness.",
    "expectedness.",
    "dlt.",
    "report.",
    "deviation.",
)
"""How the kinds of the sections begin; what no section is for stands in one of its own."""
_STYLE = re.compile(r"[^A-Za-z0-9 .,:;#/+_-]")


class Written(View, frozen=True, kw_only=True):
    """A casebook as a file: of whom, of which head; it shows `entries` with `signatures`; `digest` is its SHA-256."""

    file: str
    patient: str
    size: int
    root: str
    entries: int
    signatures: int
    digest: str


class Casebook(Struct, frozen=True):
    """A casebook that was made: the page, of whom and of which head, and how much it shows."""

    patient: str
    size: int
    root: str
    entries: int
    signatures: int
    page: bytes

    def written(self, file: str) -> Written:
        """Say what was written into a file."""
        return Written(
            file=file,
            patient=self.patient,
            size=self.size,
            root=self.root,
            entries=self.entries,
            signatures=self.signatures,
            digest=sha256(self.page).hexdigest(),
        )


def casebook(
    ledger: Ledger,
    patient: str,
    *,
    software: str,
    known_at: int | datetime | None = None,
    valid_at: datetime | None = None,
) -> Casebook:
    """Make the page of a patient as known at `known_at` (the newest entry, when None), judged then or at `valid_at`.

    No clock is read: what is due or overdue is so at log time of the newest entry. BadInput when nobody of that
    number was known.
    """
    through = _window(ledger, known_at, valid_at)
    source = Source(ledger, open_patient(ledger, patient, through))
    sections = tuple(_signed(source))
    shown = {place for one in sections for place in one.entries}
    page = render("casebook.html.j2", **_head(source, software), sections=sections)
    return Casebook(
        patient=patient,
        size=through.size,
        root=ledger.root_at(through.size).hex(),
        entries=len(shown),
        signatures=len({(one.position, one.person, one.meaning) for each in sections for one in each.signatures}),
        page=page,
    )


def _window(ledger: Ledger, known_at: int | datetime | None, valid_at: datetime | None) -> Window:
    size = known_at if isinstance(known_at, int) else None
    if isinstance(known_at, datetime):
        size = ledger.position_at(known_at)
    stop = ledger.size if size is None else size
    now = ledger.log_time(min(max(stop, 1), ledger.size) - 1)
    return window(ledger, now=now, known_at=stop, valid_at=valid_at)


def _signed(source: Source) -> Iterator[Section]:
    """Give the sections, each with the signatures of what it shows at its end."""
    changed = review.stale(source)
    roster = source.opened.setting.roster
    sections = tuple(_sections(source))
    found = {one for section in sections for one in section.entries}
    signed = groupby(manifests(source.ledger, roster, found, changed), key=lambda one: one.position)
    known = {position: tuple(same) for position, same in signed}
    for one in sections:
        yield replace(one, signatures=tuple(each for position in one.entries for each in known[position]))


def _sections(source: Source) -> Iterator[Section]:
    opened = source.opened
    genesis = opened.setting.roster.genesis
    trial = genesis.trial if genesis is not None else ""
    yield overview.section(source)
    yield Section(
        "enrolment",
        "Consent, eligibility, enrolment, end",
        "From identification to the end of the study.",
        (records.table(source, "Every entry", _of(BACKGROUND, but=MEASURED), "None."),),
    )
    yield Section(
        "measurements",
        "Measurements",
        "Weight, height and laboratory values, in the order in which they were taken.",
        (records.table(source, "Every entry", _of(MEASURED), "None."),),
    )
    yield doses.section(
        source, (_inlined(swimmer((opened,), opened.window, trial), "swim"), _inlined(dose_timeline(opened), "time"))
    )
    yield toxicities.section(source)
    yield overview.clocks(source)
    yield findings.section(source)
    yield findings.refusals(source)
    yield amended.section(source)
    yield review.section(source)
    known = (*BACKGROUND, *MEASURED, *ELSEWHERE, *review.NOUNS)
    other = records.table(source, "Every entry", lambda noun: not noun.startswith(known), "None.")
    if other.rows:
        yield Section("other", "Further entries", "Entries of other kinds about this patient.", (other,))


def _of(nouns: tuple[str, ...], *, but: tuple[str, ...] = ()) -> Callable[[str], bool]:
    return lambda noun: noun.startswith(nouns) and not (but and noun.startswith(but))


def _inlined(drawing: bytes, name: str) -> str:
    """Give a drawing as it stands inside a page: no prolog, and ids that no other drawing of the page has."""
    text = drawing.decode().partition("?>\n")[2]
    for one in ("title", "desc", "hatch"):
        text = text.replace(f'id="{one}"', f'id="{name}-{one}"').replace(f"url(#{one})", f"url(#{name}-{one})")
    return text.replace('aria-labelledby="title desc"', f'aria-labelledby="{name}-title {name}-desc"', 1)


def _head(source: Source, software: str) -> dict[str, object]:
    opened, ledger = source.opened, source.ledger
    through, protocol, genesis = opened.window, opened.setting.protocol, opened.setting.roster.genesis
    trial = genesis.trial if genesis is not None else ""
    root = ledger.root_at(through.size).hex()
    made_up = ", ".join(protocol.fictional)
    known = f"{second(through.known_at, through.zone)} ({utc(through.known_at)})"
    return {
        "title": f"Casebook of patient {opened.number}",
        "patient": opened.number,
        "about": (
            ("patient", opened.number),
            ("study, site", f"{trial}, {opened.setting.roster.site}"),
            ("protocol pack", f"{protocol.id} {protocol.version}, {protocol.digest}"),
            ("as known at", f"{known}: log time of entry #{through.size - 1}"),
            ("judged at", minute(through.at)),
            ("head of the log", f"{through.size} entries, root {root}"),
            ("ledger", ledger.id),
            ("withheld from this copy", f"{len(ledger.withheld())} entries"),
            ("made by", software.replace("/", " ")),
        ),
        "made_up": made_up,
        "notice": source.card.notice,
        "running": {
            "left": _styled(f"Patient {opened.number}   {trial}   site {opened.setting.roster.site}"),
            "right": _styled(f"{through.size} entries, as known {minute(through.known_at)}"),
            "root": _styled(f"root {root}"),
            "made_up": _styled(f"{source.card.notice} {'FICTIONAL parameters.' if made_up else ''}"),
        },
        "statuses": STATUSES,
        "meanings": tuple((meaning, text) for (meaning, _, _), text in sorted(TEXTS.items())),
    }


def _styled(text: str) -> str:
    """Give words that may stand between quotes in a style sheet, whatever they say."""
    return _STYLE.sub("_", text)
