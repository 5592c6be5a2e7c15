"""The record as lines: the exact bytes, every text checkable, nothing mixed and nothing half-written."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from acts import PATIENT, Ward, founded
from dosed import eventful

from ledger.errors import BadInput, Unavailable
from projections.export import jsonl


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """The eventful patient; the tests only read him."""
    folder = tmp_path_factory.mktemp("ward")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as found:
        eventful(found)
        yield found


def lines(path: Path) -> list[bytes]:
    """The lines of a file, each of which ends with a newline."""
    whole = path.read_bytes()
    assert whole.endswith(b"\n")
    return whole.split(b"\n")[:-1]


def test_entries_are_the_stored_bytes(ward: Ward, tmp_path: Path) -> None:
    """Re-written bytes would break every signature in the inspector's copy."""
    done = jsonl.directory(ward.book, tmp_path / "out")
    assert [raw for _, raw in ward.book.raws()] == lines(tmp_path / "out" / "entries.jsonl")
    assert (ward.book.size, ward.book.root().hex(), ()) == (done.size, done.root, done.missing)
    out = io.BytesIO()
    assert ward.book.size == jsonl.entries(ward.book, out)
    assert (tmp_path / "out" / "entries.jsonl").read_bytes() == out.getvalue()


def test_every_text_gives_its_commitment(ward: Ward, tmp_path: Path) -> None:
    """Words without their salt could have been put there by anybody."""
    done = jsonl.directory(ward.book, tmp_path / "out")
    found = [json.loads(line) for line in lines(tmp_path / "out" / "texts.jsonl")]
    for one in found:
        digest = sha256(bytes.fromhex(one["salt"]) + one["text"].encode()).hexdigest()
        assert f"sha256:{digest}" == one["commitment"]
        assert ward.book.text(one["commitment"]) == one["text"].encode()
    assert {"misread", "rigors"} <= {one["text"] for one in found}
    assert done.texts == len(found) == len({one["commitment"] for one in found})


def test_every_file_is_named_by_its_digest(ward: Ward, tmp_path: Path) -> None:
    """A pack that is not the one signed for would judge the record by other rules."""
    done = jsonl.directory(ward.book, tmp_path / "out")
    files = sorted((tmp_path / "out" / "blobs").iterdir())
    assert [one.name for one in files] == [sha256(one.read_bytes()).hexdigest() for one in files]
    active = ward.book.roster().protocol
    assert active is not None
    assert {active.pack.digest, active.dictionary.digest} == {one.name for one in files}
    assert 2 == done.blobs


def test_a_prefix_is_the_record_of_that_size(ward: Ward, tmp_path: Path) -> None:
    """An export of what was known then would carry what was learned since."""
    size = ward.book.size - 5
    done = jsonl.directory(ward.book, tmp_path / "out", size=size)
    assert (size, ward.book.root_at(size).hex()) == (done.size, done.root)
    assert size == len(lines(tmp_path / "out" / "entries.jsonl"))
    assert "rigors" not in (tmp_path / "out" / "texts.jsonl").read_text(encoding="utf-8")


def test_a_correction_does_not_repeat_the_texts_of_what_it_corrects(tmp_path: Path) -> None:
    """A reader that counts texts would find more than were ever written."""
    with closing(Ward.founded(tmp_path / "trial.ledger")) as one:
        reported = one.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", words="rigors", onset="09:00")
        for at, words in (("09:30", "misread"), ("09:40", "misread again")):
            said = {"entry": reported, "at": at, "reason": "transcription", "reason_text": words}
            one.do("nurse.1", "correct", wit=("pi.1",), **said)
        jsonl.directory(one.book, tmp_path / "out")
    found = [json.loads(line)["text"] for line in lines(tmp_path / "out" / "texts.jsonl")]
    assert ["misread", "misread again", "rigors"] == sorted(text for text in found if text[:2] in ("mi", "ri"))


def test_nothing_is_mixed_with_other_files(ward: Ward, tmp_path: Path) -> None:
    """Two exports in one folder are read as one record that never was."""
    (tmp_path / "empty").mkdir()
    assert ward.book.size == jsonl.directory(ward.book, tmp_path / "empty").size
    for taken in (tmp_path / "empty", Path(ward.book.path)):
        with pytest.raises(BadInput):
            jsonl.directory(ward.book, taken)


def test_an_export_that_fails_leaves_nothing(ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a record looks like a whole one."""

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jsonl, "digests", full)
    with pytest.raises(Unavailable, match="No space left"):
        jsonl.directory(ward.book, tmp_path / "out")
    assert [] == list(tmp_path.iterdir())
    with pytest.raises(Unavailable):
        jsonl.directory(ward.book, tmp_path / "no" / "such" / "place")


def test_an_export_is_for_its_maker_alone(ward: Ward, tmp_path: Path) -> None:
    """Pseudonymous data of patients would lie open on a shared machine."""
    jsonl.directory(ward.book, tmp_path / "out")
    modes = {path.stat().st_mode & 0o077 for path in [tmp_path / "out", *(tmp_path / "out").rglob("*")]}
    assert {0} == modes
