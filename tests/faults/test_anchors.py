"""Anchors in the log: what they are worth, to the program and to the file that travels, and what passes undetected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from anchored import ARCHIVE, NAME, Shown, cosigned, named, on_paper, recorded, watched, witness_of, write
from authority import OPENSSL, Authority
from carried import laid_out
from forging import copied
from minting import Site
from scripted import run, sheaf

from ledger.anchors import paper, timestamp
from ledger.anchors.cosignature import witness_key
from ledger.anchors.ordered import ordered
from ledger.anchors.paper import Paper
from ledger.errors import BadInput
from ledger.events.archive import AnchorMade
from ledger.events.entry import Entry
from ledger.events.exports import ExportMade
from ledger.events.patient import PatientRegistered
from ledger.signing.certificates import read_roots
from ledger.verify import Outside, verify_path
from projections.export.carried import verify as alone

OTHER = "witness.example/w2"
NOTHING = Outside()
KEY, OTHER_KEY = witness_of()[0], witness_of(OTHER)[0]
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="NOT RUN: there is no openssl here to stamp with")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A staffed site whose first entry names two witnesses, of whom one is asked for."""
    path = tmp_path_factory.mktemp("begun") / "trial.ledger"
    watched(path, named(NAME, OTHER)).book.close()
    return path


@pytest.fixture
def site(begun: Path, tmp_path: Path) -> Iterator[Site]:
    """A copy of it, for one test."""
    path = tmp_path / "trial.ledger"
    path.write_bytes(begun.read_bytes())
    found = Site(path, seed="later", join=True)
    found.now = found.book.log_time(found.book.size - 1)
    with closing(found.book):
        yield found


def both(site: Site, folder: Path, outside: Outside = NOTHING) -> tuple[object, ...]:
    """What both verifiers say of a copy: verdict, findings, notices, anchors; once they say the same."""
    where = laid_out(copied(site.book), folder / f"copy-{len(list(folder.iterdir()))}")
    report = verify_path(where, outside=outside, workers=1)
    program = (
        report.verdict,
        {(one.position, one.level, one.code) for one in report.findings},
        {(one.position, one.code) for one in report.notices if one.code != "zone"},
        [(one.entry, one.state, one.known) for one in report.anchors],
    )
    witnesses = [alone.witness_key(one.text()) for one in outside.witnesses]
    on = None if outside.paper is None else (outside.paper.size, bytes.fromhex(outside.paper.root))
    more = {"paper": on, "cosigned": outside.cosigned, "witnesses": witnesses}
    other = alone.verify(str(where), outside.ledger, None, outside.trusted, **more)
    file = (
        other["verdict"],
        {(one["position"], one["level"], one["code"]) for one in other["findings"]},
        {(one["position"], one["code"]) for one in other["notices"]},
        [(one["entry"], one["state"], one["known"]) for one in other["anchors"]],
    )
    assert program == file
    return program


def test_a_cosignature_counts_by_whose_key_it_is(site: Site, tmp_path: Path) -> None:
    """The log's owner could name a witness of his own making: what only he vouches for must not be called anchored."""
    entry = write(site, cosigned(site))
    place = entry.position
    assert ("self-consistent", [(place, "good", False)]) == both(site, tmp_path)[::3]
    given = both(site, tmp_path, Outside(witnesses=(KEY,)))
    assert ("ok", [(place, "good", True)]) == (given[0], given[3])
    by_id = both(site, tmp_path, Outside(ledger=site.book.id))
    assert ("ok", [(place, "good", True)]) == (by_id[0], by_id[3])
    strange = both(site, tmp_path, Outside(witnesses=(OTHER_KEY,)))
    assert ("self-consistent", [(place, "good", False)]) == (strange[0], strange[3])


def test_the_quorum_of_the_first_entry_is_asked_for(tmp_path: Path) -> None:
    """One witness of two could be the operator's friend: the paper asked for both."""
    site = watched(tmp_path / "two.ledger", named(NAME, OTHER, quorum=2))
    with closing(site.book):
        outside = Outside(ledger=site.book.id)
        write(site, cosigned(site))
        assert "ok-unanchored" == both(site, tmp_path, outside)[0]
        write(site, cosigned(site, name=OTHER))
        assert "ok" == both(site, tmp_path, outside)[0]
        words = verify_path(site.path, outside=outside, workers=1).anchor
        size = site.book.size - 2
        vouched = f"anchored by 2 of the witnesses in the first entry of {size} entries"
        assert f"{vouched}; 2 came later, not anchored since #{size}" == words


WRONG = {
    "of another head": lambda site: cosigned(site, note=site.book.checkpoint_at(site.book.size - 1)),
    "at another time": lambda site: _later(cosigned(site)),
    "by another key": lambda site: _renamed(cosigned(site, name=OTHER)),
    "of no note": lambda site: recorded(site, "witness", b"no note", NAME, site.now, site.book.size),
    "of another log": lambda site: cosigned(
        site, note=site.book.checkpoint().replace(b"doseledger/onco-001/", b"doseledger/onco-002/")
    ),
    "with a damaged cosignature": lambda site: _damaged(site, cosigned(site)),
}


def _later(shown):
    return replace(shown, event=_with(shown.event, at=f"{shown.event.at[:17]}59.000Z"))


def _renamed(shown):
    return replace(shown, event=_with(shown.event, authority=NAME))


def _damaged(site, shown):
    head, dash, line = shown.note.rpartition("— ".encode())
    name, _, data = line.partition(b" ")
    return recorded(
        site, "witness", head + dash + name + b" " + data[:40] + b"AAAA" + data[44:], NAME, site.now, site.book.size
    )


def _with(event: AnchorMade, **changes: object) -> AnchorMade:
    return AnchorMade(**{name: getattr(event, name) for name in event.__struct_fields__} | changes)


@pytest.mark.parametrize("what", WRONG)
def test_evidence_that_is_not_what_the_entry_says_is_found(site: Site, tmp_path: Path, what: str) -> None:
    """The operator writes down that a witness saw what he never saw; nobody would look into the blob."""
    place = site.book.size
    write(site, WRONG[what](site))
    found = both(site, tmp_path, Outside(witnesses=(KEY,)))
    assert ("failed", {(place, "L1", "anchor")}, [(place, "wrong", False)]) == (found[0], found[1], found[3])


def test_a_witness_whom_nobody_named_is_not_counted(site: Site, tmp_path: Path) -> None:
    """A name that sounds like an authority vouches for nothing."""
    place = write(site, cosigned(site, name="witness.example/w9")).position
    found = both(site, tmp_path, Outside(ledger=site.book.id))
    assert ("ok-unanchored", set(), [(place, "unchecked", False)]) == (found[0], found[1], found[3])


def test_a_history_written_anew_cannot_bring_its_witness(site: Site, begun: Path, tmp_path: Path) -> None:
    """All keys of the site write another past; the cosignature of the true one is all that they cannot make."""
    registered(site)
    shown = cosigned(site)
    write(site, shown)
    path = tmp_path / "anew.ledger"
    path.write_bytes(begun.read_bytes())
    anew = Site(path, seed="anew", join=True)
    with closing(anew.book):
        anew.now = site.now
        registered(anew)
        for outside, verdict in (
            (Outside(cosigned=shown.note, witnesses=(KEY,)), "fork"),
            (Outside(trusted=shown.note), "fork"),
            (Outside(paper=Paper(shown.event.size, shown.event.root)), "fork"),
            (Outside(witnesses=(KEY,)), "self-consistent"),
        ):
            assert verdict == both(anew, tmp_path, outside)[0]
        place = write(anew, shown_anew(anew, shown)).position
        found = both(anew, tmp_path, Outside(witnesses=(KEY,)))
        assert ("failed", {(place, "L1", "anchor")}) == found[:2]


def registered(site: Site) -> Entry:
    """A patient is registered."""
    return site.write("patient/001-001", PatientRegistered(sex="F", birth_year=1970), by="clara")


def shown_anew(site: Site, shown: Shown) -> Shown:
    """The cosignature of another history, recorded as if it were of this one."""
    return replace(shown, event=_with(shown.event, root=site.book.root_at(shown.event.size).hex()))


def test_what_a_paper_shows(site: Site, tmp_path: Path) -> None:
    """The page in the binder is typed in at the inspection: older, the same, cut and another history differ."""
    shown = on_paper(site)
    write(site, shown)
    good = Paper(shown.event.size, shown.event.root)
    assert "ok" == both(site, tmp_path, Outside(paper=good))[0]
    assert "stale" == both(site, tmp_path, Outside(paper=Paper(99, good.root)))[0]
    assert "fork" == both(site, tmp_path, Outside(paper=Paper(good.size, "0" * 64)))[0]


def test_typed_lines_are_read_by_both_in_one_way() -> None:
    """A line that one of them takes and the other refuses would make the binder useless in half of the cases."""
    root = "".join(f"{number:x}" for number in range(16)) * 4
    lines = paper.written(402, root)
    for said in (" ".join(lines), "\n".join(lines).upper(), f"402 {root}", "".join(lines)):
        assert (402, root) == ((found := paper.read(said)).size, found.root)
        assert (402, bytes.fromhex(root)) == alone.read_paper(said)
    for number, line in enumerate(lines):
        slip = line.replace("4", "5", 1)
        typed = " ".join((*lines[:number], slip, *lines[number + 1 :]))
        what = f"line {number} of the root is mistyped" if number else "the number of entries is mistyped"
        with pytest.raises(Exception, match=what):
            paper.read(typed)
        with pytest.raises(Exception, match=what):
            alone.read_paper(typed)
    for said in ("", "402", "402 12", f"x {root}", f"402 {root}0", f"402 {root[:-1]}g", f"402 {root[:60]} *12"):
        with pytest.raises(Exception, match=r"paper|root|mistyped"):
            paper.read(said)
        with pytest.raises(alone.Bad):
            alone.read_paper(said)


def test_times_that_lie_outside_their_sandwich_are_noticed(site: Site, tmp_path: Path) -> None:
    """A dose is entered with yesterday's clock, although its author had seen today's anchor."""
    early = site.now - timedelta(minutes=30)
    before = site.book.size
    shown = cosigned(site, at=early)
    anchor = write(site, shown)
    site.now += timedelta(minutes=1)
    later = write(site, cosigned(site, at=site.now + timedelta(hours=3)))
    entry = registered(site)
    found = both(site, tmp_path)
    outside = {position for position, code in found[2] if code == "outside-sandwich"}
    assert {entry.position} == {one for one in outside if one > later.position}
    assert outside - {entry.position} == {
        one.position
        for one in site.book.entries(0, before)
        if one.recorded_at > early + timedelta(minutes=5, seconds=1)
    }
    assert anchor.position not in outside


def test_what_forces_an_anchor_is_noticed_until_one_covers_it(site: Site, tmp_path: Path) -> None:
    """An export that nobody anchored can be followed by another past for whoever did not get the copy."""
    event = ExportMade(
        form="jsonl",
        size=site.book.size,
        root=site.book.root().hex(),
        digest="0" * 64,
        streams=(),
        name=None,
        claimed_by=None,
        recipient=None,
    )
    behind = on_paper(site)
    place = site.write("exports/001", event, by="ward-1").position
    assert {(place, "anchor-due")} == both(site, tmp_path)[2]
    write(site, behind)
    assert {(place, "anchor-due")} == both(site, tmp_path)[2]
    write(site, on_paper(site))
    assert set() == both(site, tmp_path)[2]


@needs_openssl
def test_time_stamps_count_under_a_root_from_outside(site: Site, tmp_path: Path) -> None:
    """Anybody can call himself a time-stamp authority: only a root that came from elsewhere tells one from another."""
    authority, stranger = Authority(tmp_path / "tsa"), Authority(tmp_path / "other" / "tsa")
    another = Authority(tmp_path / "another")
    size, note = site.book.size, site.book.checkpoint()

    def stamped(by: Authority, over: bytes = note):
        answer = by.answer(timestamp.ask(over).der)
        return recorded(site, "timestamp", answer, "tsa.example.org", timestamp.open_response(answer).at, size)

    roots, others = read_roots(authority.root), read_roots(stranger.root)
    chain = authority.answer(timestamp.ask(note).der)
    assert (True, False) == (authority.reads(chain, note), ordered(chain) == chain)
    assert authority.reads(ordered(chain), note)
    signer = (tmp_path / "tsa" / "tsa.crt").read_bytes()
    with pytest.raises(BadInput, match="no root"):
        read_roots(signer)
    timestamp.check_signed(chain, note, read_roots(signer + authority.root))
    place = write(site, stamped(authority)).position
    assert _stamps(site, Outside()) == ("ok-unanchored", [(place, "unchecked", False)], set())
    assert _stamps(site, Outside(roots=roots)) == ("ok", [(place, "good", True)], set())
    assert _stamps(site, Outside(roots=read_roots(another.root))) == (
        "ok-unanchored",
        [(place, "unchecked", False)],
        set(),
    )
    # of the same name, with another key: whoever says that he is this authority is found
    assert _stamps(site, Outside(roots=others)) == ("failed", [(place, "wrong", False)], {(place, "anchor")})
    forged = write(site, stamped(authority, b"other bytes")).position
    assert _stamps(site, Outside(roots=roots))[2] == {(forged, "anchor")}


def _stamps(site: Site, outside: Outside) -> tuple[str, list[tuple[int, str, bool]], set[tuple[int | None, str]]]:
    report = verify_path(site.path, outside=outside, workers=1)
    anchors = [(one.entry, one.state, one.known) for one in report.anchors]
    return report.verdict, anchors, {(one.position, one.code) for one in report.findings}


def test_the_file_that_travels_hands_time_stamps_to_openssl(site: Site, tmp_path: Path) -> None:
    """Without our program an inspector needs the two files that openssl compares."""
    answer = b"whatever an authority answered"
    place = write(site, recorded(site, "timestamp", answer, "tsa.example.org", site.now, site.book.size)).position
    where = laid_out(copied(site.book), tmp_path / "copy")
    notes = {place: site.book.checkpoint_at(place)}
    (where / "checkpoints.jsonl").write_text(
        "".join(
            f'{{"size":{size},"note":{_json(site.book.checkpoint_at(size))}}}\n' for size in (*notes, site.book.size)
        )
    )
    report = alone.verify(str(where), None, None, None, folder=str(tmp_path / "stamps"))
    assert answer == (tmp_path / "stamps" / f"{place}.tsr").read_bytes()
    assert notes[place] == (tmp_path / "stamps" / f"{place}.note").read_bytes()
    assert "openssl ts -verify" in report["anchors"][0]["why"]


def _json(note: bytes) -> str:
    import json

    return json.dumps(note.decode())


def test_anchors_are_written_by_the_device_alone(site: Site) -> None:
    """A person who could write an anchor could quiet the reminder that one is due."""
    with pytest.raises(Exception, match=r"role|signature|allowed|need"):
        site.write(ARCHIVE, on_paper(site).event, by="nina")


def test_the_page_says_the_same_of_witnesses(begun: Path, tmp_path: Path) -> None:
    """The dossier is all that some inspectors open: a forged cosignature must not look genuine there."""
    cases, expected = [], []
    good = ("good", cosigned)
    for number, (_, make) in enumerate([good, *WRONG.items()]):
        path = tmp_path / f"{number}.ledger"
        path.write_bytes(begun.read_bytes())
        site = Site(path, seed="later", join=True)
        with closing(site.book):
            site.now = site.book.log_time(site.book.size - 1)
            write(site, make(site))
            namesake = witness_key(NAME, OTHER_KEY.public)
            for given, witnesses in (
                ({}, ()),
                ({"ledger": site.book.id}, ()),
                ({"witnesses": [KEY.text()]}, (KEY,)),
                ({"ledger": site.book.id, "witnesses": [namesake.text()]}, (namesake,)),
            ):
                cases.append(sheaf(copied(site.book)).case(**given))
                outside = Outside(ledger=given.get("ledger"), witnesses=witnesses)
                where = laid_out(copied(site.book), tmp_path / f"copy-{len(cases)}")
                report = verify_path(where, outside=outside, workers=1)
                expected.append((report.verdict, [(one.entry, one.state, one.known) for one in report.anchors]))
    found = [
        (said["verdict"], [(one["entry"], one["state"], one["known"]) for one in said["anchors"]])
        for said in run(cases)
    ]
    assert expected == found
    assert {"self-consistent", "ok-unanchored", "ok", "failed"} == {verdict for verdict, _ in found}


def test_the_file_that_travels_takes_what_people_hold(site: Site, tmp_path: Path, capsys) -> None:
    """At the inspector's desk there is a page, a line with a key, and Python: that must be enough."""
    shown = cosigned(site)
    write(site, shown)
    where = str(laid_out(copied(site.book), tmp_path / "copy"))
    kept = tmp_path / "kept.note"
    kept.write_bytes(shown.note)
    typed = " ".join(paper.written(shown.event.size, shown.event.root))
    for options, code, words in (
        ((), 0, "SELF-CONSISTENT"),
        (("--paper", typed), 0, "OK: "),
        (("--witness", KEY.text()), 0, "OK: "),
        (("--cosigned", str(kept)), 0, "SELF-CONSISTENT"),
        (("--cosigned", str(kept), "--witness", KEY.text()), 0, "OK: "),
        (("--witness", KEY.text(), "--pure"), 0, "OK: "),
        (("--paper", f"{shown.event.size} {'0' * 64}"), 8, "FORK"),
        (("--paper", f"99 {shown.event.root}"), 8, "STALE"),
    ):
        assert code == alone.main([where, *options])
        said = capsys.readouterr().out
        assert said.startswith(words), (options, said)
        assert f"anchor #{site.book.size - 1}: witness by {NAME}" in said
    for bad in (("--paper", typed.replace("*", "*0")), ("--paper", "x"), ("--witness", "x"), ("--cosigned", "gone")):
        with pytest.raises(SystemExit) as refused:
            alone.main([where, *bad])
        assert 2 == refused.value.code
    capsys.readouterr()
