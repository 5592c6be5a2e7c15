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
from dosed import eventful
from forging import Forged, edited, resigned
from minting import REASON, Site, key_of
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
from test_tamper_log import CATALOGUE
from test_tamper_log import honest as honest  # noqa: PLC0414 - a fixture
from test_verify_admission import CASES, WEIGHT, correction, with_one
from test_verify_admission import ward as ward  # noqa: PLC0414 - a fixture

from ledger.signing.jws import parse
from projections.export import jsonl

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
    agreed(folder, trusted=honest.note(honest.size))


@pytest.mark.parametrize("name", CASES)
def test_of_what_may_not_stand(ward, tmp_path: Path, name: str) -> None:
    """An act without authority, signed with a good key, would pass wherever the program is not at hand."""
    make, code, _ = CASES[name]
    size = ward.site.book.size
    folder = laid_out(with_one(ward.site.book, make(ward)), tmp_path / "copy")
    verdict, first = agreed(folder)
    assert ("failed", size) == (verdict, first and first[0])
    assert code in {found[2] for found in of_the_file(folder)[3]}


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
def eventful_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The eventful patient, exported."""
    folder = tmp_path_factory.mktemp("eventful")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as found:
        eventful(found)
        jsonl.directory(found.book, folder / "copy")
    return folder / "copy"


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


def test_of_a_whole_ward(eventful_copy: Path) -> None:
    """A genuine record would be called a forgery in front of an inspector."""
    assert ("self-consistent", None) == agreed(eventful_copy)
    assert set() == of_the_file(eventful_copy)[3]


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
    for number in range(25):

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
    weight = site.write("patient/001-001", WEIGHT, by="nina")
    amends = {"by": "nina", "reason": REASON}
    first = site.write("patient/001-001", correction(weight, "71"), corrects=weight.ref, **amends)
    second = site.write("patient/001-001", correction(weight, "72"), corrects=first.ref, **amends)
    third = site.draft("patient/001-001", correction(weight, "73"), corrects=second.ref, **amends)
    ledger = with_one(site.book, third)
    site.book.close()
    bent = edited(ledger.entries[first.position], f'"id":"{weight.id}"'.encode(), f'"id":"{second.id}"'.encode())
    knot = ledger.put(first.position, resigned(bent, [key_of("nina")]))
    assert ("failed", (first.position, "reference")) == agreed(laid_out(knot, tmp_path / "copy"))
