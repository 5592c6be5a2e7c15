"""The verifier that travels with a copy says of every forged, cut or withheld record what the program says."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from acts import Ward, founded
from carried import laid_out, of_the_file, of_the_program
from copying import Forms, listed_anew, zipped
from copying import copied as copied_form
from dosed import eventful
from forging import Forged, edited, resigned
from minting import REASON, Mint, Site, key_of
from rekeyed import policy
from test_beyond_authority import (
    Trial,
    alive,
    expected,
    harmless,
    higher,
    longer,
    out_of_the_window,
    regraded,
    ruled_again,
    tenfold,
    tomorrow,
    two_hats,
    without_the_sponsor,
)
from test_keys import CASES as OF_KEYS
from test_keys import keys as keys  # noqa: PLC0414 - a fixture
from test_tamper_log import CATALOGUE
from test_tamper_log import honest as honest  # noqa: PLC0414 - a fixture
from test_verify_admission import CASES, P1, WEIGHT, correction, with_one
from test_verify_admission import ward as ward  # noqa: PLC0414 - a fixture

from ledger.events.base import Need, Wire
from ledger.events.keys import KeyRevoked
from ledger.events.patient import PatientRegistered
from ledger.events.record import EntryCountersigned, EntryVoided
from ledger.events.study import Witnesses
from ledger.signing.jws import parse
from projections.export.carried import verify as alone

BEYOND = (
    higher,
    tenfold,
    longer,
    regraded,
    ruled_again,
    without_the_sponsor,
    expected,
    harmless,
    out_of_the_window,
    alive,
    tomorrow,
    two_hats,
)
Change = Callable[[list[bytes]], None]


def agreed(folder: Path, *, trusted: bytes | None = None) -> tuple[str, tuple[int, str] | None]:
    """Verdict, position and code of the first bad entry, once both verifiers said the same of everything."""
    program = of_the_program(folder, trusted=trusted)
    assert program == of_the_file(folder, trusted=trusted)
    return program[0], program[1]


@pytest.mark.parametrize("name", CATALOGUE)
def test_of_what_the_operator_of_the_log_could_do(honest: Forged, tmp_path: Path, name: str) -> None:
    """An inspector would hear from the stick that a rewritten dose is genuine."""
    change, first = CATALOGUE[name]
    folder = laid_out(change(honest), tmp_path / "copy")
    assert ("self-consistent" if first is None else "failed", first) == agreed(folder)
    if first is None or first[1] in {"after", "checkpoint", "genesis"}:
        agreed(folder, trusted=honest.note(honest.size))


@pytest.mark.parametrize("name", CASES)
def test_of_what_may_not_stand(ward, tmp_path: Path, name: str) -> None:
    """An act without authority, signed with a good key, would pass wherever the program is not at hand."""
    make, code, _ = CASES[name]
    size = ward.site.book.size
    folder = laid_out(with_one(ward.site.book, make(ward)), tmp_path / "copy")
    answer = of_the_file(folder)
    assert of_the_program(folder) == answer
    assert ("failed", size) == (answer[0], answer[1] and answer[1][0])
    assert code in {found[2] for found in answer[3]}


@pytest.mark.parametrize("name", OF_KEYS)
def test_of_what_keys_may_not_do(keys, tmp_path: Path, name: str) -> None:
    """A stolen or old key would still sign, wherever the program is not at hand."""
    make, code, _ = OF_KEYS[name]
    size = keys.site.book.size
    folder = laid_out(with_one(keys.site.book, make(keys)), tmp_path / "copy")
    answer = of_the_file(folder)
    assert of_the_program(folder) == answer
    assert ("failed", size) == (answer[0], answer[1] and answer[1][0])
    assert code in {found[2] for found in answer[3]}


class _DraftedError(Exception):
    """Carries what would have been appended."""


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A trial in which nothing more is stored: what its people sign is handed over instead."""

    def handed(*raws: bytes, **_: object) -> None:
        raise _DraftedError(*raws)

    one = Trial(tmp_path_factory.mktemp("trial") / "trial.ledger")
    one.site.store = handed
    yield one
    one.site.book.close()


@pytest.mark.parametrize("act", BEYOND)
def test_of_what_one_person_signs_alone(trial: Trial, tmp_path: Path, act: Callable[[Trial], object]) -> None:
    """A limit lifted by one person, with every signature genuine, would be good on the inspector's desk."""
    with pytest.raises(_DraftedError) as drafted:
        act(trial)
    folder = laid_out(with_one(trial.site.book, drafted.value.args[0]), tmp_path / "copy")
    verdict, first = agreed(folder)
    assert ("failed", trial.site.book.size) == (verdict, first and first[0])


# --- a whole ward


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    """The eventful patient and another one, exported in every form."""
    folder = tmp_path_factory.mktemp("eventful")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as found:
        eventful(found)
        found.enrol("P-002")
        Forms.of(found.book, folder / "part", "P-002")
        return Forms.of(found.book, folder / "whole")


@pytest.fixture(scope="module")
def eventful_copy(forms: Forms) -> Path:
    """The same as a folder of lines."""
    return forms.lines


def again(copy: Path, folder: Path, change: Change) -> Path:
    """The copy once more, with other entries."""
    lines = (copy / "entries.jsonl").read_bytes().split(b"\n")[:-1]
    change(lines)
    (folder / "blobs").mkdir(parents=True)
    (folder / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    for name in ("texts.jsonl", "checkpoints.jsonl"):
        (folder / name).write_bytes((copy / name).read_bytes())
    for one in (copy / "blobs").iterdir():
        (folder / "blobs" / one.name).write_bytes(one.read_bytes())
    return folder


def test_of_every_form_of_copy(forms: Forms) -> None:
    """A genuine record would be called a forgery in front of an inspector, because of the file it came in."""
    for one in forms.all():
        assert ("self-consistent", None) == agreed(one)
        assert set() == of_the_file(one)[3]


def test_of_a_copy_for_one_patient(forms: Forms) -> None:
    """What was left out for the sake of the other patients would be called damage, or be called checked."""
    whole = of_the_file(forms.lines)
    part = forms.lines.parents[1] / "part"
    for one in (part / "lines", part / "bag", part / "bag.zip", part / "dossier.html"):
        assert ("self-consistent", None) == agreed(one)
        assert whole[2] == of_the_file(one)[2]
        told = alone.verify(str(one), None, None, None)["not_checked"]
        assert any("withheld entries" in sentence for sentence in told)


def bent(folder: Path, name: str, old: bytes, new: bytes) -> None:
    """Other bytes in a file."""
    whole = (folder / name).read_bytes()
    assert old in whole
    (folder / name).write_bytes(whole.replace(old, new, 1))


BAGS: dict[str, Callable[[Path], object]] = {
    "a file more": lambda bag: (bag / "data" / "more.txt").write_bytes(b"more"),
    "a tag file more": lambda bag: (bag / "more.txt").write_bytes(b"more"),
    "a text less": lambda bag: (bag / "data/01-ledger/texts.jsonl").unlink(),
    "no manifest": lambda bag: (bag / "manifest-sha256.txt").unlink(),
    "another version": lambda bag: bent(bag, "bagit.txt", b"1.0", b"0.9"),
    "a line twice": lambda bag: bent(bag, "manifest-sha256.txt", b"\n", b"\n" + b"0" * 64 + b"  data/x\n"),
    "a line of another form": lambda bag: bent(bag, "tagmanifest-sha256.txt", b"  ", b" *"),
    "a bent entry": lambda bag: bent(bag, "data/01-ledger/entries.jsonl", b'"signatures"', b'"signaturez"'),
    "a linked file": lambda bag: (bag / "data" / "link").symlink_to(bag / "bagit.txt"),
}


@pytest.mark.parametrize("name", BAGS)
def test_of_a_bag_that_was_changed(forms: Forms, tmp_path: Path, name: str) -> None:
    """A page could be put into the bundle, or taken out of it, and the verifier on the stick would be content."""
    bag = copied_form(forms.bag, tmp_path / "bag")
    BAGS[name](bag)
    assert "failed" == agreed(bag)[0]
    if name in {"a file more", "a text less"}:
        assert "failed" == agreed(zipped(bag, tmp_path / "bag.zip"))[0]
    if name == "a bent entry":
        listed_anew(bag)
        assert ("failed", (0, "bytes")) == agreed(bag)


def test_of_damaged_archives_and_pages(forms: Forms, tmp_path: Path) -> None:
    """A stick that was pulled out too early would end the inspection in a traceback."""
    chance = random.Random(11)
    for form in (forms.archive, forms.dossier):
        data = form.read_bytes()
        for number in range(6):
            cut = data[: chance.randrange(100, len(data))] if number % 3 == 0 else data
            damaged = bytearray(cut)
            damaged[chance.randrange(len(cut))] ^= 1 << chance.randrange(8)
            (tmp_path / form.name).write_bytes(damaged)
            agreed(tmp_path / form.name)


def test_of_a_ward_with_withheld_patients(eventful_copy: Path, tmp_path: Path) -> None:
    """A copy for one patient would be called damaged, or what it hides would be called checked."""

    def hide(every: int) -> Change:
        def change(lines: list[bytes]) -> None:
            for position, raw in enumerate(lines):
                if b'"patient/' in parse(raw).payload and position % every == 0:
                    lines[position] = stub(raw)

        return change

    for every in (1, 2, 3):
        folder = again(eventful_copy, tmp_path / str(every), hide(every))
        assert ("self-consistent", None) == agreed(folder)
        assert of_the_program(folder)[2] == of_the_program(eventful_copy)[2]


def stub(raw: bytes) -> bytes:
    """What stands for a withheld entry."""
    return b'{"withheld":"%s"}' % sha256(b"\x00" + raw).hexdigest().encode()


def test_of_stubs_that_hide_another_entry(eventful_copy: Path, tmp_path: Path) -> None:
    """An entry could be taken out of the record by saying that it was withheld."""

    def change(lines: list[bytes]) -> None:
        lines[-3] = stub(lines[-2])

    verdict, first = agreed(again(eventful_copy, tmp_path / "copy", change))
    assert ("failed", "root") == (verdict, first and first[1])


def test_of_any_damage(eventful_copy: Path, tmp_path: Path) -> None:
    """A bent byte on the stick would stop the inspection, or be blamed on another entry."""
    chance = random.Random(20260112)
    for number in range(10):

        def change(lines: list[bytes]) -> None:
            at = chance.randrange(len(lines))
            match chance.randrange(5):
                case 0:
                    spot = chance.randrange(len(lines[at]))
                    bent = bytes([lines[at][spot] ^ 1 << chance.randrange(8)]).replace(b"\n", b"?")
                    lines[at] = lines[at][:spot] + bent + lines[at][spot + 1 :]
                case 1:
                    del lines[at]
                case 2:
                    lines[at : at + 2] = lines[at : at + 2][::-1]
                case 3:
                    lines.insert(at, lines[chance.randrange(len(lines))])
                case _:
                    del lines[chance.randrange(len(lines)) :]

        agreed(again(eventful_copy, tmp_path / str(number), change))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("texts.jsonl", b'"salt":"', b'"salt":"0'),
        ("texts.jsonl", b'{"', b'{"more":1,"'),
        ("texts.jsonl", b'"text":"', b'"text":"not '),
        ("checkpoints.jsonl", b"\\n\\n", b"\\nextension\\n\\n"),
        ("checkpoints.jsonl", b'{"size":', b'{"size":9'),
        ("checkpoints.jsonl", b'{"size":3', b'{"size":true,"old":3'),
    ],
)
def test_of_the_files_beside_the_entries(
    eventful_copy: Path, tmp_path: Path, name: str, old: bytes, new: bytes
) -> None:
    """The reason for a correction, or a signed head, could be exchanged without a word."""
    folder = again(eventful_copy, tmp_path / "copy", lambda _: None)
    whole = (folder / name).read_bytes()
    assert old in whole
    (folder / name).write_bytes(whole.replace(old, new, 1))
    assert "failed" == agreed(folder)[0]


def test_of_files_that_are_missing(eventful_copy: Path, tmp_path: Path) -> None:
    """A protocol pack or a text that was left out would not be missed."""
    for name in ("texts.jsonl", "checkpoints.jsonl"):
        folder = again(eventful_copy, tmp_path / name, lambda _: None)
        (folder / name).unlink()
        assert "failed" == agreed(folder)[0]
    folder = again(eventful_copy, tmp_path / "blobs", lambda _: None)
    for one in (folder / "blobs").iterdir():
        one.write_bytes(b"another pack")
    assert "failed" == agreed(folder)[0]


def test_of_lines_alone(eventful_copy: Path, tmp_path: Path) -> None:
    """An entries file that was sent alone would be called damaged for what was never sent."""
    (tmp_path / "entries.jsonl").write_bytes((eventful_copy / "entries.jsonl").read_bytes())
    assert ("self-consistent", None) == agreed(tmp_path / "entries.jsonl")


def test_of_corrections_that_name_each_other(tmp_path: Path) -> None:
    """Two corrections made by hand could keep a verifier busy for ever."""
    site = Site(tmp_path / "trial.ledger").staffed()
    weight = site.write(P1, WEIGHT, by="nina")
    amends = {"by": "nina", "reason": REASON}
    first = site.write(P1, correction(weight, "71"), corrects=weight.ref, **amends)
    second = site.write(P1, correction(weight, "72"), corrects=first.ref, **amends)
    third = site.draft(P1, correction(weight, "73"), corrects=second.ref, **amends)
    ledger = with_one(site.book, third)
    site.book.close()
    bent = edited(ledger.entries[first.position], f'"id":"{weight.id}"'.encode(), f'"id":"{second.id}"'.encode())
    knot = ledger.put(first.position, resigned(bent, [key_of("nina")]))
    assert ("failed", (first.position, "reference")) == agreed(laid_out(knot, tmp_path / "copy"))


def test_of_voids_that_name_each_other(tmp_path: Path) -> None:
    """Two voids made by hand could end the inspection in a traceback."""
    site = Site(tmp_path / "trial.ledger").staffed()
    both = {"by": ("nina", ("petra", "approved")), "reason": REASON}
    weight = site.write(P1, WEIGHT, by="nina")
    void = EntryVoided(why="duplicate")
    first = site.write(P1, void, corrects=weight.ref, **both)
    second = site.write(P1, void, corrects=first.ref, **both)
    third = site.draft(P1, void, corrects=second.ref, **both)
    ledger = with_one(site.book, third)
    site.book.close()
    bent = edited(ledger.entries[first.position], f'"id":"{weight.id}"'.encode(), f'"id":"{second.id}"'.encode())
    knot = ledger.put(first.position, resigned(bent, [key_of("nina"), key_of("petra")]))
    assert ("failed", (first.position, "reference")) == agreed(laid_out(knot, tmp_path / "copy"))


@pytest.fixture(scope="module")
def rare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a name that is not composed, a registered patient, and an enrolment that waited too long."""
    site = Site(tmp_path_factory.mktemp("rare") / "trial.ledger").staffed()
    site.enrol("jo", "Jose\u0301 Jung", "nurse")
    site.write(P1, PatientRegistered(sex="F", birth_year=1980), by="clara")
    two = tuple(Need(meaning=meaning, role="registrar") for meaning in ("authorship", "verified"))
    late = site.write("people", site.enrolment(site.add("nils", "Nils Neu", "nurse")), by="rita", needs=two)
    site.tick(days=31)
    site.write("people", EntryCountersigned(target=late.id), by=(("rolf", "verified"),), causes=site.refs(late))
    yield site
    site.book.close()


LOST = KeyRevoked(person="ward-1", key_id=key_of("ward-1").public.kid, why="lost", suspected_from=None)
RARE: dict[str, tuple[str, Wire, object]] = {
    "registered": (P1, PatientRegistered(sex="F", birth_year=1980), "clara"),
    "last-device": ("people", LOST, (("rita", "responsibility"),)),
    "witnesses": (
        "people",
        policy(witnesses=Witnesses(quorum=1, keys=())),
        (("rita", "responsibility"), ("rolf", "responsibility")),
    ),
}


@pytest.mark.parametrize("code", RARE)
def test_of_what_is_rarely_done(rare: Site, tmp_path: Path, code: str) -> None:
    """The last workstation could be shut out, or a patient registered twice, and the stick would say nothing."""
    stream, event, by = RARE[code]
    folder = laid_out(with_one(rare.book, rare.draft(stream, event, by=by)), tmp_path / "copy")
    assert ("failed", (rare.book.size, code)) == agreed(folder)
    assert {"name-form", "completion-late"} <= {notice for _, notice in of_the_file(folder)[4]}


def test_of_a_ledger_without_entries_or_registrars(eventful_copy: Path, tmp_path: Path) -> None:
    """An empty file, or a ledger that nobody answers for, would be called a record."""
    assert ("failed", None) == agreed(again(eventful_copy, tmp_path / "empty", list.clear))
    assert {"empty"} <= {found[2] for found in of_the_file(tmp_path / "empty")[3]}
    nobody = Forged((Mint().genesis(registrars=()),))
    assert ("failed", (0, "key")) == agreed(laid_out(nobody, tmp_path / "nobody"))
    assert {"no-registrar"} <= {found[2] for found in of_the_file(tmp_path / "nobody")[3]}
