"""docs/spec/kinds.md, written from the table of kinds, the structs and the table of verbs."""

from __future__ import annotations

import inspect
import re
from typing import get_args

import msgspec
import shapes

from commands import verbs
from commands.closing import LockRecord
from commands.record import CorrectEntry, CountersignEntry, VoidEntry
from ledger import wire
from ledger.course import needs
from ledger.events.predicate import COURSE
from ledger.events.registry import KINDS
from ledger.events.row import KindRow, Requirement

DOMAIN = {
    "protocol.activated/1": "ProtocolVersionActivated",
    "delegation.ended/1": "DelegationRevoked",
    "patient.measured/1": "WeightMeasured",
    "patient.died/1": "DeathRecorded",
    "day.omitted/1": "ClofarabineDayOmitted",
    "dose.omitted/1": "DoseNotGiven",
    "toxicity.attributed/1": "AttributionAssessed",
    "entry.corrected/1": "EventCorrected",
    "entry.voided/1": "EventVoided",
}
"""Where the domain's name of an event is another than that of its struct."""
AMENDING = {
    CorrectEntry: "entry.corrected/1",
    VoidEntry: "entry.voided/1",
    CountersignEntry: "entry.countersigned/1",
    LockRecord: "record.locked/1",
}
"""Acts that name no kind of their own because they repeat another's."""
OTHERWISE = {
    "ledger.created/1": "`init`",
    "key.rotated/1": "`key rotate`",
    "registrar.recovered/1": "`registrar recover`",
    "signature.abandoned/1": "`key abandon`",
    "entry.recovered/1": "`entry recover`",
    "entry.refused/1": "kept by itself when an act is refused",
    "log.clock/1": "written by itself before bytes that were signed earlier",
    "export.made/1": "written by itself when a copy leaves",
    "copy.certified/1": "`certify-copy make`",
    "site.locked/1": "`lock --site`",
    "security.raised/1": "written by itself when the machine has something to report",
    "anchor.made/1": "`anchor paper`, `anchor timestamp`, `witness request`, `witness add`",
    "backup.made/1": "`backup make`",
    "backup.restored/1": "`restore`",
    "log.rotated/1": "`log rotate-key`",
    "ledger.restored/1": "`ledger accept`",
}
"""How an entry comes about that no verb of the table writes."""
UNITS = {
    "_mg_m2": "mg/m2",
    "_ml_h": "mL/h",
    "_mg": "mg",
    "_kg": "kg",
    "_cm": "cm",
    "_ml": "mL",
    "_m2": "m2",
    "_min": "min",
    "_h": "h",
    "_ms": "ms",
    "_s": "s",
}
FAMILIES = {
    "study": "The study",
    "people": "People",
    "patient": "Patients",
    "cohort": "Cohorts",
    "supply": "Supply",
    "any": "Entries about entries",
    "attempts": "Refused attempts",
    "clock": "The log's clock",
    "exports": "Copies that left",
    "archive": "Outside the ledger",
    "security": "Security",
    "review": "Review",
}
STREAMS = {
    "study": "`study`",
    "people": "`people`",
    "patient": "`patient/` and the patient's number",
    "cohort": "`cohort/` and the dose level",
    "supply": "`supply/` and the site",
    "attempts": "`attempts/` and the site",
    "clock": "`clock/` and the site",
    "exports": "`exports/` and the site",
    "archive": "`archive/` and the site",
    "security": "`security/` and the site",
    "review": "`review/` and the site",
    "any": "the stream of the entry named",
}
RESERVED = {
    "The whole trial": (
        ("vitals.measured", "VitalsMeasured", "patient"),
        ("patient.exited", "StudyExited", "patient"),
        ("action.taken", "the action taken with the study drug for a toxicity", "patient"),
        ("site.opened", "SiteOpened", "study"),
        ("site.closed", "SiteClosed", "study"),
        ("study.terminated", "StudyTerminated", "study"),
        ("entries.linked", "LinkEvents", "any"),
    ),
    "The log": (("log.opened", "a further log of this ledger", "study"),),
}
"""Names that later kinds will have; nothing else may take them."""


def page() -> str:
    """The whole page."""
    parts = [_intro(), _overview()]
    for family, title in FAMILIES.items():
        rows = [row for row in KINDS.values() if row.family == family]
        parts.append(f"## {title}\n\nStream: {STREAMS[family]}.")
        parts += [_kind(row) for row in rows]
    parts += [_inside(), _lists(), _course(), _reserved()]
    return "\n\n".join(parts) + "\n"


def _intro() -> str:
    return """# The kinds of entries

What may be written down, and as what. [entry.md](entry.md) has the envelope, the grammars (here written like `Token`)
and what every signature must be. This page is written from the program by `make docs`; a test compares it.

A kind is `noun.verb/version`. A name, once released, keeps its members, their order, their types and their lists of
words for ever: whatever changes is a new version beside the old one. No member has a default; all are always written.
Members stand in the order of the tables. The unit of a quantity is the end of its name.

- **Rank** orders facts that are placed at the same instant: the smaller first, and then the smaller entry id.
- A **fact** says what happened. It is never refused because of the protocol, nor for the role or the delegation of its
  author inside the site: both become findings. Every other kind is refused to a person without the role and, where
  the kind has a **task**, without its delegation.
- **Signed by** lists the signatures that `needs` must contain: each is one meaning and one role of those named.
- A kind **takes effect when complete** where it says so; until all needed signatures stand it changes nothing. Every
  other kind that is no fact has all its signatures from the start.
- What is **not corrected by one person alone** takes the principal investigator's approval beside its author
  ([entry.md](entry.md#needs-and-completion)).
- **Void after** is the predicate of a gated kind: the entry may not stand when one of these kinds stands at a position
  from `after.size` up to its own, on the stream named, unless it belongs to the same command."""


def _overview() -> str:
    rows = [
        f"| [`{row.name}`](#{_anchor(row.name)}) | {_domain(row)} | {_verb(row)} | {row.family} | {row.rank} |"
        for row in KINDS.values()
    ]
    return "\n".join(["## Overview", "", "| kind | event | command | stream | rank |", "|---|---|---|---|---|", *rows])


def _kind(row: KindRow) -> str:
    said = [
        f"### `{row.name}`",
        "",
        _sentence(row.struct),
        "",
        f"- event {_domain(row)}, command {_verb(row)}, rank {row.rank}",
        f"- signed by: {'; '.join(_requirement(one) for one in row.signatures)}",
        f"- {_nature(row)}",
    ]
    if row.conflicts:
        said.append(f"- void after: {'; '.join(_conflict(*one) for one in row.conflicts)}")
    if row.graded:
        said.append("- names the toxicity dictionary in `dictionary`")
    guarded = [f"`{name}`" for name in needs._LOOSENS.get(row.struct, ()) if name in row.struct.__struct_fields__]
    guarded += ["its time"] if row.struct in needs._MOVED else []
    if guarded:
        said.append(f"- not corrected by one person alone: {', '.join(guarded)}")
    return "\n".join([*said, "", _members(row.struct)])


def _nature(row: KindRow) -> str:
    nature = "a fact" if row.factual else "gated" if row.conflicts else "no fact"
    task = f", task `{row.task}`" if row.task else ""
    return f"{nature}{task}{', takes effect when complete' if row.completed else ''}"


def _requirement(one: Requirement) -> str:
    meanings = [f"`{meaning}`" for meaning in get_args(wire.Meaning) if meaning in one.meanings]
    roles = [f"`{role}`" for role in get_args(wire.Role) if role in one.roles]
    return f"{' or '.join(meanings)} by {', '.join(roles)}"


def _conflict(family: str, kinds: frozenset[str]) -> str:
    where = "of this stream" if family == "any" else f"of any {family} stream"
    if kinds == COURSE:
        return f"[what a course rests on](#what-a-course-rests-on), {where}"
    return f"{', '.join(f'`{kind}`' for kind in sorted(kinds))}, {where}"


def _domain(row: KindRow) -> str:
    return DOMAIN.get(row.name, row.struct.__name__)


def _verb(row: KindRow) -> str:
    names = [verb.name for verb in verbs.VERBS.values() if (verb.act.kind or AMENDING.get(verb.act)) == row.name]
    return ", ".join(f"`{name}`" for name in names) or OTHERWISE[row.name]


def _anchor(name: str) -> str:
    return re.sub(r"[./]", "", name)


def _sentence(struct: type[msgspec.Struct]) -> str:
    return inspect.cleandoc(struct.__doc__ or "")


def _members(struct: type[msgspec.Struct]) -> str:
    rows = [f"| `{name}` | {_type(spelling)} | {_unit(name)} |" for name, spelling in shapes.fields(struct).items()]
    return "\n".join(["| member | type | unit |", "|---|---|---|", *rows])


def _unit(name: str) -> str:
    return next((unit for end, unit in UNITS.items() if f"_{name}".endswith(end)), "")


def _type(spelling: str) -> str:
    words = re.fullmatch(r"Literal\[(.*)\]", spelling)
    if words:
        return " or ".join(f"`{word.strip(chr(39))}`" for word in words[1].split(", "))
    many = re.fullmatch(r"tuple\[(.*), \.\.\.\]", spelling)
    if many:
        return f"list of {_type(many[1])}"
    bounds = re.fullmatch(r"Annotated\[int, Meta\(ge=(\d+), le=(\d+)\)\]", spelling)
    if bounds:
        return f"whole number, {bounds[1]} to {bounds[2]}"
    if spelling.endswith(" | None"):
        return f"{_type(spelling.removesuffix(' | None'))} or null"
    return {"bool": "`true` or `false`", "msgspec.Raw": "the members of that kind"}.get(
        spelling, f"`{spelling.removeprefix('wire.')}`"
    )


def _inside() -> str:
    bodies = list(dict.fromkeys(part for row in KINDS.values() for part in shapes.parts(row.struct)))
    own = [part for part in bodies if part.__module__ != "ledger.events.base"]
    parts = [f"### `{part.__name__}`\n\n{_sentence(part)}\n\n{_members(part)}" for part in own]
    return "\n\n".join(["## Parts of bodies\n\n`Occurred` is that of the envelope.", *parts])


def _lists() -> str:
    found: dict[str, object] = {}
    for row in KINDS.values():
        for struct in (row.struct, *shapes.parts(row.struct)):
            found |= shapes.words(struct)
    rows = []
    for name, words in found.items():
        assert isinstance(words, list)
        listed = f"{words[0]} to {words[1]}" if isinstance(words[0], int) else ", ".join(f"`{word}`" for word in words)
        rows.append(f"| `{name}` | {listed} |")
    return "\n".join(["## Lists of words", "", "| name | one of |", "|---|---|", *rows])


def _course() -> str:
    kinds = ", ".join(f"`{kind}`" for kind in sorted(COURSE))
    return f"## What a course rests on\n\n{kinds}."


def _reserved() -> str:
    parts = [
        "## Reserved names\n\nNot written and not read by this version; an entry of such a kind is malformed to it.",
    ]
    for title, rows in RESERVED.items():
        lines = [f"| `{name}/1` | {event} | {family} |" for name, event, family in rows]
        parts.append("\n".join([f"### {title}", "", "| kind | event | stream |", "|---|---|---|", *lines]))
    return "\n\n".join(parts)
