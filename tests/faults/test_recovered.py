"""Lost entries that come back: what counts as it was said then, and what nobody can smuggle in that way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from acts import MONDAY, PATIENT, Ward, key
from carried import laid_out, of_the_file, of_the_program
from forging import copied
from scripted import run, sheaf

from commands.cli.lastseen import opener_of
from commands.draft import Circumstances
from commands.opening import open_desk
from commands.perform import Outcome, perform
from commands.salvage import Lost, RecoverEntries, _draft, lost
from commands.sealing import Hand, Sealer
from commands.signatures import signings
from ledger import codec
from ledger.book import Ledger
from ledger.book.moving import move
from ledger.errors import BadInput, Conflict, Malformed, NotAllowed
from ledger.events.record import EntryRecovered
from ledger.signing import jws
from ledger.signing.header import open_header
from ledger.signing.seal import seal
from projections.export.casebook.making import casebook

LATER = MONDAY + timedelta(days=1)


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger as it was backed up: a patient who has had nothing yet."""
    path = tmp_path_factory.mktemp("backup") / "trial.ledger"
    with closing(Ward.founded(path)):
        return path


@pytest.fixture(scope="module")
def gone(backup: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Lost]:
    """What was written behind it, and lost: a first dose of 3 mg, tolerated; a weight, and its correction."""
    with closing(Ward.copy(backup, tmp_path_factory.mktemp("gone") / "trial.ledger")) as ward:
        size = ward.book.size
        ward.given("3mg")
        weight = ward.do("nurse.2", "patient measure", patient=PATIENT, weight="70kg")
        ward.do("nurse.2", "correct", entry=weight, reason="transcription", set=["weight=71kg"])
        return list(entries(ward.book, size))


def entries(book: Ledger, start: int) -> Iterator[Lost]:
    """The entries of a ledger from a position on, with their texts."""
    for position, raw in book.raws(start):
        named = codec.commitments(codec.open_whole(raw, log="main", position=position).jws.payload)
        yield lost(raw, {one: found for one in named if (found := book.salted(one)) is not None})


@pytest.fixture
def ward(backup: Path, tmp_path: Path) -> Iterator[Ward]:
    """The site a day later, with the backup in the place of what it lost."""
    with closing(Ward.copy(backup, tmp_path / "trial.ledger", seed="later", now=LATER)) as found:
        yield found


def brought(ward: Ward, by: str, *some: Lost) -> Outcome:
    """Attest lost entries."""
    act, said = RecoverEntries(entries=some), Circumstances(reason="data-loss")
    return perform(act, ward.book, ward.post, [Hand(by, ward.key(by))], said, command=ward.command())


def all_back(ward: Ward, gone: list[Lost]) -> None:
    """Bring back what comes back, each by somebody who did not sign it."""
    for one in gone:
        if one.comes_back:
            brought(ward, "inv.2", one)


def test_what_was_given_counts_again(ward: Ward, gone: list[Lost], tmp_path: Path) -> None:
    """The second dose of 3 mg would be given as the first, or 10 mg refused because nobody knows of the 3 mg."""
    assert 0 == ward.ladder().counted
    all_back(ward, gone)
    assert (1, "10") == (ward.ladder().counted, str(ward.ladder().next_mg))
    facts = ward.file().history.facts
    assert ["nurse.1"] == [fact.entry.author.person for fact in facts if fact.kind == "infusion.started/1"]
    assert [("inv.2",)] == [
        tuple(one.person for one in fact.entry.attested) for fact in facts if fact.kind == "infusion.started/1"
    ]
    assert ward.report().findings == ()
    order = ward.ordered("10mg")
    assert "dose.ordered/1" == ward.book.find(order).kind


def test_it_comes_back_once(ward: Ward, gone: list[Lost]) -> None:
    """One dose of the lost morning would be counted twice."""
    brought(ward, "inv.2", gone[0])
    before = ward.head()
    with pytest.raises(Conflict, match="already stands"):
        brought(ward, "inv.2", gone[0])
    assert "entry.refused/1" == ward.book.entry(before[0]).kind


def test_a_whole_set_comes_back_in_one_act(ward: Ward, gone: list[Lost]) -> None:
    """A person would have to type the passphrase for every line of a lost morning."""
    receipts = brought(ward, "inv.2", *gone[:7]).receipts
    assert 7 == len(receipts)
    assert 1 == ward.ladder().counted
    assert ward.report().findings == ()


def test_what_came_back_is_corrected_and_voided_like_any_other(ward: Ward, gone: list[Lost]) -> None:
    """A wrong weight of the lost day could never be put right again."""
    weight = next(one for one in gone if one.entry.kind == "patient.measured/1")
    place = f"#{brought(ward, 'inv.2', weight).receipts[0].position}"
    ward.do("nurse.2", "correct", entry=place, reason="transcription", set=["weight=72kg"])
    (fact,) = [fact for fact in ward.file().history.facts if fact.kind == "patient.measured/1"]
    assert "72" == fact.event.weight_kg
    ward.do("nurse.2", "void", entry=place, reason="duplicate", wit=("pi.1",))
    assert () == tuple(fact for fact in ward.file().history.facts if fact.kind == "patient.measured/1")
    assert ward.report().findings == ()


def test_drug_on_the_shelf_comes_back_too(ward: Ward, backup: Path, tmp_path: Path) -> None:
    """The drug books would lack a delivery, or the verifier that travels would fail at the entry."""
    with closing(Ward.copy(backup, tmp_path / "gone.ledger")) as before:
        size = before.book.size
        before.do(
            "pharm.1", "lot receive", agent="alemtuzumab", lot="B9", strength="30mg", vials=5, expiry="2030-01-31"
        )
        (delivery,) = entries(before.book, size)
    brought(ward, "inv.2", delivery)
    book = replace(copied(ward.book), log_key=key("log"), trial="nct00983528")
    folder = laid_out(book, tmp_path / "copy")
    assert of_the_program(folder)[:4] == of_the_file(folder)[:4]
    assert set() == of_the_file(folder)[3]


def test_corrections_are_signed_anew(ward: Ward, gone: list[Lost]) -> None:
    """What two persons must sign would come in by the word of one."""
    (correction,) = [one for one in gone if not one.comes_back]
    assert "entry.corrected/1" == correction.entry.kind
    with pytest.raises(BadInput, match="does not come back"):
        brought(ward, "inv.2", correction)


def test_nobody_attests_himself(ward: Ward, gone: list[Lost]) -> None:
    """One person alone could make up a lost morning."""
    before = ward.book.size
    with pytest.raises(NotAllowed, match="cannot attest it"):
        brought(ward, "inv.1", gone[0])
    assert before + 1 == ward.book.size, "the attempt is kept, and nothing else"


def test_its_words_come_with_it(ward: Ward, gone: list[Lost]) -> None:
    """The record would name a reason that nobody can read."""
    worded = next(one for one in gone if one.texts and one.comes_back)
    with pytest.raises(BadInput, match="words"):
        brought(ward, "inv.2", replace(worded, texts={}))
    brought(ward, "inv.2", worded)
    assert {name: words for name, (_, words) in worded.texts.items()} == {
        name: ward.book.text(name) for name in worded.texts
    }


def forged(one: Lost, **changes: object) -> bytes:
    """A lost entry that says something else, under the signatures that it had."""
    parsed = jws.parse(one.raw)
    payload = msgspec.structs.replace(one.entry.payload, **changes)
    return jws.assemble(msgspec.json.encode(payload), parsed.signatures)


def strange(ward: Ward, raw: bytes) -> None:
    """Append a recovered entry past the act, as whoever holds a key and the file could."""
    act, said = RecoverEntries(entries=(lost(raw, {}),)), Circumstances(reason="data-loss")
    perform(act, ward.book, ward.post, [Hand("inv.2", ward.key("inv.2"))], said, command=ward.command())


def test_what_nobody_signed_stays_out(ward: Ward, gone: list[Lost]) -> None:
    """Somebody would write himself a dose that was never ordered, and call it lost."""
    occurred = msgspec.structs.replace(gone[0].entry.payload.occurred, basis="recalled")
    with pytest.raises(NotAllowed, match="does not hold"):
        strange(ward, forged(gone[0], occurred=occurred))
    with pytest.raises(NotAllowed, match="belongs to the ledger"):
        strange(ward, forged(gone[0], ledger="0" * 64))
    assert ward.report().findings == ()


def test_a_stranger_s_signature_stays_out(ward: Ward, gone: list[Lost]) -> None:
    """Whoever makes himself a key could have given doses before he was ever enrolled."""
    parsed = jws.parse(gone[0].raw)
    header = msgspec.structs.replace(open_header(parsed.signatures[0].protected), kid=key("stranger").public.kid)
    with pytest.raises(NotAllowed, match="never enrolled here"):
        strange(ward, seal(parsed.payload, [(header, key("stranger"))]))


def test_three_verifiers_say_the_same(ward: Ward, gone: list[Lost], tmp_path: Path) -> None:
    """The inspector's own verifier would let through what the program refuses, or call damage what it accepted."""
    all_back(ward, gone)
    book = replace(copied(ward.book), log_key=key("log"), trial="nct00983528")
    honest = laid_out(book, tmp_path / "honest")
    assert of_the_program(honest)[:4] == of_the_file(honest)[:4]
    assert set() == of_the_file(honest)[3]
    (found,) = run([sheaf(book).case()])
    assert [] == found["findings"]
    (counted,) = run([{"call": "recount", "given": [found["entries"]]}])
    assert 1 == counted["patients"][PATIENT]["counted"]
    other = next(one for one in gone if one.entry.kind == "entry.corrected/1")
    said = gone[0].entry.payload
    parsed = jws.parse(gone[0].raw)
    header = msgspec.structs.replace(open_header(parsed.signatures[0].protected), kid=key("stranger").public.kid)
    name = "01270000-0000-7000-8000-00000000000f"
    cases = (
        forged(gone[0], id=name, occurred=msgspec.structs.replace(said.occurred, basis="recalled")),
        forged(gone[0], id=name, ledger="0" * 64),
        forged(other, id=name),
        seal(jws.parse(forged(gone[0], id=name)).payload, [(header, key("stranger"))]),
        alone(next(one for one in gone if one.entry.kind == "infusion.started/1"), name),
    )
    for number, raw in enumerate(cases):
        last = book.with_entries(*book.entries, unsafe(ward, raw))
        folder = laid_out(last, tmp_path / str(number))
        assert of_the_program(folder)[:4] == of_the_file(folder)[:4]
        assert {(book.size, "L2", "recovered-entry")} == of_the_program(folder)[3]


def alone(one: Lost, name: str) -> bytes:
    """A lost entry of two persons as the first of them could have signed it alone."""
    parsed = jws.parse(one.raw)
    header = open_header(parsed.signatures[0].protected)
    payload = msgspec.json.encode(msgspec.structs.replace(one.entry.payload, id=name))
    return seal(payload, [(header, key(header.signer.id))])


def unsafe(ward: Ward, raw: bytes) -> bytes:
    """An entry around these bytes, signed and never judged."""
    desk = open_desk(ward.book, ward.post, ["inv.2"], Circumstances(reason="data-loss"))
    draft = _draft(lost(raw, {}), desk)
    signing = signings([draft], desk, ward.book.roster())
    return Sealer(desk, ward.book, ward.post).command(
        [draft], signing, [Hand("inv.2", ward.key("inv.2"))], ward.command()
    )[0]


def test_the_bytes_around_it_say_the_same(gone: list[Lost]) -> None:
    """A dose of one patient could come back in the record of another."""
    event = EntryRecovered(entry=gone[0].raw.decode())
    payload = gone[0].entry.payload
    outer = msgspec.structs.replace(
        payload, kind="entry.recovered/1", body=msgspec.Raw(msgspec.json.encode(event)), dictionary=None, causes=()
    )
    signatures = jws.parse(gone[0].raw).signatures
    assert codec.open_entry(jws.assemble(msgspec.json.encode(outer), signatures), log="main", position=3).original
    for changes in ({"stream": "patient/P-002"}, {"id": gone[1].entry.id}, {"site": "002"}):
        other = msgspec.structs.replace(outer, **changes)
        with pytest.raises(Malformed, match="another id, stream"):
            codec.open_entry(jws.assemble(msgspec.json.encode(other), signatures), log="main", position=3)


def test_a_recovered_entry_in_another_is_none(gone: list[Lost]) -> None:
    """What was lost twice would come back in layers that no reader opens."""
    event = EntryRecovered(entry=gone[0].raw.decode())
    outer = msgspec.structs.replace(
        gone[0].entry.payload,
        kind="entry.recovered/1",
        body=msgspec.Raw(msgspec.json.encode(event)),
        dictionary=None,
        causes=(),
    )
    signatures = jws.parse(gone[0].raw).signatures
    once = jws.assemble(msgspec.json.encode(outer), signatures)
    assert gone[0].entry.id == lost(once, {}).entry.id
    again = EntryRecovered(entry=once.decode())
    twice = msgspec.structs.replace(outer, body=msgspec.Raw(msgspec.json.encode(again)))
    with pytest.raises(Malformed, match="carries another recovered one"):
        codec.open_entry(jws.assemble(msgspec.json.encode(twice), signatures), log="main", position=3)


def test_a_key_that_somebody_else_may_hold_recovers_nothing(ward: Ward, gone: list[Lost]) -> None:
    """The thief of a key would write doses of last week with it, and somebody trusting would attest them."""
    ward.do("reg.1", "key revoke", person="nurse.2", reason="lost")
    weight = next(one for one in gone if one.entry.kind == "patient.measured/1")
    brought(ward, "inv.2", weight)
    ward.do("reg.1", "key revoke", person="inv.1", reason="compromised", suspected_from=str(ward.book.size - 1))
    with pytest.raises(NotAllowed, match="revoked as compromised"):
        brought(ward, "inv.2", gone[0])
    assert ward.report().findings == ()


def test_a_redaction_comes_back_and_deletes_again(ward: Ward, gone: list[Lost], tmp_path: Path) -> None:
    """Words that two persons deleted would be there again, or one person alone could delete words."""
    worded = next(one for one in gone if one.texts and one.comes_back)
    place = f"#{brought(ward, 'inv.2', worded).receipts[0].position}"
    move(ward.book.path, tmp_path / "gone.ledger", opener_of(ward.book))
    with closing(Ward.open(tmp_path / "gone.ledger", seed="gone", now=LATER)) as other:
        size = other.book.size
        other.do("pi.1", "redact", entry=place, reason="privacy", wit=("crc.1",))
        (redaction,) = [one for one in entries(other.book, size) if one.entry.kind == "text.redacted/1"]
    names = redaction.entry.event.commitments
    assert all(ward.book.text(name) for name in names)
    with pytest.raises(NotAllowed, match="lacks a signature"):
        strange(ward, alone(redaction, "01270000-0000-7000-8000-00000000000f"))
    brought(ward, "inv.2", redaction)
    assert {(None, ward.book.size - 1)} == {(ward.book.text(name), ward.book.redacted(name)) for name in names}
    assert [] == list(ward.book.audit())
    report = ward.report()
    assert report.findings == ()
    assert "redacted" in {notice.code for notice in report.notices}
    with pytest.raises(BadInput, match="no text is left"):
        ward.do("pi.1", "redact", entry=place, reason="privacy", wit=("crc.1",))
    book = replace(copied(ward.book), log_key=key("log"), trial="nct00983528")
    folder = laid_out(book, tmp_path / "copy")
    assert of_the_program(folder) == of_the_file(folder)
    (found,) = run([sheaf(book).case()])
    assert [] == found["findings"]


def test_the_casebook_shows_what_came_back_in_its_place(ward: Ward, gone: list[Lost]) -> None:
    """The casebook would list a lost dose under odd entries, and its own section would not know how it ended."""
    all_back(ward, gone)
    page = casebook(ward.book, PATIENT, software="doseledger/0").page.decode()
    assert "Further entries" not in page
    started = next(one for one in ward.file().entries if one.kind == "infusion.started/1")
    assert ("nurse.1", "inv.2") == (started.author.person, started.attested[0].person)
    doses = page.partition('id="doses"')[2].partition("</section>")[0]
    for signer in started.everyone:
        assert f"{signer.name}, {signer.role}: {signer.meaning}" in doses
