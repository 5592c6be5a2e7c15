"""The verifier in JavaScript that travels with a copy: against the frozen vectors, and against this program."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import carried_script
import pytest
from acts import DRUG, PATIENT, Ward, key
from dosed import eventful
from forging import Forged, copied, edited, leaf_of, resigned, with_signatures
from released import kept_blobs, kept_texts, log_turns
from scripted import SCRIPT, Sheaf, read, run, sheaf

from ledger.admission.view import log_time
from ledger.codec import open_entry
from ledger.course.history import effective
from ledger.course.needs import missing
from ledger.course.people import fold
from ledger.signing import base64url, jws
from ledger.signing.curve import ORDER
from ledger.signing.keys import P256_ORDER
from ledger.signing.meanings import TEXTS
from ledger.signing.signer import MemorySigner
from ledger.verify import Report, verify_path
from projections.export import jsonl

FOLDER = Path(__file__).parent
OTHER = "P-002"


def frozen(name: str) -> Any:
    """One of the frozen files."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


# --- the table inside the script


@pytest.mark.docs
def test_the_table_of_the_script_is_fresh(golden: Callable[[Path, str], None]) -> None:
    """An entry of a newer kind would be shown to an inspector as damaged, in a dossier that is in order."""
    golden(SCRIPT, carried_script.filled(SCRIPT.read_text(encoding="utf-8")))


def test_the_script_can_stand_in_a_page() -> None:
    """The page would end in the middle of the script, and verify nothing."""
    text = SCRIPT.read_text(encoding="utf-8").lower()
    assert [] == [word for word in ("</script", "<!--", "document.", "window.", "import ", "require(") if word in text]


# --- the frozen vectors


def test_published_entries_are_read_and_all_others_refused() -> None:
    """Two readers of one file would see different entries, and each would be sure of his."""
    good = frozen("signing/entries.json")
    bad = frozen("signing/refused.json")
    texts = [one.get("text") or bytes.fromhex(one["hex"]).decode("utf-8", "replace") for one in bad["entries"]]
    opened = run({"call": "openJws", "given": [text]} for text in [*(one["entry"] for one in good), *texts])
    assert [len(one["signers"]) for one in good] == opened[: len(good)]
    assert [] == [
        case["name"] for case, said in zip(bad["entries"], opened[len(good) :], strict=True) if said != refusal(said)
    ]


def test_published_headers_are_refused_where_they_differ_in_one_respect() -> None:
    """A signature could carry its own key, or a sentence that its signer never saw."""
    cases = frozen("signing/refused.json")["headers"]
    data = [one["text"].encode() if "text" in one else bytes.fromhex(one["hex"]) for one in cases]
    entry = jws.parse(frozen("signing/entries.json")[0]["entry"].encode())
    made = [jws.assemble(entry.payload, [jws.Signature(one, entry.signatures[0].signature)]).decode() for one in data]
    opened = run({"call": "openJws", "given": [text]} for text in made)
    assert [] == [case["name"] for case, said in zip(cases, opened, strict=True) if said != refusal(said)]


def refusal(said: object) -> object:
    """The answer itself where it is a refusal."""
    return said if isinstance(said, dict) and said.keys() == {"error"} else None


def test_released_entries_are_opened_and_make_the_frozen_roots() -> None:
    """The dossier of a ledger that this program wrote would call it broken."""
    entries = frozen("entries/entries.json")
    opened = run({"call": "open", "given": [one["raw"]]} for one in entries)
    assert [one["payload"] for one in entries] == [
        json.dumps(said, ensure_ascii=False, separators=(",", ":")) for said in opened
    ]
    (roots,) = run([{"call": "roots", "given": [[one["leaf"] for one in entries]]}])
    assert [one["root"] for one in entries] == roots[1:]
    tree = frozen("merkle/tree.json")
    (published,) = run([{"call": "roots", "given": [tree["leaf_hashes"]]}])
    assert [tree["empty_root"], *tree["roots"]] == published


def test_every_released_entry_changed_in_one_place_is_refused_or_another() -> None:
    """A blank, an escape or a member out of order would give one entry two spellings, and two leaves."""
    changes = {
        "a blank": lambda text: text.replace(":", ": ", 1),
        "a newline": lambda text: text + "\n",
        "a member twice": lambda text: text.replace('{"format":1,', '{"format":1,"format":1,'),
        "a member less": lambda text: text.replace('"site":"001",', "", 1),
        "an unknown member": lambda text: text.replace('"body":', '"note":"","body":'),
        "members swapped": lambda text: text.replace('"format":1,"ledger":', '"ledger":', 1),
        "a letter escaped": lambda text: text.replace("main", "m\\u0061in", 1),
        "a number with an exponent": lambda text: text.replace('"index":0', '"index":0e0', 1),
        "a number with a fraction": lambda text: text.replace('"index":0', '"index":0.0', 1),
        "a number too great": lambda text: text.replace('"of":1', '"of":9007199254740992', 1),
        "an index not below of": lambda text: text.replace('"of":1', '"of":0', 1),
        "another precision": lambda text: text.replace('"precision":"minute"', '"precision":"day"', 1),
        "another kind": lambda text: text.replace('"kind":"', '"kind":"x', 1),
        "a target twice": lambda text: re.sub(r'("targets":\[)("[^"]+")', r"\1\2,\2", text),
        "no target": lambda text: re.sub(r'"targets":\[[^\]]+\]', '"targets":[]', text),
        "counters that fall": lambda text: text.replace('"n":[900,901]', '"n":[901,900]'),
        "streams in another order": lambda text: re.sub(r'("streams":\[)("[^"]+"),("[^"]+")', r"\1\3,\2", text),
        "nobody comes or goes": lambda text: text.replace(
            '"request":null,"removed":"rolf"', '"request":null,"removed":null'
        ),
        "__proto__": lambda text: text.replace('"body":{', '"body":{"__proto__":null,', 1),
    }
    made = []
    for one in frozen("entries/entries.json"):
        parsed = jws.parse(one["raw"].encode())
        for name, change in changes.items():
            text = change(parsed.payload.decode())
            if text.encode() != parsed.payload:
                made.append((name, jws.assemble(text.encode(), parsed.signatures).decode()))
    opened = run({"call": "open", "given": [line]} for _, line in made)
    assert {name for name, _ in made} == changes.keys()
    assert [] == [name for (name, _), said in zip(made, opened, strict=True) if said != refusal(said)]


def test_weak_keys_are_told_from_good_ones() -> None:
    """Somebody could enrol a key under which one signature fits every text."""
    points = frozen("signing/points.json")
    jwk = {"crv": "Ed25519", "kty": "OKP", "y": None}
    named = [(kind, base64url.encode(bytes.fromhex(one["public"])).decode()) for kind in points for one in points[kind]]
    said = run({"call": "weakness", "given": [{**jwk, "x": x}]} for _, x in named)
    assert [kind == "good" for kind, _ in named] == [why == "" for why in said]
    high = frozen("signing/jose.json")["es256_high_s"]["jwk"]
    off = {**high, "x": high["y"], "y": high["x"]}
    large = {**high, "x": base64url.encode(b"\xff" * 32).decode()}
    assert [True, False, False] == [
        why == "" for why in run({"call": "weakness", "given": [one]} for one in (high, off, large))
    ]


def test_published_signatures_hold_and_their_second_forms_do_not() -> None:
    """A signature could be written a second way by anybody, and an entry have two leaves."""
    vectors = [one for one in frozen("signing/ed25519.json") if bytes.fromhex(one["message"]).isascii()]
    cases, expected = [], []
    for one in vectors:
        signature = bytes.fromhex(one["signature"])
        second = signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
        x = base64url.encode(bytes.fromhex(one["public"])).decode()
        jwk = {"crv": "Ed25519", "kty": "OKP", "x": x, "y": None}
        for form, holds in ((signature, True), (second, False), (signature[::-1], False)):
            cases.append({"call": "made", "given": [jwk, bytes.fromhex(one["message"]).decode(), form.hex()]})
            expected.append(holds)
    high = frozen("signing/jose.json")["es256_high_s"]
    signature = base64url.decode(high["signature"].encode())
    low = signature[:32] + (P256_ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    for form, holds in ((signature, False), (low, True), (bytes(64), False)):
        cases.append({"call": "made", "given": [high["jwk"], high["input"], form.hex()]})
        expected.append(holds)
    assert expected == run(cases)


def test_frozen_checkpoints_are_checked_with_the_key_of_their_log() -> None:
    """A checkpoint that somebody keeps on paper could not be compared, or one of another log would pass for it."""
    keys = frozen("merkle/keys.json")
    log = {
        "origin": keys["log"]["name"],
        "jwk": {"crv": "Ed25519", "x": base64url.encode(bytes.fromhex(keys["log"]["public"])).decode(), "y": None},
    }
    notes = [
        (FOLDER / "merkle" / f"{name}.note").read_text("utf-8")
        for name in ("checkpoint-1", "checkpoint-8", "checkpoint-8-witnessed")
    ]
    roots = frozen("merkle/tree.json")["roots"]
    said = run({"call": "note", "given": [note, log]} for note in notes)
    assert [roots[0], roots[7], roots[7]] == said
    broken = [
        notes[1].replace("\n8\n", "\n9\n"),
        notes[1].replace("\n8\n", "\n08\n"),
        notes[1][:-1],
        notes[1] + "\n",
        notes[1].replace("\u2014", "-"),
        notes[1].replace("=\n", "\n"),
        notes[1].replace("/main\n8", "/side\n8"),
        notes[1] + notes[1].split("\n\n")[1],
    ]
    assert [] == [
        said for said in run({"call": "note", "given": [note, log]} for note in broken) if said != refusal(said)
    ]


def test_every_sentence_of_a_meaning_is_in_the_script() -> None:
    """A signature with a sentence that nobody was shown would pass."""
    text = SCRIPT.read_text(encoding="utf-8")
    assert [] == [
        said for (code, lang, n), said in TEXTS.items() if f"\nmeaning {code} {lang} {n} {said}\n" not in text
    ]


# --- whole copies


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A ward with two patients: to one everything happened, the other had a step too high."""
    ward = Ward.founded(tmp_path_factory.mktemp("ward") / "trial.ledger")
    with closing(ward.book):
        ward.enrol(OTHER)
        eventful(ward)
        ward.now += timedelta(days=1)
        first, second = ward.local - timedelta(hours=9), ward.local - timedelta(hours=5)
        for amount, at in (("3mg", first), ("10mg", second)):
            times = {
                "at": at.isoformat(timespec="minutes"),
                "until": (at + timedelta(hours=2)).isoformat(timespec="minutes"),
            }
            ward.do("nurse.1", "dose record", patient=OTHER, drug=DRUG, given=amount, **times)
        ward.now += timedelta(hours=1)
        ward.do("nurse.1", "patient measure", patient=OTHER, weight="70kg")
        yield ward


@pytest.fixture(scope="module")
def forged(ward: Ward) -> Forged:
    """Everything in its ledger, as whoever holds the log's key can copy it."""
    return replace(copied(ward.book), log_key=key("log"), trial="nct00983528")


@pytest.fixture(scope="module")
def honest(forged: Forged) -> Sheaf:
    """Its copy, with a checkpoint behind every entry."""
    return sheaf(forged)


def place_of(copy: Sheaf, kind: str) -> int:
    """The position of the first entry of a kind."""
    return next(at for at, line in enumerate(copy.entries) if f'"kind":"{kind}"'.encode() in jws.parse(line).payload)


def l1(findings: Any) -> set[tuple[int | None, str]]:
    """The findings of L1 at the smallest position that has one, or those of no position where none has."""
    found = [(one["position"], one["code"]) for one in findings if one["level"] == "L1"]
    places = [place for place, _ in found if place is not None]
    return {one for one in found if one[0] == (min(places) if places else None)}


def said_by(report: Report) -> list[dict[str, Any]]:
    """The findings of this program, as the script lists its own."""
    return [{"position": one.position, "level": one.level, "code": one.code} for one in report.findings]


def agrees(copy: Sheaf, script: Any, folder: Path) -> str:
    """What is different between what the two say of a copy; nothing where they agree."""
    ours = verify_path(copy.write(folder), workers=1)
    mine, theirs = said_by(ours), script["findings"]
    first = ours.first_bad.position if ours.first_bad else None
    more = {(one["position"], one["code"]) for one in theirs} - {(one["position"], one["code"]) for one in mine}
    more = {one for one in more if first is None or (one[0] is not None and one[0] <= first)}
    if l1(mine) != l1(theirs) or more:
        return f"ours {ours.verdict} {l1(mine)}, the script's {script['verdict']} {l1(theirs)}, more {more}"
    judged = any(one["level"] == "L1" and one["code"] not in {"fork", "stale"} for one in mine)
    verdicts = {"failed"} if judged else {ours.verdict, "self-consistent"}
    return "" if script["verdict"] in verdicts else f"ours {ours.verdict}, the script's {script['verdict']}"


def test_a_whole_ledger_is_in_order(ward: Ward, honest: Sheaf, tmp_path: Path) -> None:
    """An inspector would be shown a red verdict on a record that is in order."""
    jsonl.directory(ward.book, tmp_path / "whole")
    exported = read(tmp_path / "whole")
    assert honest.entries == exported.entries
    last = honest.checkpoints[-1]["note"]
    ledger = leaf_of(honest.entries[0])
    cases = [honest.case(), exported.case(), honest.case(ledger=ledger), honest.case(trusted=last)]
    cases += [
        honest.case(ledger="0" * 64),
        honest.case(logKey="a+b+c"),
        replace(honest, entries=honest.entries[:1], checkpoints=honest.checkpoints[:1], blobs={}).case(trusted=last),
    ]
    found = run(cases)
    assert ["self-consistent", "self-consistent", "ok-unanchored", "ok", "fork", "fork", "stale"] == [
        one["verdict"] for one in found
    ]
    whole = found[1]
    assert ([], None) == (whole["findings"], whole["firstBad"])
    assert (ledger, len(honest.entries), last.split("\n")[0]) == (whole["ledger"], whole["size"], whole["origin"])
    assert all(signer["ok"] is True for entry in whole["entries"] for signer in entry["signers"])
    assert {one["commitment"]: one["text"] for one in exported.texts} == whole["texts"]
    (again,) = run([honest.case(logKey=whole["logKey"])])
    assert ("ok-unanchored", whole["root"]) == (again["verdict"], found[0]["root"])


RELEASED = frozen("entries/entries.json")
KEYS = {one["owner"]: one for one in frozen("entries/keys.json")}


def released() -> Forged:
    """The released entries as a ledger: one of every kind, and keys that come and go."""
    texts = kept_texts()
    return Forged(
        tuple(one["raw"].encode() for one in RELEASED),
        {one["commitment"]: (bytes.fromhex(one["salt"]), one["text"].encode()) for one in texts},
        kept_blobs(),
        held("the log"),
        json.loads(RELEASED[0]["payload"])["body"]["trial"],
        turns=tuple((at, log, MemorySigner(key)) for at, log, key in log_turns()),
    )


def held(owner: str) -> MemorySigner:
    """A frozen key."""
    return MemorySigner(bytes.fromhex(KEYS[owner]["secret"]))


def named(name: str) -> int:
    """The position of a released entry."""
    return next(one["position"] for one in RELEASED if one["name"] == name)


def test_a_copy_of_the_released_entries_is_in_order(tmp_path: Path) -> None:
    """A kind could be in the record that the dossier takes for damage, or a doubt about a signature not be shown."""
    copy = sheaf(released())
    (found,) = run([copy.case()])
    assert ("self-consistent", []) == (found["verdict"], found["findings"])
    assert "" == agrees(copy, found, tmp_path / "copy")
    entries = [open_entry(raw, log="main", position=at) for at, raw in enumerate(copy.entries)]
    roster = fold(entries)
    ours = {
        key.kid: (key.person, key.since, key.ended, key.why)
        for key in (*roster.keys.values(), *roster.devices.values())
    }
    assert ours == {one["kid"]: (one["person"], one["since"], one["ended"], one["why"]) for one in found["keys"]}
    assert [roster.disputes.doubt_of(entry) for entry in entries] == [one["doubt"] for one in found["entries"]]
    assert {"disputed", "repudiated", None} == {one["doubt"] for one in found["entries"]}
    ended = [(one.id, one.person, one.ended, one.ended_at) for one in roster.delegations]
    assert ended == [(one["id"], one["person"], one["ended"], one["endedAt"]) for one in found["delegations"]]


def test_keys_that_ended_sign_nothing(tmp_path: Path) -> None:
    """An entry made with a stolen key after it was revoked would be shown as its owner's."""
    log = released()

    def anew(name: str, change: Callable[[bytes], bytes]) -> Sheaf:
        return sheaf(log.put(named(name), change(log.entries[named(name)])))

    made = {
        "by a rotated key": anew("rotation", lambda raw: resigned(raw, [held("paula again")], own=True)),
        "by a stolen key": anew("repudiated", lambda raw: resigned(raw, [held("nina")], own=True)),
        "by a lost device": anew("abandoned", lambda raw: resigned(raw, [held("ws2")], own=True)),
        "by a registrar who is gone": anew(
            "rolf goes", lambda raw: resigned(raw, [held("rolf"), held("rita")], own=True)
        ),
        "not by the recovery key": anew("recovery", lambda raw: resigned(raw, [held("ruth")], own=True)),
        "a new key for somebody else": anew(
            "rotation",
            lambda raw: resigned(
                edited(raw, b'"body":{"person":"paula"', b'"body":{"person":"clara"'), [held("paula")]
            ),
        ),
        "the rotation taken out": sheaf(log.put(named("rotation"))),
        "the completion taken out": sheaf(log.put(named("completion"))),
        "the revocation taken out": sheaf(log.put(named("revocation"))),
        "the recovery taken out": sheaf(log.put(named("recovery"))),
    }
    found = run({**copy.case(), "brief": True} for copy in made.values())
    different = {
        name: agrees(copy, said, tmp_path / str(at))
        for at, ((name, copy), said) in enumerate(zip(made.items(), found, strict=True))
    }
    assert {} == {name: why for name, why in different.items() if why}
    assert {"failed"} == {said["verdict"] for said in found}


def test_what_a_page_shows_is_what_this_program_reads(ward: Ward, honest: Sheaf) -> None:
    """A dose that was voided, or a correction that waits, would stand in the dossier as something else."""
    (found,) = run([honest.case()])
    time = None
    for entry, one in zip(ward.book.entries(), found["entries"], strict=True):
        time = log_time(time, entry)
        later = [
            signer
            for other in ward.book.entries()
            for signer in other.signers
            if getattr(other.event, "target", "") == entry.id
        ]
        lacks = missing(entry.payload, [*entry.signers, *later])
        assert (
            [(need.meaning, need.role) for need in lacks],
            time.timestamp() * 1000,
            entry.occurred_at.timestamp() * 1000,
        ) == (
            [(need["meaning"], need["role"]) for need in one["lacks"]],
            one["logTime"],
            one["occurredAt"],
        )
    history = effective(ward.book.stream(f"patient/{PATIENT}"))
    for what, pairs in (("voidedBy", history.struck), ("correctedBy", history.superseded)):
        assert {old.position: by.position for old, by in pairs} == {
            one["position"]: one[what] for one in found["entries"] if one.get(what) is not None
        }
        assert pairs


def test_the_course_is_counted_again_as_the_rules_count_it(ward: Ward, honest: Sheaf) -> None:
    """The dossier would show a dose too many, or a step too high, as if all were well."""
    (found,) = run([honest.case()])
    ladders = {number: ward.ladder(number) for number in (PATIENT, OTHER)}
    cases = [
        {"call": "recount", "given": [found["entries"]]},
        {"call": "recount", "given": [found["entries"], {"most": 1}]},
    ]
    counted, capped = run(cases)
    for number, ladder in ladders.items():
        said = counted["patients"][number]
        assert (ladder.counted, ladder.remaining) == (said["counted"], said["remaining"])
        assert [(rung.dose.position, rung.step_mg, rung.dose.amount_mg) for rung in ladder.rungs] == [
            (dose["position"], Decimal(dose["step"]), Decimal(dose["given"])) for dose in said["doses"]
        ]
    high = [rung.dose.position for rung in ladders[OTHER].rungs if rung.step_mg > rung.due_mg]
    assert [(OTHER, "A-LADDER", place) for place in high] == [
        (one["patient"], one["rule"], one["position"]) for one in counted["findings"]
    ]
    over = [ladder.rungs[1].dose.position for ladder in ladders.values()]
    assert over == [one["position"] for one in capped["findings"] if one["rule"] == "A-COUNT"]
    before = place_of(honest, "entry.corrected/1")
    (earlier,) = run([{"call": "recount", "given": [found["entries"], {"size": before}]}])
    assert ("30", "A-LADDER") == (earlier["patients"][PATIENT]["doses"][0]["given"], earlier["findings"][0]["rule"])


def test_decimals_are_compared_exactly_and_members_listed_in_order() -> None:
    """30 mg and 30.000000001 mg would be the same dose, and 9.9 mg more than 10 mg."""
    pairs = (("30", "30.000000001"), ("9.9", "10"), ("-1", "0.5"), ("2", "2"), ("123456789012.1", "123456789012"))
    assert [True, True, True, False, False] == [
        said < 0 for said in run({"call": "compare", "given": pair} for pair in pairs)
    ]
    assert 0 == run([{"call": "compare", "given": ["2", "2"]}])[0]
    said = {"at": {"day": "1", "zone": None}, "needs": [{"role": "nurse"}], "shown": []}
    (found,) = run([{"call": "fields", "given": [said]}])
    assert [["at.day", "1"], ["at.zone", None], ["needs.0.role", "nurse"], ["shown", []]] == found


def test_withheld_entries_leave_the_rest_in_order(ward: Ward, tmp_path: Path) -> None:
    """A dossier of one patient would be red, or a withheld entry pass for one that was checked."""
    jsonl.directory(ward.book, tmp_path / "one patient", patients=[PATIENT])
    copy = read(tmp_path / "one patient")
    stubs = [at for at, line in enumerate(copy.entries) if line.startswith(b'{"withheld"')]
    (found,) = run([copy.case(ledger=ward.book.id)])
    assert ("ok-unanchored", []) == (found["verdict"], found["findings"])
    assert stubs == [one["position"] for one in found["entries"] if one["withheld"]]
    assert any(f"{len(stubs)} withheld entries" in said for said in found["notChecked"])


# --- mutated copies


def swapped(copy: Sheaf, at: int) -> Sheaf:
    """Two neighbours trade places."""
    entries = list(copy.entries)
    entries[at], entries[at + 1] = entries[at + 1], entries[at]
    return replace(copy, entries=tuple(entries))


def stub(leaf: str) -> bytes:
    """The line of a withheld entry."""
    return b'{"withheld":"%b"}' % leaf.encode()


def checkpoint(copy: Sheaf, at: int, **said: Any) -> Sheaf:
    """One checkpoint line changed."""
    rows = list(copy.checkpoints)
    rows[at] = {**rows[at], **said}
    return replace(copy, checkpoints=tuple(rows))


def text(copy: Sheaf, **said: str) -> Sheaf:
    """The first text changed."""
    return replace(copy, texts=({**copy.texts[0], **said}, *copy.texts[1:]))


def turned(raw: bytes, at: int) -> bytes:
    """One letter of a line changed for its neighbour."""
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def header(raw: bytes, old: bytes, new: bytes, by: MemorySigner) -> bytes:
    """Something else in the first protected header, signed again with the same key."""
    parsed = jws.parse(raw)
    first, *rest = parsed.signatures
    assert first.protected.count(old) == 1
    protected = first.protected.replace(old, new)
    made = jws.Signature(protected, by.sign(jws.signing_input(protected, parsed.payload)))
    return jws.assemble(parsed.payload, [made, *rest])


def copies(honest: Sheaf, forged: Forged) -> dict[str, Sheaf]:
    """Everything that was tried with a copy: without the log's key, and (anew) with it."""
    weight = place_of(honest, "patient.measured/1")
    dose, enrolment = place_of(honest, "infusion.recorded/1"), place_of(honest, "key.enrolled/1")
    size, spot = len(honest.entries), honest.entries[weight]
    note, nurse = honest.checkpoints[dose]["note"], key("nurse.1")
    ordered, other = honest.entries[dose], honest.entries[dose - 1]
    blob = next(iter(honest.blobs))

    def anew(at: int, *raws: bytes) -> Sheaf:
        return sheaf(forged.put(at, *raws))

    def signed(old: bytes, new: bytes, by: MemorySigner = nurse) -> Sheaf:
        return anew(dose, resigned(edited(ordered, old, new), [by]))

    return {
        "a letter of a payload": honest.put(dose, turned(ordered, 300)),
        "a letter of a header": honest.put(dose, turned(ordered, ordered.index(b"protected") + 60)),
        "a letter of a signature": honest.put(dose, turned(ordered, len(ordered) - 40)),
        "the last letter of a signature": honest.put(dose, turned(ordered, len(ordered) - 5)),
        "an entry dropped": honest.put(dose),
        "the first entry dropped": honest.put(0),
        "the last entry dropped": honest.put(size - 1),
        "two entries swapped": swapped(honest, dose),
        "an entry twice": honest.put(dose, ordered, ordered),
        "an old entry at the end": replace(honest, entries=(*honest.entries, ordered)),
        "a blank behind a line": honest.put(dose, ordered + b" "),
        "a carriage return behind a line": honest.put(dose, ordered + b"\r"),
        "an empty line": honest.put(dose, b""),
        "a line of another file": honest.put(dose, b'{"size":1}'),
        "a line that is no JSON": honest.put(dose, b"\x00\x01\xff"),
        "a line of 70 kB": honest.put(dose, ordered + b"A" * 70_000),
        "nothing": replace(honest, entries=()),
        "a text changed": text(honest, text="something else"),
        "a salt changed": text(honest, salt="00" * 32),
        "a text under another commitment": text(honest, commitment=honest.texts[1]["commitment"]),
        "a salt that is none": text(honest, salt="xyz"),
        "a text left out": replace(honest, texts=honest.texts[1:]),
        "no texts": replace(honest, texts=()),
        "a file changed": replace(honest, blobs={**honest.blobs, blob: honest.blobs[blob] + b" "}),
        "a file left out": replace(honest, blobs={name: data for name, data in honest.blobs.items() if name != blob}),
        "a checkpoint's signature": checkpoint(honest, dose, note=turned(note.encode(), -20).decode()),
        "a checkpoint's size": checkpoint(honest, dose, note=note.replace(f"\n{dose + 1}\n", f"\n{dose + 2}\n")),
        "a checkpoint of another size": checkpoint(honest, dose, note=honest.checkpoints[dose - 1]["note"]),
        "a checkpoint that is none": checkpoint(honest, dose, note="hello"),
        "a checkpoint of no size": checkpoint(honest, dose, size=-1),
        "a checkpoint of nothing": checkpoint(honest, 0, size=0),
        "a checkpoint with another member": checkpoint(honest, dose, by="somebody"),
        "a text with another member": text(honest, by="somebody"),
        "no checkpoint of the end": replace(honest, checkpoints=honest.checkpoints[:-1]),
        "a checkpoint of more": checkpoint(honest, size - 1, size=size + 5),
        "no checkpoints": replace(honest, checkpoints=()),
        "only the last checkpoint": replace(honest, checkpoints=honest.checkpoints[-1:]),
        "a checkpoint in the middle left out": replace(
            honest, checkpoints=honest.checkpoints[:5] + honest.checkpoints[6:]
        ),
        "a file that nobody names": replace(honest, blobs={**honest.blobs, sha256(b"x").hexdigest(): b"x"}),
        "withheld with its leaf": honest.put(weight, stub(leaf_of(spot))),
        "withheld with another leaf": honest.put(weight, stub("00" * 32)),
        "the first one withheld": honest.put(0, stub(leaf_of(honest.entries[0]))),
        "withheld in capitals": honest.put(weight, stub(leaf_of(spot).upper())),
        "anew: a dose changed": anew(dose, edited(ordered, b'"given_mg":"30"', b'"given_mg":"3"')),
        "anew: another number form": signed(b'"given_mg":"30"', b'"given_mg":"30.0"'),
        "anew: a member twice": signed(b'"format":1,', b'"format":1,"format":1,'),
        "anew: a unit's member renamed": signed(b'"given_mg":', b'"given_ug":'),
        "anew: a route of another list": signed(b'"route":"iv"', b'"route":"IV"'),
        "anew: another patient": signed(PATIENT.encode(), OTHER.encode()),
        "anew: a key of one's own": anew(dose, resigned(ordered, [key("nobody")], own=True)),
        "anew: a colleague's key": anew(dose, resigned(ordered, [key("nurse.2")], own=True)),
        "anew: a colleague's key in the author's name": anew(dose, resigned(ordered, [key("nurse.2")])),
        "anew: a signature of another entry": anew(dose, with_signatures(ordered, [(other, 0)])),
        "anew: a signature twice": anew(dose, with_signatures(ordered, [(ordered, 0), (ordered, 0)])),
        "anew: a role not held": anew(dose, header(ordered, b'"role":"nurse"', b'"role":"pharmacist"', nurse)),
        "anew: a printed name": anew(dose, header(ordered, b'"name":"Nurse.1"', b'"name":"Nurse.2"', nurse)),
        "anew: another sentence": anew(dose, header(ordered, b"I performed", b"I witnessed", nurse)),
        "anew: another typ": anew(dose, header(ordered, b"doseledger-entry/1", b"doseledger-entry/2", nurse)),
        "anew: another algorithm": anew(dose, header(ordered, b'"alg":"Ed25519"', b'"alg":"ES256"', nurse)),
        "anew: a key inside the header": anew(dose, header(ordered, b'"typ":', b'"jwk":{},"typ":', nurse)),
        "anew: a counter used again": anew(dose, header(ordered, b'"n":', b'"n":1', nurse)),
        "anew: another ledger": signed(b'"ledger":"', b'"ledger":"0'),
        "anew: another site": signed(b'"site":"001"', b'"site":"002"'),
        "anew: half of an enrolment": anew(
            enrolment, with_signatures(honest.entries[enrolment], [(honest.entries[enrolment], 0)])
        ),
        "anew: an enrolment's request": anew(
            enrolment,
            resigned(
                edited(honest.entries[enrolment], b'"person":"pi.1","name":"Pi.1"', b'"person":"pi.1","name":"Pi.9"'),
                [key("reg.1"), key("reg.2")],
            ),
        ),
        "anew: the first entry of one registrar": anew(0, with_signatures(honest.entries[0], [(honest.entries[0], 0)])),
        "anew: the first entry twice": anew(0, honest.entries[0], honest.entries[0]),
        "anew: the protocol taken out": anew(place_of(honest, "protocol.activated/1")),
        "anew: a correction taken out": anew(place_of(honest, "entry.corrected/1")),
        "anew: nothing but the last half": sheaf(forged.with_entries(*forged.entries[size // 2 :])),
    }


def test_mutated_copies_are_judged_as_this_program_judges_them(honest: Sheaf, forged: Forged, tmp_path: Path) -> None:
    """A forged dossier would show itself as verified, or blame another entry than doseledger verify does."""
    made = copies(honest, forged)
    found = run({**copy.case(), "brief": True} for copy in made.values())
    different = {
        name: agrees(copy, said, tmp_path / str(at))
        for at, ((name, copy), said) in enumerate(zip(made.items(), found, strict=True))
    }
    assert {} == {name: why for name, why in different.items() if why}
    verdicts = {name: said["verdict"] for name, said in zip(made, found, strict=True)}
    fine = {"withheld with its leaf"}
    assert fine == {name for name, verdict in verdicts.items() if verdict != "failed"}


def test_a_browser_without_ed25519_is_never_green(honest: Sheaf) -> None:
    """A verdict on signatures that nothing has checked would be believed."""
    good = {**honest.case(ledger=leaf_of(honest.entries[0])), "deaf": True}
    bad = {**honest.put(3).case(), "deaf": True}
    found = run([good, bad])
    assert ["unsupported", "failed"] == [one["verdict"] for one in found]
    assert "signatures" not in found[0]["checked"]
    assert {None} == {signer["ok"] for entry in found[0]["entries"] for signer in entry["signers"]}
