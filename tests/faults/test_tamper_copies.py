"""Copies that somebody changed: each change is found, and named by entry or file; none ends in a traceback."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from acts import PATIENT, Ward, founded, key
from copying import INSIDE, SOFTWARE, Forms, copied, entries, listed_anew, put, zipped
from dosed import eventful
from small_copy import FOLDER

from ledger.book import Ledger
from ledger.copies import open_copy
from ledger.copies.lines import stub
from ledger.errors import DoseLedgerError, IntegrityFailure, Malformed
from ledger.merkle import checkpoint
from ledger.verify import Report, verify_path
from projections.export.bundle.replaying import replayed

OTHER = "P-002"
PLACE = 30
"""An entry in the middle: the eventful patient's first dose or near it."""


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Two patients, one of them eventful."""
    folder = tmp_path_factory.mktemp("ward")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as found:
        eventful(found)
        found.enrol(OTHER)
        yield found


@pytest.fixture(scope="module")
def whole(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Forms:
    """The ledger in every form."""
    return Forms.of(ward.book, tmp_path_factory.mktemp("copies") / "whole")


@pytest.fixture(scope="module")
def part(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Forms:
    """The same without the second patient."""
    return Forms.of(ward.book, tmp_path_factory.mktemp("copies") / "part", PATIENT)


def named(report: Report) -> tuple[str, int | None, set[str]]:
    """The verdict, the first bad entry, and the codes that are named of it (of the copy itself, where none is)."""
    first = None if report.first_bad is None else report.first_bad.position
    return report.verdict, first, {one.code for one in report.findings if one.position == first}


# --- the four files ------------------------------------------------------------------------------------------


def flip(folder: Path) -> None:
    """Another character in the signed payload."""
    lines = entries(folder)
    line = bytearray(lines[PLACE])
    line[400] = ord("B") if line[400] == ord("A") else ord("A")
    lines[PLACE] = bytes(line)
    put(folder, lines)


def drop(folder: Path) -> None:
    """An entry is gone."""
    lines = entries(folder)
    put(folder, [*lines[:PLACE], *lines[PLACE + 1 :]])


def swap(folder: Path) -> None:
    """Two entries change places."""
    lines = entries(folder)
    lines[PLACE], lines[PLACE + 1] = lines[PLACE + 1], lines[PLACE]
    put(folder, lines)


def double(folder: Path) -> None:
    """An entry stands twice."""
    lines = entries(folder)
    put(folder, [*lines[: PLACE + 1], *lines[PLACE:]])


def empty_line(folder: Path) -> None:
    """A blank line among the entries."""
    lines = entries(folder)
    put(folder, [*lines[:PLACE], b"", *lines[PLACE:]])


def long_line(folder: Path) -> None:
    """An entry of a megabyte."""
    lines = entries(folder)
    lines[PLACE] += b" " * (1 << 20)
    put(folder, lines)


def windows(folder: Path) -> None:
    """An editor has changed the ends of all lines."""
    put(folder, [line + b"\r" for line in entries(folder)])


CHANGED: dict[Callable[[Path], None], tuple[int, set[str]]] = {
    flip: (PLACE, {"bytes", "signature", "text", "root", "after-root"}),
    drop: (PLACE, {"after", "after-root", "root", "reference", "after-own"}),
    swap: (PLACE, {"after", "after-root", "root", "reference", "after-own"}),
    double: (PLACE + 1, {"id-reused", "n-reused", "command-used", "root", "after-own"}),
    empty_line: (PLACE, {"bytes"}),
    long_line: (PLACE, {"bytes"}),
    windows: (0, {"bytes"}),
}


@pytest.mark.parametrize("change", CHANGED, ids=lambda change: change.__name__)
def test_a_changed_entry_is_named(change: Callable[[Path], None], whole: Forms, tmp_path: Path) -> None:
    """An inspector who is told "failed" and no more must read a thousand entries to find the one dose."""
    folder = copied(whole.lines, tmp_path / "copy")
    change(folder)
    position, codes = CHANGED[change]
    verdict, first, found = named(verify_path(folder))
    assert ("failed", position) == (verdict, first)
    assert found & codes, found
    with pytest.raises(IntegrityFailure):
        Ledger.open(folder, read_only=True)


def test_a_lost_tail_is_named(whole: Forms, ward: Ward, tmp_path: Path) -> None:
    """The newest doses could be cut off a copy, and the patient given them again."""
    folder = copied(whole.lines, tmp_path / "copy")
    lines = entries(folder)
    put(folder, lines[:-3])
    report = verify_path(folder)
    assert "failed" == report.verdict
    assert f"a checkpoint of {ward.book.size} entries is stored" in report.findings[0].why
    cut = (folder / "checkpoints.jsonl").read_bytes().split(b"\n")[:-4]
    put(folder, cut, "checkpoints.jsonl")
    assert "self-consistent" == verify_path(folder).verdict
    assert "stale" == verify_path(folder, trusted=ward.book.checkpoint()).verdict


def test_half_a_line_is_an_entry_that_cannot_be_read(whole: Forms, tmp_path: Path) -> None:
    """A copy that broke off while it was written must not pass for a shorter, whole one."""
    folder = copied(whole.lines, tmp_path / "copy")
    data = (folder / "entries.jsonl").read_bytes()
    (folder / "entries.jsonl").write_bytes(data[:-200])
    assert ("failed", len(entries(whole.lines)) - 1, {"bytes", "root"}) == named(verify_path(folder))


def texts(folder: Path) -> list[dict[str, str]]:
    """The texts of a folder of lines."""
    return [json.loads(line) for line in (folder / "texts.jsonl").read_bytes().splitlines()]


def test_another_text_is_named_by_its_entry(whole: Forms, tmp_path: Path) -> None:
    """The reason of a correction could be written anew for the inspector."""
    folder = copied(whole.lines, tmp_path / "copy")
    found = texts(folder)
    which = next(i for i, one in enumerate(found) if one["text"] == "misread")
    owner = next(
        at for at, line in enumerate(entries(folder)) if found[which]["commitment"].encode() in base64_payload(line)
    )
    found[which]["text"] = "the patient asked for it"
    put(folder, [json.dumps(one).encode() for one in found], "texts.jsonl")
    assert ("failed", owner, {"text"}) == named(verify_path(folder))
    with pytest.raises(IntegrityFailure):
        Ledger.open(folder, read_only=True)
    put(folder, [json.dumps(one).encode() for i, one in enumerate(found) if i != which], "texts.jsonl")
    assert ("failed", owner, {"text"}) == named(verify_path(folder))


def base64_payload(line: bytes) -> bytes:
    """The payload of an entry, decoded by hand."""
    payload = json.loads(line)["payload"]
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


@pytest.mark.parametrize("name", ["texts.jsonl", "checkpoints.jsonl"])
def test_a_malformed_line_is_named(name: str, whole: Forms, tmp_path: Path) -> None:
    """A line that one reader skips and another reads shows two inspectors two records."""
    folder = copied(whole.lines, tmp_path / "copy")
    good = (folder / name).read_bytes().splitlines()
    for bad in (
        b"",
        b"[]",
        b"{}",
        b"null",
        good[0][:-1],
        good[0][:-1] + b',"more":1}',
        b'{"a":"\xff"}',
        b"[" * 100_000,
    ):
        put(folder, [*good, bad], name)
        report = verify_path(folder)
        assert ("failed", None) == (report.verdict, report.first_bad)
        assert [("copy", f"line {len(good) + 1} of {name} is not in its form")] == [
            (one.code, one.why) for one in report.findings
        ]
    put(folder, [*good, *[b"x"] * 50], name)
    assert 21 == len(verify_path(folder).findings)


@pytest.mark.parametrize("name", ["texts.jsonl", "checkpoints.jsonl"])
def test_a_missing_file_is_named(name: str, whole: Forms, tmp_path: Path) -> None:
    """Leaving out a file would be the easiest way to leave out what it says."""
    folder = copied(whole.lines, tmp_path / "copy")
    (folder / name).unlink()
    report = verify_path(folder)
    assert "failed" == report.verdict
    assert ("copy", f"{name} is missing") in {(one.code, one.why) for one in report.findings}


def test_another_protocol_pack_is_named(whole: Forms, ward: Ward, tmp_path: Path) -> None:
    """With another pack beside it the same record is judged by other limits."""
    activation = next(entry.position for entry in ward.book.entries() if entry.kind == "protocol.activated/1")
    folder = copied(whole.lines, tmp_path / "copy")
    for place in sorted((folder / "blobs").iterdir()):
        data = place.read_bytes()
        place.write_bytes(data.replace(b"1", b"2"))
        assert ("failed", activation, {"blob"}) == named(verify_path(folder))
        place.unlink()
        assert ("failed", activation, {"blob"}) == named(verify_path(folder))
        place.symlink_to("/etc/hostname")
        assert ("failed", activation, {"blob"}) == named(verify_path(folder))
        place.unlink()
        place.write_bytes(data)
    assert "self-consistent" == verify_path(folder).verdict


def forged(ward: Ward, size: int, signer: str, root: bytes | None = None) -> bytes:
    """A checkpoint of `size` entries under somebody's key, as a line."""
    head = checkpoint.Checkpoint(ward.book.origin, size, root or ward.book.root_at(size))
    note = checkpoint.seal(head, ward.book.origin, key(signer).public.raw, key(signer).sign)
    return json.dumps({"size": size, "note": note.decode()}).encode()


def test_a_forged_checkpoint_is_named(whole: Forms, ward: Ward, tmp_path: Path) -> None:
    """A head that the log never signed would vouch for entries that it never held."""
    folder = copied(whole.lines, tmp_path / "copy")
    good = (folder / "checkpoints.jsonl").read_bytes().splitlines()
    sizes = [json.loads(line)["size"] for line in good]
    for line, code in (
        (forged(ward, sizes[9], "nurse.1"), "checkpoint"),
        (forged(ward, sizes[9], "log", b"r" * 32), "root"),
    ):
        put(folder, [*good[:9], line, *good[10:]], "checkpoints.jsonl")
        assert ("failed", sizes[9] - 1, {code}) == named(verify_path(folder))
    put(folder, good[:-1], "checkpoints.jsonl")
    assert ("failed", ward.book.size - 1, {"checkpoint"}) == named(verify_path(folder))
    with pytest.raises(IntegrityFailure):
        Ledger.open(folder, read_only=True)


@pytest.mark.parametrize("form", ["lines", "bag"])
def test_another_hash_for_a_withheld_entry_is_named(form: str, part: Forms, tmp_path: Path) -> None:
    """A stub is the one line without a signature: whatever it says must be what the log sealed."""
    copy = copied(getattr(part, form), tmp_path / "copy")
    folder = copy / INSIDE if form == "bag" else copy
    lines = entries(folder)
    hidden = [at for at, line in enumerate(lines) if line.startswith(b'{"withheld"')]
    lines[hidden[0]] = stub(b"\x01" * 32)
    put(folder, lines)
    if form == "bag":
        listed_anew(copy)
    assert ("failed", hidden[0], {"root"}) == named(verify_path(copy))
    with pytest.raises(IntegrityFailure):
        Ledger.open(copy, read_only=True)


# --- the bag -------------------------------------------------------------------------------------------------


def said(report: Report) -> list[str]:
    """What is found wrong with the copy as such."""
    return [one.why for one in report.findings if one.code == "copy"]


def test_a_changed_table_is_named(whole: Forms, tmp_path: Path) -> None:
    """The audit trail that the inspector reads in a spreadsheet could differ from the record beside it."""
    bag = copied(whole.bag, tmp_path / "bag")
    table = next(place for place in sorted((bag / "data" / "02-audit").iterdir()) if place.suffix == ".csv")
    table.write_bytes(table.read_bytes()[:-3] + b"9\r\n")
    (bag / "data" / "new.txt").write_text("more")
    (bag / "data" / "00-READ-ME-FIRST.txt").unlink()
    (bag / "extra.txt").write_text("more")
    (bag / "bag-info.txt").write_bytes((bag / "bag-info.txt").read_bytes() + b"Contact-Name: Somebody\n")
    report = verify_path(bag)
    assert ("failed", None) == (report.verdict, report.first_bad)
    assert [
        "data/new.txt is not listed in manifest-sha256.txt",
        "data/00-READ-ME-FIRST.txt is listed in manifest-sha256.txt and is not there",
        f"{table.relative_to(bag)} is not the file that manifest-sha256.txt names: its bytes are others",
        "extra.txt is not listed in tagmanifest-sha256.txt",
        "bag-info.txt is not the file that tagmanifest-sha256.txt names: its bytes are others",
    ] == said(report)
    assert said(report) == said(verify_path(zipped(bag, tmp_path / "bag.zip")))


def test_a_changed_entry_in_a_bag_is_named_by_file_and_entry(whole: Forms, tmp_path: Path) -> None:
    """Manifests alone say which file; and whoever can write the file can write the manifests."""
    bag = copied(whole.bag, tmp_path / "bag")
    flip(bag / INSIDE)
    report = verify_path(bag)
    assert ("failed", PLACE) == named(report)[:2]
    assert any(line.startswith("data/01-ledger/entries.jsonl is not the file") for line in said(report))
    listed_anew(bag)
    report = verify_path(bag)
    assert ("failed", PLACE, []) == (*named(report)[:2], said(report))


def test_a_changed_table_under_new_manifests_is_named(whole: Forms, tmp_path: Path) -> None:
    """Whoever changes the state that is shown, and not the entries, can write fitting manifests with any tool."""
    again = partial(replayed, software=SOFTWARE, build="0" * 64)
    bag = copied(whole.bag, tmp_path / "bag")
    assert "self-consistent" == verify_path(bag, rebuilds=[again]).verdict
    changed = ("data/06-state/state-as-of.json", "data/07-deviations/deviations.csv")
    for name in changed:
        (bag / name).write_bytes((bag / name).read_bytes() + b"\n")
    listed_anew(bag)
    report = verify_path(bag, rebuilds=[again])
    assert ("failed", None) == (report.verdict, report.first_bad)
    assert [("replay", name) for name in changed] == [(one.code, one.why.split()[0]) for one in report.findings]


def test_manifests_are_read_strictly(whole: Forms, tmp_path: Path) -> None:
    """A line that one tool passes over and another does not makes two bags of one."""
    bag = copied(whole.bag, tmp_path / "bag")
    manifest = bag / "manifest-sha256.txt"
    good = manifest.read_bytes()
    first = good.split(b"\n")[0]
    for bad in (first, first.replace(b"  ", b" *"), b"x", first + b"\x07", b"\xff" * 70):
        manifest.write_bytes(good + bad + b"\n")
        assert any("manifest-sha256.txt" in line for line in said(verify_path(bag)))
    manifest.unlink()
    assert "manifest-sha256.txt is missing or cannot be read" in said(verify_path(bag))
    manifest.write_bytes(good)
    assert [] == said(verify_path(bag))
    (bag / "bagit.txt").write_bytes(b"BagIt-Version: 0.97\n")
    assert said(verify_path(bag))[0].startswith("bagit.txt")


def test_a_link_is_no_file(whole: Forms, tmp_path: Path) -> None:
    """A link on a stick could show the inspector a file of his own machine as the sponsor's."""
    bag = copied(whole.bag, tmp_path / "bag")
    place = bag / "bag-info.txt"
    target = shutil.move(place, tmp_path / "elsewhere")
    place.symlink_to(target)
    os.mkfifo(bag / "data" / "pipe")
    found = said(verify_path(bag))
    assert "bag-info.txt is not the file that tagmanifest-sha256.txt names: its bytes are others" in found
    assert "data/pipe is not listed in manifest-sha256.txt" in found
    (bag / INSIDE / "entries.jsonl").unlink()
    (bag / INSIDE / "entries.jsonl").symlink_to(whole.lines / "entries.jsonl")
    assert "failed" == verify_path(bag).verdict


# --- the archive ---------------------------------------------------------------------------------------------


def archive(path: Path, *members: tuple[str, bytes], **marks: int) -> Path:
    """An archive with some members, the last of which bears marks."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for mark, value in marks.items() if (name, data) == members[-1] else ():
                setattr(info, mark, value)
            out.writestr(info, data)
    return path


DECLARED = ("bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([("../evil", b"")], "leaves the archive"),
        ([("/etc/evil", b"")], "leaves the archive"),
        ([("data//evil", b"")], "leaves the archive"),
        ([("C:/evil", b"")], "leaves the archive"),
        ([("data\\evil", b"")], "has no plain name"),
        ([("data/e\nvil", b"")], "has no plain name"),
        ([("data/bomb", b"\0" * (80 << 20))], "would unpack"),
        ([("other/file", b""), ("top/bagit.txt", b"")], "one bag"),
    ],
)
def test_an_archive_that_reaches_out_is_refused(members: list[tuple[str, bytes]], why: str, tmp_path: Path) -> None:
    """A file from outside that writes where it likes would take over the inspector's machine, or fill its disk."""
    declared = [DECLARED] if len(members) == 1 else []
    path = archive(tmp_path / "bag.zip", *declared, *members)
    with pytest.raises(Malformed, match=why):
        open_copy(path)
    assert ("failed", ["unreadable"]) == (
        verify_path(path).verdict,
        [finding.code for finding in verify_path(path).findings],
    )


def test_an_archive_of_links_or_twins_is_refused(tmp_path: Path) -> None:
    """Two members of one name are two records, and every reader takes another one."""
    linked = archive(tmp_path / "link.zip", DECLARED, ("data/link", b"/etc/passwd"), external_attr=0o120777 << 16)
    with pytest.raises(Malformed, match="is no file"):
        open_copy(linked)
    with pytest.warns(UserWarning, match="Duplicate"):
        twins = archive(tmp_path / "twins.zip", DECLARED, ("data/a", b"1"), ("data/a", b"2"))
    with pytest.raises(Malformed, match="stands twice"):
        open_copy(twins)
    with pytest.raises(Malformed, match=r"has no entries\.jsonl"):
        open_copy(archive(tmp_path / "bare.zip", DECLARED))


def test_a_damaged_archive_is_a_finding(whole: Forms, tmp_path: Path) -> None:
    """A stick that was pulled out too early must not end the inspection in a traceback."""
    data = whole.archive.read_bytes()
    path = tmp_path / "bag.zip"
    chance, found = random.Random(7), set[str]()
    for _ in range(25):
        damaged = bytearray(data[: chance.randrange(100, len(data))] if chance.random() < 0.3 else data)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(4, len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            with open_copy(path) as copy:
                found.add("flaws" if list(copy.flaws("", "", "")) else "none")
        except DoseLedgerError as error:
            found.add(type(error).__name__)
    assert {"Malformed"} <= found <= {"Malformed", "flaws", "none"}


# --- the dossier ---------------------------------------------------------------------------------------------


def page(whole: Forms, tmp_path: Path, change: Callable[[bytes], bytes]) -> Path:
    """The dossier, changed."""
    before = whole.dossier.read_bytes()
    after = change(before)
    assert before != after
    (tmp_path / "page.html").write_bytes(after)
    return tmp_path / "page.html"


def test_a_changed_entry_in_a_dossier_is_named(whole: Forms, tmp_path: Path) -> None:
    """The page checks itself in the browser; the program must find the same without it."""
    line = entries(whole.lines)[PLACE]
    changed = bytearray(line)
    changed[400] = ord("B") if line[400] == ord("A") else ord("A")
    path = page(whole, tmp_path, lambda data: data.replace(line, bytes(changed)))
    assert ("failed", PLACE) == named(verify_path(path))[:2]
    with pytest.raises(IntegrityFailure):
        Ledger.open(path, read_only=True)


@pytest.mark.parametrize("member", ["ledger", "origin", "size", "root"])
def test_what_a_dossier_says_of_itself_is_compared(member: str, whole: Forms, ward: Ward, tmp_path: Path) -> None:
    """The head that is printed large on the page could be that of another, sound ledger."""
    true = {
        "ledger": f'"ledger":"{ward.book.id}"',
        "origin": f'"origin":"{ward.book.origin}"',
        "size": f'"size":{ward.book.size}',
        "root": f'"root":"{ward.book.root().hex()}"',
    }[member]
    other = {"size": '"size":7', "origin": f'"origin":"{ward.book.origin}x"'}.get(member, f'"{member}":"{"0" * 64}"')
    head, _, rest = whole.dossier.read_bytes().partition(b'id="dl-about">')
    assert true.encode() in rest
    path = tmp_path / "page.html"
    path.write_bytes(head + b'id="dl-about">' + rest.replace(true.encode(), other.encode(), 1))
    report = verify_path(path)
    assert ("failed", None) == (report.verdict, report.first_bad)
    assert [True] == [line.startswith(f"dl-about says the {member}") for line in said(report)]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "twice": lambda data: data.replace(
        b"</body>", b'<script type="application/json" id="dl-entries">\n</script></body>'
    ),
    "a second one": lambda data: data.replace(b"<body", b"<div ID = 'dl-entries'></div><body"),
    "another tag": lambda data: data.replace(b'json" id="dl-texts">', b'json" data-x id="dl-texts">'),
    "nested": lambda data: data.replace(b'id="dl-texts">\n', b'id="dl-texts">\n<script>'),
    "gone": lambda data: data.replace(b'id="dl-blobs"', b'id="no-blobs"'),
    "no base64": lambda data: data.replace(b'"data":"', b'"data":"*'),
    "no digest": lambda data: data.replace(b'{"digest":"', b'{"digest":"../../'),
    "no object": lambda data: data.replace(b'id="dl-about">\n{', b'id="dl-about">\n['),
    "cut off": lambda data: data[: data.index(b'id="dl-checkpoints"') + 300],
    "empty": lambda _: b"<!doctype html>",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_dossier_has_one_form(change: str, whole: Forms, tmp_path: Path) -> None:
    """A block that the program reads and the browser does not shows the inspector another record than was checked."""
    path = page(whole, tmp_path, CHANGES[change])
    with pytest.raises(Malformed):
        open_copy(path)
    report = verify_path(path)
    assert ("failed", ["unreadable"]) == (report.verdict, [finding.code for finding in report.findings])


# --- every byte ----------------------------------------------------------------------------------------------


def test_no_byte_of_a_copy_is_without_meaning(tmp_path: Path) -> None:
    """A byte that may change without a finding is a place where something can be written into the record."""
    folder = copied(FOLDER, tmp_path / "copy")
    assert "self-consistent" == verify_path(folder, workers=1).verdict
    chance = random.Random(11)
    for name in ("entries.jsonl", "texts.jsonl", "checkpoints.jsonl"):
        good = (folder / name).read_bytes()
        for _ in range(20):
            at = chance.randrange(len(good))
            bad = bytearray(good)
            bad[at] ^= 1 << chance.randrange(8)
            (folder / name).write_bytes(bad)
            assert "failed" == verify_path(folder, workers=1).verdict, (name, at)
        (folder / name).write_bytes(good)
