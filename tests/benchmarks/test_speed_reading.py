"""W3 to W6 and W8, P3 and P5: rebuilding, verifying, looking at one patient, exporting, and the size of the file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from homes import Home, bare
from measuring import Board, cores, figure, rounds, timed
from peaks import LATER, cost, peak
from rivals import Plain, rebuilt, state_of
from sites import PER_PATIENT
from sizes import ENTRIES, LARGEST, MANY, ladder

from ledger.admission.signatures import public_of
from ledger.book import Ledger
from ledger.codec import open_whole
from ledger.merkle.note import parse_note
from ledger.signing import jws, keys
from ledger.verify import Report, verify_path
from projections.export import jsonl
from projections.patient import status
from projections.replay import open_patient, window

SIZES = ladder()
SiteOf = Callable[[int], Path]
pytestmark = pytest.mark.bench


def courses(path: Path) -> dict[str, list[tuple[str, bytes]]]:
    """Kind and body of every patient's entries, by number."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    with Ledger.open(path, read_only=True) as book:
        for entry in book.entries():
            family, _, number = entry.stream.partition("/")
            if family == "patient":
                found.setdefault(number, []).append((entry.kind, bytes(entry.payload.body)))
    return {number: course for number, course in found.items() if len(course) == PER_PATIENT}


def test_w3_all_states_from_the_entries(board: Board, home: Home, site_of: SiteOf) -> None:
    """Who may not rebuild a state because it takes too long will trust the cached one, and the cached one is wrong."""
    place, said = home.site(site_of(ENTRIES)), courses(site_of(ENTRIES))
    with closing(Plain(home.env())) as plain, closing(bare(home.raw_at())) as raw:
        for number, course in said.items():
            plain.fill(number, [(kind, json.loads(body)) for kind, body in course])
            raw.fill(number, course)
        ours = {name: state for name, state in rebuilt(place).items() if name.partition("/")[2] in said}
        assert ours == plain.states() == raw.states()
        found = rounds({"ours": timed(lambda: rebuilt(place)), "plain": timed(plain.states), "raw": timed(raw.states)})
    memory = peak("rebuild", place)
    for base, rival, goal in (
        ("plain", "plain eventsourcing", ">= 3x"),
        ("raw", f"raw {home.name}, json, counting", ""),
    ):
        board.add(
            figure(
                f"{home.letter}3",
                f"all states from {ENTRIES:,} entries",
                ours=found["ours"],
                base=found[base],
                baseline=rival,
                goal=goal,
                peak_mib=memory,
            )
        )


Check = tuple[keys.PublicKey, bytes, bytes]


def signatures(path: Path) -> list[Check]:
    """Every signature that a verification of the ledger must check: key, bytes, signature."""
    found: list[Check] = []
    with Ledger.open(path, read_only=True) as book:
        roster, genesis = book.roster(), book.entry(0).event
        public = {kid: public_of(key.jwk) for kid, key in (*roster.keys.items(), *roster.devices.items())}
        log = public_of(genesis.log_key)
        for position, raw in book.raws():
            opened = open_whole(raw, log="main", position=position)
            found += [
                (public[header.kid], jws.signing_input(part.protected, opened.jws.payload), part.signature)
                for header, part in zip(opened.headers, opened.jws.signatures, strict=True)
            ]
        for _, stored in book._reader.all("SELECT size, note FROM checkpoints"):
            text, signed = parse_note(stored)
            found += [(log, text, one.signature) for one in signed]
    return found


def raw_checks(checks: list[Check], workers: int) -> None:
    """Check signatures and nothing else, on so many threads."""
    prepared = [(keys._ed25519(public), signature, data) for public, data, signature in checks]

    def run(start: int) -> None:
        for public, signature, data in prepared[start::workers]:
            public.verify(signature, data)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(run, range(workers)))


def verifying(board: Board, path: Path, what: str, goal: str) -> None:
    """Compare a whole verification with nothing but its signatures."""
    checks, workers = signatures(path), cores()
    alone = cost("verify", path)
    systems = {"threads": timed(lambda: raw_checks(checks, workers)), "one": timed(lambda: raw_checks(checks, 1))}
    with Ledger.open(path, read_only=True) as book:
        entries = book.size
    if entries > MANY:
        found = {"ours": [alone.ms], **rounds(systems, 1)}
    else:
        reports: list[Report] = []
        found = rounds({"ours": timed(lambda: reports.append(verify_path(path, workers=workers))), **systems})
        assert {"ok-unanchored"} == {report.verdict for report in reports}
    ideal = [one / workers for one in found["one"]]
    for base, rival, wanted in (
        (ideal, f"raw verify of one core x {workers}", goal),
        (found["threads"], f"raw verify on {workers} threads", ""),
    ):
        board.add(
            figure(
                "W4",
                f"{what}, {entries:,} entries, {len(checks) / entries:.2f} sig. each",
                ours=found["ours"],
                base=base,
                baseline=rival,
                goal=wanted,
                peak_mib=alone.mib,
            )
        )


def test_w4_verify_everything(board: Board, site_of: SiteOf, acted: Path) -> None:
    """A verification that takes all night is not run before the patient is treated."""
    verifying(board, acted, "verify, acted", ">= 0.85x")
    for size in sorted({ENTRIES, LARGEST}):
        verifying(board, site_of(size), "verify", ">= 0.85x")


def look(place: str, count: int = 12) -> float:
    """Milliseconds to open the ledger and give the card of one patient, on average over a few patients."""
    with Ledger.open(place, read_only=True) as book:
        known = min(9, sum(name.startswith("patient/0") for name in book.streams("patient/0")))
    numbers = [f"{number:06}" for number in range(known) for _ in range(count // 6)]
    began = perf_counter()
    for number in numbers:
        with Ledger.open(place, read_only=True) as book:
            status(book, number, now=LATER)
    return (perf_counter() - began) / len(numbers) * 1000


def test_w5_status_does_not_grow_with_the_ledger(board: Board, home: Home, site_of: SiteOf) -> None:
    """The hundredth patient's nurse waits as short as the first one's, or she stops looking."""
    places = {size: home.site(site_of(size)) for size in SIZES}
    found = rounds({str(size): (lambda place=place: look(place)) for size, place in places.items()}, 6)
    for place in places.values():
        with Ledger.open(place, read_only=True) as book:
            through = window(book, now=LATER)
            assert (12, "313", 12) == state_of(open_patient(book, "000000", through).course)
    for size in SIZES[1:]:
        board.add(
            figure(
                f"{home.letter}5",
                f"open and status of one patient, {size:,} entries",
                ours=found[str(size)],
                base=found[str(SIZES[0])],
                baseline=f"the same at {SIZES[0]:,} entries",
                goal="<= 2x",
                faster=False,
                peak_mib=peak("status", places[size]),
            )
        )


def test_w6_export(board: Board, site_of: SiteOf) -> None:
    """An export that is slow is made once a year, and what is handed over is last year's record."""
    path = site_of(ENTRIES)
    written = {"ours": 0, "raw": 0}

    def ours() -> None:
        with Ledger.open(path, read_only=True) as book:
            out = io.BytesIO()
            jsonl.entries(book, out)
            written["ours"] = len(out.getvalue())

    def raw() -> None:
        with Ledger.open(path, read_only=True) as book:
            out = io.BytesIO()
            for (data,) in book._reader.database.connection.execute("SELECT raw FROM entries ORDER BY leaf_index"):
                out.write(data)
                out.write(b"\n")
            written["raw"] = len(out.getvalue())

    found = rounds({"ours": timed(ours), "raw": timed(raw)})
    assert written["ours"] == written["raw"] > 0
    board.add(
        figure(
            "W6",
            f"export of {ENTRIES:,} entries as lines",
            ours=found["ours"],
            base=found["raw"],
            baseline="raw sqlite3, the same bytes",
            peak_mib=peak("export", path),
        )
    )


def test_w8_size_on_disk(board: Board, site_of: SiteOf, acted: Path) -> None:
    """A file that grows faster than the record fills the disk of the pharmacy's workstation."""
    for path, said in ((acted, "file, one checkpoint per act"), (site_of(ENTRIES), "file, appended in bulk")):
        with Ledger.open(path, read_only=True) as book:
            entries = [len(raw) for _, raw in book.raws()]
        assert len(entries) * 100 < sum(entries) < path.stat().st_size
        size, kept = path.stat().st_size / 1024, sum(entries) / 1024
        what = f"{said}, {sum(entries) / len(entries):,.0f} B an entry"
        board.add(
            figure(
                "W8",
                what,
                ours=[size],
                base=[kept],
                baseline="the bytes of the entries",
                unit="KiB",
                goal="<= 1.6x",
                faster=False,
            )
        )
