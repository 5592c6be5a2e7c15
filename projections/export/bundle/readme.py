"""00-READ-ME-FIRST: what the bundle is, of what, how complete, and how to check it; one text, as HTML and plain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from projections.export.bundle import checking, reviewed, subjects, trail
from projections.export.bundle.bag import Bag
from projections.export.bundle.issues import unsigned
from projections.export.bundle.record import log_key
from projections.export.bundle.scope import Scope
from projections.export.bundle.validation import counts
from projections.export.pages.page import render
from projections.printed import second, utc

HTML, TEXT = "00-READ-ME-FIRST.html", "00-READ-ME-FIRST.txt"
SHELVES = (
    ("01-ledger", "the record itself: every entry exactly as it was signed, its texts and files, the heads of the log"),
    ("02-audit", "the audit trail field by field, every signature, sign-off and query, copies, refusals, ODM-XML"),
    ("03-subjects", "a casebook for each patient"),
    ("05-protocol", "every protocol pack and toxicity dictionary that was in force, and since when"),
    ("06-state", "where each patient stands, as computed by the program, to be compared with one's own replay"),
    ("07-deviations", "findings of the rules, missing signatures, corrections, overrides, late entries, refusals"),
    ("08-validation", "the software, its parts, the kinds of entries, rule and test"),
    ("09-verify", "how to check all of this, with verifiers that need none of our software"),
)
"""The folders below `data/`, and what each is for."""
PAGES = (
    (
        f"{checking.FOLDER}/{checking.PAGE}",
        "the record as a page that verifies itself, every entry and every dose",
    ),
    (trail.PAGE, "the audit trail to read and to print"),
)
"""The pages of a bundle, and what each is."""
_CHECKS = (
    (
        "1. The files: `sha256sum -c manifest-sha256.txt` and `sha256sum -c tagmanifest-sha256.txt` here, then the "
        "device's signature over them, in `signatures`, with ssh-keygen or openssl: data/09-verify/HOWTO.md."
    ),
    (
        "2. The record: `python3 data/09-verify/verify.py .` needs Python alone; data/09-verify/verify.html does the "
        "same in a browser without a network."
    ),
    (
        "3. With the program: `doseledger verify` and `doseledger inspect` take this folder or its ZIP; every command "
        "that reads works on it."
    ),
)


@dataclass(frozen=True)
class Kept:
    """How complete the copy is, as counted while it was written."""

    withheld: int
    texts: int
    blobs: int
    missing: int
    verdict: str
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A heading, pairs of label and value, files to open with what each is, and sentences."""

    heading: str
    pairs: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def write(scope: Scope, bag: Bag, kept: Kept) -> None:
    """Write both forms."""
    title = f"Inspection bundle {scope.name}"
    sections = tuple(_sections(scope, bag, kept))
    bag.put(TEXT, _plain(title, sections).encode())
    bag.put(HTML, render("bundle.html.j2", title=title, sections=sections))


def _sections(scope: Scope, bag: Bag, kept: Kept) -> Iterator[Section]:
    yield Section(
        "What this is",
        (
            ("study", scope.genesis.trial),
            ("site", scope.roster.site),
            ("purpose of the ledger", scope.genesis.purpose),
            ("patients", ", ".join(scope.numbers) or "none"),
            (
                "known at",
                f"{second(scope.as_of, scope.window.zone)} ({utc(scope.as_of)}), log time of the newest entry",
            ),
            ("ledger id", scope.ledger.id),
            ("root", scope.root),
            ("log key", log_key(scope)),
            ("made by", f"{scope.version}, build {scope.build}"),
            *_made_up(scope),
        ),
        (
            (
                "The ledger id and the log key are on the paper in the trial master file. Compare them with it: "
                "a copy that is checked against itself alone shows only that it agrees with itself."
            ),
            (
                "Not clinical advice, and no order: the investigator decides. What is printed here beside the signed "
                "entries was computed from them; the entries are the record."
            ),
        ),
    )
    yield Section("How complete it is", _complete(scope, kept), _whose(scope, kept))
    yield Section("Verified when it was made", (("verdict", kept.verdict),), kept.findings or ("No finding.",))
    yield Section("Entries by kind", tuple((kind, str(count)) for kind, count in counts(scope).items()))
    waiting = tuple(
        (f"entry {row.entry}", f"{row.kind} lacks {row.meaning} by {row.role}, since {row.since}")
        for row in unsigned(scope)
    )
    yield Section("Signatures that are missing", waiting, () if waiting else ("None.",))
    have = {name.partition("/")[0] for name in bag.names} | {"09-verify"}
    pages = tuple((name, said) for name, said in PAGES if name in bag.names)
    books = tuple((name, "a casebook") for name in bag.names if name.startswith(subjects.FOLDER))
    yield Section("Pages to open", links=(*pages, *books))
    yield Section("What lies where", tuple((f"data/{name}", said) for name, said in SHELVES if name in have))
    yield Section("How to check it", words=_CHECKS)
    yield Section("What is not in it", words=_gaps(scope, bag, have))


def _made_up(scope: Scope) -> Iterator[tuple[str, str]]:
    """Say which parameters of the pack in force are no trial's: whatever rests on them is an example."""
    active = scope.roster.protocol
    if active is not None and active.fictional:
        yield "FICTIONAL parameters", ", ".join(active.fictional)


def _complete(scope: Scope, kept: Kept) -> tuple[tuple[str, str], ...]:
    return (
        ("entries", f"{scope.size}, from #0 to #{scope.size - 1} without a gap"),
        ("of these in full", str(scope.size - kept.withheld)),
        ("of these withheld (hashes only)", str(kept.withheld)),
        ("texts", str(kept.texts)),
        ("texts missing from the ledger", str(kept.missing)),
        ("files that entries name", str(kept.blobs)),
        *reviewed.counted(scope),
    )


def _whose(scope: Scope, kept: Kept) -> tuple[str, ...]:
    if not scope.patients and kept.withheld:
        return ("It was made from a copy in which these entries were withheld already.",)
    if not scope.patients:
        return ("Everything that the ledger held at this head is here.",)
    return (
        (
            f"Limited to {', '.join(scope.patients)}. Entries about others are withheld: the hash of each stands in "
            "its place, so that every root can still be computed. Texts and tables about others are left out."
        ),
    )


def _gaps(scope: Scope, bag: Bag, have: set[str]) -> tuple[str, ...]:
    said = [
        "No SDTM tabulations and no PDF: the tables are CSV, the pages HTML.",
        "Names, birth dates and addresses of patients are not in the ledger.",
        "The record of this copy's own making is entered after its head, and so not in it.",
    ]
    if f"{checking.FOLDER}/{checking.PAGE}" not in bag.names:
        said.append("No verify.html, as the record is long: `doseledger export dossier` makes one for each patient.")
    if "03-subjects" not in have:
        said.append("No casebooks: no protocol pack is in force, or no patient is known.")
    if scope.patients:
        said.append("No cohort board: it would rest on patients who are withheld.")
    return tuple(said)


def _plain(title: str, sections: Sequence[Section]) -> str:
    lines = [title, "=" * len(title)]
    for section in sections:
        lines += ["", section.heading, "-" * len(section.heading)]
        width = min(max((len(label) for label, _ in section.pairs), default=0), 32)
        lines += [f"{label.ljust(width)}  {value}" for label, value in section.pairs]
        lines += [f"data/{path}: {said}" for path, said in section.links]
        lines += section.words
    return "\n".join(lines) + "\n"
